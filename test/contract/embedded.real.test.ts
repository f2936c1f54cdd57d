/** The ledger in Kamailio's shared memory, used by several of its processes at once. */
import * as assert from "uvu/assert";
import { ledgerIn } from "./home";
import { kamailioHome } from "./kamailio-home";
import { contract } from "./suite";
import { contact, SHORT_MS, world } from "./world";

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
  {
    title: "full memory is an error, never an answer that is not true, and room that comes back is used",
    async check() {
      const home = await kamailioHome({ memoryMb: 8 });
      try {
        const mine = world(ledgerIn(home), "full");
        const text = `sip:${"x".repeat(3000)}`;
        const kept: string[] = [];
        let said = "";
        while (said === "" && kept.length < 5000) {
          const address = mine.address(`user${kept.length}`);
          try {
            await mine.save(address, { contacts: [contact(text)] });
            kept.push(address);
            assert.is((await mine.ledger.lookUp(address)).length, 1, `${kept.length}`);
          } catch (error) {
            said = String(error);
          }
        }
        assert.match(said, "shared memory is full", `after ${kept.length}`);

        // What little is left goes to calls, each of them whole or not at all.
        const groups = [[{ id: "a", capacity: 9999, share: 1 }]];
        const name = "n".repeat(300);
        let admitted = 0;
        for (let number = 0; number < 200; number++) {
          await mine.admit({ groups, lease: `${name}${number}`, max: 9999 }).then(
            () => admitted++,
            () => undefined,
          );
        }
        assert.ok(admitted < 200, `${admitted}`);
        assert.equal(await mine.counts(["acme"], ["a"]), [admitted, admitted, admitted]);

        for (const address of kept.slice(0, 100)) await mine.save(address, { cseq: 2, removeAll: true });
        assert.is((await mine.admit({ groups, max: 9999 })).outcome, "admitted");
        await mine.tidy();
        assert.equal(await mine.counts(["acme"], ["a"]), [0, 0, 0]);
      } finally {
        await home.close();
      }
    },
  },
]);
