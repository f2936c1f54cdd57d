/**
 * The rules of calls. A call is a lease: a member of its tenant's, its node's and its pool's set, scored by expiry.
 * So every step here may be repeated, reordered or lost without a count going wrong.
 */

import type { Cells } from "./cells";
import { leaseKey, nodeSet, poolSet, rateKey, tenantSet } from "./keys";
import { afterCall, type Rate, rateExpiresAt, tooEarlyMicros } from "./rate";

/** A node that may take a call. */
export interface Candidate {
  readonly id: string;
  /** Calls it can carry at the same time. */
  readonly capacity: number;
  /** Capacity times weight: what its load is measured against. */
  readonly share: number;
}

/** What holds for all of a tenant's calls of one kind. */
export interface AdmitTerms {
  readonly tenant: string;
  /** Ceiling of the tenant's concurrent calls. */
  readonly max: number;
  /** Null when the tenant has no rate limit. */
  readonly rate: Rate | null;
  /** Skips the tenant's limits. */
  readonly emergency: boolean;
  /** How long the lease lives until the call is answered, milliseconds. */
  readonly ringMs: number;
  /** Whether the call needs a node; calls between users need none. */
  readonly needsNode: boolean;
}

/** A new call that asks for capacity. */
export interface AdmitRequest extends AdmitTerms {
  /** Identity of the call; a repeated request with the same one changes nothing. */
  readonly lease: string;
  /** Nodes to choose from, in the caller's order of preference, group after group. */
  readonly groups: readonly (readonly Candidate[])[];
}

/** What became of a request for capacity. */
export type AdmitOutcome = "admitted" | "tenant-limit" | "rate-limit" | "pool-full" | "no-node";

/** The ledger's answer to `admit` and `move`. */
export interface AdmitAnswer {
  readonly outcome: AdmitOutcome;
  /** The node that holds the call; "" when refused or when the call needs none. */
  readonly node: string;
  /** The tenant's live calls, this one included when it was admitted. */
  readonly used: number;
  /** What `used` was measured against. */
  readonly allowed: number;
  /** When to try again, milliseconds from now; 0 when that cannot be computed. */
  readonly retryAfterMs: number;
}

/** A call that leaves a node which did not take it. */
export interface MoveRequest {
  readonly lease: string;
  readonly tenant: string;
  readonly ringMs: number;
  readonly groups: readonly (readonly Candidate[])[];
}

/**
 * Gives a new call its capacity and its node, or says why not.
 * @param lease identity of the call; a repeated request with the same one changes nothing
 * @param groups nodes to choose from, in the caller's order of preference, group after group
 */
export function admit(
  cells: Cells,
  scope: string,
  lease: string,
  terms: AdmitTerms,
  groups: readonly (readonly Candidate[])[],
): AdmitAnswer {
  const tenants = tenantSet(scope, terms.tenant);
  const key = leaseKey(scope, lease);
  const held = cells.lease(key);
  if (held !== null) return answer("admitted", nodeOf(held), cells.count(tenants), terms.max, 0);

  const now = cells.now();
  const used = cells.count(tenants);
  const limited = !terms.emergency;
  if (limited && used >= terms.max) return answer("tenant-limit", "", used, terms.max, 0);

  const rate = limited ? terms.rate : null;
  let arrival: string | null = null;
  if (rate !== null) {
    arrival = cells.read(rateKey(scope, terms.tenant));
    const early = tooEarlyMicros(rate, arrival, now);
    if (early > 0) return answer("rate-limit", "", used, terms.max, Math.ceil(early / 1000));
  }

  let node = "";
  if (terms.needsNode) {
    node = chooseNode(cells, scope, groups);
    if (node === "") return answer(noRoom(groups), "", used, terms.max, 0);
  }

  // Only a call that is admitted counts against the rate; a refused one would only push the next further away.
  if (rate !== null) {
    const next = afterCall(rate, arrival, now);
    cells.write(rateKey(scope, terms.tenant), next, rateExpiresAt(next));
  }
  cells.hold(key, leaseValue(terms.tenant, node), setsOf(scope, terms.tenant, node), wholeSecond(now + terms.ringMs));
  return answer("admitted", node, used + 1, terms.max, 0);
}

