/** Cells in plain memory: the reference home, for tests and simulation. The clock is the caller's. */

import type { Cells } from "./cells";

interface Cell {
  value: string;
  expiresAt: number;
}

/**
 * Cells that live as long as the object.
 * @param now whole milliseconds since 1970
 */
export function plainCells(now: () => number): Cells {
  const texts: Record<string, Cell> = {};
  const leases: Record<string, Cell> = {};
  const sets: Record<string, Record<string, number>> = {};

  function live(cells: Record<string, Cell>, key: string): string | null {
    const cell = cells[key];
    if (cell === undefined) return null;
    if (cell.expiresAt > now()) return cell.value;
    delete cells[key];
    return null;
  }

  return {
    now,
    read: (key) => live(texts, key),
    write(key, value, expiresAt) {
      texts[key] = { value, expiresAt };
    },
    erase(key) {
      delete texts[key];
    },
    lease: (key) => live(leases, key),
    hold(key, value, into, expiresAt) {
      leases[key] = { value, expiresAt };
      for (const name of into) {
        let set = sets[name];
        if (set === undefined) {
          set = {};
          sets[name] = set;
        }
        set[key] = expiresAt;
      }
    },
    drop(key, from) {
      delete leases[key];
      for (const name of from) {
        const set = sets[name];
        if (set !== undefined) delete set[key];
      }
    },
    count(name) {
      const set = sets[name];
      if (set === undefined) return 0;
      const time = now();
      let count = 0;
      for (const key in set) {
        if ((set[key] ?? 0) > time) count++;
        else delete set[key];
      }
      if (count === 0) delete sets[name];
      return count;
    },
  };
}
