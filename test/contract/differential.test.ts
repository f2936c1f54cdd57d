/** The plain home is the reference; the others must answer like it, whatever comes. */
import { suite } from "uvu";
import type { Home } from "./home";
import { mockHome } from "./mock-home";
import { plainHome } from "./plain-home";
import { compare, seeds } from "./random";
import { ioredisMockHome } from "./redis-home";

const test = suite("ledger, random steps");

async function over(homes: readonly Home[], body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } finally {
    for (const home of homes) await home.close();
  }
}

for (const seed of seeds()) {
  test(`plain and shared memory of the mock agree while things end, seed ${seed}`, async () => {
    const homes = [plainHome(), mockHome()];
    await over(homes, () => compare(homes, "exact", seed, 6000));
  });

  test(`plain and the compiled Lua in ioredis-mock agree, seed ${seed}`, async () => {
    const homes = [plainHome(), await ioredisMockHome()];
    await over(homes, () => compare(homes, "coarse", seed, 300));
  });
}

test.run();
