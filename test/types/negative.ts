/** What must not compile. tsc reports a @ts-expect-error that expects nothing, so this file checks itself. */
import type { Ksr } from "../../kemi/types/ksr";
import { ok, resultCode } from "../../kemi/types/results";

/** Never called; only its types matter. */
export function refused(ksr: Ksr, other: Ksr): unknown[] {
  // @ts-expect-error too few arguments
  ksr.pv.sets("$var(a)");
  // @ts-expect-error too many arguments
  ksr.pv.get("$rm", "more");
  // @ts-expect-error an argument where none is taken
  ksr.tm.t_relay("");
  // @ts-expect-error a number for a text
  ksr.pvx.var_sets("a", 1);
  // @ts-expect-error a text for a number
  ksr.sl.send_reply("200", "OK");
  // @ts-expect-error unknown function
  ksr.tm.t_realy();
  // @ts-expect-error unknown module
  ksr.sqlops.sql_query("a", "b", "c");
  // @ts-expect-error a KEMI int tested for truth: -1 is truthy
  if (ksr.tm.t_relay()) return [];
  // @ts-expect-error the same, negated
  if (!ksr.siputils.has_totag()) return [];
  // @ts-expect-error the same with &&
  const both = ksr.siputils.has_totag() && ksr.tm.t_relay();
  // @ts-expect-error a KEMI int compared with a number
  const same = ksr.rr.loose_route() === 1;
  // @ts-expect-error a KEMI int compared by size
  const more = ksr.rr.loose_route() > 0;
  // @ts-expect-error Redis answers 0 for success, so ok() is wrong for it
  const redis = ok(ksr.ndb_redis.redis_cmd("r", "PING", "x"));
  // @ts-expect-error sht_setxi answers 0 for success
  const table = ok(ksr.htable.sht_setxi("t", "k", 1, 1));
  // @ts-expect-error Redis never answers 1
  const one = ksr.ndb_redis.redis_cmd("r", "PING", "x") === 1;
  // @ts-expect-error an item may be missing
  const missing: string = ksr.htable.sht_get("t", "k");
  // @ts-expect-error a value may be a number or a symbol
  const plain: string = ksr.pv.gete("$ru");
  // @ts-expect-error a header may start with a byte that makes it a symbol
  const header: string | null = ksr.hdr.get("X");
  // @ts-expect-error nothing comes back from a log function
  const logged: string = ksr.info("x");
  // @ts-expect-error KSR's functions cannot be replaced module by module
  ksr.tm = other.tm;
  return [both, same, more, redis, table, one, missing, plain, header, logged];
}

/** What must compile, so that the refusals above are not refusals of everything. */
export function accepted(ksr: Ksr): unknown[] {
  const relayed: boolean = ok(ksr.tm.t_relay());
  const routed: number = resultCode(ksr.rr.loose_route());
  const invite: boolean = ksr.is_INVITE();
  const done: boolean = ksr.ndb_redis.redis_cmd_p1("r", "GET %s", "k", "x") === 0;
  const count: number = ksr.htable.sht_inc("t", "k") + 1;
  const value = ksr.htable.sht_get("t", "k");
  const text: string = typeof value === "string" ? value : "";
  const set: boolean = ksr.htable.sht_setxi("t", "k", 1, 1) === 0;
  return [relayed, routed, invite, done, count, text, set];
}
