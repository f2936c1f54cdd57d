/** Turns a valid policy into the tables that routing looks things up in, with every default filled in. */

import { callScope } from "../ledger/keys";
import type { Rate } from "../ledger/rate";
import { canonicalHost } from "../net/host";
import type { Call, Destination } from "../routing/call";
import { parseSipUri, uriParam } from "../sip/uri";
import { type Table, table } from "./table";
import type { NodePolicy, Policy, TenantPolicy } from "./types";

/** A node, ready to be chosen. */
export interface Node {
  readonly id: string;
  readonly pool: string;
  /** The node's SIP URI, for `$du`. */
  readonly uri: string;
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
}

/** A pool, ready to be chosen from. */
export interface Pool {
  readonly id: string;
  /** Number of its Kamailio dispatcher set, from 1. */
  readonly set: number;
  readonly nodes: readonly Node[];
  readonly preferZone: string;
}

/** A tenant with its defaults filled in. */
export interface Tenant {
  readonly id: string;
  readonly pool: Pool | null;
  /** Where the tenant's leases live (see ledger/keys). */
  readonly scope: string;
  readonly max: number;
  readonly rate: Rate | null;
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
  readonly emergency: Table<true>;
  readonly registration: { minExpires: number; maxExpires: number; defaultExpires: number; maxContacts: number };
  readonly times: { ringMs: number; callMs: number; nodeAnswerMs: number; retryAfterSeconds: number };
  readonly route: ((call: Call) => Destination) | null;
}

/** Added to the ring time, so that a lease outlives the INVITE transaction it stands for. */
const RING_GRACE_MS = 5000;

/** @param policy one that `validatePolicy` finds nothing wrong with */
export function compilePolicy(policy: Policy): CompiledPolicy {
  const pools = table<Pool>();
  const poolList: Pool[] = [];
  const poolNames = policy.pools === undefined ? [] : Object.keys(policy.pools);
  for (const id of poolNames) {
    const source = policy.pools?.[id];
    if (source === undefined) continue;
    const nodes = source.nodes.map((node, index) => compileNode(id, node, index));
    const pool: Pool = { id, set: poolList.length + 1, nodes, preferZone: source.choose?.preferZone ?? "" };
    pools.set(id, pool);
    poolList.push(pool);
  }

  const tenants = table<Tenant>();
  const tenantList: Tenant[] = [];
  const domains = table<Tenant>();
  const sources: SourceRule[] = [];
  for (const id of Object.keys(policy.tenants)) {
    const source = policy.tenants[id];
    if (source === undefined) continue;
    const tenant = compileTenant(id, source, source.pool === undefined ? null : (pools.get(source.pool) ?? null));
    tenants.set(id, tenant);
    tenantList.push(tenant);
    for (const domain of source.domains ?? []) domains.set(canonicalHost(domain), tenant);
    for (const trunk of source.trunks ?? []) sources.push({ source: trunk, trunkOf: tenant });
  }
  for (const trusted of policy.trusted) sources.push({ source: trusted, trunkOf: null });

  const emergency = table<true>();
  for (const number of policy.emergency ?? []) emergency.set(number, true);

  const registration = policy.registration ?? {};
  const maxExpires = registration.maxExpires ?? 3600;
  const times = policy.calls ?? {};
  return {
    pools,
    poolList,
    tenants,
    tenantList,
    domains,
    sources,
    emergency,
    registration: {
      minExpires: registration.minExpires ?? 60,
      maxExpires,
      defaultExpires: registration.defaultExpires ?? Math.min(3600, maxExpires),
      maxContacts: registration.maxContacts ?? 10,
    },
    times: {
      ringMs: (times.ringSeconds ?? 120) * 1000,
      callMs: (times.maxCallSeconds ?? 14400) * 1000,
      nodeAnswerMs: Math.round((times.nodeAnswerSeconds ?? 2) * 1000),
      retryAfterSeconds: times.retryAfterSeconds ?? 5,
    },
    route: policy.route ?? null,
  };
}

/** How long a lease lives before its call is answered, milliseconds: every node it may try, then ringing. */
export function ringLeaseMs(policy: CompiledPolicy, attempts: number): number {
  return policy.times.ringMs + attempts * policy.times.nodeAnswerMs + RING_GRACE_MS;
}

function compileNode(pool: string, node: NodePolicy, index: number): Node {
  const uri = parseSipUri(node.address);
  if (uri === null) throw new Error(`pools.${pool}.nodes[${index}].address: not a SIP URI; run \`npm run check\``);
  const transport = (uriParam(uri, "transport") ?? (uri.scheme === "sips" ? "tls" : "udp")).toLowerCase();
  return {
    id: node.id,
    pool,
    uri: node.address,
    host: canonicalHost(uri.host),
    port: uri.port === 0 ? (transport === "tls" ? 5061 : 5060) : uri.port,
    transport,
    capacity: node.capacity,
    share: node.capacity * (node.weight ?? 1),
    zone: node.zone ?? "",
    features: node.features ?? [],
    index,
  };
}

function compileTenant(id: string, source: TenantPolicy, pool: Pool | null): Tenant {
  const rate = source.rate;
  return {
    id,
    pool,
    // A dot first: no pool can have such a name.
    scope: callScope(pool === null ? `.${id}` : pool.id),
    max: source.calls.max,
    rate:
      rate === undefined
        ? null
        : {
            intervalMicros: Math.round(1e6 / rate.perSecond),
            burst: rate.burst ?? Math.max(1, Math.round(rate.perSecond)),
          },
    directCalls: pool === null || source.callsBetweenUsers === "direct",
    whenStoreIsDown: source.whenStoreIsDown ?? "local",
  };
}
