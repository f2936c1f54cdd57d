/**
 * The name of a call's lease. It travels in the Record-Route parameter `w`, so whichever proxy sees the next request
 * of the dialog knows what the call holds without a look-up; it is also the lease's name in the ledger.
 *
 *     home~tenant~pool~<20 hex: topmost Via branch of the INVITE><24 hex: signature>
 *
 * Branch and Call-ID make it the name of one call: replaying somebody's Call-ID neither frees nor reuses capacity. The
 * signature, over branch and Call-ID, is made with the secret that the proxies share: nobody can guess the name of
 * another call's lease, and who shows one was a party of its dialog. The front needs none: with another one it is the
 * name of nothing. All characters are ones that a URI parameter
 * may hold (RFC 3261 section 25.1, `paramchar`).
 *
 * The node is not in it: a call may move to another node before it is answered, when the Record-Route has long been
 * sent, so the lease itself remembers its node.
 */

import { callScope } from "../ledger/keys";
import { type Table, table } from "../policy/table";

/** Where the lease of a call is kept. */
export type LeaseHome =
  /** In the ledger that all proxies share (or the only one there is). */
  | "s"
  /** In this proxy's own memory, because the shared store was down. */
  | "l"
  /** Nowhere: the dialog holds no capacity. */
  | "n";

/** What the front of a lease's name says. */
export interface LeaseHead {
  readonly home: LeaseHome;
  readonly tenant: string;
  /** Scope of the ledger's steps (ledger/keys). */
  readonly scope: string;
}

/** Hexadecimal digits of the signature: 96 bits, against guessing over a network. */
export const SIGNATURE_DIGITS = 24;
/**
 * Digits behind the head: 80 bits of the branch's digest, so that nobody finds two branches alike, and the signature.
 * Few, because they travel in every message of the dialog.
 */
export const LEASE_DIGITS = 20 + SIGNATURE_DIGITS;

/** A head as `leaseHead` makes it. Whoever is known may show any text, which must not become a key of its choice. */
const HEAD = /^([sln])~([A-Za-z0-9_.-]{1,63})~([A-Za-z0-9_.-]{1,64})~$/;

/** Heads remembered; there are three for each tenant and pool, so more are somebody's inventions. */
const MEMORY = 4096;

/**
 * Front of the names of a tenant's leases.
 * @param pool pool of the lease's scope; a leading dot means the tenant's own
 */
export function leaseHead(home: LeaseHome, tenant: string, pool: string): string {
  return `${home}~${tenant}~${pool}~`;
}

/** Reads the heads of leases' names, and remembers them: there are few, and every dialog's requests carry one. */
export function leaseReader(): (lease: string) => LeaseHead | null {
  let heads: Table<LeaseHead> = table();
  let count = 0;

  return (lease) => {
    const text = lease.substring(0, lease.length - LEASE_DIGITS);
    const known = heads[text];
    if (known !== undefined) return known;
    const [, home, tenant = "", pool = ""] = HEAD.exec(text) ?? [];
    if (home !== "s" && home !== "l" && home !== "n") return null;
    const head: LeaseHead = { home, tenant, scope: callScope(pool) };
    if (count >= MEMORY) {
      heads = table();
      count = 0;
    }
    heads[text] = head;
    count++;
    return head;
  };
}
