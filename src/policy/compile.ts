/** Turns a valid policy into the tables that routing looks things up in, with every default filled in. */

import type { AdmitTerms } from "../ledger/calls";
import { callScope } from "../ledger/keys";
import { packTerms } from "../ledger/wire/client";
import { canonicalHost } from "../net/host";
import { attemptTail } from "../routing/attempt";
import type { Call, Destination } from "../routing/call";
import { leaseHead } from "../routing/lease";
import { parseSipUri, uriParam } from "../sip/uri";
import { type Table, table } from "./table";
import type { CallTimes, NodePolicy, Policy, TenantPolicy } from "./types";

/** A node, ready to be chosen. */
export interface Node {
  readonly id: string;
  readonly pool: string;
  /** The node's SIP URI as in the policy. */
  readonly address: string;
  /** The same for `$du`: a host name is replaced by its address as soon as that is known. */
  uri: string;
  /** Host of the URI: a canonical address, or a name in lower case. */
  readonly host: string;
  readonly port: number;
  /** Lower case; "udp" unless the URI says otherwise. */
  readonly transport: string;
  readonly capacity: number;
  /** Capacity times weight. */
  readonly share: number;
  readonly zone: string;
  readonly features: readonly string[];
  /** Position in the pool. */
  readonly index: number;
  /** Tail of the attempt of a call that asks for no features and tries this node first (routing/attempt). */
  readonly firstAttempt: string;
  /** Names of its counters by tenant, as they are needed. */
  readonly counters: Table<string>;
}

/** A pool, ready to be chosen from. */
export interface Pool {
  readonly id: string;
  /** Number of its Kamailio dispatcher set, from 1. */
  readonly set: number;
  readonly nodes: readonly Node[];
  readonly nodeById: Table<Node>;
  readonly preferZone: string;
}

/** Terms of admission, and the same packed for the shared home. */
export interface Terms extends AdmitTerms {
  readonly packed: string;
}

/** A tenant with its defaults filled in. */
export interface Tenant {
  readonly id: string;
  readonly pool: Pool | null;
  /** Where the tenant's leases live (see ledger/keys). */
  readonly scope: string;
  readonly max: number;
  /** For calls to a node, for calls straight to a phone; the emergency ones of each. */
  readonly poolTerms: Terms;
  readonly poolEmergencyTerms: Terms;
  readonly phoneTerms: Terms;
  readonly phoneEmergencyTerms: Terms;
  /** Front of its leases' names (routing/lease): in the shared ledger, in this proxy's own, and of none. */
  readonly sharedHead: string;
  readonly localHead: string;
  readonly noneHead: string;
  readonly directCalls: boolean;
  readonly whenStoreIsDown: "local" | "admit" | "reject";
}

/** Who may send: an address or name with what it stands for. */
export interface SourceRule {
  /** As in the policy: address, network or host name. */
  readonly source: string;
  /** Null for a trusted network without a tenant of its own. */
  readonly trunkOf: Tenant | null;
}

/** The policy as the router uses it. */
export interface CompiledPolicy {
  readonly pools: Table<Pool>;
  readonly poolList: readonly Pool[];
  readonly tenants: Table<Tenant>;
  readonly tenantList: readonly Tenant[];
  /** Tenant by canonical domain. */
  readonly domains: Table<Tenant>;
  readonly sources: readonly SourceRule[];
  /** Null when the policy names none. */
  readonly emergency: Table<true> | null;
  readonly registration: { minExpires: number; maxExpires: number; defaultExpires: number; maxContacts: number };
  readonly times: {
    readonly ringMs: number;
    readonly callMs: number;
    readonly nodeAnswerMs: number;
    /** When a call that nobody answers ends: every node it may try, then ringing. */
    readonly longestRingMs: number;
    /** How long a lease lives before its call is answered. */
    readonly ringLeaseMs: number;
    readonly retryAfterSeconds: number;
  };
  readonly route: ((call: Call) => Destination) | null;
}

/** Nodes that one call may try; with two seconds each the caller hears something before it gives up. */
export const MOST_ATTEMPTS = 3;

/** Added to the ring time, so that a lease outlives the INVITE transaction it stands for. */
const RING_GRACE_MS = 5000;

