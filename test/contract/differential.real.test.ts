/** Plain memory, Redis, and shared memory inside Kamailio answer the same, whatever comes. */
import { suite } from "uvu";
import type { Home } from "./home";
import { kamailioHome } from "./kamailio-home";
import { plainHome } from "./plain-home";
import { compare, seeds } from "./random";
import { redisHome } from "./redis-home";

const test = suite("ledger, random steps in real homes");

for (const seed of seeds()) {
  test(`plain, Redis and Kamailio agree, seed ${seed}`, async () => {
    const homes: Home[] = [plainHome()];
    try {
      homes.push(await redisHome());
      homes.push(await kamailioHome());
      await compare(homes, "coarse", seed, 3000);
    } finally {
      for (const home of homes) await home.close();
    }
  });
}

test.run();
