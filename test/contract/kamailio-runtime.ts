/**
 * Stands in for kemi/main in a bundle for tests: runs the ledger's steps inside Kamailio, on behalf of HTTP requests.
 * Engine code. The body is `[step, key, args, second key]` as JSON; the answer `[process, text]`, with null for
 * the text when the store did not answer, or `[process, null, error]`. With Redis in the configuration the steps go there, else to shared memory. The step
 * "table" is for looking inside: name, value and remaining seconds of all items of table `key`, as JSON.
 */
import { embeddedLedger } from "../../kemi/embedded-ledger";
import { guard } from "../../kemi/guard";
import { htableHome } from "../../kemi/htable-cells";
import { type Library, redisLedger } from "../../kemi/redis-ledger";
import { asText } from "../../kemi/text";
import type { Ksr } from "../../kemi/types/ksr";
import { ok } from "../../kemi/types/results";
import {
  packAnswer,
  packBindings,
  packSaved,
  packUsage,
  unpackAdmit,
  unpackMove,
  unpackNames,
  unpackSave,
} from "../../src/ledger/wire/home";
import { FIELD, ROW } from "../../src/ledger/wire/separators";
import type { LedgerWithUsage } from "../../src/routing/context";

declare const KSR: Ksr;

function step(ledger: LedgerWithUsage, name: string, key: string, args: string, secondKey: string): string | null {
  if (name === "admit") return packed(packAnswer, ledger.admit(key, unpackAdmit(args)));
  if (name === "move") return packed(packAnswer, ledger.move(key, unpackMove(args)));
  if (name === "release") return flag(ledger.release(key, args));
  if (name === "save") return packed(packSaved, ledger.save(key, unpackSave(args)));
  if (name === "lookUp") return packed(packBindings, ledger.lookUp(key));
  const fields = args.split(FIELD);
  if (name === "confirm") return flag(ledger.confirm(key, fields[0] ?? "", Number(fields[1] ?? "0")));
  if (name === "usage") {
    return packed(packUsage, ledger.usage(key, unpackNames(fields[0] ?? ""), unpackNames(fields[1] ?? "")));
  }
  if (name !== "reach") throw new Error(`no such step: ${name}`);
  const reached = ledger.reach(key, secondKey, unpackAdmit(args));
  if (reached === null) return null;
  return reached.admission === null ? "" : packAnswer(reached.admission) + ROW + packBindings(reached.bindings);
}

function table(name: string): string {
  const items: [string, string, number][] = [];
  KSR.htable.sht_iterator_start("all", name);
  while (ok(KSR.htable.sht_iterator_next("all"))) {
    const item = asText(KSR.pv.get("$shtitkey(all)"), "item") ?? "";
    items.push([item, asText(KSR.pv.get("$shtitval(all)"), "item") ?? "", 0]);
  }
  KSR.htable.sht_iterator_end("all");
  for (const item of items) {
    KSR.pv.sets("$var(item)", item[0]);
    if (name === "weir") item[2] = Number(KSR.pv.get("$shtex(weir=>$var(item))"));
  }
  return JSON.stringify(items);
}

function packed<T>(pack: (value: T) => string, value: T | null): string | null {
  return value === null ? null : pack(value);
}

function flag(value: boolean | null): string | null {
  return value === null ? null : value ? "1" : "0";
}

/** As kemi/main's. */
export function start(_policy: object, about: { library: Library }): void {
  const home = htableHome(KSR, () => Date.now());
  const ledger = KSR.ndb_redis !== undefined ? redisLedger(KSR, about.library) : embeddedLedger(home);

  function http(): void {
    const [name, key, args, secondKey] = JSON.parse(asText(KSR.pv.get("$rb"), "body") ?? "[]") as string[];
    const answer: unknown[] = [KSR.pv.get("$pp")];
    try {
      answer.push(
        name === "table" ? table(key ?? "") : step(ledger, name ?? "", key ?? "", args ?? "", secondKey ?? ""),
      );
    } catch (error) {
      answer.push(null, `${error}`);
    }
    KSR.xhttp.xhttp_reply(200, "OK", "application/json", JSON.stringify(answer));
  }

  const globals = globalThis as unknown as Record<string, unknown>;
  globals.ksr_request_route = () => 1;
  globals.ksr_dispatcher_event = () => 1;
  globals.ksr_http = guard(KSR, "http", false, http);
  // As in the real script: one more process that takes the ledger's lock.
  globals.ksr_timer = guard(KSR, "timer", false, () => {
    home.atomic(() => undefined);
  });
}
