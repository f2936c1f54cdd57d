/**
 * The KEMI functions the mock knows, by "module.name". Arguments arrive converted as Kamailio converts them: byte
 * strings and int32. What is listed in kemi-table.ts but not here exists in Kamailio and throws in the mock.
 */

import { decodeText, toKamailio } from "./bytes";
import { type Context, requestUri } from "./context";
import { formatUri, headerOf, headersOf, parseAddress, parseUri } from "./message";
import type { PvValue } from "./pv";
import { readPv, writePv } from "./pv";
import { isDownstream, looseRoute, routedParams } from "./rr";
import { checkSanity } from "./sanity";
import { checkTransaction, findTransaction, makeReply, newTransaction, relay, replyInTransaction } from "./tm";
import type { World } from "./world";

/** Result of a function before it is turned into what the script sees. Booleans stand for 1 and -1 of an int function. */
export type Result = PvValue | boolean | undefined;
type Args = (string | number)[];
type Implementation = (world: World, context: Context, args: Args) => Result;

export const implementations: { [name: string]: Implementation } = Object.create(null);

function define(module: string, functions: { [name: string]: Implementation }): void {
  for (const name of Object.keys(functions)) {
    implementations[module === "" ? name : module + "." + name] = functions[name] as Implementation;
  }
}

function str(args: Args, index: number): string {
  return args[index] as string;
}

function int(args: Args, index: number): number {
  return args[index] as number;
}

function log(level: "dbg" | "info" | "notice" | "warn" | "err" | "crit"): Implementation {
  return (world, _context, args) => {
    world.log(level, decodeText(str(args, 0)));
    return undefined;
  };
}

function isMethod(name: string): Implementation {
  return (_world, context) => context.message.method === name;
}

function isProto(name: string): Implementation {
  return (_world, context) => (context.received.proto || "udp") === name;
}

/** Letters of KSR.is_method_in. */
const methodLetters: { [letter: string]: string } = {
  I: "INVITE",
  A: "ACK",
  B: "BYE",
  C: "CANCEL",
  R: "REGISTER",
  M: "MESSAGE",
  O: "OPTIONS",
  S: "SUBSCRIBE",
  P: "PUBLISH",
  N: "NOTIFY",
  U: "UPDATE",
  K: "PRACK",
  F: "REFER",
};

define("", {
  dbg: log("dbg"),
  info: log("info"),
  notice: log("notice"),
  warn: log("warn"),
  err: log("err"),
  crit: log("crit"),
  set_drop: () => undefined,
  is_method: (_w, c, a) => c.message.method === str(a, 0),
  is_method_in: (_w, c, a) => {
    for (let i = 0; i < str(a, 0).length; i++) {
      if (methodLetters[str(a, 0).charAt(i)] === c.message.method) return true;
    }
    return false;
  },
  is_UDP: isProto("udp"),
  is_TCP: isProto("tcp"),
  is_TLS: isProto("tls"),
  is_WS: isProto("ws"),
  is_WSS: isProto("wss"),
  is_IPv4: (_w, c) => c.source.ip.indexOf(":") < 0,
  is_IPv6: (_w, c) => c.source.ip.indexOf(":") >= 0,
  is_myself: (w, _c, a) => w.isMyself(str(a, 0)),
  is_myself_srcip: (w, c) => w.isSelf(c.source.ip, 0, ""),
  is_myself_ruri: (w, c) => w.isMyself(requestUri(c)),
  is_myself_furi: (w, c) => w.isMyself(parseAddress(headerOf(c.message, "from") || "").uri),
  is_myself_turi: (w, c) => w.isMyself(parseAddress(headerOf(c.message, "to") || "").uri),
  setflag: (_w, c, a) => setFlag(c, int(a, 0), true),
  resetflag: (_w, c, a) => setFlag(c, int(a, 0), false),
  isflagset: (_w, c, a) => c.flags[int(a, 0)] === true,
  seturi: (_w, c, a) => {
    c.newUri = str(a, 0);
    c.uriNew = true;
    return true;
  },
  setuser: (_w, c, a) => {
    const uri = parseUri(requestUri(c));
    if (!uri) return false;
    uri.user = str(a, 0);
    c.newUri = formatUri(uri);
    c.uriNew = true;
    return true;
  },
  sethost: (_w, c, a) => {
    const uri = parseUri(requestUri(c));
    if (!uri) return false;
    uri.host = str(a, 0);
    c.newUri = formatUri(uri);
    c.uriNew = true;
    return true;
  },
  setdsturi: (_w, c, a) => {
    c.dstUri = str(a, 0);
    return true;
  },
  resetdsturi: (_w, c) => {
    c.dstUri = null;
    return true;
  },
  isdsturiset: (_w, c) => c.dstUri !== null,
  force_rport: () => true,
  get_debug: () => 2,
});
for (const name of "INVITE ACK BYE CANCEL REGISTER OPTIONS SUBSCRIBE PUBLISH NOTIFY REFER INFO UPDATE PRACK MESSAGE".split(
  " ",
)) {
  implementations["is_" + name] = isMethod(name);
}

