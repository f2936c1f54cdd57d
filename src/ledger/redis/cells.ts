/** Cells in Redis; runs inside Redis, compiled to Lua. */

import type { Cells } from "../cells";

/**
 * How long an untouched set stays: longer than any lease. Members leave by their score; this only clears away the
 * sets of tenants and nodes that nobody asks about any more.
 */
const SET_IDLE_MS = 7 * 24 * 3600 * 1000;

function text(value: string | number | boolean | readonly string[]): string | null {
  // A missing value comes back from Redis as false.
  return typeof value === "string" ? value : null;
}

let time = 0;

/** Milliseconds, read once per step: Redis itself holds time still while a script runs. */
function now(): number {
  const parts = redis.call("TIME") as readonly string[];
  time = Number(parts[0] ?? "0") * 1000 + Math.floor(Number(parts[1] ?? "0") / 1000);
  return time;
}

/** See `Cells`. One instance serves all steps: it holds nothing but the step's time. */
export const cells: Cells & { begin(): void } = {
  begin() {
    now();
  },
  now: () => time,
  read: (key) => text(redis.call("GET", key)),
  write(key, value, expiresAt) {
    redis.call("SET", key, value, "PXAT", expiresAt);
  },
  erase(key) {
    redis.call("DEL", key);
  },
  lease: (key) => text(redis.call("GET", key)),
  hold(key, value, sets, expiresAt) {
    redis.call("SET", key, value, "PXAT", expiresAt);
    for (const set of sets) {
      redis.call("ZADD", set, expiresAt, key);
      redis.call("PEXPIRE", set, SET_IDLE_MS);
    }
  },
  drop(key, sets) {
    redis.call("DEL", key);
    for (const set of sets) redis.call("ZREM", set, key);
  },
  count(set) {
    redis.call("ZREMRANGEBYSCORE", set, "-inf", time);
    return redis.call("ZCARD", set) as number;
  },
};
