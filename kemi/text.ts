/** The one way by which text of a message comes in. */

import type { KemiValue, Ksr } from "./types/ksr";

/** A message that cannot be read as SIP: answered 400. Not an Error: an attacker's packet needs no stack. */
export class Malformed {
  /** @param what the field that is wrong */
  constructor(readonly what: string) {}
}

/**
 * A value as text.
 * @throws Malformed for what Duktape takes for a symbol, which it does when the first byte is 0x80, 0x81, 0x82 or
 * 0xFF: joining that to a text would throw a TypeError in the middle of things.
 */
export function asText(value: KemiValue, what: string): string | null {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return `${value}`;
  throw new Malformed(what);
}

/** Control characters separate fields in the ledger; no field of a message may hold one (RFC 3261 section 25.1). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\x00-\x1f\x7f]/;
const PRINTABLE = /^[\x20-\x7e]*$/;

/** Folds and tabs are blanks in a header field (RFC 3261 sections 7.3.1 and 25.1, LWS). */
const FOLD_OR_TAB = /\r?\n[ \t]|\t/g;

/**
 * @throws Malformed when a text for the ledger holds a control character, or is not UTF-8 (RFC 3261 section 7)
 */
export function checked(text: string, what: string): string {
  try {
    if (PRINTABLE.test(text)) return text;
    // The engine's functions that look at characters throw where bytes are none. Better here than in the middle of
    // things: with some wrong bytes only the second does.
    if (!CONTROL.test(text) && text.toLowerCase() !== "") return text;
  } catch {
    throw new Malformed(what);
  }
  throw new Malformed(what);
}

/** Reads header fields: all values of a name joined by commas, null when there is none. */
export function headerReader(ksr: Ksr): (name: string) => string | null {
  const getAt = ksr.hdr.get_idx;
  return (name) => {
    let joined: string | null = null;
    // More header fields of one name than this are no phone's.
    for (let i = 0; i < 64; i++) {
      const raw = asText(getAt(name, i), name);
      if (raw === null) break;
      const value = checked(raw.indexOf("\n") < 0 && raw.indexOf("\t") < 0 ? raw : raw.replace(FOLD_OR_TAB, " "), name);
      joined = joined === null ? value : `${joined},${value}`;
    }
    return joined;
  };
}
