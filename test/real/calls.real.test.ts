import * as assert from "uvu/assert";
import type { IncomingCall, Phone } from "../support/phone";
import { at, liveCalls, realSuite, withScene } from "../support/scene";

/** The next INVITE at any of the nodes. */
async function firstOf(nodes: readonly Phone[]): Promise<{ node: Phone; call: IncomingCall }> {
  for (let waited = 0; waited < 5000; waited += 20) {
    for (const node of nodes) {
      const call = await node.incoming(0).catch(() => null);
      if (call !== null) return { node, call };
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("no node got an INVITE");
}

/** Calls through a real Kamailio: the ledger sees each beginning and each end. */
for (const home of ["embedded", "redis"] as const) {
  const test = realSuite(`calls, ${home} home`);

  test("max 5: the sixth call gets 503 with Retry-After and reason, and a BYE makes room at once", () =>
    withScene({ home }, async ({ proxy, caller, node }) => {
      const calls = [];
      for (let i = 0; i < 5; i++) {
        const call = await caller.invite(at(proxy), `sip:room${i}@acme.example`);
        const incoming = await node.incoming();
        const acknowledged = incoming.answer();
        await call.established();
        await acknowledged;
        calls.push({ call, incoming });
      }
      const refused = await (await caller.invite(at(proxy), "sip:room6@acme.example")).final();
      assert.is(refused.status, 503);
      assert.is(refused.header("Retry-After"), "5");
      assert.is(refused.header("X-Weir-Reason"), "tenant-limit");

      const [first, second] = calls;
      if (first === undefined || second === undefined) throw new Error("no calls");
      const answered = first.call.bye();
      await first.incoming.ended();
      assert.is((await answered).status, 200);
      const sixth = await caller.invite(at(proxy), "sip:room7@acme.example");
      const incoming = await node.incoming();
      const acknowledged = incoming.answer();
      await sixth.established();
      await acknowledged;

      // The called side may hang up as well, and both at once.
      const crossing = second.call.within("BYE");
      const bye = second.incoming.bye(at(proxy));
      await crossing;
      await caller.socket.reply(await caller.socket.nextRequest("BYE"), 200, "OK");
      await second.incoming.ended();
      assert.is((await bye).status, 200);
      await liveCalls(proxy, 4);
      const status = await proxy.status();
      assert.is(status.pools[0]?.tenants[0]?.refused["tenant-limit"], 1);
      assert.is(status.pools[0]?.tenants[0]?.admitted, 6);
    }));

  test("CANCEL, busy and decline end the lease; none of them is tried elsewhere", () =>
    withScene({ home, capacities: [10, 10] }, async ({ proxy, caller, nodes }) => {
      const cancelled = await caller.invite(at(proxy), "sip:a@acme.example");
      const { call: ringing } = await firstOf(nodes);
      await ringing.reply(180, "Ringing");
      await liveCalls(proxy, 1);
      assert.is((await cancelled.cancel()).status, 200);
      const cancel = await Promise.any(nodes.map((node) => node.socket.nextRequest("CANCEL")));
      assert.is(cancel.header("Call-ID"), cancelled.callId);
      await ringing.reply(487, "Request Terminated");
      assert.is((await cancelled.final()).status, 487);
      await liveCalls(proxy, 0);

      for (const [status, reason] of [
        [486, "Busy Here"],
        [603, "Decline"],
      ] as const) {
        const call = await caller.invite(at(proxy), "sip:a@acme.example");
        await (await firstOf(nodes)).call.reply(status, reason);
        assert.is((await call.final()).status, status);
        await liveCalls(proxy, 0);
      }
      assert.is((await proxy.status()).pools[0]?.tenants[0]?.admitted, 3);
    }));

  test("a node that answers 503 or nothing: the next one gets the call, and the lease moves with it", () =>
    withScene({ home, capacities: [10, 10, 10], policy: { calls: { nodeAnswerSeconds: 0.5 } } }, async (scene) => {
      const { proxy, caller, nodes } = scene;
      const call = await caller.invite(at(proxy), "sip:a@acme.example");
      const first = await firstOf(nodes);
      await first.call.reply(503, "Service Unavailable");
      // The second keeps silent (its request is sent again and again); the third answers.
      const second = await firstOf(nodes);
      const third = await firstOf(nodes.filter((node) => node !== second.node));
      const acknowledged = third.call.answer();
      await call.established();
      await acknowledged;
      assert.not.ok([first.node, second.node].includes(third.node));
      await liveCalls(proxy, 1);
      const held = (await proxy.status()).pools[0]?.nodes.filter((node) => node.calls === 1);
      assert.equal(
        held?.map((node) => node.node),
        [third.node.user],
      );
      const bye = call.bye();
      await third.call.ended();
      assert.is((await bye).status, 200);
      await liveCalls(proxy, 0);
    }));

  test("an INVITE sent twice is one call with one lease", () =>
    withScene({ home }, async ({ proxy, caller, node }) => {
      const call = await caller.invite(at(proxy), "sip:a@acme.example");
      await call.retransmit();
      const incoming = await node.incoming();
      await call.retransmit();
      const acknowledged = incoming.answer();
      await call.established();
      await acknowledged;
      await liveCalls(proxy, 1);
      assert.is((await proxy.status()).pools[0]?.tenants[0]?.admitted, 1);
    }));

  if (home === "embedded") {
    // On Redis the leases outlive the proxy until they expire: proxies.real.test.ts.
    test("kill -9 of the proxy: its memory held the leases, so there is room as soon as it is back", () =>
      withScene({ home, acme: { calls: { max: 1 } } }, async ({ proxy, another, caller, node }) => {
        const before = await caller.invite(at(proxy), "sip:a@acme.example");
        const acknowledged = (await node.incoming()).answer();
        await before.established();
        await acknowledged;
        assert.is((await (await caller.invite(at(proxy), "sip:a@acme.example")).final()).status, 503);
        await proxy.kill9();
        const again = await another();
        await liveCalls(again, 0);
        const call = await caller.invite(at(again), "sip:a@acme.example");
        await (await node.incoming()).reply(486, "Busy Here");
        assert.is((await call.final()).status, 486);
      }));
  }

  test.run();
}
