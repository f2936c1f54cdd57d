/** Names of leases, signed under the proxies' shared secret with what every Kamailio has (no crypto module). */

import { LEASE_DIGITS, SIGNATURE_DIGITS } from "../src/routing/lease";
import { Malformed } from "../src/sip/text";
import { asText } from "./text";
import type { Ksr } from "./types/ksr";

/** Makes and checks the names of leases (src/routing/lease). */
export interface Signer {
  /** Name of the lease of the call whose INVITE is being processed: the same at whichever proxy it arrives. */
  name(head: string, callId: string): string;
  /** Whether a name was made here, or at another proxy with the same secret, for this Call-ID. */
  isSigned(lease: string, callId: string): boolean;
}

/** @param ksr Kamailio's functions; the secret is read from `$env(WEIR_SECRET)` when it is first needed */
export function signer(ksr: Ksr): Signer {
  const { get } = ksr.pv;
  const set = ksr.pvx.var_sets;
  let secret = "";

  function signature(text: string): string {
    if (secret === "") secret = readSecret();
    // 96 bits of a SHA-256 with the secret in front: what is cut off keeps anybody from going on where it ends.
    set("sign", secret + text);
    const value = get("$(var(sign){s.sha256}{s.substr,0,24})");
    if (typeof value !== "string") throw new Error("Kamailio gave no SHA-256");
    return value;
  }

  function readSecret(): string {
    const found = asText(get("$env(WEIR_SECRET)"), "secret");
    if (found === null || found.length < 16) {
      throw new Error(
        "WEIR_SECRET is not set or shorter than 16 characters: give every Kamailio process of all proxies the same one in its environment",
      );
    }
    return found;
  }

  return {
    name(head, callId) {
      const branch = get("$(via0(branch){s.sha256}{s.substr,0,20})");
      if (typeof branch !== "string") throw new Malformed("Via");
      return head + branch + signature(branch + callId);
    },
    isSigned(lease, callId) {
      const branch = lease.slice(-LEASE_DIGITS, -SIGNATURE_DIGITS);
      return lease.length > LEASE_DIGITS && signature(branch + callId) === lease.slice(-SIGNATURE_DIGITS);
    },
  };
}
