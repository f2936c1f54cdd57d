/** What is to be done with a request: a plain value, carried out by `kemi/apply`. */

import type { Node } from "../policy/compile";
import { REFUSALS, type RefusalReason } from "./refusal";
import type { Token } from "./token";

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

/** One place to send a request to. */
export interface Target {
  /** New Request-URI; "" keeps the one of the request. */
  readonly uri: string;
  /** Next hop as a SIP URI; "" follows the Request-URI. */
  readonly nextHop: string;
}

/** What a failure of the forwarded INVITE needs to know (see retry.ts). */
export interface Attempt {
  readonly token: Token;
  /** Pool whose other nodes may be tried; "" for calls to users. */
  readonly pool: string;
  readonly features: readonly string[];
  /** Nodes tried so far, the last one the current. */
  readonly tried: readonly string[];
}

/** Send the request on and stay in its way (RFC 3261 section 16.6). */
export interface Relay {
  readonly kind: "relay";
  /** More than one is forked in parallel; none follows the request as it stands. */
  readonly targets: readonly Target[];
  /** For requests that start a dialog: goes into Record-Route. */
  readonly token: Token | null;
  /** For calls: what the failure route needs. */
  readonly attempt: Attempt | null;
  /** Node that was chosen, null when none was. */
  readonly node: Node | null;
  /** A step of the ledger that follows the sending. */
  readonly followUp: FollowUp | null;
}

/** The ledger's share of an in-dialog request; the request never waits for it. */
export interface FollowUp {
  readonly step: "confirm" | "release";
  readonly token: Token;
}

/** Neither answer nor forward. */
export interface Drop {
  readonly kind: "drop";
}

/** What to do with a request. */
export type Decision = Reply | Relay | Drop;

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

/** Sends the request along its own Route and Request-URI. */
export function relayAsIs(followUp: FollowUp | null = null): Relay {
  return { kind: "relay", targets: [], token: null, attempt: null, node: null, followUp };
}

/** No action. */
export const DROP: Drop = { kind: "drop" };
