/** Pseudo-variables and transformations. Unknown ones throw; in Kamailio they log an error and are null. */

import { toKamailio } from "./bytes";
import { type Context, requestUri } from "./context";
import {
  formatUri,
  headerOf,
  headersOf,
  type MockMessage,
  type MockUri,
  parseAddress,
  parseParams,
  parseUri,
  parseVia,
  splitList,
} from "./message";
import { sha256 } from "./sha256";
import type { World } from "./world";

/** Byte string, number, or null for no value. */
export type PvValue = string | number | null;

/** Kamailio never frees the cached form of a name, so names built from data fill the memory. */
const maxNames = 400;

interface ParsedName {
  base: string;
  inner: string;
  index: string;
  transformations: string[];
}

const cache: { [name: string]: ParsedName } = Object.create(null);

export function readPv(world: World, name: string): PvValue {
  const parsed = parseName(world, name);
  let value = readBase(world, world.context as Context, parsed, name);
  for (const text of parsed.transformations) value = transform(world, value, text);
  return value;
}

/** value null unsets. */
export function writePv(world: World, name: string, value: PvValue): void {
  const parsed = parseName(world, name);
  const context = world.context as Context;
  const inner = parsed.inner;
  const text = value === null ? null : String(value);
  if (parsed.base === "var") world.variables[inner] = value === null ? 0 : value;
  else if (parsed.base === "shv") {
    if (world.shared[inner] === undefined) throw world.fault("$shv(" + inner + ") is not declared by modparam");
    world.shared[inner] = value === null ? 0 : value;
  } else if (parsed.base === "avp") {
    const values = context.avps[inner] || [];
    context.avps[inner] = value === null ? values.slice(1) : [value].concat(values);
  } else if (parsed.base === "du") {
    context.dstUri = text === null || text === "" ? null : text;
    if (context.dstUri !== null) context.uriNew = true;
  } else if (parsed.base === "ru" && text !== null) {
    context.newUri = text;
    context.uriNew = true;
  } else if (parsed.base === "rU") changeUri(world, name, (uri) => (uri.user = text));
  else if (parsed.base === "rd" && text !== null) changeUri(world, name, (uri) => (uri.host = text));
  else if (parsed.base === "rp") changeUri(world, name, (uri) => (uri.port = text === null ? "" : text));
  else if (parsed.base === "fs") context.sendSocket = text;
  else if (parsed.base === "sht" || parsed.base === "shtex") {
    const [table, key] = splitItem(world, inner);
    if (parsed.base === "shtex") world.tables.setExpire(table, key, typeof value === "number" ? value : 0);
    else if (value === null) world.tables.remove(table, key);
    else world.tables.set(table, key, value, 0);
  } else throw world.fault("pseudo-variable " + name + " cannot be set");
}

function changeUri(world: World, name: string, change: (uri: MockUri) => void): void {
  const context = world.context as Context;
  const uri = parseUri(requestUri(context));
  if (!uri) throw world.fault("cannot set " + name + ": the request-URI " + requestUri(context) + " is malformed");
  change(uri);
  context.newUri = formatUri(uri);
  context.uriNew = true;
}

function parseName(world: World, name: string): ParsedName {
  if (!world.names[name]) {
    world.names[name] = true;
    world.nameCount++;
    if (world.nameCount > maxNames) {
      throw world.fault("more than " + maxNames + " names of pseudo-variables: a name is built from data: " + name);
    }
  }
  const known = cache[name];
  if (known) return known;
  const plain = /^\$([A-Za-z_0-9.]+)(?:\(([\s\S]*)\))?$/.exec(name);
  const out: ParsedName = { base: "", inner: "", index: "", transformations: [] };
  if (plain) {
    out.base = plain[1] as string;
    out.inner = plain[2] === undefined ? "" : plain[2];
  } else if (name.substring(0, 2) === "$(" && name.charAt(name.length - 1) === ")") {
    let rest = name.substring(2, name.length - 1);
    const brace = rest.indexOf("{");
    if (brace >= 0) {
      if (rest.charAt(rest.length - 1) !== "}") throw world.fault("pseudo-variable " + name + " is malformed");
      out.transformations = rest.substring(brace + 1, rest.length - 1).split("}{");
      rest = rest.substring(0, brace);
    }
    const parts = /^([A-Za-z_0-9.]+)(?:\(([\s\S]*)\))?(?:\[(-?\d+|\*)\])?$/.exec(rest);
    if (!parts) throw world.fault("pseudo-variable " + name + " is malformed");
    out.base = parts[1] as string;
    out.inner = parts[2] === undefined ? "" : parts[2];
    out.index = parts[3] === undefined ? "" : parts[3];
  } else throw world.fault("pseudo-variable " + name + " is malformed");
  cache[name] = out;
  return out;
}

