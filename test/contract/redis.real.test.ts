/** The ledger as a function library in a real Redis, called over several connections. */
import * as assert from "uvu/assert";
import { ledgerIn } from "./home";
import { redisHome } from "./redis-home";
import { contract } from "./suite";
import { contact, world } from "./world";

contract("functions in Redis", redisHome, [
  {
    title: "a Redis that has lost its functions says so, keeps the data, and goes on once they are loaded again",
    async check(home) {
      const mine = world(ledgerIn(home), "flushed");
      await mine.save(mine.address(), { contacts: [contact("sip:desk")] });
      const { lease } = await mine.admit();
      await home.redis.call("FUNCTION", "FLUSH");
      let said = "";
      await mine.admit().catch((error: Error) => {
        said = error.message;
      });
      assert.match(said, "unction not found", "kemi/redis-ledger looks for these words");
      await home.load();
      assert.equal(await mine.counts(), [1, 1]);
      assert.is((await mine.ledger.lookUp(mine.address())).length, 1);
      assert.is(await mine.ledger.release(mine.scope(), lease), true);
      await mine.tidy();
    },
  },
  {
    title: "every key of a call carries the pool as its only hash tag, so that a cluster keeps them together",
    async check(home) {
      const mine = world(ledgerIn(home), "tagged");
      await mine.admit({
        lease: "{other} tag",
        rate: { intervalMicros: 1_000_000, burst: 5 },
        groups: [[{ id: "a", capacity: 1, share: 1 }]],
      });
      const keys = (await home.redis.keys("*")).filter((key) => key.includes("tagged"));
      assert.is(keys.length, 5, keys.join("\n"));
      // Redis Cluster hashes what stands between the first brace and the next closing one.
      const tags = keys.map((key) => /\{([^}]*)\}/.exec(key)?.[1]);
      assert.equal(tags, Array(5).fill("tagged-main"));
      await mine.tidy();
    },
  },
]);
