/** Counters of this proxy, in shared memory: what was admitted and refused, under the names of refusal.ts. */

import { asText } from "./text";
import type { Ksr } from "./types/ksr";

const TABLE = "weirstat";

/** What is counted: `admitted`, `refused` (with a reason) and `registered`. */
export interface Counters {
  /** Counts one event of a tenant; `detail` is a node or a reason. */
  count(event: string, tenant: string, detail: string): void;
  /** The current value. */
  read(event: string, tenant: string, detail: string): number;
}

/** Counters over table `weirstat`. */
export function counters(ksr: Ksr): Counters {
  const { sht_inc: increment, sht_get: get, sht_seti: set, sht_lock: lock, sht_unlock: unlock } = ksr.htable;
  const name = (event: string, tenant: string, detail: string) => `${event}/${tenant}/${detail}`;

  return {
    count(event, tenant, detail) {
      const key = name(event, tenant, detail);
      if (increment(TABLE, key) > 0) return;
      // The first of its kind: two workers may be here at once.
      lock(TABLE, key);
      try {
        if (increment(TABLE, key) <= 0) set(TABLE, key, 1);
      } finally {
        unlock(TABLE, key);
      }
    },
    read(event, tenant, detail) {
      return Number(asText(get(TABLE, name(event, tenant, detail)), "counter") ?? "0");
    },
  };
}