type Reader = (world: World, context: Context, name: ParsedName) => PvValue;

const readers: { [base: string]: Reader } = {
  rm: (_w, c) => (c.reply ? cseqPart(c.reply, 1) : c.message.method),
  ru: (_w, c) => (c.reply || !parseUri(requestUri(c)) ? null : requestUri(c)),
  rU: (_w, c) => uriPart(requestUri(c), "user"),
  rd: (_w, c) => uriPart(requestUri(c), "host"),
  rp: (_w, c) => uriPart(requestUri(c), "port"),
  rP: (_w, c) => uriPart(requestUri(c), "proto"),
  rz: (_w, c) => uriPart(requestUri(c), "scheme"),
  ou: (_w, c) => c.message.uri,
  oU: (_w, c) => uriPart(c.message.uri, "user"),
  od: (_w, c) => uriPart(c.message.uri, "host"),
  op: (_w, c) => uriPart(c.message.uri, "port"),
  oP: (_w, c) => uriPart(c.message.uri, "proto"),
  du: (_w, c) => c.dstUri,
  dd: (_w, c) => (c.dstUri === null ? null : uriPart(c.dstUri, "host")),
  dp: (_w, c) => (c.dstUri === null ? null : uriPart(c.dstUri, "port")),
  dP: (_w, c) => (c.dstUri === null ? null : uriPart(c.dstUri, "proto")),
  fs: (_w, c) => c.sendSocket,
  si: (_w, c) => c.source.ip,
  sp: (_w, c) => c.source.port,
  Ri: (_w, c) => c.received.ip,
  Rp: (_w, c) => c.received.port,
  pr: (_w, c) => c.received.proto || "udp",
  proto: (_w, c) => c.received.proto || "udp",
  ci: (_w, c) => headerOf(current(c), "call-id"),
  cs: (_w, c) => cseqPart(current(c), 0),
  fu: (_w, c) => addressPart(c, "from", "uri"),
  ft: (_w, c) => addressPart(c, "from", "tag"),
  fn: (_w, c) => addressPart(c, "from", "display"),
  fU: (_w, c) => ofUri(addressPart(c, "from", "uri"), "user"),
  fd: (_w, c) => ofUri(addressPart(c, "from", "uri"), "host"),
  tu: (_w, c) => addressPart(c, "to", "uri"),
  tt: (_w, c) => addressPart(c, "to", "tag"),
  tn: (_w, c) => addressPart(c, "to", "display"),
  tU: (_w, c) => ofUri(addressPart(c, "to", "uri"), "user"),
  td: (_w, c) => ofUri(addressPart(c, "to", "uri"), "host"),
  ua: (_w, c) => headerOf(current(c), "user-agent"),
  ct: (_w, c) => headerOf(current(c), "contact"),
  cT: (_w, c) => headerOf(current(c), "content-type"),
  cl: (_w, c) => numberOf(headerOf(current(c), "content-length")),
  rb: (_w, c) => current(c).body,
  bs: (_w, c) => current(c).body.length,
  mb: (_w, c) => current(c).text,
  ml: (_w, c) => current(c).text.length,
  mf: (_w, c) => flagNumber(c),
  msg: (w, c, n) => {
    if (n.inner === "len") return current(c).text.length;
    if (n.inner === "buf") return current(c).text;
    throw w.fault("pseudo-variable $msg(" + n.inner + ") is not modelled by the mock");
  },
  hdr: (_w, c, n) => {
    const values = headersOf(current(c), n.inner);
    if (n.index === "*") return values.length === 0 ? null : values.join(",");
    const index = n.index === "" ? 0 : Number(n.index);
    const value = values[index < 0 ? values.length + index : index];
    return value === undefined ? null : value;
  },
  hdrc: (_w, c, n) => headersOf(current(c), n.inner).length,
  rs: (_w, c) => (c.reply ? c.reply.status : null),
  rr: (_w, c) => (c.reply ? c.reply.reason : null),
  T_reply_code: (_w, c) => replyCode(c),
  route_uri: (_w, c) => {
    const route = headerOf(c.message, "route");
    return route === null ? null : parseAddress(splitList(route)[0] as string).uri;
  },
  via0: (w, c, n) => viaPart(w, current(c), n.inner),
  sndto: () => null,
  pp: () => 4711,
  TV: (w, _c, n) => {
    const seconds = Math.floor(w.nowMs / 1000);
    const micros = Math.floor((w.nowMs - seconds * 1000) * 1000);
    if (n.inner === "s") return seconds;
    if (n.inner === "u") return micros;
    if (n.inner === "sn") return seconds + "." + ("000000" + micros).slice(-6);
    throw w.fault("pseudo-variable $TV(" + n.inner + ") is not modelled by the mock");
  },
  Ts: (w) => Math.floor(w.nowMs / 1000),
  TS: (w) => Math.floor(w.nowMs / 1000),
  var: (w, _c, n) => (w.variables[n.inner] === undefined ? 0 : (w.variables[n.inner] as PvValue)),
  shv: (w, _c, n) => (w.shared[n.inner] === undefined ? 0 : (w.shared[n.inner] as PvValue)),
  avp: (_w, c, n) => {
    const values = c.avps[n.inner] || [];
    const index = n.index === "" ? 0 : Number(n.index);
    const value = values[index < 0 ? values.length + index : index];
    return value === undefined ? null : value;
  },
  sht: (w, _c, n) => {
    const [table, key] = splitItem(w, n.inner);
    return w.tables.get(table, key);
  },
  shtex: (w, _c, n) => {
    const [table, key] = splitItem(w, n.inner);
    return w.tables.expiry(table, key);
  },
  shtitkey: (w, _c, n) => {
    const item = w.tables.iteratorItem(n.inner);
    return item ? item.key : null;
  },
  shtitval: (w, _c, n) => {
    const item = w.tables.iteratorItem(n.inner);
    return item ? item.value : null;
  },
  redis: (w, _c, n) => w.redis.read(n.inner + (n.index === "" ? "" : "[" + n.index + "]")),
  jsonrpl: (w, _c, n) => {
    if (n.inner === "code") return w.rpcReply.code;
    if (n.inner === "text") return w.rpcReply.text;
    if (n.inner === "body") return w.rpcReply.body;
    throw w.fault("pseudo-variable $jsonrpl(" + n.inner + ") does not exist");
  },
  hu: (_w, c) => c.message.uri,
  def: (w, _c, n) => {
    const value = w.options.defines ? w.options.defines[n.inner] : undefined;
    return value === undefined ? null : value;
  },
  env: (w, _c, n) => {
    const value = w.options.environment ? w.options.environment[n.inner] : undefined;
    return value === undefined ? null : toKamailio(value);
  },
  dns: (w, _c, n) => {
    const part = /^(\w+)=>(?:(count)|addr\[(-?\d+)\])$/.exec(n.inner);
    if (!part) throw w.fault("pseudo-variable $dns(" + n.inner + ") is not modelled by the mock");
    const addresses = w.resolved[part[1] as string] || [];
    if (part[2]) return addresses.length === 0 ? null : addresses.length;
    const index = Number(part[3]);
    const address = addresses[index < 0 ? addresses.length + index : index];
    return address === undefined ? null : address;
  },
};