/** Moves a call that its node did not take to another node. The tenant's limits were passed before and stay so. */
export function move(cells: Cells, scope: string, request: MoveRequest): AdmitAnswer {
  const key = leaseKey(scope, request.lease);
  const held = cells.lease(key);
  // The old node's place is free before the new one is looked for: with one call of room left that is the same place.
  if (held !== null) cells.drop(key, setsOf(scope, tenantOf(held), nodeOf(held)));
  const node = chooseNode(cells, scope, request.groups);
  const tenants = tenantSet(scope, request.tenant);
  if (node === "") return answer(noRoom(request.groups), "", cells.count(tenants), 0, 0);
  const expiresAt = wholeSecond(cells.now() + request.ringMs);
  cells.hold(key, leaseValue(request.tenant, node), setsOf(scope, request.tenant, node), expiresAt);
  return answer("admitted", node, cells.count(tenants), 0, 0);
}

/**
 * Extends the lease of an answered call.
 * @param callMs how long from now, milliseconds
 * @returns false when there is no such lease (any more); nothing is created then, so that an ACK that crosses a BYE
 * cannot bring a dead call back
 */
export function confirm(cells: Cells, scope: string, lease: string, callMs: number): boolean {
  const key = leaseKey(scope, lease);
  const held = cells.lease(key);
  if (held === null) return false;
  cells.hold(key, held, setsOf(scope, tenantOf(held), nodeOf(held)), wholeSecond(cells.now() + callMs));
  return true;
}

/**
 * Ends a lease.
 * @returns false when there was none
 */
export function release(cells: Cells, scope: string, lease: string): boolean {
  const key = leaseKey(scope, lease);
  const held = cells.lease(key);
  if (held === null) return false;
  cells.drop(key, setsOf(scope, tenantOf(held), nodeOf(held)));
  return true;
}

/** Live calls of a scope: of all together, of each named tenant, of each named node. */
export interface Usage {
  readonly total: number;
  readonly tenants: readonly number[];
  readonly nodes: readonly number[];
}

/** Counts live calls; the lists answer `tenants` and `nodes` in their order. */
export function usage(cells: Cells, scope: string, tenants: readonly string[], nodes: readonly string[]): Usage {
  const tenantCounts: number[] = [];
  for (const tenant of tenants) tenantCounts.push(cells.count(tenantSet(scope, tenant)));
  const nodeCounts: number[] = [];
  for (const node of nodes) nodeCounts.push(cells.count(nodeSet(scope, node)));
  return { total: cells.count(poolSet(scope)), tenants: tenantCounts, nodes: nodeCounts };
}

/**
 * The first candidate in the caller's order whose load is as good as can be: with this call placed best, no node
 * would be below where this one is now. Comparing loads this way instead of taking the strict minimum leaves the
 * caller's turn to decide among nodes that differ by less than one call, so that idle nodes of capacity 2:1:1 are
 * used 2:1:1 instead of the largest always first.
 */
function chooseNode(cells: Cells, scope: string, groups: readonly (readonly Candidate[])[]): string {
  for (const group of groups) {
    const counts: number[] = [];
    let bestAfter = -1;
    for (const candidate of group) {
      const count = cells.count(nodeSet(scope, candidate.id));
      counts.push(count);
      if (count < candidate.capacity) {
        const after = (count + 1) / candidate.share;
        if (bestAfter < 0 || after < bestAfter) bestAfter = after;
      }
    }
    for (let i = 0; i < group.length; i++) {
      const candidate = group[i];
      const count = counts[i];
      if (candidate === undefined || count === undefined || count >= candidate.capacity) continue;
      if (count / candidate.share <= bestAfter) return candidate.id;
    }
  }
  return "";
}

function noRoom(groups: readonly (readonly Candidate[])[]): AdmitOutcome {
  for (const group of groups) if (group.length > 0) return "pool-full";
  return "no-node";
}

function setsOf(scope: string, tenant: string, node: string): string[] {
  const sets = [tenantSet(scope, tenant), poolSet(scope)];
  if (node !== "") sets.push(nodeSet(scope, node));
  return sets;
}

// Policy names hold no blank, so one separates them.
function leaseValue(tenant: string, node: string): string {
  return `${tenant} ${node}`;
}

function tenantOf(held: string): string {
  return held.substring(0, held.indexOf(" "));
}

function nodeOf(held: string): string {
  return held.substring(held.indexOf(" ") + 1);
}

/** Homes that keep a calendar of expiries keep it by the second, so leases end on whole seconds in every home. */
function wholeSecond(ms: number): number {
  return Math.ceil(ms / 1000) * 1000;
}

function answer(outcome: AdmitOutcome, node: string, used: number, allowed: number, retryAfterMs: number): AdmitAnswer {
  return { outcome, node, used, allowed, retryAfterMs };
}
