/** What is to be done with a request: a plain value, carried out by `kemi/apply`. */

import type { Node } from "../policy/compile";
import type { LeaseHead } from "./lease";
import { REFUSALS, type RefusalReason } from "./refusal";

/** Answer the request. */
export interface Reply {
  readonly kind: "reply";
  readonly code: number;
  readonly phrase: string;
  /** Header fields, each ending in CRLF. */
  readonly headers: string;
  /** Set when this is a refusal. */
  readonly reason: RefusalReason | null;
  /** Whose refusal it is, for log and counter; "" when nobody's. */
  readonly tenant: string;
  /** For the log line: `used/allowed`, or "". */
  readonly detail: string;
}

/** Send the request of a dialog along its route set (RFC 3261 section 16.6). */
export interface Along {
  readonly kind: "along";
  /**
   * A step of the ledger. A release comes before the sending, so that its room is there when the 200 is; a
   * confirmation after it, because nobody waits for that.
   */
  readonly step: "none" | "confirm" | "release";
  /** The lease's name; "" when the dialog has none. */
  readonly lease: string;
  /** What its front says; null when it has none. */
  readonly head: LeaseHead | null;
}

/** Send a new call to a node and stay in its way. */
export interface ToNode {
  readonly kind: "to-node";
  readonly node: Node;
  /** Goes into Record-Route; "" when it is there already, because this is another attempt. */
  readonly lease: string;
  readonly tenant: string;
  /** For the failure route (attempt.ts). */
  readonly attempt: string;
}

/** One place to send a request to. */
export interface Target {
  /** New Request-URI. */
  readonly uri: string;
  /** Next hop as a SIP URI; "" follows the Request-URI. */
  readonly nextHop: string;
}

/** Send a request to a user's phones, all at once. */
export interface ToPhones {
  readonly kind: "to-phones";
  readonly targets: readonly Target[];
  /** Goes into Record-Route. */
  readonly lease: string;
  readonly tenant: string;
  /** For the failure route (attempt.ts); "" when nothing has to be done then. */
  readonly attempt: string;
}

/** Neither answer nor forward. */
export interface Drop {
  readonly kind: "drop";
}

/** What to do with a request. */
export type Decision = Reply | Along | ToNode | ToPhones | Drop;

/** An answer that is no refusal. */
export function reply(code: number, phrase: string, headers = ""): Reply {
  return { kind: "reply", code, phrase, headers, reason: null, tenant: "", detail: "" };
}

/** A refusal, answered as refusal.ts says. */
export function refusal(reason: RefusalReason, headers = "", tenant = "", detail = ""): Reply {
  const entry = REFUSALS[reason];
  return {
    kind: "reply",
    code: entry[0],
    phrase: entry[1],
    headers: `X-Weir-Reason: ${reason}\r\n${headers}`,
    reason,
    tenant,
    detail,
  };
}

/** No action. */
export const DROP: Drop = { kind: "drop" };