function setFlag(context: Context, flag: number, value: boolean): boolean {
  context.flags[flag] = value;
  return true;
}

function filled(value: PvValue, empty: string): PvValue {
  return value === null ? empty : value;
}

define("pv", {
  get: (w, _c, a) => readPv(w, str(a, 0)),
  gete: (w, _c, a) => filled(readPv(w, str(a, 0)), ""),
  getw: (w, _c, a) => filled(readPv(w, str(a, 0)), "<null>"),
  getvs: (w, _c, a) => filled(readPv(w, str(a, 0)), str(a, 1)),
  getvn: (w, _c, a) => {
    const value = readPv(w, str(a, 0));
    return value === null ? int(a, 1) : value;
  },
  geti: (w, _c, a) => {
    const value = readPv(w, str(a, 0));
    if (typeof value === "number") return value;
    return value !== null && /^[+-]?\d+$/.test(value) ? Number(value) | 0 : 0;
  },
  sets: (w, _c, a) => write(w, str(a, 0), str(a, 1)),
  seti: (w, _c, a) => write(w, str(a, 0), int(a, 1)),
  unset: (w, _c, a) => write(w, str(a, 0), null),
  is_null: (w, _c, a) => readPv(w, str(a, 0)) === null,
});

function write(world: World, name: string, value: PvValue): boolean {
  writePv(world, name, value);
  return true;
}

define("pvx", {
  var_sets: (w, _c, a) => setVariable(w.variables, str(a, 0), str(a, 1)),
  var_seti: (w, _c, a) => setVariable(w.variables, str(a, 0), int(a, 1)),
  var_get: (w, _c, a) => (w.variables[str(a, 0)] === undefined ? 0 : (w.variables[str(a, 0)] as PvValue)),
  shv_sets: (w, _c, a) => w.shared[str(a, 0)] !== undefined && setVariable(w.shared, str(a, 0), str(a, 1)),
  shv_seti: (w, _c, a) => w.shared[str(a, 0)] !== undefined && setVariable(w.shared, str(a, 0), int(a, 1)),
  shv_get: (w, _c, a) => (w.shared[str(a, 0)] === undefined ? 0 : (w.shared[str(a, 0)] as PvValue)),
  avp_sets: (_w, c, a) => pushAvp(c, str(a, 0), str(a, 1)),
  avp_seti: (_w, c, a) => pushAvp(c, str(a, 0), int(a, 1)),
  avp_get: (_w, c, a) => firstAvp(c, str(a, 0)),
  avp_gete: (_w, c, a) => filled(firstAvp(c, str(a, 0)), ""),
  avp_getw: (_w, c, a) => filled(firstAvp(c, str(a, 0)), "<null>"),
  avp_rm: (_w, c, a) => removeAvp(c, str(a, 0)),
  // Kamailio 5.6 removes the value before it looks, so the answer is about what is left.
  avp_is_null: (_w, c, a) => {
    removeAvp(c, str(a, 0));
    return firstAvp(c, str(a, 0)) === null;
  },
});

function setVariable(variables: { [name: string]: string | number }, name: string, value: string | number): boolean {
  variables[name] = value;
  return true;
}

function pushAvp(context: Context, name: string, value: string | number): boolean {
  context.avps[name] = [value].concat(context.avps[name] || []);
  return true;
}

function firstAvp(context: Context, name: string): PvValue {
  const first = (context.avps[name] || [])[0];
  return first === undefined ? null : first;
}

function removeAvp(context: Context, name: string): boolean {
  context.avps[name] = (context.avps[name] || []).slice(1);
  return true;
}

