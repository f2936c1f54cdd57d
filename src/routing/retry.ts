/** What happens when a forwarded INVITE has failed: another node, or the end of its lease. */

import { MOST_ATTEMPTS } from "../policy/compile";
import { type Attempt, attemptTail } from "./attempt";
import type { Ranking } from "./choose";
import type { Context, Ledger } from "./context";
import type { ToNode } from "./decision";
import type { LeaseHead } from "./lease";

/** How a forwarded INVITE ended. */
export interface Failure {
  /** Final status, 408 when it was made up here for a time-out. */
  readonly code: number;
  /** The caller has sent CANCEL. */
  readonly cancelled: boolean;
  /** Nothing was heard from the other side, not even 100. */
  readonly silent: boolean;
}

/**
 * Decides about a failed INVITE. A server's own trouble (5xx, silence) is another server's chance; what a person or
 * the called side answered (busy, declined, not found: 4xx and 6xx) is the answer.
 * @returns the next attempt, or null: the failure goes to the caller and the lease ends
 */
export function retry(attempt: Attempt, failure: Failure, context: Context): ToNode | null {
  const pool = context.policy.pools[attempt.pool];
  const head = context.headOf(attempt.lease);
  const serversTrouble = failure.silent || (failure.code >= 500 && failure.code <= 599);
  if (pool === undefined || head === null || failure.cancelled || !serversTrouble) return null;
  if (attempt.tried.length >= MOST_ATTEMPTS) return null;

  const ranking = without(context.turns.rank(pool, attempt.features, context.down), attempt.tried);
  let next = ranking.groups[0]?.[0]?.id;
  if (next === undefined) return null;
  const ledger = ledgerOf(head, context);
  if (ledger !== null) {
    const moved = ledger.move(head.scope, {
      lease: attempt.lease,
      tenant: head.tenant,
      ringMs: context.policy.times.ringLeaseMs,
      groups: ranking.groups,
    });
    // When the store has gone away meanwhile, the call goes on all the same: its lease ends by itself.
    if (moved !== null) {
      if (moved.outcome !== "admitted") return null;
      next = moved.node;
    }
  }
  const node = pool.nodeById[next];
  if (node === undefined) return null;
  context.turns.took(pool, attempt.features, node);
  const tail = attemptTail(pool.id, attempt.tried.concat(node.id), attempt.features);
  return { kind: "to-node", node, lease: "", tenant: head.tenant, attempt: attempt.lease + tail };
}

/** A ranking less the nodes that were tried; groups that have none left are gone too. */
function without(ranking: Ranking, tried: readonly string[]): Pick<Ranking, "groups"> {
  const groups = ranking.groups.map((group) => group.filter((node) => tried.indexOf(node.id) < 0));
  return { groups: groups.filter((group) => group.length > 0) };
}

/** The ledger that keeps a lease; null when it is kept nowhere. */
export function ledgerOf(head: LeaseHead, context: Context): Ledger | null {
  if (head.home === "n") return null;
  return head.home === "l" ? context.localLedger : context.ledger;
}
