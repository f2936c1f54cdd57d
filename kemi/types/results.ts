/**
 * What KEMI's integers mean, said once. Engine code.
 *
 * Three conventions hide behind "int" in Kamailio, and the usual test for truth is wrong for each of them: -1 is truthy
 * in JavaScript. So the types make the wrong test impossible:
 *
 * - KemiResult: above 0 is true, below 0 is false, 0 means "stop the script". It is declared as void on purpose:
 *   TypeScript refuses to test, compare or add a void, so `if (ksr.tm.t_relay())` does not compile. Use ok().
 * - RedisResult: 0 is success.
 * - plain number: a count, a status code or the like, named in the overlay.
 */

/** Result of most KEMI functions that return int. Opaque: read it with ok() or resultCode(). */
// biome-ignore lint/suspicious/noConfusingVoidType: void is the one type whose test for truth is a compile error
export type KemiResult = void;

/** Result of KSR.ndb_redis.redis_cmd and its variants. 0 done; -1 failed or an error reply, text in =>info; -2 breaker open. */
export type RedisResult = 0 | -1 | -2;

/** Text that may carry bytes of a message: Duktape makes a symbol of it when its first byte is 0x80, 0x81, 0x82 or 0xFF. */
export type KemiString = string | symbol;

/** Any value of a pseudo-variable. null: it has no value. */
export type KemiValue = string | number | symbol | null;

/** True when a KEMI function succeeded, which is what Kamailio's own script calls true: above 0. */
export function ok(result: KemiResult): boolean {
  return resultCode(result) > 0;
}

/** The integer behind a result, for the few functions whose codes differ in meaning (each says so in its doc). */
export function resultCode(result: KemiResult): number {
  return result as unknown as number;
}
