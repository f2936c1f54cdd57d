/**
 * Ranks a pool's nodes for one call. The ledger then takes the first of them whose load is as good as can be
 * (ledger/calls), so what is decided here is which nodes are asked about, and whose turn it is among equals.
 *
 * Turns are smooth weighted round robin, which comes round after a while, so each round is worked out once and then
 * repeated: a call costs a look at the ranking whose turn it is.
 */

import { packGroup } from "../ledger/wire/client";
import type { Node, Pool } from "../policy/compile";
import { type Table, table } from "../policy/table";

/**
 * Nodes per group that the ledger looks at. Counting a node costs the shared home about a microsecond; among eight
 * taken in turn the least loaded is as good as the least of all for any practical purpose.
 */
const LOOKED_AT = 8;

/** A round ends here at the latest: with shares like 317:211 it would take hundreds of turns to come out even. */
const LONGEST_ROUND = 256;

/** Most combinations of features that are remembered for a pool; a hook could ask for ever new ones. */
const MOST_KINDS = 64;

/** Nodes in the order of their turns, the near zone's before the others'. */
export interface Ranking {
  readonly groups: readonly (readonly Node[])[];
  /** The same for the shared home (ledger/wire). */
  readonly packed: string;
  /** That behind the terms of a tenant, as it is needed again and again; kept by who packs. */
  readonly behind: Table<string>;
}

/** Whose turn it is: one memory per worker. */
export interface Turns {
  /**
   * Ranks the pool's usable nodes for a call; until `took` is told, the next call gets the same ranking.
   * @param features what a node must have
   * @param down nodes held for dead, `pool/node,pool/node,…`
   */
  rank(pool: Pool, features: readonly string[], down: string): Ranking;
  /** Takes the turn of the group whose node got the call. */
  took(pool: Pool, features: readonly string[], node: Node): void;
  /** The round of a pool that prefers no zone, for calls that ask for no features; null for other pools. */
  round(pool: Pool, down: string): Round | null;
}

/** A group's round of rankings; `rankings[turn]` is the next call's, undefined when it has not been worked out. */
export interface Round {
  readonly nodes: readonly Node[];
  readonly total: number;
  readonly credits: number[];
  readonly rankings: Ranking[];
  turn: number;
  complete: boolean;
}

interface Kind {
  readonly down: string;
  readonly near: Round;
  /** Null when the pool prefers no zone or has no node elsewhere. */
  readonly far: Round | null;
}

const NOBODY: Ranking = { groups: [], packed: "", behind: table() };

/** Turns for all pools. */
export function turns(): Turns {
  let kinds: Table<Kind> = table();
  let count = 0;

  function kindOf(pool: Pool, features: readonly string[], down: string): Kind {
    const key = features.length === 0 ? pool.id : `${pool.id} ${features.join(",")}`;
    const known = kinds[key];
    if (known !== undefined && known.down === down) return known;
    const usable = pool.nodes.filter((node) => !isDown(down, node) && hasAll(node, features));
    const near = usable.filter((node) => pool.preferZone === "" || node.zone === pool.preferZone);
    const far = usable.filter((node) => near.indexOf(node) < 0);
    const kind: Kind =
      near.length === 0
        ? { down, near: round(far), far: null }
        : { down, near: round(near), far: far.length === 0 ? null : round(far) };
    if (count >= MOST_KINDS) {
      kinds = table();
      count = 0;
    }
    kinds[key] = kind;
    count++;
    return kind;
  }

  return {
    rank(pool, features, down) {
      const { near, far } = kindOf(pool, features, down);
      const nearest = rankingOf(near);
      if (far === null) return nearest;
      const farther = rankingOf(far);
      return {
        groups: nearest.groups.concat(farther.groups),
        packed: `${nearest.packed};${farther.packed}`,
        behind: table(),
      };
    },
    round(pool, down) {
      const { near, far } = kindOf(pool, [], down);
      return far === null ? near : null;
    },
    took(pool, features, node) {
      const kind = kinds[features.length === 0 ? pool.id : `${pool.id} ${features.join(",")}`];
      if (kind === undefined) return;
      const taken = kind.far !== null && kind.near.nodes.indexOf(node) < 0 ? kind.far : kind.near;
      nextTurn(taken);
    },
  };
}

/** Goes on to the next turn. */
function nextTurn(round: Round): void {
  round.turn++;
  if (round.complete && round.turn >= round.rankings.length) round.turn = 0;
}

/** Whether a node is in a list of dead ones. */
export function isDown(down: string, node: Node): boolean {
  return down !== "" && `,${down},`.indexOf(`,${node.pool}/${node.id},`) >= 0;
}

function hasAll(node: Node, features: readonly string[]): boolean {
  for (const feature of features) if (node.features.indexOf(feature) < 0) return false;
  return true;
}

function round(nodes: readonly Node[]): Round {
  let total = 0;
  for (const node of nodes) total += node.share;
  return { nodes, total, credits: nodes.map(() => 0), rankings: [], turn: 0, complete: false };
}

function rankingOf(of: Round): Ranking {
  if (of.nodes.length === 0) return NOBODY;
  const known = of.rankings[of.turn];
  if (known !== undefined) return known;
  const ranking = nextRanking(of);
  of.rankings.push(ranking);
  return ranking;
}

/** One turn of smooth weighted round robin: everybody is credited its share, the first pays for all. */
function nextRanking(of: Round): Ranking {
  const { nodes, credits } = of;
  const order: number[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const credit = (credits[i] ?? 0) + (nodes[i]?.share ?? 0);
    credits[i] = credit;
    let at = order.length;
    while (at > 0 && (credits[order[at - 1] ?? 0] ?? 0) < credit) at--;
    if (at < LOOKED_AT) order.splice(at, 0, i);
    if (order.length > LOOKED_AT) order.pop();
  }
  const first = order[0] ?? 0;
  credits[first] = (credits[first] ?? 0) - of.total;
  of.complete = of.rankings.length + 1 >= LONGEST_ROUND || isEven(credits, of.total);
  const ranked: Node[] = [];
  for (const i of order) {
    const node = nodes[i];
    if (node !== undefined) ranked.push(node);
  }
  return { groups: [ranked], packed: packGroup(ranked), behind: table() };
}

/** Whether everybody has got what it is due, but for the rounding of fractions. */
function isEven(credits: readonly number[], total: number): boolean {
  for (const credit of credits) if (Math.abs(credit) > total * 1e-9) return false;
  return true;
}
