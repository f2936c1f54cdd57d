/**
 * Kamailio's parser, as far as the mock needs it: a SIP message as start line, headers and body, with the offsets of
 * nothing and the bytes of everything. Deliberately its own code: it stands for the other side of the border.
 */

/** One header line. Values keep trailing blanks, as Kamailio's do. */
export interface MockHeader {
  /** As written in the message. */
  name: string;
  value: string;
}

/** A parsed message; texts are byte strings. */
export interface MockMessage {
  /** Request method, or "" for a reply. */
  method: string;
  /** Request-URI as received. */
  uri: string;
  /** Status of a reply, 0 for a request. */
  status: number;
  reason: string;
  headers: MockHeader[];
  body: string;
  /** The whole message as received. */
  text: string;
}

/** Compact forms of RFC 3261 §7.3.3 and the extensions Kamailio knows, and the full name of each. */
const compactNames: { [letter: string]: string } = {
  c: "content-type",
  e: "content-encoding",
  f: "from",
  i: "call-id",
  k: "supported",
  l: "content-length",
  m: "contact",
  o: "event",
  r: "refer-to",
  s: "subject",
  t: "to",
  u: "allow-events",
  v: "via",
  x: "session-expires",
};

/** The name headers are compared by: lower case and long. */
export function headerKey(name: string): string {
  const lower = name.toLowerCase();
  return compactNames[lower] !== undefined && lower.length === 1 ? (compactNames[lower] as string) : lower;
}

/** Parses a message; null when Kamailio would drop it before the script sees it. */
export function parseMessage(text: string): MockMessage | null {
  const lineEnd = text.indexOf("\n");
  if (lineEnd < 0) return null;
  const start = stripCr(text.substring(0, lineEnd));
  const message: MockMessage = { method: "", uri: "", status: 0, reason: "", headers: [], body: "", text: text };
  const reply = /^SIP\/2\.0 (\d\d\d) ?(.*)$/.exec(start);
  if (reply) {
    message.status = Number(reply[1]);
    message.reason = reply[2] as string;
  } else {
    const request = /^([!-~]+) ([^ ]+) (?:SIP\/2\.0|HTTP\/1\.[01])$/.exec(start);
    if (!request) return null;
    message.method = request[1] as string;
    message.uri = request[2] as string;
  }
  let position = lineEnd + 1;
  for (;;) {
    const end = text.indexOf("\n", position);
    if (end < 0) return null;
    const line = stripCr(text.substring(position, end));
    position = end + 1;
    if (line === "") break;
    if (line.charAt(0) === " " || line.charAt(0) === "\t") {
      const last = message.headers[message.headers.length - 1];
      if (!last) return null;
      last.value += "\r\n" + line;
      continue;
    }
    const colon = line.indexOf(":");
    if (colon <= 0) return null;
    message.headers.push({ name: trim(line.substring(0, colon)), value: trimStart(line.substring(colon + 1)) });
  }
  message.body = text.substring(position);
  return headerOf(message, "via") === null && message.method !== "" ? null : message;
}

/** Values of all headers with this name, in order. */
export function headersOf(message: MockMessage, name: string): string[] {
  const key = headerKey(name);
  const out: string[] = [];
  for (const header of message.headers) {
    if (headerKey(header.name) === key) out.push(header.value);
  }
  return out;
}

/** Value of the first header with this name, or null. */
export function headerOf(message: MockMessage, name: string): string | null {
  const all = headersOf(message, name);
  return all.length === 0 ? null : (all[0] as string);
}

/** A name-addr or addr-spec with its header parameters. */
export interface MockAddress {
  display: string | null;
  uri: string;
  /** Header parameters, lower-case names; a parameter without value is "". */
  params: { [name: string]: string };
}

/** Reads From, To, Contact or Route values. */
export function parseAddress(value: string): MockAddress {
  const text = trim(value);
  const open = indexOutsideQuotes(text, "<");
  if (open >= 0) {
    const close = text.indexOf(">", open);
    const end = close < 0 ? text.length : close;
    const display = trim(text.substring(0, open));
    return {
      display: display === "" ? null : display,
      uri: text.substring(open + 1, end),
      params: parseParams(text.substring(end + 1)),
    };
  }
  const semicolon = text.indexOf(";");
  const uri = semicolon < 0 ? text : text.substring(0, semicolon);
  return { display: null, uri: trim(uri), params: semicolon < 0 ? {} : parseParams(text.substring(semicolon)) };
}

