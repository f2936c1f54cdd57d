import { plainCells } from "../../src/ledger/plain";
import type { Home } from "./home";
import { STEPS } from "./steps";

/** A moment that is not on a whole second, so that rounding shows. */
export const START_MS = Date.UTC(2026, 0, 1) + 437;

/** Plain cells with a virtual clock. */
export function plainHome(): Home {
  let time = START_MS;
  const cells = plainCells(() => time);
  return {
    step: async (name, key, args, secondKey = "") => STEPS[name](cells, key, args, secondKey),
    async pass(ms) {
      time += ms;
    },
    now: () => time,
    stored: async () => null,
    async close() {},
  };
}