/** @param policy one that `validatePolicy` finds nothing wrong with */
export function compilePolicy(policy: Policy): CompiledPolicy {
  const times = compileTimes(policy.calls ?? {});
  const pools = table<Pool>();
  const poolList: Pool[] = [];
  const poolNames = policy.pools === undefined ? [] : Object.keys(policy.pools);
  for (const id of poolNames) {
    const source = policy.pools?.[id];
    if (source === undefined) continue;
    const nodes = source.nodes.map((node, index) => compileNode(id, node, index));
    const nodeById = table<Node>();
    for (const node of nodes) nodeById[node.id] = node;
    const pool: Pool = { id, set: poolList.length + 1, nodes, nodeById, preferZone: source.choose?.preferZone ?? "" };
    pools[id] = pool;
    poolList.push(pool);
  }

  const tenants = table<Tenant>();
  const tenantList: Tenant[] = [];
  const domains = table<Tenant>();
  const sources: SourceRule[] = [];
  for (const id of Object.keys(policy.tenants)) {
    const source = policy.tenants[id];
    if (source === undefined) continue;
    const tenant = compileTenant(id, source, source.pool === undefined ? null : (pools[source.pool] ?? null), times);
    tenants[id] = tenant;
    tenantList.push(tenant);
    for (const domain of source.domains ?? []) domains[canonicalHost(domain)] = tenant;
    for (const trunk of source.trunks ?? []) sources.push({ source: trunk, trunkOf: tenant });
  }
  for (const trusted of policy.trusted) sources.push({ source: trusted, trunkOf: null });

  const registration = policy.registration ?? {};
  const maxExpires = registration.maxExpires ?? 3600;
  return {
    pools,
    poolList,
    tenants,
    tenantList,
    domains,
    sources,
    emergency: emergencyNumbers(policy.emergency ?? []),
    registration: {
      minExpires: registration.minExpires ?? 60,
      maxExpires,
      defaultExpires: registration.defaultExpires ?? Math.min(3600, maxExpires),
      maxContacts: registration.maxContacts ?? 10,
    },
    times,
    route: policy.route ?? null,
  };
}

function compileTimes(times: CallTimes): CompiledPolicy["times"] {
  const ringMs = (times.ringSeconds ?? 120) * 1000;
  const nodeAnswerMs = Math.round((times.nodeAnswerSeconds ?? 2) * 1000);
  const longestRingMs = ringMs + MOST_ATTEMPTS * nodeAnswerMs;
  return {
    ringMs,
    callMs: (times.maxCallSeconds ?? 14400) * 1000,
    nodeAnswerMs,
    longestRingMs,
    ringLeaseMs: longestRingMs + RING_GRACE_MS,
    retryAfterSeconds: times.retryAfterSeconds ?? 5,
  };
}

function emergencyNumbers(numbers: readonly string[]): Table<true> | null {
  if (numbers.length === 0) return null;
  const emergency = table<true>();
  for (const number of numbers) emergency[number] = true;
  return emergency;
}

function compileNode(pool: string, node: NodePolicy, index: number): Node {
  const uri = parseSipUri(node.address);
  if (uri === null) throw new Error(`pools.${pool}.nodes[${index}].address: not a SIP URI; run \`npm run check\``);
  const transport = (uriParam(uri, "transport") ?? (uri.scheme === "sips" ? "tls" : "udp")).toLowerCase();
  return {
    id: node.id,
    pool,
    address: node.address,
    uri: node.address,
    host: canonicalHost(uri.host),
    port: uri.port === 0 ? (transport === "tls" ? 5061 : 5060) : uri.port,
    transport,
    capacity: node.capacity,
    share: node.capacity * (node.weight ?? 1),
    zone: node.zone ?? "",
    features: node.features ?? [],
    index,
    firstAttempt: attemptTail(pool, [node.id], []),
    counters: table<string>(),
  };
}

function compileTenant(id: string, source: TenantPolicy, pool: Pool | null, times: CompiledPolicy["times"]): Tenant {
  const { rate } = source;
  // A dot first: no pool can have such a name.
  const home = pool === null ? `.${id}` : pool.id;
  const terms = (needsNode: boolean, emergency: boolean): Terms => {
    const plain: AdmitTerms = {
      tenant: id,
      max: source.calls.max,
      rate:
        rate === undefined
          ? null
          : {
              intervalMicros: Math.round(1e6 / rate.perSecond),
              burst: rate.burst ?? Math.max(1, Math.round(rate.perSecond)),
            },
      emergency,
      ringMs: times.ringLeaseMs,
      needsNode,
    };
    return { ...plain, packed: packTerms(plain) };
  };
  return {
    id,
    pool,
    scope: callScope(home),
    max: source.calls.max,
    poolTerms: terms(true, false),
    poolEmergencyTerms: terms(true, true),
    phoneTerms: terms(false, false),
    phoneEmergencyTerms: terms(false, true),
    sharedHead: leaseHead("s", id, home),
    localHead: leaseHead("l", id, home),
    noneHead: leaseHead("n", id, home),
    directCalls: pool === null || source.callsBetweenUsers === "direct",
    whenStoreIsDown: source.whenStoreIsDown ?? "local",
  };
}
