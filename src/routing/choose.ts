/**
 * Ranks a pool's nodes for one call. The ledger then takes the first of them whose load is as good as can be
 * (ledger/calls), so what is decided here is which nodes are asked about, and whose turn it is among equals.
 */

import type { Node, Pool } from "../policy/compile";
import { type Table, table } from "../policy/table";

/**
 * Nodes per group that the ledger looks at. Counting a node costs the shared home about a microsecond; among eight
 * taken in turn the least loaded is as good as the least of all for any practical purpose.
 */
const LOOKED_AT = 8;

/** Whose turn it is: smooth weighted round robin, one memory per worker. */
export interface Turns {
  /** The usable nodes, those whose turn is nearest first, the near zone's before the others'. */
  rank(pool: Pool, usable: (node: Node) => boolean): Node[][];
  /** Takes the turn of the node that got the call. */
  took(pool: Pool, node: Node): void;
}

interface Credits {
  of: number[];
  /** What the credits become when the call of the last ranking goes to a node. */
  next: number[];
  /** Sums of the shares that were credited in the last ranking: of the near group and of the far one. */
  near: number;
  far: number;
}

/** Turns for all pools. */
export function turns(): Turns {
  const pools: Table<Credits> = table();

  function creditsOf(pool: Pool): Credits {
    let credits = pools.get(pool.id);
    if (credits === undefined) {
      credits = { of: pool.nodes.map(() => 0), next: [], near: 0, far: 0 };
      pools.set(pool.id, credits);
    }
    return credits;
  }

  return {
    rank(pool, usable) {
      const credits = creditsOf(pool);
      const near: Node[] = [];
      const far: Node[] = [];
      let nearTotal = 0;
      let farTotal = 0;
      // A copy: a call that is then refused takes no turn, or a flood of them would lift every node to the bound and
      // leave the order to the policy file.
      const next = credits.of.slice();
      for (const node of pool.nodes) {
        if (!usable(node)) {
          // A node that was away starts level, or it would get every call when it is back.
          next[node.index] = 0;
          continue;
        }
        const isNear = inNearGroup(pool, node);
        if (isNear) nearTotal += node.share;
        else farTotal += node.share;
        const before = isNear ? credits.near : credits.far;
        // Bounded like the debt below: a node that load kept from its turns must not catch up on all of them.
        const most = 2 * (before === 0 ? node.share : before);
        next[node.index] = Math.min((next[node.index] ?? 0) + node.share, most);
        insert(isNear ? near : far, node, next);
      }
      credits.next = next;
      credits.near = nearTotal;
      credits.far = farTotal;
      const groups: Node[][] = [];
      if (near.length > 0) groups.push(near);
      if (far.length > 0) groups.push(far);
      return groups;
    },
    took(pool, node) {
      const credits = creditsOf(pool);
      const isNear = inNearGroup(pool, node);
      if (pool.preferZone === "") credits.of = credits.next;
      else {
        // A group that was not called on gets no credit: it would only be paid for by the other's debt.
        for (const each of pool.nodes) {
          if (inNearGroup(pool, each) === isNear) credits.of[each.index] = credits.next[each.index] ?? 0;
        }
      }
      const total = isNear ? credits.near : credits.far;
      const left = (credits.of[node.index] ?? 0) - total;
      // Bounded, so that a time when load alone decided does not echo in the turns for long.
      credits.of[node.index] = Math.max(left, -total);
    },
  };
}

function inNearGroup(pool: Pool, node: Node): boolean {
  return pool.preferZone === "" || node.zone === pool.preferZone;
}

/** Keeps the `LOOKED_AT` nodes of most credit, in order; equal ones in the policy's order. */
function insert(nodes: Node[], node: Node, credits: readonly number[]): void {
  const credit = credits[node.index] ?? 0;
  let at = nodes.length;
  while (at > 0 && creditAt(nodes, at - 1, credits) < credit) at--;
  if (at >= LOOKED_AT) return;
  nodes.splice(at, 0, node);
  if (nodes.length > LOOKED_AT) nodes.pop();
}

function creditAt(nodes: readonly Node[], at: number, credits: readonly number[]): number {
  const node = nodes[at];
  return node === undefined ? 0 : (credits[node.index] ?? 0);
}
