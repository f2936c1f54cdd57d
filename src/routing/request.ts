/** A SIP request as routing sees it: values only, whoever read them. */

import type { Sender } from "./source";

/** Values may be read from the message only when they are asked for; asking twice gives the same. */
export interface SipRequest extends Sender {
  readonly method: string;
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
  /** As written. */
  readonly fromHost: string;
  readonly toUser: string;
  readonly toHost: string;
  /** All values of a header field joined by commas, null when absent. Line folds are blanks (RFC 3261 section 7.3.1). */
  header(name: string): string | null;

  /** Name of the lease of the call that this INVITE starts, signed; see lease.ts for `head`. */
  lease(head: string): string;

  /** Takes our Route off, if there is one, and says so (RFC 3261 section 16.4). For requests within a dialog. */
  routed(): boolean;
  /** The lease's name that our Record-Route gave the dialog; null when it has none. Nothing vouches for it yet. */
  dialogLease(): string | null;
  /** Whether that name's signature is right for this Call-ID. */
  isSigned(lease: string): boolean;
}
