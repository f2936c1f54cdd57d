/** The ledger in Redis, reached through ndb_redis: one blocking round trip a step. */

import {
  packAdmit,
  packMove,
  packSave,
  unpackAnswer,
  unpackBindings,
  unpackSaved,
  unpackUsage,
} from "../src/ledger/wire/client";
import { FIELD, ROW } from "../src/ledger/wire/separators";
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

/** A client of the library; every step answers null when Redis cannot be reached. */
export function redisLedger(ksr: Ksr, library: Library): LedgerWithUsage {
  const { redis_cmd_p1: send1, redis_cmd_p2: send2, redis_cmd_p3: send3 } = ksr.ndb_redis;
  const { get } = ksr.pv;
  let reported = false;

  // Command texts are constants: they go through printf inside hiredis. What a message says travels as %s only.
  const command = (step: string, keys: number) =>
    `FCALL ${library.name}_${step} ${keys} %s %s${keys === 2 ? " %s" : ""}`;
  const ADMIT = command("admit", 1);
  const MOVE = command("move", 1);
  const CONFIRM = command("confirm", 1);
  const RELEASE = command("release", 1);
  const SAVE = command("save", 1);
  const LOOK_UP = command("lookUp", 1);
  const REACH = command("reach", 2);
  const USAGE = command("usage", 1);

  /** Sends; a Redis that lacks the library (first start, restart, FUNCTION FLUSH) gets it and is asked again. */
  function call(send: () => number): string | null {
    let result = send();
    if (result === -1 && lacksLibrary() && load()) result = send();
    if (result !== 0) {
      report(result);
      return null;
    }
    reported = false;
    return asText(get("$redis(w=>value)"), "Redis reply") ?? "";
  }

  function lacksLibrary(): boolean {
    const info = asText(get("$redis(w=>info)"), "Redis error");
    return info !== null && info.indexOf("unction not found") >= 0;
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

  const step = (text: string, key: string, args: string) => call(() => send2(SERVER, text, key, args, REPLY));

  return {
    admit(scope, request) {
      const text = step(ADMIT, scope, packAdmit(request));
      return text === null ? null : unpackAnswer(text);
    },
    move(scope, request) {
      const text = step(MOVE, scope, packMove(request));
      return text === null ? null : unpackAnswer(text);
    },
    confirm(scope, lease, callMs) {
      const text = step(CONFIRM, scope, `${lease}${FIELD}${callMs}`);
      return text === null ? null : text === "1";
    },
    release(scope, lease) {
      const text = step(RELEASE, scope, lease);
      return text === null ? null : text === "1";
    },
    save(key, request) {
      const text = step(SAVE, key, packSave(request));
      return text === null ? null : unpackSaved(text);
    },
    lookUp(key) {
      const text = step(LOOK_UP, key, "");
      return text === null ? null : unpackBindings(text);
    },
    reach(scope, key, request) {
      const args = packAdmit(request);
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
