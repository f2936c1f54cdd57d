/** The embedded home's calendar of leases over the mock's tables, where a clock can be moved at will. */
import * as assert from "uvu/assert";
import { ledgerIn } from "./home";
import { type MockHome, mockHome } from "./mock-home";
import { contract } from "./suite";
import { SHORT_MS, world } from "./world";

contract("shared memory of the mock", async () => mockHome(), [
  {
    title: "a lease that nobody ends leaves nothing in the calendar, however long nobody looked",
    async check() {
      const home = mockHome();
      const mine = world(ledgerIn(home), "idle");
      await mine.admit({ groups: [[{ id: "a", capacity: 1, share: 1 }]] });
      await home.pass(2 * 3600 * 1000);
      assert.equal(await mine.counts(["acme"], ["a"]), [0, 0, 0]);
      assert.equal(await names(home), ["W"]);
    },
  },
  {
    title: "a clock that is set back keeps no lease for ever",
    async check() {
      const home = mockHome();
      const mine = world(ledgerIn(home), "back");
      await mine.admit({ ringMs: 10 * SHORT_MS });
      await home.pass(5 * SHORT_MS);
      assert.equal(await mine.counts(), [1, 1]);
      home.setClock(-3600_000);
      // Its end lies before the last second that was cleared.
      await mine.admit({ ringMs: SHORT_MS });
      assert.equal(await mine.counts(), [2, 2]);
      await home.pass(3600_000 + 20 * SHORT_MS);
      assert.equal(await mine.counts(), [0, 0]);
      assert.equal(await names(home), ["W"]);
    },
  },
  {
    title: "a clock that is set forward ends leases early and holds up nothing else",
    async check() {
      const home = mockHome();
      const mine = world(ledgerIn(home), "forward");
      await mine.admit({ ringMs: 10 * SHORT_MS });
      home.setClock(3600_000);
      assert.equal(await mine.counts(), [0, 0]);
      await mine.admit({ ringMs: SHORT_MS });
      assert.equal(await mine.counts(), [1, 1]);
      await home.pass(2 * SHORT_MS);
      assert.equal(await mine.counts(), [0, 0]);
      assert.equal(await names(home), ["W"]);
    },
  },
]);

async function names(home: MockHome): Promise<string[]> {
  return ((await home.stored("")) ?? []).map(({ name }) => name.split(" ")[0] ?? "");
}
