/** The ledger in Kamailio's shared memory, used by several of its processes at once. */
import * as assert from "uvu/assert";
import { ledgerIn } from "./home";
import { kamailioHome } from "./kamailio-home";
import { contract } from "./suite";
import { SHORT_MS, world } from "./world";

contract("shared memory of Kamailio", () => kamailioHome(), [
  {
    title: "several processes have run the steps",
    async check(home) {
      assert.ok(home.workers.size >= 2, `${[...home.workers]}`);
    },
  },
  {
    title: "a thousand calls later shared memory holds nothing of them, however they ended",
    async check(home) {
      const mine = world(ledgerIn(home), "thousand");
      const groups = [[{ id: "a", capacity: 5000, share: 1 }]];
      const numbers = Array.from({ length: 1000 }, (_, index) => index);
      await Promise.all(
        numbers.map(async (number) => {
          const { lease } = await mine.admit({ ringMs: SHORT_MS, groups });
          if (number % 3 === 0) await mine.ledger.release(mine.scope(), lease);
          if (number % 3 === 1) await mine.ledger.confirm(mine.scope(), lease, 2 * SHORT_MS);
        }),
      );
      // Nobody asks any more: the timer's process alone has to clear them.
      await home.pass(2 * SHORT_MS + 2000);
      assert.equal(await home.stored("thousand"), []);
      assert.equal(await mine.counts(["acme"], ["a"]), [0, 0, 0]);
    },
  },
]);
