import * as assert from "uvu/assert";
import { freePort } from "../../src/host/ports";
import { startRedis } from "../../src/host/redis";
import { eventually } from "../support/eventually";
import { at, liveCalls, realSuite, withScene } from "../support/scene";

/** Redis slow or gone is never SIP silence, and never a 200 for what was not stored. */
const test = realSuite("store down");

test("dialogs go on, REGISTER gets 503 with Retry-After, new calls follow the tenant's whenStoreIsDown", () =>
  withScene(
    {
      home: "redis",
      policy: {
        tenants: {
          acme: { domains: ["acme.example"], pool: "main", calls: { max: 2 } },
          admitted: { domains: ["admit.example"], pool: "main", calls: { max: 1 }, whenStoreIsDown: "admit" },
          rejected: { domains: ["reject.example"], pool: "main", calls: { max: 9 }, whenStoreIsDown: "reject" },
        },
      },
      kamailio: { workers: 1 },
    },
    async ({ proxy, caller, node, phone, redis }) => {
      const before = await caller.invite(at(proxy), "sip:a@acme.example");
      const incoming = await node.incoming();
      const acknowledged = incoming.answer();
      await before.established();
      await acknowledged;

      await redis?.kill9();
      const registered = await caller.register(at(proxy), { Expires: "60" });
      assert.is(registered.status, 503);
      assert.is(registered.header("X-Weir-Reason"), "store-down");
      assert.ok(Number(registered.header("Retry-After")) > 0);

      const bye = before.bye();
      await incoming.ended();
      assert.is((await bye).status, 200);

      // local: on the embedded ledger, which starts empty and keeps the limit.
      const local = [];
      for (let i = 0; i < 2; i++) {
        const call = await caller.invite(at(proxy), "sip:a@acme.example");
        const at2 = await node.incoming();
        const ack = at2.answer();
        await call.established();
        await ack;
        local.push({ call, incoming: at2 });
      }
      const third = await (await caller.invite(at(proxy), "sip:a@acme.example")).final();
      assert.is(third.header("X-Weir-Reason"), "tenant-limit");
      for (const each of local) {
        const ended = each.call.bye();
        await each.incoming.ended();
        await ended;
      }
      const again = await caller.invite(at(proxy), "sip:a@acme.example");
      await (await node.incoming()).reply(486, "Busy Here");
      assert.is((await again.final()).status, 486);

      const careless = await phone("x", "admit.example");
      for (let i = 0; i < 3; i++) {
        const call = await careless.invite(at(proxy), "sip:a@admit.example");
        await (await node.incoming()).reply(486, "Busy Here");
        assert.is((await call.final()).status, 486);
      }
      const careful = await phone("y", "reject.example");
      const rejected = await (await careful.invite(at(proxy), "sip:a@reject.example")).final();
      assert.is(rejected.status, 503);
      assert.is(rejected.header("X-Weir-Reason"), "store-down");
      assert.ok(Number(rejected.header("Retry-After")) > 0);
    },
  ));

test("starts without Redis, and loads its functions into a Redis that comes, restarts or is flushed", async () => {
  const port = await freePort();
  await withScene(
    { home: "embedded", kamailio: { redis: `redis://127.0.0.1:${port}`, workers: 1 } },
    async ({ proxy, caller }) => {
      const register = async () => (await caller.register(at(proxy), { Expires: "60" })).status;
      assert.is(await register(), 503);
      for (let round = 0; round < 2; round++) {
        const redis = await startRedis({ port });
        try {
          await eventually("REGISTER works again", async () => ((await register()) === 200 ? true : null), 15_000);
          await flushFunctions(port);
          assert.is(await register(), 200, "FUNCTION FLUSH is mended at the next request");
        } finally {
          await redis.stop();
        }
      }
    },
  );
});

test("a Redis that stalls delays a request by its time-outs at most, and the breaker spares the next", () =>
  withScene({ home: "redis", kamailio: { workers: 1 }, policy: { calls: { ringSeconds: 5 } } }, async (scene) => {
    const { proxy, caller, node, redis } = scene;
    assert.is((await caller.register(at(proxy), { Expires: "60" })).status, 200);
    redis?.pause();
    try {
      for (let i = 0; i < 3; i++) {
        const started = Date.now();
        const call = await caller.invite(at(proxy), "sip:a@acme.example");
        await (await node.incoming(8000)).reply(486, "Busy Here");
        assert.is((await call.final()).status, 486);
        assert.ok(Date.now() - started < 4000, `answered after ${Date.now() - started} ms`);
      }
    } finally {
      redis?.resume();
    }
    await eventually(
      "Redis is used again",
      async () => ((await caller.register(at(proxy), { Expires: "60" })).status === 200 ? true : null),
      15_000,
    );
    // What the stalled Redis had received it carries out late, when the call has long gone another way: such a lease
    // ends by itself, like that of a proxy that died.
    await liveCalls(proxy, 0, 25_000);
  }));

test("a Redis that wants a password gets it, also after a restart, and a wrong one is an error in the log", async () => {
  const port = await freePort();
  const password = "s e%cret:@/";
  const url = (word: string) => `redis://:${encodeURIComponent(word)}@127.0.0.1:${port}/2`;
  for (const [given, expected] of [
    [password, 200],
    ["wrong", 503],
  ] as const) {
    await withScene({ home: "embedded", kamailio: { redis: url(given), workers: 1 } }, async ({ proxy, caller }) => {
      for (let round = 0; round < 2; round++) {
        const redis = await startRedis({ port, password });
        try {
          const register = async () => (await caller.register(at(proxy), { Expires: "60" })).status;
          if (expected === 200) {
            await eventually("REGISTER works", async () => ((await register()) === 200 ? true : null), 15_000);
          } else assert.is(await register(), 503);
        } finally {
          await redis.stop();
        }
      }
      if (expected === 503) assert.match(proxy.log(), /WRONGPASS|NOAUTH/);
      assert.not.match(proxy.log(), /s e%cret/);
    });
  }
});

async function flushFunctions(port: number): Promise<void> {
  const { Redis } = await import("ioredis");
  const client = new Redis(port, "127.0.0.1");
  await client.call("FUNCTION", "FLUSH");
  client.disconnect();
}

test.run();
