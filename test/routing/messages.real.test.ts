import * as assert from "uvu/assert";
import { at, realSuite, withScene } from "../support/scene";

/** What only a real message can show: spelling of header fields, routes and contacts that name the proxy. */
const test = realSuite("messages as they really come");

test("Contact is read in compact form, folded, with tabs, and from several header fields (RFC 3261 section 7.3)", () =>
  withScene({ home: "embedded" }, async ({ proxy, caller }) => {
    const contacts = async (headers: Record<string, string | null>) => {
      const reply = await caller.register(at(proxy), headers);
      assert.is(reply.status, 200, reply.startLine);
      return reply.headers("Contact").map((line) => line.replace(/;expires=\d+/, ""));
    };
    assert.equal(await contacts({ Contact: null, m: "sip:a@192.0.2.1;expires=60" }), ["<sip:a@192.0.2.1>"]);
    assert.equal((await contacts({ Contact: "<sip:b@192.0.2.1>\r\n\t;q=0.5\t;expires=60" })).sort(), [
      "<sip:a@192.0.2.1>",
      "<sip:b@192.0.2.1>;q=0.5",
    ]);
    const three = "<sip:c@192.0.2.1>\r\nm: <sip:d@192.0.2.1>, sip:e@192.0.2.1";
    assert.is((await contacts({ Contact: three })).length, 5);
  }));

test("bytes that are no UTF-8 are malformed, and the same bytes in UTF-8 are a name", () =>
  withScene({ home: "embedded" }, async ({ proxy, caller }) => {
    const wrong: [string, string][] = [
      ["Call-ID", "a\xfe\xffb"],
      ["Call-ID", "a\x90b"],
      ["Contact", "<sip:a\xff@192.0.2.1>"],
    ];
    for (const [name, value] of wrong) {
      const reply = await caller.register(at(proxy), { [name]: value });
      assert.is(reply.status, 400, name);
      assert.is(reply.header("X-Weir-Reason"), "malformed");
    }
    const named = await caller.register(at(proxy), { Contact: "<sip:j\xc3\xb6rg@192.0.2.1>" });
    assert.match(named.header("Contact") ?? "", "<sip:j\xc3\xb6rg@192.0.2.1>");
  }));

test("a preloaded Route does not leave with the request (RFC 3261 section 16.4)", () =>
  withScene({ home: "embedded" }, async ({ proxy, caller, node }) => {
    const { port } = at(proxy);
    for (const route of [`<sip:127.0.0.1:${port};lr>`, `<sip:127.0.0.1:${port};lr>, <sip:127.0.0.99;lr>`]) {
      const call = await caller.invite(at(proxy), "sip:room@acme.example", { Route: route });
      const incoming = await node.incoming();
      assert.equal(incoming.request.headers("Route"), []);
      await incoming.reply(486, "Busy Here");
      assert.is((await call.final()).status, 486);
    }
  }));

test("a contact that names the proxy itself does not send calls round: they go where it was registered from", () =>
  withScene({ home: "embedded", acme: { callsBetweenUsers: "direct" } }, async ({ proxy, caller, phone }) => {
    const bob = await phone("bob");
    for (const protocol of ["udp", "tcp"] as const) {
      const { host, port } = at(proxy, protocol);
      const contact = `<sip:bob@${host}:${port};transport=${protocol}>`;
      await bob.register(at(proxy), { Contact: "*", Expires: "0" });
      assert.is((await bob.register(at(proxy), { Contact: contact })).status, 200);
      const call = await caller.invite(at(proxy), "sip:bob@acme.example");
      await (await bob.incoming()).reply(486, "Busy Here");
      assert.is((await call.final()).status, 486);
    }
  }));

test.run();
