import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { freePort } from "../../src/host/ports";
import { runSipp, type Sipp, startSipp } from "../../src/host/sipp";
import { buildRouter, startProxy, withHome } from "../support/router";
import { at, liveCalls, realSuite } from "../support/scene";

const scenario = (name: string) => readFileSync(join(__dirname, "../bench/call", `${name}.xml`), "utf8");
const CALLS = 1000;

/** A thousand whole calls from SIPp: where they go, and that nothing of them stays. */
for (const home of ["embedded", "redis"] as const) {
  const test = realSuite(`load, ${home} home`);

  test("nodes of capacity 2:1:1 receive calls in that proportion within 5 %, and every lease is gone afterwards", async () => {
    const hosts = ["127.0.0.11", "127.0.0.12", "127.0.0.13"];
    const nodes: Sipp[] = [];
    const router = await (async () => {
      const ports = await Promise.all(hosts.map((host) => freePort(host)));
      for (const [i, host] of hosts.entries()) {
        nodes.push(await startSipp({ scenario: scenario("node"), host, port: ports[i] }));
      }
      return buildRouter({
        pools: {
          main: {
            nodes: hosts.map((host, i) => ({
              id: `media-${i + 1}`,
              address: `sip:${host}:${ports[i]}`,
              capacity: i === 0 ? 200 : 100,
            })),
          },
        },
        tenants: { acme: { domains: ["acme.example"], pool: "main", calls: { max: 400 } } },
        trusted: ["127.0.0.21"],
      });
    })();
    try {
      await withHome(home, async (store) => {
        // The scenario of the nodes answers calls only.
        const proxy = await startProxy(router, { ...store, logLevel: 1, defines: { WEIR_PING_INTERVAL: 0 } });
        try {
          const result = await runSipp({
            scenario: scenario("caller"),
            host: "127.0.0.21",
            target: at(proxy),
            service: "100@acme.example",
            calls: CALLS,
            rate: 60,
            timeoutSeconds: 120,
          });
          assert.is(result.succeeded, CALLS, result.errors.slice(0, 1000));
          const [pool] = (await proxy.status()).pools;
          const admitted = (pool?.nodes ?? []).map((node) => node.admitted);
          assert.is(
            admitted.reduce((sum, count) => sum + count, 0),
            CALLS,
          );
          for (const [i, share] of [0.5, 0.25, 0.25].entries()) {
            const deviation = Math.abs((admitted[i] ?? 0) / (CALLS * share) - 1);
            assert.ok(deviation <= 0.05, `${admitted.join(" : ")} calls: node ${i + 1} is off by ${deviation}`);
          }
          await liveCalls(proxy, 0);
          assert.not.match(proxy.log(), /weir: [a-z]+: |CRITICAL/);
        } catch (error) {
          process.stderr.write(`${proxy.log().split("\n").slice(-40).join("\n")}\n`);
          throw error;
        } finally {
          await proxy.stop();
        }
      });
    } finally {
      for (const node of nodes) await node.stop();
      router.remove();
    }
  });

  test.run();
}
