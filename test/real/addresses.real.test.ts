import * as assert from "uvu/assert";
import { freePort } from "../../src/host/ports";
import { eventually } from "../support/eventually";
import { at, liveCalls, realSuite, withScene } from "../support/scene";

/** Addresses as operators write them: names, IPv6, ports that nobody listens on. */
const test = realSuite("addresses");

test("a node by host name takes calls, and is known by it when it calls a phone", async () => {
  const port = await freePort("127.0.0.1");
  const policy = {
    pools: { main: { nodes: [{ id: "named", address: `sip:localhost:${port}`, capacity: 9 }] } },
    trusted: ["127.0.0.31"],
  };
  await withScene({ home: "embedded", policy }, async ({ proxy, phone }) => {
    const node = await phone("named", "acme.example", "127.0.0.1", "udp", port);
    void node.answerProbes();
    const alice = await phone("alice", "acme.example", "127.0.0.31");
    assert.is((await alice.register(at(proxy), { Expires: "60" })).status, 200);

    // Names are resolved by the timer, off the workers that handle requests: a second after the start at the latest.
    // (Kamailio's own resolver asks name servers only, and would not find what /etc/hosts says.)
    const { call, incoming } = await eventually("the node is reached by its name", async () => {
      const attempt = await alice.invite(at(proxy), "sip:room@acme.example");
      const rung = await node.incoming(300).catch(() => null);
      if (rung === null) await attempt.final().catch(() => null);
      return rung === null ? null : { call: attempt, incoming: rung };
    });
    const acknowledged = incoming.answer();
    await call.established();
    await acknowledged;
    const bye = call.bye();
    await incoming.ended();
    assert.is((await bye).status, 200);

    const back = await eventually("the node is known by its name", async () => {
      const attempt = await node.invite(at(proxy), "sip:alice@acme.example");
      const rung = await alice.incoming(500).catch(() => null);
      if (rung === null) await attempt.final().catch(() => null);
      return rung;
    });
    await back.reply(486, "Busy Here");
    await liveCalls(proxy, 0);
  });
});

test("a trunk by host name is its tenant's", () =>
  withScene(
    { home: "embedded", acme: { domains: [], trunks: ["localhost"] }, policy: { trusted: [] } },
    async (scene) => {
      const { proxy, node } = scene;
      const caller = await scene.phone("trunk");
      const incoming = await eventually("the trunk is known by its name", async () => {
        const call = await caller.invite(at(proxy), "sip:+4930123@203.0.113.5");
        const rung = await node.incoming(500).catch(() => null);
        if (rung === null) await call.final().catch(() => null);
        return rung;
      });
      await incoming.reply(486, "Busy Here");
      await liveCalls(proxy, 0);
    },
  ));

test("nodes on IPv6 and TCP take calls", async () => {
  const [v6, tcp] = [await freePort("::1"), await freePort("127.0.0.12")];
  const policy = {
    pools: {
      main: {
        nodes: [
          { id: "v6", address: `sip:[::1]:${v6}`, capacity: 9 },
          { id: "tcp", address: `sip:127.0.0.12:${tcp};transport=tcp`, capacity: 9 },
        ],
      },
    },
  };
  const kamailio = { listen: ["udp:127.0.0.1:0", "tcp:127.0.0.1:0", "udp:[::1]:0"] };
  await withScene({ home: "embedded", policy, kamailio }, async ({ proxy, caller, phone }) => {
    const nodes = [
      await phone("v6", "acme.example", "::1", "udp", v6),
      await phone("tcp", "acme.example", "127.0.0.12", "tcp", tcp),
    ];
    for (const node of nodes) void node.answerProbes();
    const reached = new Set<string>();
    for (let i = 0; i < 4; i++) {
      const call = await caller.invite(at(proxy), "sip:room@acme.example");
      const { incoming, node } = await eventually("a node gets the INVITE", async () => {
        for (const each of nodes) {
          const found = await each.incoming(50).catch(() => null);
          if (found !== null) return { incoming: found, node: each };
        }
        return null;
      });
      reached.add(node.user);
      const acknowledged = incoming.answer();
      await call.established();
      await acknowledged;
      const bye = call.bye();
      await incoming.ended();
      assert.is((await bye).status, 200);
    }
    assert.equal([...reached].sort(), ["tcp", "v6"]);
    await liveCalls(proxy, 0);
  });
});

test("a node that nobody listens on, or whose name does not resolve, is not the end of a call", async () => {
  const [closed, open] = [await freePort("127.0.0.12"), await freePort("127.0.0.13")];
  const policy = {
    pools: {
      main: {
        nodes: [
          { id: "closed", address: `sip:127.0.0.12:${closed};transport=tcp`, capacity: 900 },
          { id: "nowhere", address: "sip:no-such-host.invalid", capacity: 900 },
          { id: "open", address: `sip:127.0.0.13:${open}`, capacity: 9 },
        ],
      },
    },
    calls: { nodeAnswerSeconds: 0.5 },
  };
  await withScene({ home: "embedded", policy }, async ({ proxy, caller, phone }) => {
    const node = await phone("open", "acme.example", "127.0.0.13", "udp", open);
    void node.answerProbes();
    for (let i = 0; i < 3; i++) {
      const call = await caller.invite(at(proxy), "sip:room@acme.example");
      const incoming = await node.incoming();
      const acknowledged = incoming.answer();
      await call.established();
      await acknowledged;
      const bye = call.bye();
      await incoming.ended();
      assert.is((await bye).status, 200);
    }
    await liveCalls(proxy, 0);
  });
});

test.run();
