/** Who plays what: finds the parts of the demo in a policy and sizes the traffic to it. */

import { Failure } from "../build/failure";
import type { NodePolicy, Policy, TenantPolicy } from "../policy/types";

/** How long an answered call of the demo rings and talks, seconds. */
export const RING_SECONDS = 0.3;
export const TALK_SECONDS = 1.7;
const CALL_SECONDS = RING_SECONDS + TALK_SECONDS;

/** The demo shows a limit by exceeding it; beyond this the machine would be what limits. */
const LARGEST_FLOODED_LIMIT = 60;
const MOST_NODES = 8;
/** New calls per second of the tenant that stays inside its limit. */
const STEADY_PER_SECOND = 15;
/** How far the other tenant's offer exceeds its limit. */
const FLOOD_FACTOR = 3;

/** One tenant's part. */
export interface Player {
  readonly tenant: string;
  /** Host part of its callers' From; a trunk's tenant may have none of its own. */
  readonly domain: string;
  /** Its calls come from a trunk's address, not from devices. */
  readonly trunk: boolean;
  /** Ceiling of its concurrent calls. */
  readonly max: number;
  /** New calls per second that it offers. */
  readonly perSecond: number;
}

/** A node that calls are expected at. */
export interface CastNode {
  readonly node: string;
  readonly capacity: number;
  /** Its part of the calls, all nodes together 1; 0 for nodes outside the preferred zone. */
  readonly share: number;
}

/** All parts. */
export interface Cast {
  readonly pool: string;
  readonly nodes: readonly CastNode[];
  /** Stays inside its limits. */
  readonly steady: Player;
  /** Offers several times more than its limit. */
  readonly flooding: Player;
  /** Reasons with which the flooding tenant may be refused. */
  readonly reasons: readonly string[];
  /** The number that passes when the flooding tenant is full; null when the policy has none. */
  readonly emergency: string | null;
  /** Whether calls between the flooding tenant's users go straight to their phones. */
  readonly direct: boolean;
}

/**
 * Casts a valid policy: of the first pool with two tenants, the one with the lowest limit floods and the one with the
 * highest stays inside. Throws a Failure that says what the policy lacks.
 */
export function castPolicy(policy: Policy): Cast {
  const pools = Object.entries(policy.pools ?? {});
  const count = pools.reduce((sum, [, { nodes }]) => sum + nodes.length, 0);
  if (count > MOST_NODES) {
    throw unfit(`has ${count} nodes; the demo can stand in for ${MOST_NODES}`);
  }
  for (const [pool, { nodes, choose }] of pools) {
    const tenants = Object.entries(policy.tenants)
      .filter(([, tenant]) => tenant.pool === pool)
      .sort(([, a], [, b]) => a.calls.max - b.calls.max);
    const flooding = tenants.find(([, { domains }]) => (domains ?? []).length > 0);
    const steady = tenants.filter((one) => one !== flooding).at(-1);
    if (flooding === undefined || steady === undefined) continue;
    return {
      pool,
      nodes: expectedShares(nodes, choose?.preferZone),
      ...sized(steady, flooding, nodes),
      reasons: flooding[1].rate === undefined ? ["tenant-limit"] : ["tenant-limit", "rate-limit"],
      emergency: policy.emergency?.[0] ?? null,
      direct: flooding[1].callsBetweenUsers === "direct",
    };
  }
  throw unfit("has no pool with two tenants, one of them with a domain");
}

type Named = readonly [string, TenantPolicy];

function sized(steady: Named, flooding: Named, nodes: readonly NodePolicy[]): Pick<Cast, "steady" | "flooding"> {
  const limit = flooding[1].calls.max;
  if (limit > LARGEST_FLOODED_LIMIT) {
    throw unfit(
      `allows ${flooding[0]} ${limit} calls; the demo can exceed a limit of ${LARGEST_FLOODED_LIMIT} at most`,
    );
  }
  const { calls, rate } = steady[1];
  const capacity = nodes.reduce((sum, node) => sum + node.capacity, 0);
  // Half of what is there, so that nothing of the demo's own can bring it near the limit; one for the emergency call.
  const room = Math.min(calls.max, capacity - limit - 1) / 2;
  const perSecond = Math.min(
    STEADY_PER_SECOND,
    Math.floor(room / CALL_SECONDS),
    rate === undefined ? STEADY_PER_SECOND : Math.floor(rate.perSecond * 0.8),
  );
  if (perSecond < 1) {
    throw unfit(`leaves ${steady[0]} too little room beside ${flooding[0]} for a call each second`);
  }
  const player = ([tenant, { domains, trunks }]: Named, rateOf: number, max: number): Player => ({
    tenant,
    domain: domains?.[0] ?? "trunk.invalid",
    trunk: (trunks ?? []).length > 0,
    max,
    perSecond: rateOf,
  });
  return {
    steady: player(steady, perSecond, calls.max),
    // Its devices call, whether it has trunks or not.
    flooding: { ...player(flooding, Math.ceil((FLOOD_FACTOR * limit) / CALL_SECONDS), limit), trunk: false },
  };
}

function expectedShares(nodes: readonly NodePolicy[], preferZone: string | undefined): CastNode[] {
  const near = nodes.filter(({ zone }) => preferZone === undefined || zone === preferZone);
  const weight = (node: NodePolicy) => node.capacity * (node.weight ?? 1);
  const total = near.reduce((sum, node) => sum + weight(node), 0);
  return nodes.map((node) => ({
    node: node.id,
    capacity: node.capacity,
    share: near.includes(node) ? weight(node) / total : 0,
  }));
}

function unfit(why: string): Failure {
  return new Failure(
    `The demo cannot play this policy: it ${why}.`,
    "Change it, or name another one with --policy FILE; the example policy is made for the demo.",
  );
}
