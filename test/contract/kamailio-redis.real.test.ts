/** The ledger in Redis as a proxy reaches it: through ndb_redis, from several processes of a real Kamailio. */
import * as assert from "uvu/assert";
import { ledgerIn } from "./home";
import { type KamailioHome, kamailioHome } from "./kamailio-home";
import { type RedisHome, redisHome } from "./redis-home";
import { contract } from "./suite";
import { world } from "./world";

interface ProxyHome extends KamailioHome {
  readonly store: RedisHome;
}

async function open(): Promise<ProxyHome> {
  const store = await redisHome();
  try {
    // The script has to load the library by itself.
    await store.redis.call("FUNCTION", "FLUSH");
    const proxy = await kamailioHome({ redis: store.url });
    return {
      ...proxy,
      store,
      stored: (part) => store.stored(part),
      async close() {
        await proxy.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

contract("Redis through Kamailio", open, [
  {
    title: "several processes have run the steps, and none in shared memory",
    async check(home) {
      assert.ok(home.workers.size >= 2, `${[...home.workers]}`);
      const leases = (await home.table("weirlease")).filter(({ name }) => /^[LCS]/.test(name));
      assert.equal(leases, []);
    },
  },
  {
    title: "functions that are flushed while proxies run come back with the next call",
    async check(home) {
      const mine = world(ledgerIn(home), "reloaded");
      const { lease } = await mine.admit();
      await home.store.redis.call("FUNCTION", "FLUSH");
      const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => mine.admit()));
      assert.ok(answers.every(({ outcome }) => outcome === "admitted"));
      await home.store.redis.call("FUNCTION", "FLUSH");
      assert.is(await mine.ledger.release(mine.scope(), lease), true);
      assert.equal(await mine.counts(), [6, 6]);
      await mine.tidy();
    },
  },
]);
