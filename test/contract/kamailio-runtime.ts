/**
 * Stands in for kemi/main in a bundle for tests: runs the ledger's steps inside Kamailio, on behalf of HTTP requests.
 * Engine code. The body is `[step, key, args, second key]` as JSON; the answer `[process, text]`, with null for the
 * text when Redis did not answer, or `[process, null, error]`. With Redis in the configuration the steps run there,
 * else over shared memory. The step "table" is for looking inside: name, value and remaining seconds of all items of
 * table `key`, as JSON.
 */
import { guard } from "../../kemi/guard";
import { htableHome } from "../../kemi/htable-cells";
import { asText } from "../../kemi/text";
import type { Ksr } from "../../kemi/types/ksr";
import { ok } from "../../kemi/types/results";
import { STEPS, type StepName } from "./steps";

declare const KSR: Ksr;

/** Runs a step where the data lives; null when Redis did not answer. */
type Run = (name: StepName, key: string, args: string, secondKey: string) => string | null;

/** Through ndb_redis as kemi/redis-ledger does it: a constant text, and data only as %s. */
function throughRedis(library: string): Run {
  const { redis_cmd_p2: send2, redis_cmd_p3: send3 } = KSR.ndb_redis;
  return (name, key, args, secondKey) => {
    const result =
      name === "reach"
        ? send3("weir", `FCALL ${library}_reach 2 %s %s %s`, key, secondKey, args, "r")
        : send2("weir", `FCALL ${library}_${name} 1 %s %s`, key, args, "r");
    return result === 0 ? (asText(KSR.pv.get("$redis(r=>value)"), "reply") ?? "") : null;
  };
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

/** As kemi/main's. */
export function start(_policy: object, about: { library: { name: string } }): void {
  const home = htableHome(KSR, () => Date.now());
  const inMemory: Run = (name, key, args, secondKey) =>
    home.atomic((cells) => STEPS[name](cells, key, args, secondKey));
  const run = KSR.ndb_redis === undefined ? inMemory : throughRedis(about.library.name);

  function http(): void {
    const [name, key, args, secondKey] = JSON.parse(asText(KSR.pv.get("$rb"), "body") ?? "[]") as [
      StepName | "table",
      string,
      string,
      string,
    ];
    const answer: unknown[] = [KSR.pv.get("$pp")];
    try {
      answer.push(name === "table" ? table(key) : run(name, key, args, secondKey));
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
