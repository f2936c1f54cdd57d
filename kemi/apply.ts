/** Carries out a decision on the message that Kamailio is processing. */

import { parseAttempt } from "../src/routing/attempt";
import type { Context } from "../src/routing/context";
import {
  type Along,
  type Decision,
  type Reply,
  refusal,
  type Target,
  type ToNode,
  type ToPhones,
} from "../src/routing/decision";
import { ledgerOf, retry } from "../src/routing/retry";
import type { Counters } from "./counters";
import { asText } from "./text";
import type { Ksr } from "./types/ksr";
import { ok, resultCode } from "./types/results";

/** Phones on mobile networks take longer to answer than servers. */
const PHONE_ANSWER_MS = 5000;
/** Name of the failure route. */
export const FAILURE_ROUTE = "ksr_failure_invite";
/** Holds the attempt for the failure route, with the transaction. */
const ATTEMPT_AVP = "weir";

/** What carrying out needs. */
export interface Applier {
  /** Carries out a decision about a request. */
  apply(decision: Decision, method: string): void;
  /** Carries on after a failed INVITE, inside the failure route. */
  fail(): void;
}

/** Makes the applier. */
export function applier(ksr: Ksr, context: Context, counters: Counters): Applier {
  const { append_to_reply: appendToReply, remove: removeHeader } = ksr.hdr;
  const sendReply = ksr.sl.sl_send_reply;
  const { t_relay: relay, t_on_failure: onFailure, t_set_fr: setTimers, t_check_trans: checkTransaction } = ksr.tm;
  const recordRoute = ksr.rr.record_route_params;
  const { avp_sets: setAvp, avp_get: getAvp } = ksr.pvx;
  const set = ksr.pv.sets;
  const { ringMs, nodeAnswerMs } = context.policy.times;

  function answer(reply: Reply, method: string): void {
    if (reply.reason !== null) report(reply);
    // An ACK is never answered (RFC 3261 section 17).
    if (method === "ACK") return;
    if (reply.headers !== "") appendToReply(reply.headers);
    sendReply(reply.code, reply.phrase);
  }

  function report(reply: Reply): void {
    counters.count(`refused/${reply.tenant}/${reply.reason}`);
    const detail = reply.detail === "" ? "" : ` used=${reply.detail}`;
    ksr.info(`weir: refused reason=${reply.reason} tenant=${reply.tenant}${detail}\n`);
  }

  function goAlong(along: Along, method: string): void {
    // Without our Route it may be the ACK of a failure, which ends here.
    if (method === "ACK" && along.lease === "" && resultCode(checkTransaction()) === 0) return;
    relay();
    const head = along.head;
    if (along.step === "none" || head === null) return;
    const ledger = head.home === "s" ? context.ledger : context.localLedger;
    if (along.step === "release") ledger.release(head.scope, along.lease);
    else ledger.confirm(head.scope, along.lease);
  }

  function startDialog(lease: string): void {
    // The decision says where to, not the sender: a Route that names this proxy would bring the request back
    // (RFC 3261 section 16.4), and any other would make an open relay of it.
    removeHeader("Route");
    recordRoute(`;w=${lease}`);
  }

  function goToNode(to: ToNode, method: string): void {
    if (to.lease !== "") {
      startDialog(to.lease);
      counters.count(to.node.counters[to.tenant] ?? counterOf(to));
    }
    // Not KSR.setdsturi: only the pseudo-variable makes a new branch of the request, which a failure route needs.
    set("$du", to.node.uri);
    setAvp(ATTEMPT_AVP, to.attempt);
    onFailure(FAILURE_ROUTE);
    setTimers(ringMs, nodeAnswerMs);
    if (resultCode(relay()) < 0) sendingFailed(to.attempt, to.tenant, method, to.lease !== "");
  }

  function counterOf(to: ToNode): string {
    const name = `admitted/${to.tenant}/${to.node.id}`;
    to.node.counters[to.tenant] = name;
    return name;
  }

  function goToPhones(to: ToPhones, method: string): void {
    startDialog(to.lease);
    aim(to.targets);
    if (to.attempt !== "") {
      setAvp(ATTEMPT_AVP, to.attempt);
      onFailure(FAILURE_ROUTE);
      setTimers(ringMs, PHONE_ANSWER_MS);
      counters.count(`admitted/${to.tenant}/`);
    }
    if (resultCode(relay()) < 0) sendingFailed(to.attempt, to.tenant, method, true);
  }

  function aim(targets: readonly Target[]): void {
    // Kamailio makes branches of the targets behind the first; the first becomes the request itself, so it is last.
    for (let i = targets.length - 1; i >= 0; i--) {
      const target = targets[i];
      if (target === undefined) continue;
      ksr.seturi(target.uri);
      if (target.nextHop !== "") set("$du", target.nextHop);
      else ksr.resetdsturi();
      if (i > 0) ksr.corex.append_branch();
    }
  }

  function sendingFailed(attemptText: string, tenant: string, method: string, replies: boolean): void {
    release(attemptText);
    if (!replies) return;
    answer(refusal("no-node", `Retry-After: ${context.policy.times.retryAfterSeconds}\r\n`, tenant), method);
  }

  function release(attemptText: string): void {
    const attempt = parseAttempt(attemptText);
    const head = attempt === null ? null : context.headOf(attempt.lease);
    if (attempt === null || head === null) return;
    ledgerOf(head, context)?.release(head.scope, attempt.lease);
  }

  return {
    apply(decision, method) {
      if (decision.kind === "to-node") goToNode(decision, method);
      else if (decision.kind === "along") goAlong(decision, method);
      else if (decision.kind === "reply") answer(decision, method);
      else if (decision.kind === "to-phones") goToPhones(decision, method);
      // What is dropped may be the ACK of a failure.
      else checkTransaction();
    },
    fail() {
      const text = asText(getAvp(ATTEMPT_AVP), "attempt");
      const attempt = text === null ? null : parseAttempt(text);
      if (text === null || attempt === null) return;
      const next = retry(
        attempt,
        {
          code: ksr.tm.t_get_status_code(),
          cancelled: ok(ksr.tm.t_is_canceled()),
          silent: ok(ksr.tm.t_branch_timeout()) && !ok(ksr.tm.t_branch_replied()),
        },
        context,
      );
      if (next === null) release(text);
      else goToNode(next, "INVITE");
    },
  };
}