function header(context: Context, name: string, index: number): PvValue {
  const values = headersOf(context.reply || context.message, name);
  const value = values[index < 0 ? values.length + index : index];
  return value === undefined ? null : value;
}

define("hdr", {
  append: (_w, c, a) => edit(c, { kind: "append", line: str(a, 0) }),
  insert: (_w, c, a) => edit(c, { kind: "insert", line: str(a, 0) }),
  append_after: (_w, c, a) => edit(c, { kind: "after", line: str(a, 0), name: str(a, 1) }),
  insert_before: (_w, c, a) => edit(c, { kind: "before", line: str(a, 0), name: str(a, 1) }),
  remove: (_w, c, a) => edit(c, { kind: "remove", name: str(a, 0) }),
  rmappend: (_w, c, a) => edit(c, { kind: "remove", name: str(a, 0) }) && edit(c, { kind: "append", line: str(a, 1) }),
  rminsert: (_w, c, a) => edit(c, { kind: "remove", name: str(a, 0) }) && edit(c, { kind: "insert", line: str(a, 1) }),
  is_present: (_w, c, a) => header(c, str(a, 0), 0) !== null,
  append_to_reply: (w, c, a) => {
    const text = str(a, 0);
    if (!/^(?:[!-9;-~]+:[^\r\n]*\r\n)+$/.test(text)) {
      throw w.fault("KSR.hdr.append_to_reply: not whole header lines that end in CRLF: " + text);
    }
    for (const line of text.substring(0, text.length - 2).split("\r\n")) c.replyHeaders.push(line);
    return true;
  },
  get: (_w, c, a) => header(c, str(a, 0), 0),
  gete: (_w, c, a) => filled(header(c, str(a, 0), 0), ""),
  getw: (_w, c, a) => filled(header(c, str(a, 0), 0), "<null>"),
  get_idx: (_w, c, a) => header(c, str(a, 0), int(a, 1)),
  gete_idx: (_w, c, a) => filled(header(c, str(a, 0), int(a, 1)), ""),
  getw_idx: (_w, c, a) => filled(header(c, str(a, 0), int(a, 1)), "<null>"),
});

function edit(context: Context, change: Context["edits"][number]): boolean {
  context.edits.push(change);
  return true;
}

function statelessReply(world: World, context: Context, code: number, reason: string): Result {
  if (context.message.method === "ACK") return -1;
  const reply = makeReply(context, code, reason, false, false);
  reply.headers = context.replyHeaders.slice(0);
  reply.body = context.replyBody;
  world.outcome.replies.push(reply);
  context.replied = true;
  return 1;
}

define("sl", {
  sl_send_reply: (w, c, a) => statelessReply(w, c, int(a, 0), str(a, 1)),
  send_reply: (w, c, a) =>
    c.transaction ? replyInTransaction(w, c, int(a, 0), str(a, 1)) : statelessReply(w, c, int(a, 0), str(a, 1)),
});

function needTransaction(context: Context, value: (context: Context) => Result): Result {
  return context.transaction ? value(context) : -1;
}

function anyBranch(context: Context, test: "timedOut" | "replied"): Result {
  return needTransaction(context, () => {
    for (const branch of context.transaction ? context.transaction.branches : []) {
      if (branch[test]) return 1;
    }
    return -1;
  });
}

/** Transaction of the message, looked up when the script has not made one. */
function lookedUp(world: World, context: Context): Context["transaction"] {
  if (context.transaction) return context.transaction;
  const found = findTransaction(world, context.message);
  return found && !found.endToEndAck && context.message.method !== "CANCEL" ? found.transaction : null;
}

