/** The way of a request: one list of steps, the first that has a decision decides. */

import type { Tenant } from "../policy/compile";
import type { Context } from "./context";
import { type Decision, refusal } from "./decision";
import type { SipRequest } from "./request";
import type { Source } from "./source";
import { routeCall } from "./steps/call";
import { followDialog } from "./steps/dialog";
import { identify } from "./steps/identify";
import { answerOptions } from "./steps/options";
import { routeOther } from "./steps/other";
import { register } from "./steps/register";
import { screen } from "./steps/screen";

/** What earlier steps found out, for later ones. */
export interface Findings {
  source: Source;
  /** Whose request it is; null until identified. */
  tenant: Tenant | null;
}

/** One step: a decision, or null to leave it to the next. */
export type Step = (request: SipRequest, context: Context, findings: Findings) => Decision | null;

/**
 * In this order. CANCEL, ACK to failures and retransmissions never come here: they belong to the transaction that
 * Kamailio's tm module keeps (RFC 3261 section 17).
 */
export const PIPELINE: readonly Step[] = [
  screen,
  followDialog,
  answerOptions,
  identify,
  register,
  routeCall,
  routeOther,
];

/** Decides what is to be done with a request. */
export function decide(request: SipRequest, context: Context): Decision {
  const findings: Findings = { source: { kind: "stranger" }, tenant: null };
  for (const step of PIPELINE) {
    const decision = step(request, context, findings);
    if (decision !== null) return decision;
  }
  return refusal("method-not-allowed");
}
