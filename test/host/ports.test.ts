import { createSocket } from "node:dgram";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { bindError, freePort, freePorts } from "../../src/host/ports";

test("free ports are different and can be bound", async () => {
  const ports = await freePorts(20);
  assert.is(new Set(ports).size, 20);
  for (const port of ports) {
    assert.is(await bindError({ protocol: "udp", host: "127.0.0.1", port }), null);
    assert.is(await bindError({ protocol: "tcp", host: "127.0.0.1", port }), null);
  }
  assert.is(await bindError({ protocol: "udp", host: "::1", port: await freePort("::1") }), null);
});

test("a taken port and a foreign address are told by their code", async () => {
  const port = await freePort();
  const holder = createSocket("udp4");
  await new Promise<void>((resolve) => holder.bind(port, "127.0.0.1", resolve));
  try {
    assert.is(await bindError({ protocol: "udp", host: "127.0.0.1", port }), "EADDRINUSE");
    assert.is(await bindError({ protocol: "udp", host: "192.0.2.1", port }), "EADDRNOTAVAIL");
  } finally {
    holder.close();
  }
});

test.run();
