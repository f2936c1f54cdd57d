/**
 * The short way of what most requests are: a call from somewhere that has called before, and the ACK and BYE of a
 * dialog that was let in. What the pipeline found out about the first of a kind holds for the next, until the policy's
 * world changes (a node dies, a host name resolves differently), so it is kept here as a flow; everything else takes
 * the long way, and so does a request that meets anything unusual on the short one.
 *
 * The way begins and ends in weir.cfg (`route[WEIR]`): each call of a Kamailio function from Duktape costs some two
 * thousand instructions more than there (test/bench/README.md), so what is the same for every request is done there and what has to be decided here. For
 * the same reason this file is written in long stretches, and asks nobody for what it can keep.
 */

import type { Pool, Tenant } from "../src/policy/compile";
import { type Table, table } from "../src/policy/table";
import type { Round } from "../src/routing/choose";
import type { Context } from "../src/routing/context";
import type { Decision } from "../src/routing/decision";
import { LEASE_DIGITS, type LeaseHead } from "../src/routing/lease";
import type { SipRequest } from "../src/routing/request";
import { refuseCall } from "../src/routing/steps/call";
import { domainTenant } from "../src/routing/steps/identify";
import type { Applier } from "./apply";
import type { Ksr } from "./types/ksr";
import { resultCode } from "./types/results";

/** Senders remembered; beyond that the memory starts anew. */
const MOST_SENDERS = 4096;

/** RFC 1035 section 2.3.4. */
const LONGEST_DOMAIN = 255;

/** `$var(weir)`: the request has to take the long way. */
const DECLINED = 1;
/** `$var(weir)`: the call has been refused. */
const REFUSED = 2;

/** What is known about the calls of one sender for one calling domain. */
interface Flow {
  readonly tenant: Tenant;
  readonly pool: Pool;
  readonly round: Round;
  /** Kamailio's own time-outs are not the policy's. */
  readonly setsTimers: boolean;
}

/** The short way; weir.cfg calls these by name and asks `$var(weir)` how it went: 0 when they leave it alone. */
export interface Flows {
  /**
   * Admits a new call and chooses its node: sets `$du` and `$var(lease)`.
   * @param source `$si`
   * @param domain `$fd`
   * @param name back part of the lease's name (sign.ts)
   */
  place(source: unknown, domain: unknown, name: unknown): void;
  /**
   * Sends the ACK or BYE of a dialog along its route, from which ours has been taken.
   * @param method `$rm`
   * @param source `$si`
   * @param lease the Record-Route parameter
   */
  along(method: unknown, source: unknown, lease: unknown): void;
  /** Remembers what the long way found out about a call. */
  learn(request: SipRequest, decision: Decision): void;
  /** Forgets everything: what addresses mean has changed. */
  forget(): void;
}

/** The short way of a router. */
export function flows(ksr: Ksr, context: Context, applier: Applier): Flows {
  const { get, sets: set } = ksr.pv;
  const { var_sets: setVariable, var_seti: setNumber } = ksr.pvx;
  const relay = ksr.tm.t_relay;
  const increment = ksr.htable.sht_inc;
  const { policy, ledger, sources, headOf } = context;
  const { emergency } = policy;
  /** Hooks look at more of a request than its sender. */
  const cacheable = policy.route === null;
  let senders: Table<Table<Flow>> = table();
  let known: Table<true> = table();
  let heads: Table<LeaseHead> = table();
  let count = 0;

  function decline(): void {
    setNumber("weir", DECLINED);
  }

  /** Remembers a sender and the head of a lease, so that the next request of their kind takes the short way. */
  function introduce(source: unknown, lease: string): void {
    const head = headOf(lease);
    if (typeof source === "string" && head !== null && head.home === "s" && sources.knows(source)) {
      remember();
      known[source] = true;
      heads[lease.slice(0, -LEASE_DIGITS)] = head;
    }
    decline();
  }

  function remember(): void {
    count++;
    if (count > MOST_SENDERS) forget();
  }

  function forget(): void {
    senders = table();
    known = table();
    heads = table();
    count = 0;
  }

  return {
    place(source, domain, name) {
      const flow = senders[source as string]?.[domain as string];
      // Without a branch in the Via the name is too short: nothing would find the lease again.
      if (flow === undefined || typeof name !== "string" || name.length !== LEASE_DIGITS) return decline();
      if (emergency !== null) {
        const called = get("$rU");
        // What stands for an emergency number in any spelling goes the long way.
        if (typeof called !== "string" || emergency[called] !== undefined || called.indexOf("%") >= 0) return decline();
      }
      const round = flow.round;
      const ranking = round.rankings[round.turn];
      if (ranking === undefined) return decline();

      const tenant = flow.tenant;
      const lease = tenant.sharedHead + name;
      const answer = ledger.admit(tenant.scope, lease, tenant.poolTerms, ranking);
      if (answer === null) return decline();
      // Of a refused call the node is "".
      const node = flow.pool.nodeById[answer.node];
      if (node === undefined) {
        const reason = answer.outcome === "admitted" ? "no-node" : answer.outcome;
        setNumber("weir", REFUSED);
        applier.apply(refuseCall(reason, context, tenant, answer), "INVITE");
        return;
      }
      round.turn++;
      if (round.complete && round.turn >= round.rankings.length) round.turn = 0;
      if (flow.setsTimers) applier.setNodeTimers();
      set("$du", node.uri);
      setVariable("lease", lease);
      if (increment("weirstat", node.counters[tenant.id] ?? "") <= 0) applier.countAdmitted(tenant.id, node);
    },
    along(method, source, lease) {
      if (typeof lease !== "string") return decline();
      const head = heads[lease.slice(0, -LEASE_DIGITS)];
      if (head === undefined || known[source as string] === undefined) return introduce(source, lease);
      // Before the BYE goes on: whoever hears its 200 finds the room it made.
      if (method === "BYE") ledger.release(head.scope, lease);
      if (resultCode(relay()) < 0) applier.notRelayed(method as string);
      if (method === "ACK") ledger.confirm(head.scope, lease);
    },
    learn(request, decision) {
      if (!cacheable || decision.kind !== "to-node") return;
      const { kind } = sources.find(request);
      const tenant = policy.tenants[decision.tenant];
      const pool = policy.pools[decision.node.pool];
      const address = request.sourceAddress;
      // A node's or this proxy's own address stands for more than one sender.
      if ((kind !== "trunk" && kind !== "device") || request.fromOwnAddress || !sources.isPlain(address)) return;
      // A trunk's calls may name any domain, and what is remembered must not grow by what somebody writes.
      if (request.fromHost.length > LONGEST_DOMAIN) return;
      if (tenant === undefined || pool === undefined || tenant.pool !== pool || tenant.directCalls) return;
      if (kind === "device" && domainTenant(policy, request.fromHost) !== tenant) return;
      const round = context.turns.round(pool, context.down);
      if (round === null) return;
      remember();
      let byDomain = senders[address];
      if (byDomain === undefined) {
        byDomain = table();
        senders[address] = byDomain;
      }
      byDomain[request.fromHost] = { tenant, pool, round, setsTimers: applier.timersDiffer() };
    },
    forget,
  };
}
