import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { addressOf, startKamailio } from "../../src/host/kamailio";
import { formatHostPort, parseHostPort } from "../../src/host/listener";
import { freePort } from "../../src/host/ports";
import { ownedProcesses } from "../../src/host/process";
import { runSipp, startSipp } from "../../src/host/sipp";

const scenario = (name: string) => readFileSync(join(__dirname, `../bench/call/${name}.xml`), "utf8");

test("calls through a proxy are counted, on IPv4 and IPv6", async () => {
  for (const host of ["127.0.0.1", "::1"]) {
    const node = await startSipp({ scenario: scenario("node"), host });
    const kamailio = await startKamailio({
      cfg: join(__dirname, "../bench/call/native-stack.cfg"),
      listen: [`udp:${host === "::1" ? "[::1]" : host}:0`],
      dispatcherList: [`1 sip:${formatHostPort(node.address)} 0 0 duid=node-1`],
    });
    try {
      const target = parseHostPort(addressOf(kamailio, "udp"));
      const result = await runSipp({
        scenario: scenario("caller"),
        target,
        host,
        service: "100@acme.example",
        calls: 5,
        rate: 50,
        timeoutSeconds: 10,
      });
      // The bench's configuration lets only 127.0.0.0/8 in.
      const good = host === "::1" ? 0 : 5;
      assert.is(result.succeeded, good, result.errors);
      assert.is(result.failed, 5 - good);
      assert.is(result.code, good === 5 ? 0 : 1);
    } finally {
      await kamailio.stop();
      await node.stop();
    }
  }
  assert.equal(ownedProcesses(), []);
});

test("a caller whom nobody answers is stopped", async () => {
  const caller = await startSipp({
    scenario: scenario("caller"),
    target: { host: "127.0.0.1", port: await freePort() },
    service: "100@acme.example",
    calls: 1,
  });
  const started = Date.now();
  const result = await caller.stop();
  assert.ok(Date.now() - started < 4000);
  assert.is(result.succeeded, 0);
  assert.equal(ownedProcesses(), []);
});

test.run();
