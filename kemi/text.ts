/** The one way by which text of a message comes in. */

import { clean, Malformed } from "../src/sip/text";
import type { KemiValue, Ksr } from "./types/ksr";

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

/** Folds and tabs are blanks in a header field (RFC 3261 sections 7.3.1 and 25.1, LWS). */
const FOLD_OR_TAB = /\r?\n[ \t]|\t/g;

/** Reads header fields: all values of a name joined by commas, null when there is none. */
export function headerReader(ksr: Ksr): (name: string) => string | null {
  const getAt = ksr.hdr.get_idx;
  return (name) => {
    let joined: string | null = null;
    // More header fields of one name than this are no phone's.
    for (let i = 0; i < 64; i++) {
      const raw = asText(getAt(name, i), name);
      if (raw === null) break;
      const value = clean(raw.indexOf("\n") < 0 && raw.indexOf("\t") < 0 ? raw : raw.replace(FOLD_OR_TAB, " "), name);
      joined = joined === null ? value : `${joined},${value}`;
    }
    return joined;
  };
}
