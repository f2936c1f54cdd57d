/** The ledger in Redis as a proxy reaches it: through ndb_redis, from several processes of a real Kamailio. */
import * as assert from "uvu/assert";
import { type KamailioHome, kamailioHome } from "./kamailio-home";
import { type RedisHome, redisHome } from "./redis-home";
import { contract } from "./suite";

interface ProxyHome extends KamailioHome {
  readonly store: RedisHome;
}

async function open(): Promise<ProxyHome> {
  const store = await redisHome();
  try {
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
]);
