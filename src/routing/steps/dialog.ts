import type { Context } from "../context";
import { type Decision, DROP, type FollowUp, refusal, relayAsIs } from "../decision";
import type { Step } from "../pipeline";
import type { SipRequest } from "../request";
import { parseToken, type Token } from "../token";

/** Methods that make no sense outside a dialog. */
const DIALOG_ONLY = ", ACK, BYE, UPDATE, PRACK, INFO,";

/**
 * Lets requests within a dialog follow its route set (RFC 3261 section 16.4). The signed token is the permit: who
 * has it is a party of a dialog that was let in. A device that lost it needs to be known by its address.
 */
export const followDialog: Step = (request, context): Decision | null => {
  // A registration is no dialog (RFC 3261 section 10), whatever tag a device puts into To.
  if (request.method === "REGISTER") return null;
  if (!request.inDialog) {
    if (DIALOG_ONLY.indexOf(`, ${request.method},`) < 0) return null;
    return request.method === "ACK" ? DROP : refusal("no-dialog");
  }
  const { routed, token: text } = request.dialog();
  const token = text === null ? null : parseToken(text);
  const permitted = token !== null || isKnown(request, context);
  if (request.method === "ACK")
    return permitted && !leadsHere(request, routed) ? relayAsIs(followUp(request, token)) : DROP;
  if (!permitted) return refusal("untrusted");
  if (leadsHere(request, routed)) return refusal("no-dialog");
  return relayAsIs(followUp(request, token));
};

function isKnown(request: SipRequest, context: Context): boolean {
  return context.sources.find(request).kind !== "stranger";
}

/** Without a Route, a request for this proxy itself would come round. */
function leadsHere(request: SipRequest, routed: boolean): boolean {
  return !routed && request.requestIsSelf;
}

/**
 * An answered call's ACK passes here, and a re-INVITE's too, so the ACK is what extends the lease; an UPDATE has
 * none. A call whose lease is nowhere needs nothing.
 */
function followUp(request: SipRequest, token: Token | null): FollowUp | null {
  if (token === null || token.home === "n") return null;
  if (request.method === "BYE") return { step: "release", token };
  if (request.method === "ACK" || request.method === "UPDATE") return { step: "confirm", token };
  return null;
}
