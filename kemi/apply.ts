/** Carries out a decision on the message that Kamailio is processing. */

import type { Node } from "../src/policy/compile";
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
import type { RefusalReason } from "../src/routing/refusal";
import { type Failure, ledgerOf, retry } from "../src/routing/retry";
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
  /** Counts a call that a node got. */
  countAdmitted(tenant: string, node: Node): void;
  /** Whether the policy's time-outs are others than those that weir.cfg gave Kamailio. */
  timersDiffer(): boolean;
  /** Sets how long a node may be silent and a phone may ring, where that differs. */
  setNodeTimers(): void;
  /** Answers a request of a dialog that could not be sent. */
  notRelayed(method: string): void;
  /** Carries on after weir.cfg could not send a new call: to the next node, or an answer to the caller. */
  notSent(): void;
}

/** Makes the applier. */
export function applier(ksr: Ksr, context: Context, counters: Counters): Applier {
  const { append_to_reply: appendToReply, remove: removeHeader } = ksr.hdr;
  const sendReply = ksr.sl.sl_send_reply;
  const {
    t_relay: relay,
    t_on_failure: onFailure,
    t_set_fr: setTimers,
    t_set_max_lifetime: setLifetime,
    t_check_trans: checkTransaction,
    t_set_disable_internal_reply: disableReply,
  } = ksr.tm;
  const recordRoute = ksr.rr.record_route_params;
  const { avp_sets: setAvp, avp_get: getAvp } = ksr.pvx;
  const { get, sets: set } = ksr.pv;
  const { ringMs, nodeAnswerMs, longestRingMs } = context.policy.times;
  let differ: boolean | null = null;

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
    const { head, step } = along;
    const ledger = head === null || step === "none" ? null : ledgerOf(head, context);
    // Before the BYE goes on: whoever hears its 200 finds the room it made.
    if (head !== null && step === "release") ledger?.release(head.scope, along.lease);
    if (resultCode(relay()) < 0) notRelayed(method);
    if (head !== null && step === "confirm") ledger?.confirm(head.scope, along.lease);
  }

  /** Kamailio knows best why a request of a dialog could not be sent, and which status says so. */
  function notRelayed(method: string): void {
    if (method !== "ACK") ksr.sl.sl_reply_error();
  }

  function startDialog(lease: string): void {
    // The decision says where to, not the sender: a Route that names this proxy would bring the request back
    // (RFC 3261 section 16.4), and any other would make an open relay of it.
    removeHeader("Route");
    recordRoute(`;w=${lease}`);
  }

  function goToNode(to: ToNode): void {
    startDialog(to.lease);
    countAdmitted(to.tenant, to.node);
    if (!deliver(to)) answerNotSent("no-node", to.tenant);
  }

  /** Sends a call to its node, and where that cannot be reached to the next; false when there is none left. */
  function deliver(first: ToNode): boolean {
    let to: ToNode | null = first;
    while (to !== null) {
      // Not KSR.setdsturi: only the pseudo-variable makes a new branch of the request, which a second try needs.
      set("$du", to.node.uri);
      setAvp(ATTEMPT_AVP, to.attempt);
      onFailure(FAILURE_ROUTE);
      setNodeTimers();
      // Or tm would answer the call that we can still send elsewhere.
      disableReply(1);
      if (resultCode(relay()) >= 0) return true;
      to = nextAfter(to.attempt, { code: 503, cancelled: false, silent: true });
    }
    return false;
  }

  /** The next try of a call; null, with its lease ended, when there is none. */
  function nextAfter(text: string, failure: Failure): ToNode | null {
    const attempt = parseAttempt(text);
    const next = attempt === null ? null : retry(attempt, failure, context);
    if (next === null) release(text);
    return next;
  }

  function answerNotSent(reason: RefusalReason, tenant: string): void {
    const reply = refusal(reason, `Retry-After: ${context.policy.times.retryAfterSeconds}\r\n`, tenant);
    report(reply);
    appendToReply(reply.headers);
    // Through the transaction, where there is one already.
    ksr.sl.send_reply(reply.code, reply.phrase);
  }

  function countAdmitted(tenant: string, node: Node): void {
    let name = node.counters[tenant];
    if (name === undefined) {
      name = `admitted/${tenant}/${node.id}`;
      node.counters[tenant] = name;
    }
    counters.count(name);
  }

  function timersDiffer(): boolean {
    if (differ === null) {
      const answer = asText(get("$def(WEIR_FR_TIMER_MS)"), "define");
      const ring = asText(get("$def(WEIR_FR_INV_TIMER_MS)"), "define");
      const longest = asText(get("$def(WEIR_MAX_INV_LIFETIME_MS)"), "define");
      differ = answer !== `${nodeAnswerMs}` || ring !== `${ringMs}` || longest !== `${longestRingMs}`;
    }
    return differ;
  }

  function setNodeTimers(): void {
    if (!timersDiffer()) return;
    setTimers(ringMs, nodeAnswerMs);
    // Each 180 starts the ringing anew; in the end the lease has to outlive it.
    setLifetime(longestRingMs, longestRingMs);
  }

  function goToPhones(to: ToPhones): void {
    startDialog(to.lease);
    aim(to.targets);
    if (to.attempt !== "") {
      setAvp(ATTEMPT_AVP, to.attempt);
      onFailure(FAILURE_ROUTE);
      setTimers(ringMs, PHONE_ANSWER_MS);
      setLifetime(longestRingMs, longestRingMs);
      counters.count(`admitted/${to.tenant}/`);
    }
    disableReply(1);
    if (resultCode(relay()) >= 0) return;
    if (to.attempt !== "") release(to.attempt);
    answerNotSent("unreachable", to.tenant);
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

  /** The attempt of the transaction at hand. The short way keeps only the lease of a first one: `$du` is its node. */
  function attemptText(): string | null {
    const text = asText(getAvp(ATTEMPT_AVP), "attempt");
    if (text === null || text.indexOf(" ") >= 0) return text;
    const uri = get("$du");
    // Of the tenant's own pool, where alone that way leads: another pool may have the same server.
    const tenant = context.headOf(text)?.tenant;
    const nodes = tenant === undefined ? undefined : context.policy.tenants[tenant]?.pool?.nodes;
    for (const node of nodes ?? []) if (node.uri === uri) return text + node.firstAttempt;
    return text;
  }

  function release(packed: string): void {
    const attempt = parseAttempt(packed);
    const head = attempt === null ? null : context.headOf(attempt.lease);
    if (attempt === null || head === null) return;
    ledgerOf(head, context)?.release(head.scope, attempt.lease);
  }

  return {
    apply(decision, method) {
      if (decision.kind === "to-node") goToNode(decision);
      else if (decision.kind === "along") goAlong(decision, method);
      else if (decision.kind === "reply") answer(decision, method);
      else if (decision.kind === "to-phones") goToPhones(decision);
      // What is dropped may be the ACK of a failure.
      else checkTransaction();
    },
    fail() {
      const text = attemptText();
      if (text === null) return;
      const next = nextAfter(text, {
        code: ksr.tm.t_get_status_code(),
        cancelled: ok(ksr.tm.t_is_canceled()),
        silent: ok(ksr.tm.t_branch_timeout()) && !ok(ksr.tm.t_branch_replied()),
      });
      // When no try can be sent, the caller gets the failure that brought us here.
      if (next !== null) deliver(next);
    },
    countAdmitted,
    timersDiffer,
    setNodeTimers,
    notRelayed,
    notSent() {
      const text = attemptText() ?? "";
      const next = nextAfter(text, { code: 503, cancelled: false, silent: true });
      if (next !== null && deliver(next)) return;
      const attempt = parseAttempt(text);
      const head = attempt === null ? null : context.headOf(attempt.lease);
      answerNotSent("no-node", head?.tenant ?? "");
    },
  };
}
