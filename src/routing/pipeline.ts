/** The way of a request: a list of steps for each method, the first step that has a decision decides. */

import type { Tenant } from "../policy/compile";
import { type Table, table } from "../policy/table";
import type { Context } from "./context";
import { type Decision, refusal } from "./decision";
import type { SipRequest } from "./request";
import type { Source } from "./source";
import { routeCall } from "./steps/call";
import { dropAck, followDialog, needsDialog } from "./steps/dialog";
import { identify } from "./steps/identify";
import { answerOptions } from "./steps/options";
import { routeOther } from "./steps/other";
import { register } from "./steps/register";

/** What earlier steps found out, for later ones. */
export interface Findings {
  source: Source;
  /** Whose request it is; null until identified. */
  tenant: Tenant | null;
}

/** One step: a decision, or null to leave it to the next. */
export type Step = (request: SipRequest, context: Context, findings: Findings) => Decision | null;

/** Requests within a dialog, whatever their method. */
const WITHIN_DIALOG: readonly Step[] = [followDialog];

/**
 * Requests outside a dialog. CANCEL, ACK to failures and retransmissions never come here: they belong to the
 * transaction that Kamailio's tm module keeps (RFC 3261 section 17).
 */
const OUTSIDE: Table<readonly Step[]> = table();
OUTSIDE.INVITE = [identify, routeCall];
OUTSIDE.ACK = [dropAck];
OUTSIDE.BYE = [needsDialog];
OUTSIDE.OPTIONS = [answerOptions, identify, routeOther];
OUTSIDE.REGISTER = [identify, register];
OUTSIDE.MESSAGE = [identify, routeOther];
OUTSIDE.NOTIFY = [identify, routeOther];
OUTSIDE.SUBSCRIBE = [identify, routeOther];
OUTSIDE.REFER = [identify, routeOther];
OUTSIDE.INFO = [needsDialog];
OUTSIDE.UPDATE = [needsDialog];
OUTSIDE.PRACK = [needsDialog];

/** Decides what is to be done with a request. */
export function decide(request: SipRequest, context: Context): Decision {
  const outside = OUTSIDE[request.method];
  if (outside === undefined) return refusal("method-not-allowed", `Allow: ${allowed()}\r\n`);
  // A registration is no dialog (RFC 3261 section 10), whatever tag a device puts into To.
  const steps = request.inDialog && request.method !== "REGISTER" ? WITHIN_DIALOG : outside;
  const findings: Findings = { source: UNKNOWN, tenant: null };
  for (const step of steps) {
    const decision = step(request, context, findings);
    if (decision !== null) return decision;
  }
  throw new Error(`no step decides about ${request.method}`);
}

const UNKNOWN: Source = { kind: "stranger" };

/** The methods above and CANCEL, for Allow header fields. */
export function allowed(): string {
  return `CANCEL, ${Object.keys(OUTSIDE).join(", ")}`;
}
