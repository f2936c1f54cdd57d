import Redis from "ioredis";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ownedProcesses } from "../../src/host/process";
import { startRedis } from "../../src/host/redis";

test("answers on TCP and its Unix socket, with a password when asked", async () => {
  const redis = await startRedis({ password: "p w" });
  const clients = [
    new Redis(redis.url, { lazyConnect: true }),
    new Redis({ path: redis.socketPath, password: "p w", lazyConnect: true }),
  ];
  try {
    for (const client of clients) {
      assert.is(await client.ping(), "PONG");
    }
    const stranger = new Redis({ port: redis.port, lazyConnect: true, retryStrategy: () => null });
    stranger.on("error", () => undefined);
    assert.match(String(await stranger.get("x").catch((error: Error) => error.message)), /NOAUTH/);
    stranger.disconnect();
  } finally {
    for (const client of clients) {
      client.disconnect();
    }
    await redis.stop();
  }
  assert.equal(ownedProcesses(), []);
});

test("pause stalls it, resume lets it answer, kill9 ends it", async () => {
  const redis = await startRedis();
  const client = new Redis(redis.url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on("error", () => undefined);
  try {
    await client.set("key", "value");
    redis.pause();
    const answer = client.get("key");
    const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 200, "stalled"))]);
    assert.is(first, "stalled");
    redis.resume();
    assert.is(await answer, "value");
    await redis.kill9();
    assert.not.ok(await client.get("key").catch(() => null));
  } finally {
    client.disconnect();
    await redis.kill9();
  }
  assert.equal(ownedProcesses(), []);
});

test("a taken port is named", async () => {
  const one = await startRedis();
  try {
    const message = await startRedis({ port: one.port }).then(
      () => "started",
      (error: Error) => error.message,
    );
    assert.match(message, new RegExp(`127\\.0\\.0\\.1:${one.port} is taken`));
  } finally {
    await one.stop();
  }
});

test.run();
