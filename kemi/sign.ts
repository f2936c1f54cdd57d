/** Names of leases, signed under the proxies' shared secret with what every Kamailio has (no crypto module). */

import { SIGNATURE_DIGITS } from "../src/routing/lease";
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
    // 128 bits of a SHA-256 with the secret in front: what is cut off keeps anybody from going on where it ends.
    set("weir", secret + text);
    return digest(get("$(var(weir){s.sha256}{s.substr,0,32})"));
  }

  function readSecret(): string {
    const found = asText(get("$env(WEIR_SECRET)"), "secret");
    if (found === null || found.length < 16) {
      throw new Error(
        "WEIR_SECRET is not set or shorter than 16 characters: give every Kamailio process of all proxies the same one in its environment",
      );
    }
    return `${found}\n`;
  }

  return {
    name(head, callId) {
      const body = head + digest(get("$(via0(branch){s.sha256}{s.substr,0,32})"));
      return body + signature(body + callId);
    },
    isSigned(lease, callId) {
      const body = lease.substring(0, lease.length - SIGNATURE_DIGITS);
      return body !== "" && body + signature(body + callId) === lease;
    },
  };
}

function digest(value: unknown): string {
  if (typeof value === "string" && value.length === SIGNATURE_DIGITS) return value;
  throw new Error("Kamailio gave no SHA-256");
}
