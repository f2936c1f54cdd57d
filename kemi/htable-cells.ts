/**
 * Cells in Kamailio's shared memory, the embedded home. Leases need what htable lacks, sets scored by expiry; a
 * calendar takes their place: per second the leases that end in it, so that counting is reading one number and
 * every step costs the same however many calls live.
 *
 * Table `weirlease` (never expires by itself; the calendar decides):
 *
 * | name | value |
 * |---|---|
 * | `L<lease>` | `<second> <slot> <set,set,…> <value>` |
 * | `C<set>` | number of leases in the set |
 * | `T<second>` | slots handed out in that second |
 * | `S<second>.<slot>` | the lease in that slot |
 * | `W` | the last second that was cleared |
 */

import type { Cells } from "../src/ledger/cells";
import { asText } from "./text";
import type { Ksr } from "./types/ksr";
import { type KemiResult, ok } from "./types/results";

const TEXTS = "weir";
const LEASES = "weirlease";
const LOCKS = "weirlock";
const LOCK = "ledger";
const WATERMARK = "W";

const FULL = "shared memory is full: start Kamailio with more (-m)";

/**
 * No lease ends later than this after it was given: twice the longest call that a policy may allow. So when the clock
 * leaps by years, as on a machine that learns the time after its start, only so many seconds need be looked at.
 */
const LONGEST_LEASE_SECONDS = 2 * 86400;

/** htable keeps expiry in 32-bit seconds from now. */
const LONGEST_TTL_SECONDS = 30 * 24 * 3600;

/** @throws Error: an answer must not say that something is stored which is not */
function requireStored(result: KemiResult): void {
  if (!ok(result)) throw new Error(FULL);
}

interface LeaseRecord {
  readonly second: number;
  readonly slot: number;
  readonly sets: readonly string[];
  readonly value: string;
}

/** Runs ledger steps over shared memory, each alone. */
export interface HtableHome {
  /** Runs a step under the home's lock, with expired leases cleared first. Throws when shared memory is full. */
  atomic<T>(step: (cells: Cells) => T): T;
}

/** The embedded home; `now` is the machine's clock in milliseconds. */
export function htableHome(ksr: Ksr, now: () => number): HtableHome {
  const { sht_get: get, sht_sets: setText, sht_seti: setNumber, sht_setxs: setUntil, sht_rm: remove } = ksr.htable;
  const { sht_lock: lock, sht_unlock: unlock, sht_inc: increment, sht_setex: expireIn } = ksr.htable;
  let time = 0;
  /** The last second that is cleared, as of this step. */
  let cleared = 0;

  function numberAt(key: string): number {
    const value = get(LEASES, key);
    return typeof value === "number" ? value : 0;
  }

  function readLease(key: string): LeaseRecord | null {
    const text = asText(get(LEASES, `L${key}`), "lease");
    if (text === null) return null;
    const first = text.indexOf(" ");
    const second = text.indexOf(" ", first + 1);
    const third = text.indexOf(" ", second + 1);
    return {
      second: Number(text.substring(0, first)),
      slot: Number(text.substring(first + 1, second)),
      sets: text.substring(second + 1, third).split(","),
      value: text.substring(third + 1),
    };
  }

  /** False when there is no memory for the count. */
  function countUp(set: string): boolean {
    // What is not there cannot be incremented; a default for the whole table would give every missing lease a value.
    return increment(LEASES, `C${set}`) >= 0 || ok(setNumber(LEASES, `C${set}`, 1));
  }

  function countDown(sets: readonly string[]): void {
    for (const set of sets) {
      const left = numberAt(`C${set}`) - 1;
      if (left > 0) setNumber(LEASES, `C${set}`, left);
      else remove(LEASES, `C${set}`);
    }
  }

  /** Ends the leases of all seconds up to now. */
  function clearExpired(): void {
    const until = Math.floor(time / 1000);
    let second = numberAt(WATERMARK);
    // A clock that was set back leaves the mark where it is: what was cleared is gone.
    cleared = Math.max(second, until);
    if (second === until) return;
    if (second !== 0) {
      const last = Math.min(until, second + LONGEST_LEASE_SECONDS);
      while (second < last) {
        second++;
        const slots = numberAt(`T${second}`);
        if (slots === 0) continue;
        for (let slot = 1; slot <= slots; slot++) {
          const key = asText(get(LEASES, `S${second}.${slot}`), "slot");
          if (key === null) continue;
          const lease = readLease(key);
          remove(LEASES, `S${second}.${slot}`);
          if (lease === null) continue;
          countDown(lease.sets);
          remove(LEASES, `L${key}`);
        }
        remove(LEASES, `T${second}`);
      }
    }
    if (second <= until) setNumber(LEASES, WATERMARK, until);
  }

  const cells: Cells = {
    now: () => time,
    read: (key) => asText(get(TEXTS, key), "cell"),
    write(key, value, expiresAt) {
      // One second more than needed: htable counts whole seconds, and who reads checks the time itself.
      const ttl = Math.ceil((expiresAt - time) / 1000) + 1;
      const seconds = Math.min(ttl, LONGEST_TTL_SECONDS);
      requireStored(setUntil(TEXTS, key, value, seconds));
      // A text that has grown gets a new item, and Kamailio 5.6 gives the time to the old one: the new would stay for
      // ever (its ht_set_cell_ex).
      expireIn(TEXTS, key, seconds);
    },
    erase(key) {
      remove(TEXTS, key);
    },
    lease(key) {
      const lease = readLease(key);
      return lease === null ? null : lease.value;
    },
    hold(key, value, sets, expiresAt) {
      const before = readLease(key);
      if (before !== null) remove(LEASES, `S${before.second}.${before.slot}`);
      // Never in a second that nobody will clear again, as after the clock was set back: late is better than never.
      const second = Math.max(Math.ceil(expiresAt / 1000), cleared + 1);
      const slot = numberAt(`T${second}`) + 1;
      let whole =
        ok(setNumber(LEASES, `T${second}`, slot)) &&
        ok(setText(LEASES, `S${second}.${slot}`, key)) &&
        ok(setText(LEASES, `L${key}`, `${second} ${slot} ${sets.join(",")} ${value}`));
      if (before === null) for (const set of sets) whole = countUp(set) && whole;
      if (whole) return;
      // All or nothing: a lease outside of the calendar would never end.
      countDown(sets);
      remove(LEASES, `S${second}.${slot}`);
      remove(LEASES, `L${key}`);
      throw new Error(FULL);
    },
    drop(key, sets) {
      const lease = readLease(key);
      if (lease === null) return;
      countDown(sets);
      remove(LEASES, `S${lease.second}.${lease.slot}`);
      remove(LEASES, `L${key}`);
    },
    count: (set) => numberAt(`C${set}`),
  };

  return {
    atomic(step) {
      lock(LOCKS, LOCK);
      try {
        time = now();
        clearExpired();
        return step(cells);
      } finally {
        unlock(LOCKS, LOCK);
      }
    },
  };
}