function readBase(world: World, context: Context, parsed: ParsedName, name: string): PvValue {
  const reader = readers[parsed.base];
  if (!reader) throw world.fault("pseudo-variable " + name + " is not modelled by the mock");
  return reader(world, context, parsed);
}

function current(context: Context): MockMessage {
  return context.reply || context.message;
}

function splitItem(world: World, inner: string): [string, string] {
  const arrow = inner.indexOf("=>");
  if (arrow < 0) throw world.fault("pseudo-variable of a table without =>: " + inner);
  const key = inner.substring(arrow + 2);
  if (key.indexOf("$") >= 0)
    throw world.fault("keys that contain pseudo-variables are not modelled by the mock: " + inner);
  return [inner.substring(0, arrow), key];
}

function addressPart(context: Context, header: string, part: "uri" | "tag" | "display"): string | null {
  const value = headerOf(current(context), header);
  if (value === null) return null;
  const address = parseAddress(value);
  if (part === "uri") return address.uri;
  if (part === "display") return address.display;
  return address.params.tag === undefined ? null : address.params.tag;
}

function cseqPart(message: MockMessage, index: number): string | null {
  const value = headerOf(message, "cseq");
  const match = value === null ? null : /^(\d+)\s+(\S+)/.exec(value);
  return match ? (match[index + 1] as string) : null;
}

