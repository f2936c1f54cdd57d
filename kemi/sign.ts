/** Signatures under the proxies' shared secret, made with what every Kamailio has (no crypto module). */

import { asText } from "./text";
import type { Ksr } from "./types/ksr";

/** Hexadecimal digits kept of a SHA-256: 128 bits against forgery, 96 against chance for a call's identity. */
const SIGNATURE_DIGITS = 32;
const IDENTITY_DIGITS = 24;

/** Makes and checks signatures, and names calls. */
export interface Signer {
  /** `text~signature`; the signature holds for this Call-ID only. */
  sign(text: string, callId: string): string;
  /** The text when its signature is right, else null. */
  verify(signed: string, callId: string): string | null;
  /** Identity of a call: the same for the same INVITE at whichever proxy it arrives. */
  identity(callId: string, fromTag: string, topBranch: string): string;
}

/** @param ksr Kamailio's functions; the secret is read from `$env(WEIR_SECRET)` when it is first needed */
export function signer(ksr: Ksr): Signer {
  const { get } = ksr.pv;
  const set = ksr.pvx.var_sets;
  let secret: string | null = null;

  function sha256(text: string): string {
    set("weir", text);
    const digest = asText(get("$(var(weir){s.sha256})"), "digest");
    if (digest === null) throw new Error("Kamailio gave no SHA-256");
    return digest;
  }

  function signature(text: string, callId: string): string {
    if (secret === null) {
      secret = asText(get("$env(WEIR_SECRET)"), "secret");
      if (secret === null || secret.length < 16) {
        secret = null;
        throw new Error(
          "WEIR_SECRET is not set or shorter than 16 characters: give every Kamailio process of all proxies the same one in its environment",
        );
      }
    }
    // The secret on both sides and the digest cut: nothing can be appended to a signed text.
    return sha256(`${secret}\n${text}\n${callId}\n${secret}`).substring(0, SIGNATURE_DIGITS);
  }

  return {
    sign: (text, callId) => `${text}~${signature(text, callId)}`,
    verify(signed, callId) {
      const at = signed.lastIndexOf("~");
      if (at < 0) return null;
      const text = signed.substring(0, at);
      return signature(text, callId) === signed.substring(at + 1) ? text : null;
    },
    identity: (callId, fromTag, topBranch) =>
      sha256(`${callId}\n${fromTag}\n${topBranch}`).substring(0, IDENTITY_DIGITS),
  };
}
