/** Counters of this proxy, in shared memory: what was admitted and refused, under the names of refusal.ts. */

import { asText } from "./text";
import type { Ksr } from "./types/ksr";

const TABLE = "weirstat";

/** Counters by name: `admitted/<tenant>/<node>`, `refused/<tenant>/<reason>`. */
export interface Counters {
  /** Counts one event. */
  count(name: string): void;
  /** The current value. */
  read(name: string): number;
}

/** Counters over table `weirstat`. */
export function counters(ksr: Ksr): Counters {
  const { sht_inc: increment, sht_get: get, sht_seti: set, sht_lock: lock, sht_unlock: unlock } = ksr.htable;

  /** The first of its kind: two workers may be here at once. */
  function begin(name: string): void {
    lock(TABLE, name);
    try {
      if (increment(TABLE, name) <= 0) set(TABLE, name, 1);
    } finally {
      unlock(TABLE, name);
    }
  }

  return {
    count(name) {
      if (increment(TABLE, name) <= 0) begin(name);
    },
    read: (name) => Number(asText(get(TABLE, name), "counter") ?? "0"),
  };
}