/** Splits a header value at commas outside quotes and angle brackets. */
export function splitList(value: string): string[] {
  const out: string[] = [];
  let quoted = false;
  let angle = false;
  let start = 0;
  for (let i = 0; i < value.length; i++) {
    const c = value.charAt(i);
    if (quoted) {
      if (c === "\\") i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === "<") angle = true;
    else if (c === ">") angle = false;
    else if (c === "," && !angle) {
      out.push(trim(value.substring(start, i)));
      start = i + 1;
    }
  }
  out.push(trim(value.substring(start)));
  return out;
}

/** Reads ";a=b;c". Names in lower case. */
export function parseParams(text: string): { [name: string]: string } {
  const out: { [name: string]: string } = Object.create(null);
  for (const part of text.split(";")) {
    const item = trim(part);
    if (item === "") continue;
    const equals = item.indexOf("=");
    if (equals < 0) out[item.toLowerCase()] = "";
    else out[trim(item.substring(0, equals)).toLowerCase()] = trim(item.substring(equals + 1));
  }
  return out;
}

/** The parts of a SIP, SIPS or TEL URI. */
export interface MockUri {
  scheme: string;
  user: string | null;
  password: string | null;
  /** With brackets when it is an IPv6 address. */
  host: string;
  /** "" when not written. */
  port: string;
  /** Without the first semicolon; "" when there are none. */
  params: string;
}

/** Reads a URI; null when Kamailio could not. */
export function parseUri(uri: string): MockUri | null {
  const match = /^(sips?|tel|urn|http|https):(.*)$/i.exec(uri);
  if (!match) return null;
  const scheme = (match[1] as string).toLowerCase();
  let rest = match[2] as string;
  if (rest === "") return null;
  if (scheme === "tel" || scheme === "urn") {
    const cut = rest.indexOf(";");
    const user = cut < 0 ? rest : rest.substring(0, cut);
    return { scheme, user, password: null, host: "", port: "", params: cut < 0 ? "" : rest.substring(cut + 1) };
  }
  const question = rest.indexOf("?");
  if (question >= 0) rest = rest.substring(0, question);
  let user: string | null = null;
  let password: string | null = null;
  const at = rest.indexOf("@");
  if (at >= 0) {
    const info = rest.substring(0, at);
    const colon = info.indexOf(":");
    user = colon < 0 ? info : info.substring(0, colon);
    password = colon < 0 ? null : info.substring(colon + 1);
    rest = rest.substring(at + 1);
  }
  const semicolon = rest.indexOf(";");
  const params = semicolon < 0 ? "" : rest.substring(semicolon + 1);
  const hostport = semicolon < 0 ? rest : rest.substring(0, semicolon);
  const parts = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]<>"\s]+)(?::(\d{1,5}))?$/.exec(hostport);
  if (!parts) return null;
  if (parts[2] !== undefined && Number(parts[2]) > 65535) return null;
  return { scheme, user, password, host: parts[1] as string, port: parts[2] === undefined ? "" : parts[2], params };
}

/** Puts a URI together again. */
export function formatUri(uri: MockUri): string {
  const user = uri.user === null ? "" : uri.user + (uri.password === null ? "" : ":" + uri.password);
  const at = uri.user === null || uri.host === "" ? user : user + "@";
  return (
    uri.scheme +
    ":" +
    at +
    uri.host +
    (uri.port === "" ? "" : ":" + uri.port) +
    (uri.params === "" ? "" : ";" + uri.params)
  );
}

/** The first value of the top Via header and its parameters. */
export interface MockVia {
  protocol: string;
  host: string;
  port: string;
  params: { [name: string]: string };
}

/** Reads the topmost Via; null when it is malformed. */
export function parseVia(value: string): MockVia | null {
  const first = splitList(value)[0] as string;
  const match = /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z-]+)\s+(\[[^\]]+\]|[^\s:;]+)\s*(?::\s*(\d+))?\s*(.*)$/.exec(first);
  if (!match) return null;
  return {
    protocol: (match[1] as string).toUpperCase(),
    host: match[2] as string,
    port: match[3] === undefined ? "" : match[3],
    params: parseParams(match[4] as string),
  };
}

export function trim(text: string): string {
  return trimStart(text).replace(/[ \t\r\n]+$/, "");
}

function trimStart(text: string): string {
  return text.replace(/^[ \t\r\n]+/, "");
}

function stripCr(line: string): string {
  return line.charAt(line.length - 1) === "\r" ? line.substring(0, line.length - 1) : line;
}

function indexOutsideQuotes(text: string, wanted: string): number {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (quoted && c === "\\") i++;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === wanted) return i;
  }
  return -1;
}
