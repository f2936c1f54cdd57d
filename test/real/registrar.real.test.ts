import * as assert from "uvu/assert";
import { at, liveCalls, realSuite, withScene } from "../support/scene";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Registrations through a real Kamailio. */
for (const home of ["embedded", "redis"] as const) {
  const test = realSuite(`registrar, ${home} home`);

  test("saves, refreshes, lists, removes; a failed request changes nothing", () =>
    withScene({ home }, async ({ proxy, caller }) => {
      const saved = await caller.register(at(proxy), { Expires: "120", "Call-ID": "one@x", CSeq: "1 REGISTER" });
      assert.is(saved.status, 200);
      assert.match(saved.header("Contact") ?? "", /^<sip:alice@127\.0\.0\.5:\d+>;expires=120$/);

      const second = "<sip:alice@127.0.0.1:1;x=y>;q=0.5;expires=60";
      const both = await caller.register(at(proxy), { Contact: second, "Call-ID": "two@x", CSeq: "1 REGISTER" });
      assert.is(both.headers("Contact").length, 2);
      assert.match(both.headers("Contact")[1] ?? "", /x=y>;q=0\.5;expires=60$/);

      const brief = await caller.register(at(proxy), { Expires: "0", Contact: "<sip:alice@127.0.0.1:2>;expires=x, *" });
      assert.is(brief.status, 400);
      const stale = await caller.register(at(proxy), { Expires: "0", "Call-ID": "one@x", CSeq: "1 REGISTER" });
      assert.is(stale.status, 500);
      const query = await caller.register(at(proxy), { Contact: null });
      assert.is(query.headers("Contact").length, 2);

      const gone = await caller.register(at(proxy), { Contact: "*", Expires: "0" });
      assert.is(gone.status, 200);
      assert.equal(gone.headers("Contact"), []);
    }));

  test("too brief is answered 423 with Min-Expires, too long is shortened", () =>
    withScene(
      { home, policy: { registration: { minExpires: 30, maxExpires: 300, defaultExpires: 200 } } },
      async (scene) => {
        const { proxy, caller } = scene;
        const brief = await caller.register(at(proxy), { Expires: "29" });
        assert.is(brief.status, 423);
        assert.is(brief.header("Min-Expires"), "30");
        const long = await caller.register(at(proxy), { Expires: "7200" });
        assert.match(long.header("Contact") ?? "", /expires=300$/);
        const unsaid = await caller.register(at(proxy));
        assert.match(unsaid.header("Contact") ?? "", /expires=200$/);
      },
    ));

  test("a binding is gone within 1 s of its expiry and never before", () =>
    withScene({ home }, async ({ proxy, caller, phone }) => {
      // Different moments within a second, so that no rounding hides.
      for (const delay of [0, 370, 740]) {
        await sleep(delay);
        const user = await phone(`u${delay}`);
        const saved = await user.register(at(proxy), { Expires: "2" });
        const savedAt = Date.now();
        assert.match(saved.header("Contact") ?? "", /expires=2$/);
        const query = async () => (await user.register(at(proxy), { Contact: null })).headers("Contact").length;
        await sleep(savedAt + 1850 - Date.now());
        assert.is(await query(), 1, "before its expiry it is there");
        await sleep(savedAt + 2900 - Date.now());
        assert.is(await query(), 0, "a second after its expiry it is gone");
      }
      void caller;
    }));

  test("a node's call and a colleague's direct call reach the phone, over UDP and TCP", () =>
    withScene({ home, acme: { callsBetweenUsers: "direct", calls: { max: 1 } } }, async (scene) => {
      const { proxy, caller, node, phone } = scene;
      for (const protocol of ["udp", "tcp"] as const) {
        const bob = await phone(`bob-${protocol}`, "acme.example", "127.0.0.1", protocol);
        assert.is((await bob.register(at(proxy, protocol), { Expires: "60" })).status, 200);

        const call = await caller.invite(at(proxy), `sip:bob-${protocol}@acme.example`);
        const incoming = await bob.incoming();
        assert.is(incoming.request.requestUri, bob.contact);
        const acknowledged = incoming.answer();
        await call.established();
        await acknowledged;
        await liveCalls(proxy, 1);
        const full = await (await caller.invite(at(proxy), `sip:bob-${protocol}@acme.example`)).final();
        assert.is(full.header("X-Weir-Reason"), "tenant-limit");

        // A node's call is the second half of a call that holds its lease already.
        const fromNode = await node.invite(at(proxy), `sip:bob-${protocol}@acme.example`);
        const second = await bob.incoming();
        const secondAcknowledged = second.answer();
        await fromNode.established();
        await secondAcknowledged;
        await liveCalls(proxy, 1);

        const bye = call.bye();
        await incoming.ended();
        await bye;
        await liveCalls(proxy, 0);
      }
      const nobody = await (await caller.invite(at(proxy), "sip:nobody@acme.example")).final();
      assert.is(nobody.status, 480);
      await liveCalls(proxy, 0);
    }));

  test("IPv6: a phone registers and calls a node over it", () =>
    withScene(
      {
        home,
        policy: { trusted: ["127.0.0.1", "::1"] },
        kamailio: { listen: ["udp:127.0.0.1:0", "udp:[::1]:0", "tcp:[::1]:0"] },
      },
      async ({ proxy, node, phone }) => {
        for (const protocol of ["udp", "tcp"] as const) {
          const carol = await phone("carol", "acme.example", "::1", protocol);
          const v6 = at(proxy, protocol, "::1");
          const saved = await carol.register(v6, { Expires: "60" });
          assert.match(saved.headers("Contact").join(), `[::1]:`);
          const call = await carol.invite(v6, "sip:a@acme.example");
          const incoming = await node.incoming();
          const acknowledged = incoming.answer();
          await call.established();
          await acknowledged;
          const bye = call.bye();
          await incoming.ended();
          assert.is((await bye).status, 200);
          await liveCalls(proxy, 0);
        }
      },
    ));

  test.run();
}
