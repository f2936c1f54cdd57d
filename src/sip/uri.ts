/** SIP URIs (RFC 3261 section 19.1), as far as routing looks into them. */

/** A parsed `sip:` or `sips:` URI. */
export interface SipUri {
  readonly scheme: "sip" | "sips";
  /** As written, escapes kept; empty when absent. */
  readonly user: string;
  /** Lower case; an IPv6 address keeps its brackets. */
  readonly host: string;
  /** 0 when absent. */
  readonly port: number;
  /** Parameters as written, names in lower case; a parameter without value has "". */
  readonly params: readonly UriParam[];
  /** What stands behind `?`, as written, or "". */
  readonly headers: string;
}

/** One URI parameter. */
export interface UriParam {
  readonly name: string;
  readonly value: string;
}

// One character class each and no alternation: these run in time linear in the text, whatever a packet holds.
// Inside Duktape a regular expression is far cheaper than a loop over characters.
const HOST = /^[a-z0-9._-]+$/;
const IPV6 = /^[0-9a-f:.]+$/;
const PORT = /^[0-9]{1,5}$/;
const NOT_IN_URI = /[^!#-;=?-~\x80-\uffff]/;
/** Printable ASCII without `reserved` (RFC 3261 section 25.1) and the percent sign. */
const UNESCAPED = /^[!"#'()*.0-9<>A-Z[\\\]^_`a-z{|}~-]$/;

/**
 * Parses a SIP URI.
 * @returns null when it is not one: another scheme, no host, a port outside 1 to 65535, or a character that a URI
 * cannot hold (blanks, quotes, angle brackets, controls).
 */
export function parseSipUri(text: string): SipUri | null {
  const colon = text.indexOf(":");
  if (colon < 0) return null;
  const scheme = text.substring(0, colon).toLowerCase();
  if (scheme !== "sip" && scheme !== "sips") return null;
  if (NOT_IN_URI.test(text)) return null;
  // A user part may hold ";" and "?" (RFC 3261 section 25.1), so the last "@" is looked for first.
  const at = text.lastIndexOf("@");
  let user = "";
  let rest = text.substring(colon + 1);
  if (at >= 0) {
    user = text.substring(colon + 1, at);
    rest = text.substring(at + 1);
    // An "@" in a user must be escaped. Where it is not, others might take another part of the text for the host.
    if (user === "" || user.indexOf("@") >= 0) return null;
  }
  let headers = "";
  const question = rest.indexOf("?");
  if (question >= 0) {
    headers = rest.substring(question + 1);
    rest = rest.substring(0, question);
  }
  const params: UriParam[] = [];
  const semicolon = rest.indexOf(";");
  if (semicolon >= 0) {
    readParams(rest.substring(semicolon + 1), params);
    rest = rest.substring(0, semicolon);
  }
  const hostPort = splitHostPort(rest);
  if (hostPort === null) return null;
  return { scheme, user, host: hostPort.host, port: hostPort.port, params, headers };
}

function readParams(text: string, params: UriParam[]): void {
  for (const part of text.split(";")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    params.push(
      equals < 0
        ? { name: part.toLowerCase(), value: "" }
        : { name: part.substring(0, equals).toLowerCase(), value: part.substring(equals + 1) },
    );
  }
}

/** Value of a parameter, "" when it has none, null when it is absent. */
export function uriParam(uri: SipUri, name: string): string | null {
  for (const param of uri.params) if (param.name === name) return param.value;
  return null;
}

/**
 * Splits `host`, `host:port`, `[v6]` or `[v6]:port`.
 * @returns the host in lower case (brackets kept) and the port, 0 when absent; null when malformed.
 */
export function splitHostPort(text: string): { host: string; port: number } | null {
  const lower = text.toLowerCase();
  let host = lower;
  let portText = "";
  if (lower.charAt(0) === "[") {
    const close = lower.indexOf("]");
    if (close < 3) return null;
    host = lower.substring(0, close + 1);
    if (!IPV6.test(lower.substring(1, close))) return null;
    const tail = lower.substring(close + 1);
    if (tail !== "") {
      if (tail.charAt(0) !== ":" || tail.length === 1) return null;
      portText = tail.substring(1);
    }
  } else {
    const colon = lower.indexOf(":");
    if (colon >= 0) {
      host = lower.substring(0, colon);
      portText = lower.substring(colon + 1);
      if (portText === "") return null;
    }
    if (!HOST.test(host)) return null;
  }
  if (portText === "") return { host, port: 0 };
  const port = PORT.test(portText) ? Number(portText) : 0;
  return port < 1 || port > 65535 ? null : { host, port };
}

/**
 * Resolves `%41` escapes of characters that are equivalent to their escapes, so that `%61lice` and `alice` are one
 * address of record (RFC 3261 sections 10.3 step 5 and 19.1.4). Escapes of other characters stay, in upper case; a
 * percent sign that escapes nothing becomes `%25`, so that the result is the same when it is resolved once more.
 */
export function unescapeUser(user: string): string {
  let percent = user.indexOf("%");
  if (percent < 0) return user;
  let out = "";
  let from = 0;
  while (percent >= 0) {
    out += user.substring(from, percent);
    const hex = user.substring(percent + 1, percent + 3);
    const code = hexByte(hex);
    if (code < 0) {
      out += "%25";
      from = percent + 1;
    } else {
      const character = String.fromCharCode(code);
      out += UNESCAPED.test(character) ? character : `%${hex.toUpperCase()}`;
      from = percent + 3;
    }
    percent = user.indexOf("%", from);
  }
  return out + user.substring(from);
}

function hexByte(text: string): number {
  return /^[0-9A-Fa-f]{2}$/.test(text) ? parseInt(text, 16) : -1;
}

/**
 * One text per URI under the comparison rules that registrations need (RFC 3261 section 19.1.4): scheme and host
 * without regard to case, user with it and with escapes resolved, parameters in any order, headers as written.
 */
export function comparisonKey(uri: SipUri): string {
  const params: string[] = [];
  for (const param of uri.params) params.push(`${param.name}=${param.value.toLowerCase()}`);
  params.sort();
  const port = uri.port === 0 ? "" : `:${uri.port}`;
  const user = uri.user === "" ? "" : `${unescapeUser(uri.user)}@`;
  const headers = uri.headers === "" ? "" : `?${uri.headers}`;
  return `${uri.scheme}:${user}${uri.host}${port};${params.join(";")}${headers}`;
}