define("tm", {
  t_relay: (w, c) => relay(w, c),
  t_newtran: (w, c) => newTransaction(w, c),
  t_check_trans: (w, c) => checkTransaction(w, c),
  t_lookup_request: (w, c) => lookedUp(w, c) !== null,
  t_lookup_cancel: (w, c) => c.message.method === "CANCEL" && findTransaction(w, c.message) !== null,
  t_on_failure: (w, c, a) => arm(w, c, "onFailure", str(a, 0)),
  t_on_reply: (w, c, a) => arm(w, c, "onReply", str(a, 0)),
  t_on_branch: (w, c, a) => arm(w, c, "onBranch", str(a, 0)),
  t_is_set: (w, c, a) => {
    const place = c.transaction || c;
    if (str(a, 0) === "failure_route") return place.onFailure !== "";
    if (str(a, 0) === "onreply_route") return place.onReply !== "";
    if (str(a, 0) === "branch_route") return place.onBranch !== "";
    throw w.fault("KSR.tm.t_is_set(" + str(a, 0) + ") is not modelled by the mock");
  },
  t_is_canceled: (w, c) => {
    const transaction = lookedUp(w, c);
    return transaction !== null ? transaction.cancelled : false;
  },
  t_reply: (w, c, a) => replyInTransaction(w, c, int(a, 0), str(a, 1)),
  t_send_reply: (w, c, a) => {
    if (!c.transaction) newTransaction(w, c);
    return replyInTransaction(w, c, int(a, 0), str(a, 1));
  },
  t_set_fr: (_w, c, a) => setTimers(c, int(a, 0), int(a, 1)),
  // The mock's ringing ends by the timer above: no test here rings on past it by sending 180 after 180.
  t_set_max_lifetime: (_w, _c, a) => (int(a, 0) >= 0 && int(a, 1) >= 0 ? 1 : -1),
  t_set_fr_inv: (_w, c, a) => setTimers(c, int(a, 0), 0),
  t_check_status: (_w, c, a) => needTransaction(c, () => new RegExp(str(a, 0), "i").test(String(currentStatus(c)))),
  t_get_status_code: (_w, c) => (c.transaction ? currentStatus(c) : -1),
  t_grep_status: (_w, c, a) =>
    needTransaction(c, () => {
      for (const branch of c.transaction ? c.transaction.branches : []) if (branch.status === int(a, 0)) return 1;
      return -1;
    }),
  t_any_timeout: (_w, c) => anyBranch(c, "timedOut"),
  t_any_replied: (_w, c) => anyBranch(c, "replied"),
  t_branch_timeout: (_w, c) => (c.transaction?.picked ? c.transaction.picked.timedOut : -1),
  t_branch_replied: (_w, c) => (c.transaction?.picked ? c.transaction.picked.replied : -1),
  t_set_disable_internal_reply: (_w, c, a) => {
    (c.transaction || c).noInternalReply = int(a, 0) !== 0;
    return 1;
  },
  t_set_auto_inv_100: () => 1,
});

function currentStatus(context: Context): number {
  if (context.reply) return context.reply.status;
  const transaction = context.transaction;
  if (!transaction) return -1;
  return transaction.picked ? transaction.picked.status : transaction.status;
}

/** 0 leaves a timer as it is. */
function setTimers(context: Context, ringMs: number, answerMs: number): number {
  const timers = context.transaction ? context.transaction.timers : context.timers;
  if (ringMs > 0) timers.ringMs = ringMs;
  if (answerMs > 0) timers.answerMs = answerMs;
  return 1;
}

function arm(world: World, context: Context, what: "onFailure" | "onReply" | "onBranch", name: string): number {
  if (!world.has(name)) throw world.fault("the script has no function " + name + " to arm");
  if (context.transaction) context.transaction[what] = name;
  else context[what] = name;
  return 1;
}

// One process handles one message at a time, so no other process can be at work on the same one.
// ACK and CANCEL are not looked at, which it says with -2.
define("tmx", {
  t_precheck_trans: (_w, c) => (c.message.method === "ACK" || c.message.method === "CANCEL" ? -2 : -1),
});

define("rr", {
  loose_route: (w, c) => looseRoute(w, c),
  record_route: (_w, c) => recordRoute(c, ""),
  record_route_params: (_w, c, a) => recordRoute(c, str(a, 0)),
  add_rr_param: (_w, c, a) => {
    c.rrParams += str(a, 0);
    return 1;
  },
  check_route_param: (w, c, a) => {
    const params = routedParams(w, c);
    return params !== null && params !== ";" && new RegExp(str(a, 0), "im").test(params);
  },
  is_direction: (w, c, a) => {
    const word = str(a, 0).toLowerCase();
    if (word !== "downstream" && word !== "upstream") throw w.fault("KSR.rr.is_direction(" + str(a, 0) + ")");
    return isDownstream(w, c) === (word === "downstream");
  },
});

function recordRoute(context: Context, params: string): number {
  context.recordRoutes.push(params);
  return 1;
}

function maxForwards(context: Context): string | null {
  return context.maxForwards === null ? headerOf(context.message, "max-forwards") : String(context.maxForwards);
}

