import * as assert from "uvu/assert";
import { freePort } from "../../src/host/ports";
import type { SipMessage } from "../../src/host/sip-socket";
import { requestFrom } from "../support/requests";
import { at, liveCalls, realSuite, type Scene, withScene } from "../support/scene";

/** What a real Kamailio answers to requests that are not, or not yet, calls. */
const test = realSuite("answers");

/** Sends one request from the caller and returns its final answer. */
async function ask(
  { proxy, caller }: Scene,
  method: string,
  uri: string,
  headers: Record<string, string | null> = {},
): Promise<SipMessage> {
  await caller.socket.send(requestFrom(caller.socket, { method, uri, headers }), at(proxy));
  const reply = await caller.socket.nextReply();
  return reply;
}

const ALICE = "<sip:alice@acme.example>;tag=x";

test("each refusal has its status and names its reason", () =>
  withScene({ home: "embedded" }, async (scene) => {
    const cases: [string, number, string | null, string, string, Record<string, string | null>][] = [
      ["OPTIONS for the proxy", 200, null, "OPTIONS", `sip:${at(scene.proxy).host}:${at(scene.proxy).port}`, {}],
      ["REGISTER of an unknown domain", 404, "unknown-domain", "REGISTER", "sip:other.example", {}],
      ["INVITE of an unknown tenant", 403, "unknown-tenant", "INVITE", "sip:a@other.example", {}],
      ["MESSAGE to nobody", 480, "not-registered", "MESSAGE", "sip:nobody@acme.example", { From: ALICE }],
      ["MESSAGE elsewhere", 404, "unknown-domain", "MESSAGE", "sip:bob@other.example", { From: ALICE }],
      ["PUBLISH", 405, "method-not-allowed", "PUBLISH", "sip:alice@acme.example", { From: ALICE }],
      ["an unknown method", 405, "method-not-allowed", "FROBNICATE", "sip:alice@acme.example", { From: ALICE }],
      ["an unknown scheme", 416, "bad-scheme", "INVITE", "mailto:alice@acme.example", { From: ALICE }],
      ["Proxy-Require", 420, null, "INVITE", "sip:a@acme.example", { From: ALICE, "Proxy-Require": "teleport" }],
      ["BYE without a dialog", 481, "no-dialog", "BYE", "sip:a@acme.example", { From: ALICE }],
      ["CANCEL without a call", 481, "no-dialog", "CANCEL", "sip:a@acme.example", { From: ALICE }],
      ["no hop left", 483, "too-many-hops", "INVITE", "sip:a@acme.example", { From: ALICE, "Max-Forwards": "0" }],
    ];
    for (const [what, status, reason, method, uri, headers] of cases) {
      const reply = await ask(scene, method, uri, headers);
      assert.is(reply.status, status, `${what}: ${reply.startLine}`);
      assert.is(reply.header("X-Weir-Reason"), reason, what);
      if (status === 405 || what.startsWith("OPTIONS")) assert.match(reply.header("Allow") ?? "", "INVITE");
      if (status === 420) assert.is(reply.header("Unsupported"), "teleport");
    }
  }));

test("strangers get 403 for calls, registrations and forged dialogs", () =>
  withScene({ home: "embedded" }, async (scene) => {
    const stranger = await scene.phone("mallory", "acme.example", "127.0.0.99");
    const from = { ...scene, caller: stranger };
    for (const method of ["INVITE", "REGISTER", "MESSAGE"]) {
      const reply = await ask(from, method, "sip:alice@acme.example", { From: ALICE });
      assert.is(reply.status, 403, method);
      assert.is(reply.header("X-Weir-Reason"), "untrusted");
    }
    // A Route that looks like ours, with a token that nobody signed.
    const { host, port } = at(scene.proxy);
    const forged = await ask(from, "BYE", `sip:media@${scene.node.socket.hostPort}`, {
      From: ALICE,
      To: "<sip:b@acme.example>;tag=y",
      Route: `<sip:${host}:${port};lr;w=s~acme~main~0123456789abcdef01234567~00000000000000000000000000000000>`,
    });
    assert.is(forged.status, 403);
    assert.is(forged.header("X-Weir-Reason"), "untrusted");
  }));

test("a request that has come round is answered 482", async () => {
  const port = await freePort();
  const policy = {
    pools: { main: { nodes: [{ id: "itself", address: `sip:127.0.0.1:${port}`, capacity: 9 }] } },
  };
  await withScene({ home: "embedded", policy, kamailio: { listen: [`udp:127.0.0.1:${port}`] } }, async (scene) => {
    const call = await scene.caller.invite(at(scene.proxy), "sip:a@acme.example");
    assert.is((await call.final()).status, 482);
    await liveCalls(scene.proxy, 0);
  });
});

test.run();
