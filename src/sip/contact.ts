/** Contact header field (RFC 3261 section 20.10), read by one pass without regular expressions. */

import { parseSipUri, type SipUri } from "./uri";

/** One value of a Contact header field. */
export interface Contact {
  /** The address as written, without the angle brackets. */
  readonly address: string;
  readonly uri: SipUri;
  /** The `expires` parameter in seconds, null when absent. */
  readonly expiresSeconds: number | null;
  /** The `q` parameter in thousandths; 1000 when absent. */
  readonly q: number;
}

/** What a REGISTER's Contact header fields say. */
export type ContactList =
  | { readonly kind: "none" }
  | { readonly kind: "star" }
  | { readonly kind: "list"; readonly contacts: readonly Contact[] }
  | { readonly kind: "malformed" };

/** RFC 3261 section 20.19: expiry is at most 2^32-1. */
const EXPIRES_MAX = 4294967295;
/** What a malformed expiry is as good as, seconds (RFC 3261 sections 20.10 and 20.19). */
const EXPIRES_MALFORMED = 3600;

/**
 * Reads the values of all Contact header fields of one request.
 * @param value the header fields' bodies joined by commas, or null when there are none
 */
export function parseContacts(value: string | null): ContactList {
  if (value === null || value.trim() === "") return { kind: "none" };
  const trimmed = value.trim();
  if (trimmed === "*") return { kind: "star" };
  const contacts: Contact[] = [];
  for (const part of splitTop(trimmed, ",")) {
    const contact = parseContact(part.trim());
    // "*" among others lands here too: it is no URI, and section 10.3 step 6 allows it only alone.
    if (contact === null) return { kind: "malformed" };
    contacts.push(contact);
  }
  return { kind: "list", contacts };
}

function parseContact(text: string): Contact | null {
  let address: string;
  let rest: string;
  const open = indexOfTop(text, "<", 0);
  if (open >= 0) {
    const close = text.indexOf(">", open);
    if (close < 0) return null;
    address = text.substring(open + 1, close).trim();
    rest = text.substring(close + 1).trim();
    if (rest !== "" && rest.charAt(0) !== ";") return null;
  } else {
    // Without brackets every parameter belongs to the header field (RFC 3261 section 20.10).
    const semicolon = text.indexOf(";");
    address = semicolon < 0 ? text : text.substring(0, semicolon).trim();
    rest = semicolon < 0 ? "" : text.substring(semicolon);
    if (address.indexOf("?") >= 0 || address.indexOf('"') >= 0) return null;
  }
  const uri = parseSipUri(address);
  if (uri === null) return null;
  let expiresSeconds: number | null = null;
  let q = 1000;
  for (const part of splitTop(rest, ";")) {
    const equals = part.indexOf("=");
    if (equals < 0) continue;
    const name = part.substring(0, equals).trim().toLowerCase();
    const value = part.substring(equals + 1).trim();
    if (name === "expires") expiresSeconds = parseExpires(value);
    else if (name === "q") {
      const thousandths = parseQ(value);
      if (thousandths < 0) return null;
      q = thousandths;
    }
  }
  return { address, uri, expiresSeconds, q };
}

/** An expiry in whole seconds, at most 2^32-1; 3600 when it is malformed. */
export function parseExpires(text: string): number {
  return /^[0-9]+$/.test(text) ? Math.min(Number(text), EXPIRES_MAX) : EXPIRES_MALFORMED;
}

/** `qvalue` of RFC 3261 section 25.1 in thousandths, -1 when malformed. */
function parseQ(text: string): number {
  return /^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$/.test(text) ? Math.round(Number(text) * 1000) : -1;
}

/** Splits at a separator that stands outside of quotes and angle brackets. */
function splitTop(text: string, separator: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let at = indexOfTop(text, separator, from);
  while (at >= 0) {
    parts.push(text.substring(from, at));
    from = at + 1;
    at = indexOfTop(text, separator, from);
  }
  parts.push(text.substring(from));
  return parts;
}

function indexOfTop(text: string, wanted: string, from: number): number {
  const first = text.indexOf(wanted, from);
  // Most values hold neither quotes nor the separator before a bracket; the loop below is for those that do.
  if (first < 0) return -1;
  const before = text.substring(from, first);
  if (before.indexOf('"') < 0 && before.indexOf("<") < 0) return first;
  let quoted = false;
  let bracketed = false;
  for (let i = from; i < text.length; i++) {
    const c = text.charAt(i);
    if (quoted) {
      if (c === "\\") i++;
      else if (c === '"') quoted = false;
    } else if (c === wanted && !bracketed) return i;
    else if (c === '"' && !bracketed) quoted = true;
    else if (c === "<") bracketed = true;
    else if (c === ">") bracketed = false;
  }
  return -1;
}
