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
import { flows } from "./flows";
import { guard } from "./guard";
import { htableHome } from "./htable-cells";
import { reader } from "./read";
import { type Library, redisLedger } from "./redis-ledger";
import { MESSAGE_CHECKS, MOST_HOPS, screen, URI_CHECKS } from "./screen";
import { signer } from "./sign";
import { statusPage, type Version } from "./status";
import type { Ksr } from "./types/ksr";
import { ok, resultCode } from "./types/results";

/** What the build knows and the policy does not. */
export interface Build extends Version {
  readonly library: Library;
}

/** Seconds between looks at what the dispatcher thinks of its nodes. */
const RECONCILE_EVERY = 3;
/** Seconds between resolutions of the policy's host names. */
const RESOLVE_EVERY = 30;

/** Kamailio's functions by the names under which weir.cfg calls them. */
export interface EntryPoints {
  [name: string]: ((a: string, b: string, c: string) => unknown) | string;
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
  const news = board(ksr, compiled, sources, now, () => short.forget());
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
  const signed = signer(ksr);
  const read = reader(ksr, signed);
  const carry = applier(ksr, context, counted);
  const short = flows(ksr, context, carry);
  const { tooManyHops, insane, cancel } = screen(ksr);
  const { process_maxfwd: takeHop } = ksr.maxfwd;
  const { sanity_check: checkSanity } = ksr.sanity;
  const { t_check_trans: checkTransaction } = ksr.tm;
  const { t_precheck_trans: precheckTransaction } = ksr.tmx;
  const { get } = ksr.pv;
  const status = statusPage(ksr, compiled, ledger, news, counted, {
    version: build.version,
    policyHash: build.policyHash,
    home: shared ? "redis" : "embedded",
  });
  let seconds = 0;

  /**
   * @param done what weir.cfg has done with the request already: "" nothing, "checked" hops and sanity, "routed" and
   * "unrouted" that and loose_route
   */
  function request(done: string): void {
    const method = get("$rm");
    if (typeof method !== "string") throw new Malformed("method");
    if (done === "" && !passes(method)) return;
    if (method === "CANCEL") {
      cancel();
      return;
    }
    news.refresh();
    const message = read(method, done === "routed" ? true : done === "unrouted" ? false : null);
    if (!message.inDialog && isAbsorbed(method)) return;
    const decision = decide(message, context);
    if (method === "INVITE") short.learn(message, decision);
    carry.apply(decision, method);
  }

  /** What belongs to a transaction that exists goes no further: a retransmission, or the ACK of a failure. */
  function isAbsorbed(method: string): boolean {
    // Another worker may be busy with the same request right now.
    if (method !== "ACK" && ok(precheckTransaction())) {
      checkTransaction();
      return true;
    }
    return resultCode(checkTransaction()) === 0;
  }

  function passes(method: string): boolean {
    if (resultCode(takeHop(MOST_HOPS)) <= 0) {
      tooManyHops(method);
      return false;
    }
    if (resultCode(checkSanity(MESSAGE_CHECKS, URI_CHECKS)) <= 0) {
      insane(method);
      return false;
    }
    return true;
  }

  function timer(): void {
    if (seconds % RESOLVE_EVERY === 0) news.resolveHosts();
    if (seconds % RECONCILE_EVERY === 0) news.reconcile();
    seconds++;
    // Leases of idle tenants end in time for whoever looks at the memory, not only at their next call.
    home.atomic(() => undefined);
  }

  return {
    ksr_request_route: guard(ksr, "request", true, request),
    // Not guarded: the short way ends in the long one when it fails.
    weir_place: short.place,
    weir_along: short.along,
    weir_news: guard(ksr, "news", false, news.read),
    ksr_too_many_hops: guard(ksr, "request", true, tooManyHops),
    ksr_insane: guard(ksr, "request", true, insane),
    ksr_not_sent: guard(ksr, "request", true, carry.notSent),
    [FAILURE_ROUTE]: guard(ksr, "failure", false, carry.fail),
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