define("maxfwd", {
  process_maxfwd: (w, c, a) => {
    if (int(a, 0) < 0 || int(a, 0) > 255) throw w.fault("KSR.maxfwd.process_maxfwd(" + int(a, 0) + ")");
    const value = maxForwards(c);
    if (value === null) {
      c.maxForwards = int(a, 0);
      return 2;
    }
    const digits = /^(\d+)\s*$/.exec(value);
    if (!digits) return -2;
    const hops = Number(digits[1]);
    if (hops === 0) return -1;
    // modparam max_limit, 70 by default, is what a larger value is cut to.
    c.maxForwards = hops > 70 ? 70 : hops - 1;
    return 1;
  },
  is_maxfwd_lt: (_w, c, a) => {
    const value = maxForwards(c);
    if (value === null) return -1;
    return /^\d+\s*$/.test(value) ? Number(value) < int(a, 0) : -2;
  },
});

define("sanity", {
  sanity_check: (w, c, a) => {
    const answer = checkSanity(c, int(a, 0), int(a, 1));
    if (answer === true) return 1;
    if (answer === null) c.noReply = true;
    else for (const line of answer.headers) c.replyHeaders.push(line);
    c.sanityAnswer = answer;
    if (!w.options.sanityNoReply) sendSanityReply(w, c);
    return -1;
  },
  sanity_reply: (w, c) => {
    if (w.options.sanityNoReply) sendSanityReply(w, c);
    return c.noReply ? -1 : 1;
  },
});

function sendSanityReply(world: World, context: Context): void {
  if (context.message.method === "ACK" || context.noReply) return;
  const answer = context.sanityAnswer || { code: 500, reason: "Server Sanity Failure" };
  statelessReply(world, context, answer.code, answer.reason);
}

define("corex", {
  append_branch: (_w, c) => {
    c.branches.push({ uri: requestUri(c), dstUri: c.dstUri, sendSocket: c.sendSocket });
    c.dstUri = null;
    c.sendSocket = null;
    return 1;
  },
});

define("ipops", {
  dns_query: (w, _c, a) => {
    if (str(a, 0).length > 255) return -2;
    const addresses = w.options.dns ? w.options.dns(decodeText(str(a, 0))) : [];
    // Eight is what the module has room for.
    w.resolved[str(a, 1)] = addresses.slice(0, 8);
    return addresses.length > 0 ? 1 : -4;
  },
});

define("siputils", {
  has_totag: (_w, c) => {
    const to = headerOf(c.message, "to");
    return to !== null && parseAddress(to).params.tag ? 1 : -1;
  },
  is_request: (_w, c) => c.reply === null,
  is_reply: (_w, c) => c.reply !== null,
  is_uri: (_w, _c, a) => parseUri(str(a, 0)) !== null,
  is_numeric: (_w, _c, a) => (/^\d+$/.test(str(a, 0)) ? 1 : -2),
});

define("htable", {
  sht_get: (w, _c, a) => w.tables.get(str(a, 0), str(a, 1)),
  sht_gete: (w, _c, a) => filled(w.tables.get(str(a, 0), str(a, 1)), ""),
  sht_getw: (w, _c, a) => filled(w.tables.get(str(a, 0), str(a, 1)), "<null>"),
  sht_is_null: (w, _c, a) => w.tables.isNull(str(a, 0), str(a, 1)),
  sht_sets: (w, _c, a) => w.tables.set(str(a, 0), str(a, 1), str(a, 2), 0),
  sht_seti: (w, _c, a) => w.tables.set(str(a, 0), str(a, 1), int(a, 2), 0),
  sht_setxs: (w, _c, a) => w.tables.set(str(a, 0), str(a, 1), str(a, 2), int(a, 3)),
  // Success is 0 here, in Kamailio 5.6 too.
  sht_setxi: (w, _c, a) => (w.tables.set(str(a, 0), str(a, 1), int(a, 2), int(a, 3)) ? 0 : -1),
  sht_setex: (w, _c, a) => w.tables.setExpire(str(a, 0), str(a, 1), int(a, 2)),
  sht_rm: (w, _c, a) => w.tables.remove(str(a, 0), str(a, 1)),
  sht_inc: (w, _c, a) => w.tables.add(str(a, 0), str(a, 1), 1),
  sht_dec: (w, _c, a) => w.tables.add(str(a, 0), str(a, 1), -1),
  sht_reset: (w, _c, a) => (w.tables.reset(str(a, 0)) ? 0 : -1),
  sht_lock: (w, _c, a) => w.tables.lock(str(a, 0), str(a, 1)),
  sht_unlock: (w, _c, a) => w.tables.unlock(str(a, 0), str(a, 1)),
  sht_rm_name_re: (w, _c, a) => w.tables.removeMatching(str(a, 0), str(a, 1), true),
  sht_rm_value_re: (w, _c, a) => w.tables.removeMatching(str(a, 0), str(a, 1), false),
  sht_iterator_start: (w, _c, a) => w.tables.iteratorStart(str(a, 0), str(a, 1)),
  sht_iterator_next: (w, _c, a) => w.tables.iteratorNext(str(a, 0)),
  sht_iterator_end: (w, _c, a) => w.tables.iteratorEnd(str(a, 0)),
  sht_iterator_rm: (w, _c, a) => w.tables.iteratorRemove(str(a, 0)),
  sht_iterator_sets: (w, _c, a) => w.tables.iteratorSet(str(a, 0), str(a, 1)),
  sht_iterator_seti: (w, _c, a) => w.tables.iteratorSet(str(a, 0), int(a, 1)),
  sht_iterator_setex: (w, _c, a) => w.tables.iteratorSetExpire(str(a, 0), int(a, 1)),
});

