/** The entry point of the script: builds the router for a policy and gives Kamailio its functions. */

import { compilePolicy } from "../src/policy/compile";
import type { Policy } from "../src/policy/types";
import { turns } from "../src/routing/choose";
import type { Context } from "../src/routing/context";
import { leaseReader } from "../src/routing/lease";
import { decide } from "../src/routing/pipeline";
import { sourceTable } from "../src/routing/source";
import { Malformed } from "../src/sip/text";
import { applier, FAILURE_ROUTE } from "./apply";
import { board } from "./board";
import { counters } from "./counters";
import { embeddedLedger } from "./embedded-ledger";
import { guard } from "./guard";
import { htableHome } from "./htable-cells";
import { reader } from "./read";
import { type Library, redisLedger } from "./redis-ledger";
import { screen } from "./screen";
import { signer } from "./sign";
import { statusPage, type Version } from "./status";
import type { Ksr } from "./types/ksr";

/** What the build knows and the policy does not. */
export interface Build extends Version {
  readonly library: Library;
}

/** Seconds between resolutions of the policy's host names. */
const RESOLVE_EVERY = 30;

/** Kamailio's functions by the names under which weir.cfg calls them. */
export interface EntryPoints {
  [name: string]: ((argument: string) => number) | string;
}

/**
 * Builds the entry points of a policy. Nothing of Kamailio is called here: while a script is loaded there is no
 * message, and a module that weir.cfg does not load is not there.
 */
export function router(ksr: Ksr, policy: Policy, build: Build, now: () => number): EntryPoints {
  const compiled = compilePolicy(policy);
  const { callMs } = compiled.times;
  const sources = sourceTable(compiled);
  const shared = ksr.ndb_redis !== undefined;
  const home = htableHome(ksr, now);
  const local = embeddedLedger(home, callMs);
  const ledger = shared ? redisLedger(ksr, build.library, callMs) : local;
  const news = board(ksr, compiled, sources, now);
  const context: Context = {
    policy: compiled,
    ledger,
    localLedger: local,
    sources,
    get down() {
      return news.down();
    },
    headOf: leaseReader(),
    turns: turns(),
  };
  const counted = counters(ksr);
  const read = reader(ksr, signer(ksr));
  const { apply, fail } = applier(ksr, context, counted);
  const { passes, isNew } = screen(ksr);
  const get = ksr.pv.get;
  const status = statusPage(ksr, compiled, ledger, news, counted, {
    version: build.version,
    policyHash: build.policyHash,
    home: shared ? "redis" : "embedded",
  });
  let seconds = 0;

  function request(): void {
    const method = get("$rm");
    if (typeof method !== "string") throw new Malformed("method");
    if (!passes(method)) return;
    const message = read(method);
    if (!message.inDialog) {
      if (!isNew()) return;
      news.refresh();
    }
    apply(decide(message, context), method);
  }

  function timer(): void {
    if (seconds % RESOLVE_EVERY === 0) news.resolveHosts();
    seconds++;
    // Leases of idle tenants end in time for whoever looks at the memory, not only at their next call.
    home.atomic(() => undefined);
  }

  return {
    ksr_request_route: guard(ksr, "request", true, request),
    [FAILURE_ROUTE]: guard(ksr, "failure", false, fail),
    ksr_timer: guard(ksr, "timer", false, timer),
    ksr_http: guard(ksr, "http", false, status),
    ksr_dispatcher_event: guard(ksr, "dispatcher", false, news.dispatcherEvent),
    weir_version: `${build.version} ${build.policyHash}`,
  };
}

declare const KSR: Ksr;

/** Publishes the entry points as globals, last of all: a script that fails before has changed nothing. */
export function start(policy: Policy, build: Build): void {
  const entries = router(KSR, policy, build, () => Date.now());
  const globals = globalThis as unknown as EntryPoints;
  for (const name of Object.keys(entries)) {
    const entry = entries[name];
    if (entry !== undefined) globals[name] = entry;
  }
}
