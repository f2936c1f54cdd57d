/** The ledger in Redis, reached through ndb_redis: one blocking round trip a step. */

import type { AdmitAnswer } from "../src/ledger/calls";
import { packMove, packSave, unpackAnswer, unpackBindings, unpackSaved, unpackUsage } from "../src/ledger/wire/client";
import { FIELD, ROW } from "../src/ledger/wire/separators";
import { type Table, table } from "../src/policy/table";
import type { LedgerWithUsage } from "../src/routing/context";
import { asText } from "./text";
import type { Ksr } from "./types/ksr";

/** The compiled ledger (build/ledger). */
export interface Library {
  /** `weir_<hash>`: versions live side by side in one Redis. */
  readonly name: string;
  /** The whole text for FUNCTION LOAD. */
  readonly text: string;
}

/** Connection name in weir.cfg. */
const SERVER = "weir";
const REPLY = "w";

/** Front of the packed answer for an admitted call. */
const ADMITTED = `admitted${FIELD}`;
/** Answers remembered: one for each node. */
const MOST_ANSWERS = 1024;

/**
 * A client of the library; every step answers null when Redis cannot be reached.
 * @param callMs the policy's longest call
 */
export function redisLedger(ksr: Ksr, library: Library, callMs: number): LedgerWithUsage {
  const { redis_cmd_p1: send1, redis_cmd_p2: send2, redis_cmd_p3: send3 } = ksr.ndb_redis;
  const { get } = ksr.pv;
  let reported = false;

  // Command texts are constants: they go through printf inside hiredis. What a message says travels as %s only.
  const command = (step: string, keys: number) =>
    `FCALL ${library.name}_${step} ${keys} %s %s${keys === 2 ? " %s" : ""}`;
  const ADMIT = command("admit", 1);
  const MOVE = command("move", 1);
  const CONFIRM = `${command("confirm", 1)}${FIELD}${callMs}`;
  const RELEASE = command("release", 1);
  const SAVE = command("save", 1);
  const LOOK_UP = command("lookUp", 1);
  const REACH = command("reach", 2);
  const USAGE = command("usage", 1);

  let answers: Table<AdmitAnswer> = table();
  let answerCount = 0;

  /**
   * What to do about a step that did not succeed: a Redis that lacks the library (first start, restart, FUNCTION
   * FLUSH) gets it, one that wants a password gets that, and either is asked again.
   * @returns the result of asking again, or of the first time
   */
  function mend(result: number, send: () => number): number {
    let last = result;
    // At most once each: password, then library.
    for (let i = 0; i < 2 && last === -1; i++) {
      const info = asText(get("$redis(w=>info)"), "Redis error") ?? "";
      const mended = info.indexOf("NOAUTH") >= 0 ? logIn() : info.indexOf("unction not found") >= 0 && load();
      if (!mended) break;
      last = send();
    }
    if (last === 0) reported = false;
    else report(last);
    return last;
  }

  function call(send: () => number): string | null {
    const result = send();
    if (result !== 0 && mend(result, send) !== 0) return null;
    return asText(get("$redis(w=>value)"), "Redis reply") ?? "";
  }

  // ndb_redis would send the password before its time-outs hold, so a Redis that stalls would hold a worker for good.
  function logIn(): boolean {
    const password = asText(get("$env(WEIR_REDIS_PASSWORD)"), "password");
    if (password === null || send1(SERVER, "AUTH %s", password, REPLY) !== 0) return false;
    const database = asText(get("$env(WEIR_REDIS_DATABASE)"), "database") ?? "0";
    return database === "0" || send1(SERVER, "SELECT %s", database, REPLY) === 0;
  }

  function load(): boolean {
    const loaded = send1(SERVER, "FUNCTION LOAD REPLACE %s", library.text, REPLY) === 0;
    if (loaded) ksr.notice(`weir: loaded the ledger ${library.name} into Redis\n`);
    return loaded;
  }

  function report(result: number): void {
    if (reported) return;
    // Once until it works again: a Redis that is down would otherwise fill the log at the rate of the calls.
    reported = true;
    const info = result === -2 ? "the breaker is open" : asText(get("$redis(w=>info)"), "Redis error");
    ksr.err(`weir: Redis does not answer (${info ?? "no connection"}); new calls follow whenStoreIsDown\n`);
  }

  /** One step and its answer; written out and not handed on to `call`, because every call comes through here. */
  function step(text: string, key: string, args: string): string | null {
    if (send2(SERVER, text, key, args, REPLY) !== 0) return call(() => send2(SERVER, text, key, args, REPLY));
    const value = get("$redis(w=>value)");
    return typeof value === "string" ? value : (asText(value, "Redis reply") ?? "");
  }

  /** A step whose answer nobody waits for. */
  function tell(text: string, key: string, args: string): true | null {
    const result = send2(SERVER, text, key, args, REPLY);
    if (result === 0) return true;
    return mend(result, () => send2(SERVER, text, key, args, REPLY)) === 0 ? true : null;
  }

  /** Of an admitted call only the node matters, so the answer for each is made once. */
  function admitted(text: string): AdmitAnswer {
    const node = text.substring(ADMITTED.length, text.indexOf(FIELD, ADMITTED.length));
    const known = answers[node];
    if (known !== undefined) return known;
    if (answerCount >= MOST_ANSWERS) {
      answers = table();
      answerCount = 0;
    }
    answerCount++;
    const answer: AdmitAnswer = { outcome: "admitted", node, used: 0, allowed: 0, retryAfterMs: 0 };
    answers[node] = answer;
    return answer;
  }

  return {
    admit(scope, lease, terms, ranking) {
      const text = step(ADMIT, scope, lease + terms.packed + ranking.packed);
      if (text === null) return null;
      return text.indexOf(ADMITTED) === 0 ? admitted(text) : unpackAnswer(text);
    },
    move(scope, request) {
      const text = step(MOVE, scope, packMove(request));
      return text === null ? null : unpackAnswer(text);
    },
    confirm: (scope, lease) => tell(CONFIRM, scope, lease),
    release: (scope, lease) => tell(RELEASE, scope, lease),
    save(key, request) {
      const text = step(SAVE, key, packSave(request));
      return text === null ? null : unpackSaved(text);
    },
    lookUp(key) {
      const text = step(LOOK_UP, key, "");
      return text === null ? null : unpackBindings(text);
    },
    reach(scope, key, lease, terms) {
      const args = lease + terms.packed;
      const text = call(() => send3(SERVER, REACH, scope, key, args, REPLY));
      if (text === null) return null;
      const at = text.indexOf(ROW);
      if (at < 0) return { admission: null, bindings: [] };
      return { admission: unpackAnswer(text.substring(0, at)), bindings: unpackBindings(text.substring(at + 1)) };
    },
    usage(scope, tenants, nodes) {
      const text = step(USAGE, scope, `${tenants.join(",")}${FIELD}${nodes.join(",")}`);
      return text === null ? null : unpackUsage(text);
    },
  };
}
