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

/** Answers remembered: one for each node. */
const MOST_ANSWERS = 1024;

/**
 * A client of the library; every step answers null when Redis cannot be reached.
 * @param callMs the policy's longest call
 */
export function redisLedger(ksr: Ksr, library: Library, callMs: number): LedgerWithUsage {
  const { redis_cmd_p1: send1, redis_cmd_p3: send3 } = ksr.ndb_redis;
  const { get } = ksr.pv;
  let reported = false;

  // Command texts are constants: they go through printf inside hiredis, and what a message says travels as %s only. So
  // does the function's name, because hiredis copies literal text letter by letter.
  const ONE_KEY = "FCALL %s 1 %s %s";
  const CONFIRM = `FCALL %s 1 %s %s${FIELD}${callMs}`;
  const REACH = `FCALL ${library.name}_reach 2 %s %s %s`;
  const nameOf = (step: string) => `${library.name}_${step}`;
  const PLACE = nameOf("place");
  const CONFIRM_NAME = nameOf("confirm");
  const RELEASE = nameOf("release");
  const MOVE = nameOf("move");
  const SAVE = nameOf("save");
  const LOOK_UP = nameOf("lookUp");
  const USAGE = nameOf("usage");

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

  const step = (name: string, key: string, args: string) => call(() => send3(SERVER, ONE_KEY, name, key, args, REPLY));

  /** Of an admitted call only the node is told, so the answer for each is made once. */
  function unpackPlace(text: string): AdmitAnswer {
    if (text.charAt(0) !== "=") return unpackAnswer(text);
    if (answerCount >= MOST_ANSWERS) {
      answers = table();
      answerCount = 0;
    }
    answerCount++;
    const answer: AdmitAnswer = { outcome: "admitted", node: text.substring(1), used: 0, allowed: 0, retryAfterMs: 0 };
    answers[text] = answer;
    return answer;
  }

  return {
    admit(scope, lease, terms, ranking) {
      let tail = ranking.behind[terms.packed];
      if (tail === undefined) {
        tail = terms.packed + ranking.packed;
        ranking.behind[terms.packed] = tail;
      }
      const args = lease + tail;
      // Written out and not handed on to `step`, because every call comes through here.
      let text: string | null;
      if (send3(SERVER, ONE_KEY, PLACE, scope, args, REPLY) === 0) {
        const value = get("$redis(w=>value)");
        text = typeof value === "string" ? value : "";
      } else text = step(PLACE, scope, args);
      return text === null ? null : (answers[text] ?? unpackPlace(text));
    },
    move(scope, request) {
      const text = step(MOVE, scope, packMove(request));
      return text === null ? null : unpackAnswer(text);
    },
    confirm(scope, lease) {
      const result = send3(SERVER, CONFIRM, CONFIRM_NAME, scope, lease, REPLY);
      return (
        result === 0 || mend(result, () => send3(SERVER, CONFIRM, CONFIRM_NAME, scope, lease, REPLY)) === 0 || null
      );
    },
    release(scope, lease) {
      const result = send3(SERVER, ONE_KEY, RELEASE, scope, lease, REPLY);
      return result === 0 || mend(result, () => send3(SERVER, ONE_KEY, RELEASE, scope, lease, REPLY)) === 0 || null;
    },
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
