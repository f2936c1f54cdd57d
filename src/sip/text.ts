/** What text of a message may be, before it is stored, compared or looked into. */

/** A message that cannot be read as SIP: answered 400. Not an Error: an attacker's packet needs no stack. */
export class Malformed {
  /** @param what the field that is wrong */
  constructor(readonly what: string) {}
}

const PRINTABLE = /^[\x20-\x7e]*$/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\x00-\x1f\x7f]/;

/**
 * Passes text on that may be stored: control characters separate fields in the ledger, and no field of a message may
 * hold one (RFC 3261 section 25.1).
 * @throws Malformed when a text holds a control character, or is not UTF-8 (RFC 3261 section 7)
 */
export function clean(text: string, what: string): string {
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
