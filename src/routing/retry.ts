/** What happens when a forwarded INVITE has failed: another node, or the end of its lease. */

import { callScope } from "../ledger/keys";
import { ringLeaseMs } from "../policy/compile";
import type { Context, Ledger } from "./context";
import type { Attempt, FollowUp, Relay } from "./decision";
import type { Token } from "./token";

/** Nodes that one call may try; with two seconds each the caller hears something before it gives up. */
export const MOST_ATTEMPTS = 3;

/** How a forwarded INVITE ended. */
export interface Failure {
  /** Final status, 408 when it was made up here for a time-out. */
  readonly code: number;
  /** The caller has sent CANCEL. */
  readonly cancelled: boolean;
  /** Nothing was heard from the other side, not even 100. */
  readonly silent: boolean;
}

/** Send the failure to the caller; the lease ends. */
export interface GiveUp {
  readonly kind: "give-up";
  readonly followUp: FollowUp;
}

/**
 * Decides about a failed INVITE. A server's own trouble (5xx, silence) is another server's chance; what a person or
 * the called side answered (busy, declined, not found: 4xx and 6xx) is the answer.
 */
export function retry(attempt: Attempt, failure: Failure, context: Context): Relay | GiveUp {
  const giveUp: GiveUp = { kind: "give-up", followUp: { step: "release", token: attempt.token } };
  const pool = context.policy.pools.get(attempt.pool);
  const serversTrouble = failure.silent || (failure.code >= 500 && failure.code <= 599);
  if (pool === undefined || failure.cancelled || !serversTrouble || attempt.tried.length >= MOST_ATTEMPTS)
    return giveUp;

  const groups = context.turns.rank(pool, (node) => {
    for (const feature of attempt.features) if (node.features.indexOf(feature) < 0) return false;
    return attempt.tried.indexOf(node.id) < 0 && !context.isDown(pool.id, node.id);
  });
  if (groups.length === 0) return giveUp;

  let next = groups[0]?.[0]?.id ?? "";
  const ledger = ledgerOf(attempt.token, context);
  if (ledger !== null) {
    const moved = ledger.move(callScope(attempt.token.pool), {
      lease: attempt.token.lease,
      tenant: attempt.token.tenant,
      ringMs: ringLeaseMs(context.policy, MOST_ATTEMPTS),
      groups,
    });
    // When the store has gone away meanwhile, the call goes on all the same: its lease ends by itself.
    if (moved !== null) {
      if (moved.outcome !== "admitted") return giveUp;
      next = moved.node;
    }
  }
  for (const node of pool.nodes) {
    if (node.id !== next) continue;
    context.turns.took(pool, node);
    const again: Attempt = { ...attempt, tried: attempt.tried.concat(node.id) };
    return {
      kind: "relay",
      targets: [{ uri: "", nextHop: node.uri }],
      token: null,
      attempt: again,
      node,
      followUp: null,
    };
  }
  return giveUp;
}

/** Carries out a follow-up; true when the store was reached or none was needed. */
export function followUp(step: FollowUp, context: Context): boolean {
  const { token } = step;
  const ledger = ledgerOf(token, context);
  if (ledger === null) return true;
  const scope = callScope(token.pool);
  const done =
    step.step === "release"
      ? ledger.release(scope, token.lease)
      : ledger.confirm(scope, token.lease, context.policy.times.callMs);
  return done !== null;
}

function ledgerOf(token: Token, context: Context): Ledger | null {
  if (token.home === "n") return null;
  return token.home === "l" ? context.localLedger : context.ledger;
}
