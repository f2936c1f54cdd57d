import { type Decision, refusal } from "../decision";
import type { Step } from "../pipeline";

/** Methods that a proxy of Weir's kind takes, as its Allow header field names them. */
export const ALLOW =
  "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, MESSAGE, NOTIFY, SUBSCRIBE, REFER, INFO, UPDATE, PRACK";

const ALLOWED = `, ${ALLOW},`;

/** Refuses what could never be routed: unknown methods, and requests that have come round (RFC 3261 section 16.3). */
export const screen: Step = (request): Decision | null => {
  if (ALLOWED.indexOf(`, ${request.method},`) < 0) return refusal("method-not-allowed", `Allow: ${ALLOW}\r\n`);
  // Weir never sends a request to itself, so one that comes from here was sent round by somebody's contact.
  if (!request.inDialog && request.fromSelf) return refusal("loop-detected");
  return null;
};