function ofUri(uri: string | null, part: "user" | "host"): string | null {
  return uri === null ? null : uriPart(uri, part);
}

function uriPart(text: string, part: "user" | "host" | "port" | "proto" | "scheme"): string | null {
  const uri = parseUri(text);
  if (!uri) return null;
  if (part === "user") return uri.user;
  if (part === "host") return uri.host;
  if (part === "scheme") return uri.scheme;
  const transport = parseParams(uri.params).transport;
  if (part === "proto") return transport ? transport.toLowerCase() : uri.scheme === "sips" ? "tls" : "udp";
  return uri.port !== "" ? uri.port : uri.scheme === "sips" ? "5061" : "5060";
}

function numberOf(text: string | null): number | null {
  const digits = text === null ? null : /^\d+/.exec(text);
  return digits ? Number(digits[0]) : null;
}

function flagNumber(context: Context): number {
  let out = 0;
  for (let flag = 0; flag < 32; flag++) {
    if (context.flags[flag]) out |= 1 << flag;
  }
  return out;
}

function replyCode(context: Context): number {
  if (context.reply) return context.reply.status;
  const transaction = context.transaction;
  if (!transaction) return 0;
  if (context.routeType === "failure") return transaction.picked ? transaction.picked.status : 0;
  return transaction.status;
}

function viaPart(world: World, message: MockMessage, part: string): PvValue {
  if (part === "") return null;
  const via = parseVia(headerOf(message, "via") || "");
  if (!via) return null;
  if (part === "host") return via.host;
  if (part === "port") return via.port === "" ? null : Number(via.port);
  if (part === "proto") return via.protocol;
  if (part === "branch" || part === "received" || part === "rport" || part === "i") {
    const value = via.params[part];
    return value === undefined ? null : value;
  }
  throw world.fault("pseudo-variable $via0(" + part + ") is not modelled by the mock");
}

function transform(world: World, value: PvValue, text: string): PvValue {
  const comma = text.indexOf(",");
  const name = comma < 0 ? text : text.substring(0, comma);
  const argument = comma < 0 ? "" : text.substring(comma + 1);
  if (value === null) return null;
  const source = String(value);
  if (name === "s.len") return source.length;
  if (name === "s.int") return numberOf(source) || 0;
  if (name === "s.sha256") return sha256(source);
  const part = /^(\d+),(\d+)$/.exec(argument);
  if (name === "s.substr" && part) {
    const start = Number(part[1]);
    const length = Number(part[2]);
    // Out of range is an error, no empty text; length 0 means all the rest.
    if (start >= source.length) return null;
    return length === 0 ? source.substring(start) : source.substring(start, start + length);
  }
  if (name.substring(0, 4) === "uri.") {
    const uri = parseUri(source);
    if (!uri) return "";
    if (name === "uri.user") return uri.user || "";
    if (name === "uri.host") return uri.host;
    if (name === "uri.port") return uri.port === "" ? 5060 : Number(uri.port);
    if (name === "uri.params") return uri.params;
    if (name === "uri.param") return parseParams(uri.params)[argument.toLowerCase()] || "";
  }
  throw world.fault("transformation {" + text + "} is not modelled by the mock");
}
