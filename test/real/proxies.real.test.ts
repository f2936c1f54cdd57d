import * as assert from "uvu/assert";
import type { IncomingCall, OutgoingCall } from "../support/phone";
import { at, liveCalls, realSuite, withScene } from "../support/scene";

/** Two proxies on one Redis hold no state that the other needs. */
const test = realSuite("two proxies on one Redis");

test("register at A, call through B", () =>
  withScene({ home: "redis", acme: { callsBetweenUsers: "direct" } }, async ({ proxy, another, caller, phone }) => {
    const b = await another();
    const bob = await phone("bob");
    assert.is((await bob.register(at(proxy), { Expires: "60" })).status, 200);
    const call = await caller.invite(at(b), "sip:bob@acme.example");
    const incoming = await bob.incoming();
    const acknowledged = incoming.answer();
    await call.established();
    await acknowledged;
    const bye = call.bye();
    await incoming.ended();
    assert.is((await bye).status, 200);
    await liveCalls(proxy, 0);
  }));

test("the limit holds across both, and either ends a call that the other began", () =>
  withScene({ home: "redis" }, async ({ proxy, another, caller, node }) => {
    const b = await another();
    const calls: { call: OutgoingCall; incoming: IncomingCall }[] = [];
    for (let i = 0; i < 5; i++) {
      const call = await caller.invite(at(i % 2 === 0 ? proxy : b), "sip:a@acme.example");
      const incoming = await node.incoming();
      const acknowledged = incoming.answer();
      await call.established();
      await acknowledged;
      calls.push({ call, incoming });
    }
    for (const through of [proxy, b]) {
      const refused = await (await caller.invite(at(through), "sip:a@acme.example")).final();
      assert.is(refused.header("X-Weir-Reason"), "tenant-limit");
    }
    await liveCalls(b, 5);
    // The BYE goes through the other proxy than the INVITE: it follows the Route to the first one, or, when that is
    // gone, is let through by its signed token.
    for (const { call, incoming } of calls) {
      const bye = call.bye(at(b));
      await incoming.ended();
      assert.is((await bye).status, 200);
    }
    await liveCalls(proxy, 0);
  }));

test("kill -9 of a proxy: its calls make room after their expiry, not before; its dialogs go on through the other", () =>
  withScene({ home: "redis", policy: { calls: { maxCallSeconds: 10 } } }, async ({ proxy, another, caller, node }) => {
    const b = await another();
    let last: { call: OutgoingCall; incoming: IncomingCall } | null = null;
    for (let i = 0; i < 5; i++) {
      const call = await caller.invite(at(proxy), "sip:a@acme.example");
      const incoming = await node.incoming();
      const acknowledged = incoming.answer();
      await call.established();
      await acknowledged;
      last = { call, incoming };
    }
    const answered = Date.now();
    await liveCalls(b, 5);
    await proxy.kill9();
    const refused = await (await caller.invite(at(b), "sip:a@acme.example")).final();
    assert.is(refused.header("X-Weir-Reason"), "tenant-limit");
    assert.ok(last !== null);
    await new Promise((resolve) => setTimeout(resolve, answered + 11_500 - Date.now()));
    const call = await caller.invite(at(b), "sip:a@acme.example");
    const incoming = await node.incoming();
    const acknowledged = incoming.answer();
    await call.established();
    await acknowledged;
    await liveCalls(b, 1);
  }));

test.run();
