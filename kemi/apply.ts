/** Carries out a decision on the message that Kamailio is processing. */

import { FIELD } from "../src/ledger/wire/separators";
import type { Context } from "../src/routing/context";
import type { Attempt, Decision, FollowUp, Relay, Reply } from "../src/routing/decision";
import { refusal } from "../src/routing/decision";
import { followUp, retry } from "../src/routing/retry";
import { formatToken, parseToken } from "../src/routing/token";
import type { Counters } from "./counters";
import type { Signer } from "./sign";
import { asText } from "./text";
import type { Ksr } from "./types/ksr";
import { ok } from "./types/results";

/** Phones on mobile networks take longer to answer than servers. */
const PHONE_ANSWER_MS = 5000;
/** Name of the failure route. */
export const FAILURE_ROUTE = "ksr_failure_invite";
/** Holds the attempt for the failure route, with the transaction. */
const ATTEMPT_AVP = "weir";

/** What carrying out needs. */
export interface Applier {
  /** Carries out a decision about a request. `callId` is read only when it is needed. */
  apply(decision: Decision, method: string, callId: () => string): void;
  /** Carries on after a failed INVITE, inside the failure route. */
  fail(): void;
}

/** Makes the applier. */
export function applier(ksr: Ksr, signer: Signer, context: Context, counters: Counters): Applier {
  const { append_to_reply: appendToReply, remove: removeHeader } = ksr.hdr;
  const sendReply = ksr.sl.sl_send_reply;
  const { t_relay: relayOn, t_on_failure: onFailure, t_set_fr: setTimers } = ksr.tm;
  const recordRoute = ksr.rr.record_route_params;
  const { avp_sets: setAvp, avp_get: getAvp } = ksr.pvx;
  const setUri = ksr.seturi;
  const set = ksr.pv.sets;

  function sendAnswer(answer: Reply, method: string): void {
    if (answer.reason !== null) report(answer);
    // An ACK is never answered (RFC 3261 section 17).
    if (method === "ACK") return;
    if (answer.headers !== "") appendToReply(answer.headers);
    sendReply(answer.code, answer.phrase);
  }

  function report(answer: Reply): void {
    counters.count("refused", answer.tenant, answer.reason ?? "");
    const detail = answer.detail === "" ? "" : ` used=${answer.detail}`;
    ksr.info(`weir: refused reason=${answer.reason} tenant=${answer.tenant}${detail}\n`);
  }

  function aim(relay: Relay): void {
    // Kamailio makes branches of the targets behind the first; the first becomes the request itself, so it is last.
    for (let i = relay.targets.length - 1; i >= 0; i--) {
      const target = relay.targets[i];
      if (target === undefined) continue;
      if (target.uri !== "") setUri(target.uri);
      // Not KSR.setdsturi: only the pseudo-variable makes a new branch of the request, which a failure route needs.
      if (target.nextHop !== "") set("$du", target.nextHop);
      else if (relay.targets.length > 1) ksr.resetdsturi();
      if (i > 0) ksr.corex.append_branch();
    }
  }

  function arm(attempt: Attempt): void {
    setAvp(ATTEMPT_AVP, packAttempt(attempt));
    onFailure(FAILURE_ROUTE);
    setTimers(context.policy.times.ringMs, attempt.pool === "" ? PHONE_ANSWER_MS : context.policy.times.nodeAnswerMs);
  }

  function send(relay: Relay, method: string, callId: () => string): void {
    if (relay.token !== null) {
      // The decision says where to, not the sender: a Route that names this proxy would bring the request back
      // (RFC 3261 section 16.4), and any other would make an open relay of it.
      removeHeader("Route");
      recordRoute(`;w=${signer.sign(formatToken(relay.token), callId())}`);
    }
    aim(relay);
    if (relay.attempt !== null) {
      arm(relay.attempt);
      counters.count("admitted", relay.attempt.token.tenant, relay.node === null ? "" : relay.node.id);
    }
    if (!ok(relayOn())) sendingFailed(relay, method);
    if (relay.followUp !== null) follow(relay.followUp);
  }

  function sendingFailed(relay: Relay, method: string): void {
    const attempt = relay.attempt;
    if (attempt !== null) follow({ step: "release", token: attempt.token });
    if (method !== "ACK") {
      const headers = `Retry-After: ${context.policy.times.retryAfterSeconds}\r\n`;
      sendAnswer(refusal("no-node", headers, attempt?.token.tenant ?? ""), method);
    }
  }

  function follow(step: FollowUp): void {
    followUp(step, context);
  }

  return {
    apply(decision, method, callId) {
      if (decision.kind === "reply") sendAnswer(decision, method);
      else if (decision.kind === "relay") send(decision, method, callId);
    },
    fail() {
      const packed = asText(getAvp(ATTEMPT_AVP), "attempt");
      const attempt = packed === null ? null : unpackAttempt(packed);
      if (attempt === null) return;
      const outcome = retry(
        attempt,
        {
          code: ksr.tm.t_get_status_code(),
          cancelled: ok(ksr.tm.t_is_canceled()),
          silent: ok(ksr.tm.t_branch_timeout()) && !ok(ksr.tm.t_branch_replied()),
        },
        context,
      );
      if (outcome.kind === "give-up") {
        follow(outcome.followUp);
        return;
      }
      aim(outcome);
      if (outcome.attempt !== null) arm(outcome.attempt);
      if (!ok(relayOn())) follow({ step: "release", token: attempt.token });
    },
  };
}

function packAttempt(attempt: Attempt): string {
  return [formatToken(attempt.token), attempt.pool, attempt.features.join(","), attempt.tried.join(",")].join(FIELD);
}

function unpackAttempt(text: string): Attempt | null {
  const fields = text.split(FIELD);
  const token = parseToken(fields[0] ?? "");
  if (token === null) return null;
  return { token, pool: fields[1] ?? "", features: names(fields[2] ?? ""), tried: names(fields[3] ?? "") };
}

function names(text: string): string[] {
  return text === "" ? [] : text.split(",");
}
