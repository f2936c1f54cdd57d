/**
 * What Kamailio keeps for one run of a script: the message, the changes the script asked for, where it came from, and
 * its transaction. Types only, plus the empty context.
 */
import type { MockMessage } from "./message";

/** Transport protocol in Kamailio's spelling of $pr. */
export type MockProtocol = "udp" | "tcp" | "tls" | "ws" | "wss";

/** A transport address; IPv6 without brackets. */
export interface MockEndpoint {
  ip: string;
  port: number;
  /** Default "udp". */
  proto?: MockProtocol;
}

/** Kinds of entry functions. */
export type RouteType = "request" | "failure" | "branch" | "onreply" | "event";

/** A change to the headers of what will be sent. Lines end in CRLF. */
export type HeaderEdit =
  | { kind: "append" | "insert"; line: string }
  | { kind: "after" | "before"; line: string; name: string }
  | { kind: "remove"; name: string };

/** A reply that went upstream. */
export interface MockReply {
  code: number;
  reason: string;
  /** Header lines without CRLF: those of append_to_reply, or of the reply that was forwarded. */
  headers: string[];
  body: string;
  /** True when the transaction sent it (tm), false for sl. */
  stateful: boolean;
  /** True when it came from downstream. */
  forwarded: boolean;
  /** True when it was sent before and is sent again for a retransmitted request. */
  retransmission: boolean;
  /** Method and Call-ID of the request it answers. */
  method: string;
  callId: string;
  /** Where it goes: where the request came from. */
  to: MockEndpoint;
  /** Tag of its To header field: the request's, or else the one of who made the reply. */
  toTag: string;
}

/** A request that went downstream. */
export interface MockRelay {
  /** Counts from 1 in one mock. */
  id: number;
  method: string;
  ruri: string;
  /** The URI the message is sent to: $du, or else the request-URI. */
  destination: string;
  /** $du, null when it was not set. */
  duri: string | null;
  /** All header lines as sent, without CRLF. */
  headers: string[];
  body: string;
  /** The whole message as sent. */
  text: string;
  /** False for an ACK to a 2xx and other requests without transaction. */
  stateful: boolean;
  callId: string;
}

/** A log line. */
export interface MockLog {
  level: "dbg" | "info" | "notice" | "warn" | "err" | "crit";
  text: string;
}

/** A branch of a transaction: one request that was sent, and what came back. */
export interface Branch {
  relay: MockRelay;
  uri: string;
  /** Last status received; 0 before the first. */
  status: number;
  timedOut: boolean;
  replied: boolean;
  /** A CANCEL waits for a provisional answer. */
  cancelPending: boolean;
  cancelled: boolean;
  onReply: string;
  /** A failure route has relayed again since, and the reply no longer counts (tm's failure_reply_mode 3). */
  superseded: boolean;
  /** Milliseconds of the mock's clock at which tm gives this branch up; 0 when it waits no more. */
  deadlineMs: number;
  /** The failure to send upstream if this branch turns out best. */
  failure: MockReply | null;
}

/** tm's timers, milliseconds; 0 stands for the module's own (modparam fr_timer and fr_inv_timer). */
export interface Timers {
  /** Until the first answer. */
  answerMs: number;
  /** From a provisional answer of an INVITE to the next. */
  ringMs: number;
}

/** A transaction as the tm module keeps it. */
export interface Transaction {
  key: string;
  method: string;
  callId: string;
  cseq: string;
  fromTag: string;
  context: Context;
  branches: Branch[];
  onFailure: string;
  onReply: string;
  onBranch: string;
  /** Status of the last reply sent upstream; 0 before the first. */
  status: number;
  lastReply: MockReply | null;
  cancelled: boolean;
  /** Branch whose reply a failure route is about. */
  picked: Branch | null;
  /** Milliseconds of the mock's clock at which it ended; 0 while it lives. */
  endedAt: number;
  /** Answer to give when the script ends without another: a failed t_relay. */
  delayedError: { code: number; reason: string } | null;
  timers: Timers;
  /** tm leaves the answer for what could not be sent to the script. */
  noInternalReply: boolean;
}

export interface Context {
  routeType: RouteType;
  message: MockMessage;
  /** The reply, in an onreply route. */
  reply: MockMessage | null;
  source: MockEndpoint;
  received: MockEndpoint;
  /** $ru when the script or loose_route changed it. */
  newUri: string | null;
  /** $du. */
  dstUri: string | null;
  /** Whether t_relay sends to the request-URI itself: false in failure routes until $ru or $du is set. */
  uriNew: boolean;
  /** Further targets of append_branch. */
  branches: { uri: string; dstUri: string | null; sendSocket: string | null }[];
  sendSocket: string | null;
  edits: HeaderEdit[];
  /** Record-Route parameters, one entry a call of record_route. */
  recordRoutes: string[];
  rrParams: string;
  /** Route values still to be visited; null while untouched. */
  routes: string[] | null;
  /** Parameters of our own Route URI, with the leading semicolon, after loose_route. */
  routedParams: string | null;
  /** Max-Forwards to write; null leaves the header alone. */
  maxForwards: number | null;
  replyHeaders: string[];
  replyBody: string;
  avps: { [name: string]: (string | number)[] };
  flags: { [flag: number]: boolean };
  transaction: Transaction | null;
  /** Reason by which tm looked for a transaction already; it does so once a message. */
  lookedUp: boolean;
  /** Callbacks armed before the transaction exists. */
  onFailure: string;
  onReply: string;
  onBranch: string;
  timers: Timers;
  noInternalReply: boolean;
  replied: boolean;
  /** What sanity_check found, for sanity_reply. */
  sanityAnswer: { code: number; reason: string } | null;
  /** The request cannot be answered at all. */
  noReply: boolean;
  http: MockHttpReply | null;
}

/** What xhttp_reply sent. */
export interface MockHttpReply {
  code: number;
  reason: string;
  contentType: string;
  body: string;
  /** Lines of append_to_reply, without CRLF. */
  headers: string[];
}

/** A context in which nothing has happened yet. */
export function newContext(
  routeType: RouteType,
  message: MockMessage,
  source: MockEndpoint,
  received: MockEndpoint,
): Context {
  return {
    routeType,
    message,
    reply: null,
    source,
    received,
    newUri: null,
    dstUri: null,
    uriNew: true,
    branches: [],
    sendSocket: null,
    edits: [],
    recordRoutes: [],
    rrParams: "",
    routes: null,
    routedParams: null,
    maxForwards: null,
    replyHeaders: [],
    replyBody: "",
    avps: Object.create(null),
    flags: {},
    transaction: null,
    lookedUp: false,
    onFailure: "",
    onReply: "",
    onBranch: "",
    timers: { answerMs: 0, ringMs: 0 },
    noInternalReply: false,
    replied: false,
    sanityAnswer: null,
    noReply: false,
    http: null,
  };
}

/** The request-URI as the script sees it now. */
export function requestUri(context: Context): string {
  return context.newUri === null ? context.message.uri : context.newUri;
}
