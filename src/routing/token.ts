/**
 * The mark that a call carries in its Record-Route parameter, so that whichever proxy sees the next request of its
 * dialog knows which lease it holds, without a look-up. It is signed together with the Call-ID; this file only
 * knows its text.
 *
 * The node is not in it: a call may move to another node before it is answered, when the Record-Route has long been
 * sent, so the lease itself remembers its node.
 */

/** Where the lease of a call is kept. */
export type LeaseHome =
  /** In the ledger that all proxies share (or the only one there is). */
  | "s"
  /** In this proxy's own memory, because the shared store was down. */
  | "l"
  /** Nowhere: the dialog holds no capacity. */
  | "n";

/** A call's mark. */
export interface Token {
  readonly home: LeaseHome;
  readonly tenant: string;
  /** Pool of the lease's scope; a leading dot means the tenant's own. */
  readonly pool: string;
  readonly lease: string;
}

/**
 * `home~tenant~pool~lease`. All parts are made of characters that a URI parameter may hold (RFC 3261 section 25.1,
 * `paramchar`), none of them `~`.
 */
export function formatToken(token: Token): string {
  return `${token.home}~${token.tenant}~${token.pool}~${token.lease}`;
}

/** @returns null for what `formatToken` did not make */
export function parseToken(text: string): Token | null {
  const parts = text.split("~");
  const home = parts[0];
  if (parts.length !== 4 || (home !== "s" && home !== "l" && home !== "n")) return null;
  return { home, tenant: parts[1] ?? "", pool: parts[2] ?? "", lease: parts[3] ?? "" };
}
