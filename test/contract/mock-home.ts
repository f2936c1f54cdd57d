/** The embedded home's cells over the KEMI mock's tables, with a virtual clock. */
import { htableHome } from "../../kemi/htable-cells";
import { createMock } from "../../kemi/mock";
import type { Home } from "./home";
import { START_MS } from "./plain-home";
import { STEPS } from "./steps";

/** A home whose clock may be set wrong. */
export interface MockHome extends Home {
  /** Sets the clock of the machine forward or back without time passing. */
  setClock(byMs: number): void;
}

/** Tables as weir.cfg declares them, but small: the mock goes through all of a table each second. */
export function mockHome(): MockHome {
  const mock = createMock({
    nowMs: START_MS,
    tables: { weir: { size: 4, autoexpire: 604_800 }, weirlease: { size: 4 }, weirlock: { size: 4 } },
  });
  let wrong = 0;
  const now = () => mock.nowMs() + wrong;
  const home = htableHome(mock.ksr, now);
  const items = (table: string) => Object.entries(mock.table(table));
  return {
    step: async (name, key, args, secondKey = "") =>
      mock.inside(() => home.atomic((cells) => STEPS[name](cells, key, args, secondKey))),
    async pass(ms) {
      mock.advance(ms);
    },
    now,
    setClock(byMs) {
      wrong += byMs;
    },
    async stored(part) {
      const texts = items("weir").map(([name, { expire }]) => ({ name, ends: expire > 0 }));
      // Leases and counts end by the calendar, not by themselves.
      const leases = items("weirlease").map(([name, { value }]) => ({ name: `${name} ${value}`, ends: false }));
      return [...texts, ...leases].filter(({ name }) => name.includes(part));
    },
    async close() {},
  };
}
