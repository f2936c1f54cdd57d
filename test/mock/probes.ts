/**
 * What the mock claims about Kamailio, as functions that run unchanged in both. Engine code: it is lowered to ES5 and
 * loaded into a real Kamailio by conformance.real.test.ts.
 */
import type { Ksr } from "../../kemi/types/ksr";

/** Probes run in order inside one request; each gives something JSON can carry after encode(). */
export interface Probe {
  name: string;
  run(ksr: Ksr): unknown;
}

/** The untyped face of KSR, for calls the typings rightly refuse. */
type Loose = { [module: string]: { [name: string]: (...args: unknown[]) => unknown } };
function loose(ksr: Ksr): Loose {
  return ksr as unknown as Loose;
}

/** Makes any result comparable: symbols, undefined and thrown errors become marked text. */
export function encode(value: unknown): unknown {
  if (typeof value === "symbol") return "<symbol>";
  if (value === undefined) return "<undefined>";
  if (typeof value === "object" && value !== null && Array.isArray(value)) {
    const out: unknown[] = [];
    for (const item of value) out.push(encode(item));
    return out;
  }
  return value;
}

/** Result of one probe; an exception is a result too. */
export function runProbe(probe: Probe, ksr: Ksr): unknown {
  try {
    return encode(probe.run(ksr));
  } catch (error) {
    const thrown = error as { name?: string };
    return `<throws ${thrown.name}>`;
  }
}

function get(name: string): Probe {
  return { name: `pv ${name}`, run: (ksr) => ksr.pv.get(name) };
}

function each(prefix: string, table: { [name: string]: (ksr: Ksr) => unknown }): Probe[] {
  const out: Probe[] = [];
  for (const name of Object.keys(table)) out.push({ name: `${prefix} ${name}`, run: table[name]! });
  return out;
}

const names =
  "$rm $ru $rU $rd $rp $rP $du $si $sp $Ri $Rp $pr $proto $ci $cs $ft $tt $fu $fU $fd $tu $tU $td $ua $ct $cT $rb $cl " +
  "$ou $oU $od $op $rz $ml $bs $hdr(X-One) $hdr(x-one) $hdr(X-None) $(hdr(X-Two)[0]) $(hdr(X-Two)[1]) " +
  "$(hdr(X-Two)[-1]) $(hdr(X-Two)[2]) $(hdr(X-Two)[*]) $hdr(X-Two) $hdrc(X-Two) $hdrc(X-None) $hdr(X-Ff) " +
  "$hdr(X-Utf) $hdr(X-Empty) $hdr(v) $hdr(Via) $hdr(Contact) $hdrc(Via) $T_reply_code $rs $rr $fs $sndto(ip) $route_uri " +
  "$mf $dd $dp $dP $fn $tn $var(never) $shv(never) $shv(counter) $avp(never) $(ru{uri.user}) " +
  "$(ru{uri.param,line}) $(ru{uri.param,none}) $(ru{uri.port}) $(ru{s.len}) $(hdr(X-None){s.len}) $via0 " +
  "$via0(branch) $(hdr(X-One){s.sha256}) $(ou{uri.host}) $msg(len) " +
  "$(hdr(X-One){s.substr,0,2}) $(hdr(X-One){s.substr,1,0}) $(hdr(X-One){s.substr,1,99}) $(hdr(X-One){s.substr,99,1}) " +
  "$(hdr(X-One){s.sha256}{s.substr,0,32}) $def(DEFINED) $def(NEVER_DEFINED)";