define("ndb_redis", {
  redis_cmd: (w, _c, a) => w.redis.command(str(a, 0), str(a, 1), [], str(a, 2)),
  redis_cmd_p1: (w, _c, a) => w.redis.command(str(a, 0), str(a, 1), [str(a, 2)], str(a, 3)),
  redis_cmd_p2: (w, _c, a) => w.redis.command(str(a, 0), str(a, 1), [str(a, 2), str(a, 3)], str(a, 4)),
  redis_cmd_p3: (w, _c, a) => w.redis.command(str(a, 0), str(a, 1), [str(a, 2), str(a, 3), str(a, 4)], str(a, 5)),
  redis_free: (w, _c, a) => w.redis.free(str(a, 0)),
});

define("jsonrpcs", { exec: (w, _c, a) => executeRpc(w, str(a, 0)) });

function executeRpc(world: World, text: string): number {
  let request: { jsonrpc?: unknown; method?: unknown; params?: unknown; id?: unknown };
  try {
    request = JSON.parse(decodeText(text));
  } catch (_error) {
    world.log("err", "invalid json doc [[" + text + "]]");
    return -1;
  }
  if (request.jsonrpc !== "2.0" || typeof request.method !== "string") return -1;
  const handler = world.options.rpc;
  const known = handler ? handler(request.method, request.params) : null;
  const answer = known || { error: { code: 500, message: "Method Not Found" } };
  const body: { [field: string]: unknown } = { jsonrpc: "2.0", id: request.id };
  if ("error" in answer) {
    body.error = answer.error;
    world.rpcReply.code = answer.error.code;
    world.rpcReply.text = toKamailio(answer.error.message);
  } else {
    body.result = answer.result;
    world.rpcReply.code = 200;
    world.rpcReply.text = "OK";
  }
  world.rpcReply.body = toKamailio(JSON.stringify(body));
  return 1;
}

function destinations(world: World, set: number): { uri: string; active: boolean }[] {
  const sets = world.options.dispatcher || {};
  return sets[set] || [];
}

define("dispatcher", {
  ds_list_exists: (w, _c, a) => destinations(w, int(a, 0)).length > 0,
  ds_is_active: (w, _c, a) => destinations(w, int(a, 0)).some((destination) => destination.active),
  ds_is_active_uri: (w, _c, a) =>
    destinations(w, int(a, 0)).some((destination) => destination.uri === str(a, 1) && destination.active),
});

define("xhttp", {
  xhttp_reply: (_w, c, a) => {
    c.http = {
      code: int(a, 0),
      reason: str(a, 1),
      contentType: str(a, 2),
      body: str(a, 3),
      headers: c.replyHeaders.slice(0),
    };
    // Success is 0 here, in Kamailio 5.6 too.
    return 0;
  },
  get_hu: (_w, c) => c.message.uri,
});

define("textops", {
  set_reply_body: (_w, c, a) => {
    c.replyBody = str(a, 0);
    c.replyHeaders.push("Content-Type: " + str(a, 1));
    return 1;
  },
  remove_hf: (_w, c, a) => edit(c, { kind: "remove", name: str(a, 0) }),
});
