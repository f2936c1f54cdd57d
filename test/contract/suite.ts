/** Runs the cases over a home. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CASES } from "./cases";
import { type Home, ledgerIn } from "./home";
import { world } from "./world";

/** What one home promises beyond the contract. */
export interface HomeCase<H> {
  readonly title: string;
  check(home: H): Promise<void>;
}

/** Runs all cases over one home, then looks at what they have left there. */
export function contract<H extends Home>(
  name: string,
  open: () => Promise<H>,
  more: readonly HomeCase<H>[] = [],
): void {
  const test = suite(`ledger contract: ${name}`);
  let home: H | null = null;
  let failure: unknown = null;
  const opened = (): H => {
    if (home === null) throw failure;
    return home;
  };
  // Names that no other run on the same store uses.
  const run = `c${process.pid}-${Date.now().toString(36)}`;
  const worlds: ReturnType<typeof world>[] = [];

  test.before(async () => {
    // Said by every case: uvu shows no error of a hook.
    home = await open().catch((error) => {
      failure = error;
      return null;
    });
  });
  test.after(async () => {
    await home?.close();
  });

  CASES.forEach(({ title, check }, index) => {
    test(title, async () => {
      const mine = world(ledgerIn(opened()), `${run}-${index}`);
      worlds.push(mine);
      await check(mine);
    });
  });

  for (const { title, check } of more) test(title, () => check(opened()));

  test("nothing is left behind: no lease is counted or stored, and what else is stored ends by itself", async () => {
    // Before anything is removed: texts and sets that nobody asks about again.
    const forEver = ((await opened().stored(run)) ?? []).filter(({ name, ends }) => name.startsWith("weir:") && !ends);
    assert.equal(forEver, []);
    for (const each of worlds) await each.tidy();
    // Rates and leases that were about to end have ended now.
    await opened().pass(1100);
    for (const each of worlds) {
      for (const scope of each.scopes()) {
        const usage = await each.ledger.usage(scope, each.tenants(), each.nodes());
        assert.is(usage.total, 0, `${scope}: ${JSON.stringify(usage)}`);
        assert.ok(
          [...usage.tenants, ...usage.nodes].every((count) => count === 0),
          `${scope}: ${JSON.stringify(usage)}`,
        );
      }
    }
    const stored = await opened().stored(run);
    if (stored === null) return;
    assert.equal(
      stored.filter(({ ends }) => !ends),
      [],
    );
    assert.equal(
      stored.filter(({ name }) => name.includes(":lease:")),
      [],
    );
  });

  test.run();
}