export const probes: Probe[] = [
  ...names.split(" ").map(get),
  ...each("pv", {
    "gete none": (ksr) => ksr.pv.gete("$hdr(X-None)"),
    "getw none": (ksr) => ksr.pv.getw("$hdr(X-None)"),
    "gete var never set": (ksr) => ksr.pv.gete("$var(never)"),
    "sets var": (ksr) => [ksr.pv.sets("$var(a)", "text"), ksr.pv.get("$var(a)"), ksr.pvx.var_get("a")],
    "seti var": (ksr) => [ksr.pv.seti("$var(a)", 7), ksr.pv.get("$var(a)"), ksr.pv.is_null("$var(a)")],
    "unset var": (ksr) => [ksr.pv.unset("$var(a)"), ksr.pv.get("$var(a)"), ksr.pv.is_null("$var(a)")],
    "var_sets empty": (ksr) => [ksr.pvx.var_sets("a", ""), ksr.pv.get("$var(a)"), ksr.pvx.var_get("a")],
    "var number as text": (ksr) => [loose(ksr).pvx!.var_sets!("a", 12), ksr.pv.get("$var(a)")],
    "var int32": (ksr) => [ksr.pvx.var_seti("a", 4294967296), ksr.pv.get("$var(a)")],
    "var int negative": (ksr) => [ksr.pvx.var_seti("a", -4294967296), ksr.pv.get("$var(a)")],
    "var int fraction": (ksr) => [ksr.pvx.var_seti("a", 3.9), ksr.pv.get("$var(a)")],
    "var int NaN": (ksr) => [ksr.pvx.var_seti("a", Number.NaN), ksr.pv.get("$var(a)")],
    "var int from text": (ksr) => [loose(ksr).pvx!.var_seti!("a", "12x"), ksr.pv.get("$var(a)")],
    "var undefined": (ksr) => [loose(ksr).pvx!.var_sets!("a", undefined), ksr.pv.get("$var(a)")],
    "var null": (ksr) => [loose(ksr).pvx!.var_sets!("a", null), ksr.pv.get("$var(a)")],
    "var NUL": (ksr) => [ksr.pvx.var_sets("a", "ab\u0000cd"), ksr.pv.get("$var(a)")],
    "var e acute": (ksr) => [ksr.pvx.var_sets("a", "\u00e9"), ksr.pv.get("$var(a)"), ksr.pv.get("$(var(a){s.len})")],
    sha256: (ksr) => [ksr.pvx.var_sets("a", "abc"), ksr.pv.get("$(var(a){s.sha256})")],
    "sha256 of nothing": (ksr) => [ksr.pvx.var_sets("a", ""), ksr.pv.get("$(var(a){s.sha256})")],
    "sha256 of 200 bytes": (ksr) => [ksr.pvx.var_sets("a", "0123456789".repeat(20)), ksr.pv.get("$(var(a){s.sha256})")],
    "avp stack": (ksr) => [
      ksr.pvx.avp_get("s"),
      ksr.pvx.avp_sets("s", "one"),
      ksr.pvx.avp_sets("s", "two"),
      ksr.pvx.avp_get("s"),
      ksr.pv.get("$avp(s)"),
      ksr.pv.get("$(avp(s)[1])"),
      ksr.pvx.avp_rm("s"),
      ksr.pvx.avp_get("s"),
    ],
    "avp pv.sets": (ksr) => [ksr.pv.sets("$avp(t)", "x"), ksr.pvx.avp_get("t"), ksr.pv.get("$avp(t)")],
    avp_gete: (ksr) => [ksr.pvx.avp_gete("none"), ksr.pvx.avp_getw("none")],
    shv: (ksr) => [
      ksr.pvx.shv_get("counter"),
      ksr.pvx.shv_sets("counter", "x"),
      ksr.pvx.shv_get("counter"),
      ksr.pvx.shv_seti("counter", 5),
      ksr.pv.get("$shv(counter)"),
    ],
    "shv undeclared": (ksr) => [ksr.pvx.shv_get("none"), ksr.pvx.shv_sets("none", "x"), ksr.pvx.shv_get("none")],
    "du set and unset": (ksr) => [
      ksr.pv.sets("$du", "sip:192.0.2.9:5070;transport=tcp"),
      ksr.pv.get("$du"),
      ksr.pv.get("$dd"),
      ksr.pv.get("$dp"),
      ksr.pv.get("$dP"),
      ksr.pv.unset("$du"),
      ksr.pv.get("$du"),
    ],
    "ru set": (ksr) => [
      ksr.pv.sets("$ru", "sip:carol@[2001:db8::9]:5090;x=1"),
      ksr.pv.get("$ru"),
      ksr.pv.get("$rU"),
      ksr.pv.get("$rd"),
      ksr.pv.get("$rp"),
      ksr.pv.get("$ou"),
    ],
    "ru without user and port": (ksr) => [
      ksr.pv.sets("$ru", "sip:host.example"),
      ksr.pv.get("$rU"),
      ksr.pv.get("$rd"),
      ksr.pv.get("$rp"),
    ],
    "rU set": (ksr) => [ksr.pv.sets("$rU", "dave"), ksr.pv.get("$ru")],
    "rd set": (ksr) => [ksr.pv.sets("$rd", "b.example"), ksr.pv.get("$ru")],
    "ru seturi": (ksr) => [ksr.seturi("sip:erin@c.example"), ksr.pv.get("$ru"), ksr.setuser("z"), ksr.pv.get("$ru")],
    dsturi: (ksr) => [
      ksr.isdsturiset(),
      ksr.setdsturi("sip:192.0.2.1"),
      ksr.isdsturiset(),
      ksr.resetdsturi(),
      ksr.isdsturiset(),
    ],
  }),
  ...each("arity", {
    none: (ksr) => loose(ksr).pv!.get!(),
    "one of two": (ksr) => loose(ksr).pv!.sets!("$var(a)"),
    "three of four": (ksr) => loose(ksr).htable!.sht_setxs!("t", "k", "v"),
    "two for one": (ksr) => loose(ksr).pv!.get!("$rm", "more"),
    "seven for one": (ksr) => loose(ksr).pv!.get!("$rm", 1, 2, 3, 4, 5, 6),
    "one for none": (ksr) => loose(ksr).siputils!.has_totag!("x"),
    "one for none, bool": (ksr) => (loose(ksr) as unknown as { is_INVITE(x: string): boolean }).is_INVITE("x"),
    symbol: (ksr) => loose(ksr).pvx!.var_sets!("a", ksr.pv.get("$hdr(X-Ff)")),
    object: (ksr) => [loose(ksr).pvx!.var_sets!("a", [1, 2]), ksr.pv.get("$var(a)")],
    bool: (ksr) => [loose(ksr).pvx!.var_sets!("a", true), ksr.pv.get("$var(a)")],
  }),
  ...each("core", {
    info: (ksr) => ksr.info("probe\n"),
    is_INVITE: (ksr) => [ksr.is_INVITE(), ksr.is_REGISTER(), ksr.is_method("INVITE"), ksr.is_method_in("IA")],
    is_UDP: (ksr) => [ksr.is_UDP(), ksr.is_TCP(), ksr.is_IPv4(), ksr.is_IPv6()],
    flags: (ksr) => [ksr.isflagset(3), ksr.setflag(3), ksr.isflagset(3), ksr.resetflag(3), ksr.isflagset(3)],
    is_myself: (ksr) => [
      ksr.is_myself("sip:nowhere.example"),
      ksr.is_myself("sip:proxy.example"),
      ksr.is_myself("proxy.example"),
      ksr.is_myself("sip:x@proxy.example:9"),
    ],
  }),
  ...each("hdr", {
    is_present: (ksr) => [ksr.hdr.is_present("X-One"), ksr.hdr.is_present("x-ONE"), ksr.hdr.is_present("X-None")],
    "is_present short": (ksr) => [ksr.hdr.is_present("v"), ksr.hdr.is_present("Via"), ksr.hdr.is_present("m")],
    get: (ksr) => [ksr.hdr.get("X-One"), ksr.hdr.get("X-None"), ksr.hdr.gete("X-None"), ksr.hdr.getw("X-None")],
    "get short": (ksr) => [ksr.hdr.get("i"), ksr.hdr.get("call-id")],
    "get symbol": (ksr) => [ksr.hdr.get("X-Ff"), typeof ksr.hdr.get("X-Mid"), String(ksr.hdr.get("X-Mid")).length],
    "odd bytes come back unchanged": (ksr) => [
      ksr.pvx.var_sets("a", String(ksr.hdr.get("X-Mid"))),
      ksr.pv.get("$(var(a){s.sha256})"),
    ],
    get_idx: (ksr) => [
      ksr.hdr.get_idx("X-Two", 0),
      ksr.hdr.get_idx("X-Two", 1),
      ksr.hdr.get_idx("X-Two", 2),
      ksr.hdr.get_idx("X-Two", -1),
      ksr.hdr.get_idx("X-Two", -3),
    ],
    "append is not visible": (ksr) => [
      ksr.hdr.append("X-New: 1\r\n"),
      ksr.hdr.is_present("X-New"),
      ksr.hdr.get("X-New"),
    ],
    "remove is not visible": (ksr) => [ksr.hdr.remove("X-One"), ksr.hdr.is_present("X-One")],
    "remove none": (ksr) => ksr.hdr.remove("X-None"),
    append_to_reply: (ksr) => ksr.hdr.append_to_reply("X-Reply: 1\r\n"),
  }),
  ...each("sip", {
    maxfwd: (ksr) => [ksr.maxfwd.is_maxfwd_lt(5), ksr.maxfwd.process_maxfwd(10)],
    has_totag: (ksr) => ksr.siputils.has_totag(),
    is_request: (ksr) => [ksr.siputils.is_request(), ksr.siputils.is_reply()],
    is_uri: (ksr) => [ksr.siputils.is_uri("sip:a@b"), ksr.siputils.is_uri("a@b"), ksr.siputils.is_uri("tel:+1")],
    is_numeric: (ksr) => [ksr.siputils.is_numeric("123"), ksr.siputils.is_numeric("1a"), ksr.siputils.is_numeric("")],
    sanity: (ksr) => ksr.sanity.sanity_check(17895, 7),
    loose_route: (ksr) => [ksr.rr.loose_route(), ksr.pv.get("$du"), ksr.pv.get("$ru"), ksr.pv.get("$route_uri")],
    "route param": (ksr) => [
      ksr.pv.get("$(route_uri{uri.param,w})"),
      ksr.rr.check_route_param("w=1"),
      ksr.rr.check_route_param("w=2"),
    ],
    direction: (ksr) => [ksr.rr.is_direction("downstream"), ksr.rr.is_direction("upstream")],
    record_route: (ksr) => ksr.rr.record_route_params(";w=2"),
    add_rr_param: (ksr) => ksr.rr.add_rr_param(";z=1"),
    "tm before": (ksr) => [
      ksr.tm.t_is_set("failure_route"),
      ksr.tm.t_is_canceled(),
      ksr.tm.t_check_trans(),
      ksr.tm.t_get_status_code(),
      ksr.tmx.t_precheck_trans(),
      ksr.tm.t_any_timeout(),
    ],
  }),
  ...each("htable", {
    "get missing": (ksr) => [
      ksr.htable.sht_get("t", "none"),
      ksr.htable.sht_gete("t", "none"),
      ksr.htable.sht_getw("t", "none"),
      ksr.htable.sht_is_null("t", "none"),
    ],
    "no table": (ksr) => [
      ksr.htable.sht_get("absent", "k"),
      ksr.htable.sht_sets("absent", "k", "v"),
      ksr.htable.sht_seti("absent", "k", 1),
      ksr.htable.sht_setxs("absent", "k", "v", 1),
      ksr.htable.sht_setxi("absent", "k", 1, 1),
      ksr.htable.sht_setex("absent", "k", 1),
      ksr.htable.sht_rm("absent", "k"),
      ksr.htable.sht_inc("absent", "k"),
      ksr.htable.sht_is_null("absent", "k"),
      ksr.htable.sht_lock("absent", "k"),
      ksr.htable.sht_reset("absent"),
    ],
    sets: (ksr) => [ksr.htable.sht_sets("t", "k", "v"), ksr.htable.sht_get("t", "k"), ksr.htable.sht_is_null("t", "k")],
    seti: (ksr) => [ksr.htable.sht_seti("t", "k", -5), ksr.htable.sht_get("t", "k"), ksr.pv.get("$sht(t=>k)")],
    "sets empty": (ksr) => [ksr.htable.sht_sets("t", "e", ""), ksr.htable.sht_get("t", "e")],
    "empty key": (ksr) => [ksr.htable.sht_sets("t", "", "v"), ksr.htable.sht_get("t", "")],
    rm: (ksr) => [ksr.htable.sht_rm("t", "k"), ksr.htable.sht_get("t", "k"), ksr.htable.sht_rm("t", "k")],
    "inc missing": (ksr) => [ksr.htable.sht_inc("t", "i"), ksr.htable.sht_dec("t", "i"), ksr.htable.sht_get("t", "i")],
    "inc int": (ksr) => [
      ksr.htable.sht_seti("t", "i", 2147483646),
      ksr.htable.sht_inc("t", "i"),
      ksr.htable.sht_inc("t", "i"),
      ksr.htable.sht_dec("t", "i"),
    ],
    "inc text": (ksr) => [
      ksr.htable.sht_sets("t", "s", "7"),
      ksr.htable.sht_inc("t", "s"),
      ksr.htable.sht_get("t", "s"),
    ],
    "inc with initval": (ksr) => [
      ksr.htable.sht_get("zero", "n"),
      ksr.htable.sht_is_null("zero", "n"),
      ksr.htable.sht_inc("zero", "n"),
      ksr.htable.sht_dec("zero", "n"),
      ksr.htable.sht_dec("zero", "n"),
      ksr.htable.sht_rm("zero", "n"),
      ksr.htable.sht_get("zero", "n"),
    ],
    setxs: (ksr) => [
      ksr.htable.sht_setxs("x", "k", "value", 60),
      ksr.pv.get("$shtex(x=>k)"),
      ksr.htable.sht_get("x", "k"),
    ],
    setxi: (ksr) => [ksr.htable.sht_setxi("x", "n", 5, 60), ksr.pv.get("$shtex(x=>n)"), ksr.htable.sht_get("x", "n")],
    "setxs shorter": (ksr) => [ksr.htable.sht_setxs("x", "k", "val", 30), ksr.pv.get("$shtex(x=>k)")],
    "setxs longer keeps no expiry": (ksr) => [
      ksr.htable.sht_setxs("x", "k", "a longer value", 30),
      Number(ksr.pv.get("$shtex(x=>k)")) < 0,
      ksr.htable.sht_setex("x", "k", 40),
      ksr.pv.get("$shtex(x=>k)"),
    ],
    "setxs over int keeps no expiry": (ksr) => [
      ksr.htable.sht_setxs("x", "n", "v", 30),
      Number(ksr.pv.get("$shtex(x=>n)")) < 0,
    ],
    "setxi over text": (ksr) => [ksr.htable.sht_setxi("x", "n", 4, 25), ksr.pv.get("$shtex(x=>n)")],
    "sets resets to autoexpire": (ksr) => [ksr.htable.sht_sets("x", "k", "b"), ksr.pv.get("$shtex(x=>k)")],
    "sets longer resets too": (ksr) => [
      ksr.htable.sht_sets("x", "k", "a still much longer value"),
      ksr.pv.get("$shtex(x=>k)"),
    ],
    "sets keeps with updateexpire=0": (ksr) => [
      ksr.htable.sht_setxs("keep", "k", "v", 60),
      ksr.htable.sht_sets("keep", "k", "w"),
      ksr.pv.get("$shtex(keep=>k)"),
      ksr.htable.sht_sets("keep", "k", "longer"),
      ksr.pv.get("$shtex(keep=>k)"),
    ],
    "setex 0 is for ever": (ksr) => [
      ksr.htable.sht_setex("x", "k", 0),
      Number(ksr.pv.get("$shtex(x=>k)")) < 0,
      ksr.htable.sht_get("x", "k"),
    ],
    "setex missing": (ksr) => [ksr.htable.sht_setex("x", "none", 5), ksr.htable.sht_get("x", "none")],
    "shtex missing": (ksr) => [ksr.pv.get("$shtex(x=>none)"), ksr.pv.get("$shtex(t=>k)")],
    "expiry in a table without autoexpire": (ksr) => [
      ksr.htable.sht_setxs("t", "k", "v", 1),
      ksr.pv.get("$shtex(t=>k)"),
      ksr.htable.sht_setex("t", "k", 1),
    ],
    "lock is re-entrant": (ksr) => [
      ksr.htable.sht_lock("t", "k"),
      ksr.htable.sht_lock("t", "k"),
      ksr.htable.sht_sets("t", "k", "v"),
      ksr.htable.sht_unlock("t", "k"),
      ksr.htable.sht_unlock("t", "k"),
    ],
    iterator: (ksr) => {
      const seen: unknown[] = [];
      ksr.htable.sht_reset("it");
      ksr.htable.sht_sets("it", "only", "v1");
      seen.push(ksr.pv.get("$shtitkey(i)"));
      seen.push(ksr.htable.sht_iterator_start("i", "it"));
      seen.push(ksr.pv.get("$shtitkey(i)"));
      seen.push(ksr.htable.sht_iterator_next("i"));
      seen.push(ksr.pv.get("$shtitkey(i)"), ksr.pv.get("$shtitval(i)"));
      seen.push(ksr.htable.sht_iterator_sets("i", "v2"), ksr.htable.sht_iterator_seti("i", 3));
      seen.push(ksr.pv.get("$shtitval(i)"), ksr.htable.sht_iterator_setex("i", 5));
      seen.push(ksr.htable.sht_iterator_next("i"), ksr.pv.get("$shtitkey(i)"));
      seen.push(ksr.htable.sht_iterator_end("i"), ksr.htable.sht_iterator_end("i"));
      return seen;
    },
    iterator_rm: (ksr) => {
      ksr.htable.sht_reset("it");
      ksr.htable.sht_sets("it", "a", "1");
      ksr.htable.sht_sets("it", "b", "2");
      ksr.htable.sht_sets("it", "c", "3");
      const seen: unknown[] = [ksr.htable.sht_iterator_start("i", "it"), ksr.htable.sht_iterator_next("i")];
      seen.push(ksr.htable.sht_iterator_rm("i"), ksr.htable.sht_iterator_rm("i"), ksr.htable.sht_iterator_rm("i"));
      seen.push(ksr.htable.sht_iterator_rm("i"), ksr.htable.sht_iterator_end("i"));
      seen.push(ksr.htable.sht_get("it", "a"), ksr.htable.sht_get("it", "b"), ksr.htable.sht_get("it", "c"));
      return seen;
    },
    "iterator of no table": (ksr) => [ksr.htable.sht_iterator_start("j", "absent"), ksr.htable.sht_iterator_next("j")],
    "iterator order": (ksr) => {
      ksr.htable.sht_reset("it");
      const keys = "alpha beta gamma delta Epsilon zeta eta 12 longer-key-than-others %41".split(" ");
      for (const key of keys) ksr.htable.sht_sets("it", key, key);
      const seen: unknown[] = [];
      ksr.htable.sht_iterator_start("i", "it");
      while ((ksr.htable.sht_iterator_next("i") as unknown as number) > 0) seen.push(ksr.pv.get("$shtitkey(i)"));
      ksr.htable.sht_iterator_end("i");
      return seen;
    },
    rm_name_re: (ksr) => [
      ksr.htable.sht_rm_name_re("it", "eta$"),
      ksr.htable.sht_get("it", "zeta"),
      ksr.htable.sht_get("it", "alpha"),
    ],
    reset: (ksr) => [ksr.htable.sht_reset("it"), ksr.htable.sht_get("it", "alpha")],
  }),
  ...each("redis", {
    "cmd without a server": (ksr) => [
      ksr.ndb_redis.redis_cmd("absent", "PING", "r"),
      ksr.pv.get("$redis(r=>value)"),
      ksr.pv.get("$redis(r=>info)"),
      ksr.pv.get("$redis(r=>type)"),
    ],
    "cmd not connected": (ksr) => [
      ksr.ndb_redis.redis_cmd("down", "PING", "r2"),
      ksr.pv.get("$redis(r2=>info)"),
      ksr.pv.get("$redis(r2=>value)"),
    ],
    free: (ksr) => [ksr.ndb_redis.redis_free("r2"), ksr.ndb_redis.redis_free("never")],
  }),
  ...each("jsonrpcs", {
    "unknown method": (ksr) => [
      ksr.jsonrpcs.exec('{"jsonrpc":"2.0","method":"no.such","id":1}'),
      ksr.pv.get("$jsonrpl(code)"),
      ksr.pv.get("$jsonrpl(text)"),
    ],
    "bad json": (ksr) => ksr.jsonrpcs.exec("{"),
  }),
  ...each("reply", {
    send_reply: (ksr) => ksr.sl.send_reply(200, "OK"),
  }),
];
