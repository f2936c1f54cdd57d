/** The compiled chunk in a real Redis, which is stricter than EVAL while it loads a library. */
import Redis from "ioredis";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compileLedger } from "../../src/build/ledger";
import { startRedis } from "../../src/host/redis";
import { sampleLedger } from "./sample-ledger";

test("Redis loads the library, two versions side by side, and runs its steps", async () => {
  const first = compileLedger(sampleLedger());
  const library = 'redis.register_function(LIBRARY + "_add", () => "another version");\n';
  const second = compileLedger(sampleLedger({ "redis/library.ts": library }));
  const server = await startRedis();
  const redis = new Redis(server.port, server.host, { maxRetriesPerRequest: 0 });
  redis.on("error", () => undefined);
  try {
    for (const { name, text } of [first, second, first]) {
      assert.is(await redis.call("FUNCTION", "LOAD", "REPLACE", text), name);
    }
    assert.is(await redis.call("FCALL", `${first.name}_add`, "1", "k", "2", "3"), "5");
    assert.is(await redis.call("FCALL", `${first.name}_third`, "0", "a", "b", "c"), "c");
    assert.is(await redis.call("FCALL", `${first.name}_words`, "0", "a b --   x -- c"), "a b+c");
    assert.is(await redis.call("FCALL", `${second.name}_add`, "1", "k", "2"), "another version");
  } finally {
    redis.disconnect();
    await server.stop();
  }
});

test("Redis loads Weir's own ledger", async () => {
  const { name, text } = compileLedger();
  const server = await startRedis();
  const redis = new Redis(server.port, server.host, { maxRetriesPerRequest: 0 });
  redis.on("error", () => undefined);
  try {
    assert.is(await redis.call("FUNCTION", "LOAD", "REPLACE", text), name);
    const list = JSON.stringify(await redis.call("FUNCTION", "LIST"));
    for (const step of ["admit", "release", "save"]) assert.ok(list.includes(`"${name}_${step}"`), `${step}: ${list}`);
  } finally {
    redis.disconnect();
    await server.stop();
  }
});

test.run();
