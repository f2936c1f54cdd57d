import { suite } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../../src/host/ports";
import { ownedProcesses } from "../../src/host/process";
import { eventually } from "../support/eventually";
import { Phone } from "../support/phone";
import { buildRouter, type Home, type Proxy, startProxy, withHome } from "../support/router";

/** Calls through a real Kamailio: the ledger sees each beginning and each end. */
for (const home of ["embedded", "redis"] as const) {
  const test = suite(`calls, ${home} home`);

  test.after.each(() => {
    assert.equal(ownedProcesses(), [], "every test stops what it starts");
  });

  test("max 5: the sixth call gets 503 with Retry-After and reason, and a BYE makes room at once", async () => {
    await withCalls(home, async ({ proxy, caller, node }) => {
      const address = udp(proxy);
      const calls = [];
      for (let i = 0; i < 5; i++) {
        const call = await caller.invite(address, `sip:room${i}@acme.example`);
        const incoming = await node.incoming();
        await incoming.answer().catch(() => null);
        calls.push({ call, incoming });
        await call.established();
      }
      const sixth = await caller.invite(address, "sip:room6@acme.example");
      const refused = await sixth.final();
      assert.is(refused.status, 503);
      assert.is(refused.header("Retry-After"), "5");
      assert.is(refused.header("X-Weir-Reason"), "tenant-limit");

      const [ended] = calls;
      if (ended === undefined) throw new Error("no call");
      const bye = ended.call.bye();
      await ended.incoming.ended();
      assert.is((await bye).status, 200);

      const again = await caller.invite(address, "sip:room7@acme.example");
      await (await node.incoming()).reply(200, "OK");
      await again.established();
    });
  });

  test.run();
}

interface Scene {
  proxy: Proxy;
  caller: Phone;
  node: Phone;
}

async function withCalls(home: Home, body: (scene: Scene) => Promise<void>): Promise<void> {
  const port = await freePort("127.0.0.11");
  const router = await buildRouter({
    pools: { main: { nodes: [{ id: "media-1", address: `sip:127.0.0.11:${port}`, capacity: 100 }] } },
    tenants: { acme: { domains: ["acme.example"], pool: "main", calls: { max: 5 } } },
    trusted: ["127.0.0.1"],
  });
  const node = await Phone.open("media", "127.0.0.11", "127.0.0.11", "udp", port);
  const caller = await Phone.open("alice", "acme.example");
  try {
    await withHome(home, async (options) => {
      const proxy = await startProxy(router, { ...options, logLevel: 2 });
      try {
        await body({ proxy, caller, node });
      } catch (error) {
        process.stderr.write(`${proxy.log()}\n`);
        throw error;
      } finally {
        await proxy.stop();
      }
    });
  } finally {
    node.close();
    caller.close();
    router.remove();
  }
}

function udp(proxy: Proxy) {
  const listener = proxy.listen.find((each) => each.protocol === "udp");
  if (listener === undefined) throw new Error("no UDP listener");
  return listener;
}

void eventually;
