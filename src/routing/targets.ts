/** From bindings to places to send to. */

import type { Binding } from "../ledger/bindings";
import type { Target } from "./decision";

/** Branches of one request at most; more would let one address of record multiply traffic (RFC 5393 section 5). */
const MOST_BRANCHES = 10;

/** All bindings at once, the most preferred first. */
export function targetsOf(bindings: readonly Binding[]): Target[] {
  const targets: Target[] = [];
  for (const binding of bindings) {
    if (targets.length < MOST_BRANCHES) targets.push({ uri: binding.contact, nextHop: binding.received });
  }
  return targets;
}
