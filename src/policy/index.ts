/** What a policy file imports from `"weir"`. */

import type { LeastLoaded, Policy } from "./types";

export type { Call, Destination } from "../routing/call";
export { byDefault, refuse, toPool, toUser } from "../routing/call";
export type {
  CallTimes,
  LeastLoaded,
  NodePolicy,
  Policy,
  PoolPolicy,
  RegistrationPolicy,
  TenantPolicy,
} from "./types";

/** Gives a policy its type, so that the editor shows mistakes; returns it unchanged. */
export function definePolicy(policy: Policy): Policy {
  return policy;
}

/** Prefer the node with the least load relative to its capacity; with `preferZone`, those of that zone first. */
export function leastLoaded(options?: { preferZone?: string }): LeastLoaded {
  return { strategy: "least-loaded", preferZone: options?.preferZone };
}

/** Seconds in `n` minutes. */
export function minutes(n: number): number {
  return n * 60;
}

/** Seconds in `n` hours. */
export function hours(n: number): number {
  return n * 3600;
}
