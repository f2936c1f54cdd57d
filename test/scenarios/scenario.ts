/**
 * The words of a scenario: who sends what, and all that comes of it. The same data runs on the mock, in Duktape and in
 * a real Kamailio (README.md). Engine code, as everything that runs in Duktape.
 */
import type { Party } from "./parties";

/** A policy of the folder policies/. */
export type PolicyName = "main" | "hook";

/** A story with a name that is a sentence. When it is over, nothing may be held any more. */
export interface Scenario {
  readonly name: string;
  /** Default "main". */
  readonly policy?: PolicyName;
  readonly steps: readonly Step[];
}

export type Step = Send | Within | Cancel | Again | Answer | Packet | Wait | Look;

/** What a header field has to be: its first value as a whole, a pattern in it, or null when it must not be there. */
export type Wanted = string | RegExp | null;

/**
 * Header fields by name; null leaves one out that would be there, a list writes several lines. CALL stands for an
 * identifier of this scenario's own.
 */
export interface Headers {
  readonly [name: string]: string | readonly string[] | null;
}

/** What comes of a step: every request and reply that anybody gets, and nothing else. */
export interface Consequences {
  /** Replies, to the one whose request it is about. 100 goes without saying, as RFC 3261 has it. */
  readonly replies?: readonly (number | ExpectedReply)[];
  /** Requests that go on to somebody. A hop's own ACK for a failure goes without saying. */
  readonly relays?: readonly ExpectedRelay[];
  /** Live calls by tenant, pool, node or label (the node that got it): as GET /status says. Two numbers are bounds. */
  readonly live?: { readonly [name: string]: number | readonly [number, number] };
  /** What GET /status has counted since the scenario began: "admitted/tenant" or "refused/tenant/reason". */
  readonly counted?: { readonly [name: string]: number };
}

export interface ExpectedReply {
  readonly status: number;
  /** Reason phrase. */
  readonly reason?: string;
  readonly headers?: { readonly [name: string]: Wanted };
  /** Number of lines of a header field. */
  readonly count?: { readonly [name: string]: number };
  /** Default: the sender of the request. */
  readonly to?: Party;
  /** Method in CSeq. Default: the request's. */
  readonly method?: string;
}

export interface ExpectedRelay {
  /** Default: the method that was sent, INVITE after a failure. */
  readonly method?: string;
  /** A party, "a node" for any of pool main, or a side of the dialog. Default: the other side of the dialog. */
  readonly at?: Party | "a node" | "caller" | "callee";
  /** Labels whose nodes must not get it. */
  readonly notAt?: readonly string[];
  /** Request-URI. */
  readonly uri?: string | RegExp;
  readonly headers?: { readonly [name: string]: Wanted };
  /** Label of this half, for its answers. Default: the label of the request. */
  readonly as?: string;
}

/** A request outside of a dialog. */
export interface Send extends Consequences {
  readonly send: string;
  readonly from: Party;
  /** Address of record of the sender, without "sip:". Default alice@acme.example. */
  readonly user?: string;
  /** Request-URI. Default: the domain of the user. */
  readonly uri?: string;
  readonly headers?: Headers;
  readonly body?: string;
  /** Label. Default "call"; a label that is used again means the new request from then on. */
  readonly as?: string;
}

/** A request within the dialog of an answered call. */
export interface Within extends Consequences {
  readonly within: string;
  readonly send: string;
  /** Default "caller". */
  readonly by?: "caller" | "callee";
  /** Whose address it really comes from. Default: the side's own. */
  readonly from?: Party;
  readonly uri?: string;
  readonly headers?: Headers;
  /** Label. Default: the method in small letters. */
  readonly as?: string;
}

/** The CANCEL of an INVITE. */
export interface Cancel extends Consequences {
  readonly cancel: string;
}

/** The same datagram once more. */
export interface Again extends Consequences {
  readonly again: string;
}

/** An answer of whoever got a relayed request. */
export interface Answer extends Consequences {
  readonly answer: number;
  /** Label. Default "call". */
  readonly of?: string;
  readonly reason?: string;
  readonly headers?: Headers;
}

/** Text as it is, malformed as it may be. CALL as in Headers. */
export interface Packet extends Consequences {
  readonly packet: string;
  readonly from: Party;
}

/** Time passes. */
export interface Wait extends Consequences {
  readonly waitMs: number;
}

/** Nothing happens; for a look at `live` or `counted` alone. */
export interface Look extends Consequences {
  readonly look: true;
}
