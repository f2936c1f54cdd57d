import { type Along, type Decision, DROP, refusal } from "../decision";
import type { Step } from "../pipeline";

const ALONG: Along = { kind: "along", step: "none", lease: "", head: null };

/**
 * Lets requests within a dialog follow its route set (RFC 3261 section 16.4). The signed name of its lease is the
 * permit: who has it is a party of a dialog that was let in. Those whom the policy knows may end a dialog without it, so
 * that a phone which lost its Route can hang up; and since nobody can guess a lease's name, theirs is not checked then.
 */
export const followDialog: Step = (request, context): Decision | null => {
  const routed = request.routed();
  const lease = routed ? request.dialogLease() : null;
  const known = context.sources.knows(request.sourceAddress);
  const ack = request.method === "ACK";
  // Who is known may end a dialog that lost its marks. For more the name is looked at: a made-up To tag would
  // otherwise lead past admission, and to anywhere. Nodes send what they like.
  const ends = request.method === "BYE" || (ack && routed);
  const permitted =
    (known && ends) || (lease !== null && request.isSigned(lease)) || context.sources.find(request).kind === "node";
  if (!permitted && !known) return ack ? DROP : refusal("untrusted");
  // What is dropped may still be the ACK of a failure, which ends here.
  if (!permitted) return ack ? DROP : refusal("no-dialog");
  // Without a Route, a request for this proxy itself would come round.
  if (!routed && request.requestIsSelf) return ack ? DROP : refusal("no-dialog");
  if (lease === null) return ALONG;
  const head = context.headOf(lease);
  if (head === null || head.home === "n") return ALONG;
  if (request.method === "BYE") return { kind: "along", step: "release", lease, head };
  // An answered call's ACK passes here, and a re-INVITE's too, so the ACK is what extends the lease; an UPDATE has none.
  if (ack || request.method === "UPDATE") return { kind: "along", step: "confirm", lease, head };
  return ALONG;
};

/** An ACK outside of a dialog is nobody's. */
export const dropAck: Step = () => DROP;

/** For methods that make no sense outside a dialog. */
export const needsDialog: Step = () => refusal("no-dialog");
