/** A SIP request as routing sees it: values only, whoever read them. */

/** Where a dialog's first request left its mark (see token.ts), and whether the request follows the route set. */
export interface DialogRoute {
  /** A Route header field of ours was at the top and has been taken off (RFC 3261 section 16.4). */
  readonly routed: boolean;
  /** Our Record-Route parameter, its signature checked; null when absent or forged. */
  readonly token: string | null;
}

/** Values may be read from the message only when they are asked for; asking twice gives the same. */
export interface SipRequest {
  readonly method: string;
  /** Canonical-form source address is up to the reader of it; this is as the socket reports it. */
  readonly sourceAddress: string;
  readonly sourcePort: number;
  /** Lower case: udp, tcp, tls, ws, wss, sctp. */
  readonly transport: string;
  /** The source is one of this proxy's own listeners: the request has come round. */
  readonly fromSelf: boolean;
  /** To header field has a tag: the request belongs to a dialog (RFC 3261 section 12.2). */
  readonly inDialog: boolean;
  readonly callId: string;
  readonly cseq: number;
  /** Request-URI. User: escapes resolved, "" when absent. Host: as written. */
  readonly requestUser: string;
  readonly requestHost: string;
  /** The Request-URI is this proxy itself. */
  readonly requestIsSelf: boolean;
  readonly fromUser: string;
  readonly fromHost: string;
  readonly toUser: string;
  readonly toHost: string;
  /** All values of a header field joined by commas, null when absent. Line folds are blanks (RFC 3261 section 7.3.1). */
  header(name: string): string | null;
  /** Identity of the call that this INVITE starts: from Call-ID, From tag and the topmost Via's branch. */
  lease(): string;
  /** For requests within a dialog. */
  dialog(): DialogRoute;
}
