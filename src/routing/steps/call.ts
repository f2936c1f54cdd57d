import type { Binding } from "../../ledger/bindings";
import type { AdmitAnswer, AdmitRequest } from "../../ledger/calls";
import { callScope } from "../../ledger/keys";
import { canonicalHost } from "../../net/host";
import { type Node, type Pool, ringLeaseMs, type Tenant } from "../../policy/compile";
import { userBindings } from "../aor";
import type { Destination } from "../call";
import type { Context } from "../context";
import { type Decision, type Relay, type Reply, refusal } from "../decision";
import type { Findings, Step } from "../pipeline";
import type { RefusalReason } from "../refusal";
import type { SipRequest } from "../request";
import { MOST_ATTEMPTS } from "../retry";
import { targetsOf } from "../targets";
import type { LeaseHome, Token } from "../token";

/** A new call: where to, whether there is room, and through which node. */
export const routeCall: Step = (request, context, findings): Decision | null => {
  const tenant = findings.tenant;
  if (request.method !== "INVITE" || tenant === null) return null;
  const emergency = context.policy.emergency.get(request.requestUser) !== undefined;
  const destination = destinationOf(request, context, findings, tenant, emergency);
  if (destination.kind === "pool") {
    const pool = context.policy.pools.get(destination.pool);
    if (pool === undefined)
      throw new Error(`the route hook names the pool "${destination.pool}", which is not in the policy`);
    return toPool(request, context, tenant, pool, destination.features, emergency);
  }
  if (destination.kind === "user") return toUser(request, context, findings, tenant, destination, emergency);
  if (destination.kind === "refuse") {
    if (!(destination.code >= 400 && destination.code <= 699))
      throw new Error(`the route hook refuses with ${destination.code}; a refusal is 400 to 699`);
    return { ...refusal("policy-refused", "", tenant.id), code: destination.code, phrase: destination.reason };
  }
  return refusal("unknown-domain", "", tenant.id);
};

function destinationOf(
  request: SipRequest,
  context: Context,
  findings: Findings,
  tenant: Tenant,
  emergency: boolean,
): Destination {
  const route = context.policy.route;
  if (route !== null) {
    const { source } = findings;
    const chosen = route({
      tenant: tenant.id,
      from: { user: request.fromUser, domain: canonicalHost(request.fromHost) },
      to: { user: request.requestUser, domain: canonicalHost(request.requestHost) },
      source: {
        kind: source.kind === "stranger" ? "device" : source.kind,
        address: request.sourceAddress,
        port: request.sourcePort,
        transport: request.transport,
      },
      emergency,
      header: (name) => request.header(name),
    });
    if (chosen.kind !== "default") return chosen;
  }
  return defaultDestination(request, context, findings, tenant, emergency);
}

/** From a node to the phone; from a phone or trunk to the tenant's pool, or straight to a phone where that is so. */
function defaultDestination(
  request: SipRequest,
  context: Context,
  findings: Findings,
  tenant: Tenant,
  emergency: boolean,
): Destination {
  const fromNode = findings.source.kind === "node";
  // Nobody registers as an emergency number: only a node can reach it.
  const direct = tenant.directCalls && !(emergency && tenant.pool !== null);
  if (fromNode || direct) {
    const called = context.policy.domains.get(canonicalHost(request.requestHost));
    if (called !== undefined && (fromNode || called === tenant)) {
      return { kind: "user", user: request.requestUser, domain: request.requestHost };
    }
  }
  if (tenant.pool === null || fromNode) return { kind: "default" };
  return { kind: "pool", pool: tenant.pool.id, features: [] };
}

function toPool(
  request: SipRequest,
  context: Context,
  tenant: Tenant,
  pool: Pool,
  features: readonly string[],
  emergency: boolean,
): Decision {
  // A tenant's limits are counted in its own pool's scope; a hook may send single calls elsewhere.
  const scope = tenant.pool === pool ? tenant.scope : callScope(pool.id);
  const groups = context.turns.rank(pool, (node) => usable(node, features, context));
  const wanted = admitRequest(request, context, tenant, emergency, true, groups);
  let home: LeaseHome = "s";
  let admission = context.ledger.admit(scope, wanted);
  if (admission === null) {
    // An emergency call is never refused for want of a count.
    if (tenant.whenStoreIsDown === "reject" && !emergency) return refuse("store-down", context, tenant, null);
    if (tenant.whenStoreIsDown === "local") {
      home = "l";
      admission = context.localLedger.admit(scope, wanted);
      if (admission === null) return refuse("store-down", context, tenant, null);
    } else {
      home = "n";
      admission = uncounted(groups);
    }
  }
  if (admission.outcome !== "admitted") return refuse(admission.outcome, context, tenant, admission);

  const node = nodeNamed(pool, admission.node);
  // The lease of a repeated INVITE may be held by a node that the policy no longer has.
  if (node === null) return refuse("no-node", context, tenant, admission);
  context.turns.took(pool, node);
  const token: Token = { home, tenant: tenant.id, pool: pool.id, lease: wanted.lease };
  return {
    kind: "relay",
    targets: [{ uri: "", nextHop: node.uri }],
    token,
    attempt: { token, pool: pool.id, features, tried: [node.id] },
    node,
    followUp: null,
  };
}

/** Admission without any count: the first in turn is as good a guess as any. */
function uncounted(groups: readonly (readonly Node[])[]): AdmitAnswer {
  const first = groups[0]?.[0];
  return {
    outcome: first === undefined ? "no-node" : "admitted",
    node: first?.id ?? "",
    used: 0,
    allowed: 0,
    retryAfterMs: 0,
  };
}

function toUser(
  request: SipRequest,
  context: Context,
  findings: Findings,
  tenant: Tenant,
  to: { user: string; domain: string },
  emergency: boolean,
): Decision {
  const key = userBindings(to.user, to.domain);
  // A node's call to a phone is the second half of a call that holds its lease already.
  if (findings.source.kind === "node") {
    const bindings = context.ledger.lookUp(key);
    if (bindings === null) return refuse("store-down", context, tenant, null);
    return ring(bindings, tenant, { home: "n", tenant: tenant.id, pool: "", lease: "" });
  }
  const wanted = admitRequest(request, context, tenant, emergency, false, []);
  const reached = context.ledger.reach(tenant.scope, key, wanted);
  // Who is registered is known to the store alone, so no answer of ours could be right without it.
  if (reached === null) return refuse("store-down", context, tenant, null);
  const { admission, bindings } = reached;
  if (admission === null) return refusal("not-registered", "", tenant.id);
  if (admission.outcome !== "admitted") return refuse(admission.outcome, context, tenant, admission);
  const pool = tenant.pool === null ? `.${tenant.id}` : tenant.pool.id;
  return ring(bindings, tenant, { home: "s", tenant: tenant.id, pool, lease: wanted.lease });
}

function ring(bindings: readonly Binding[], tenant: Tenant, token: Token): Relay | Reply {
  if (bindings.length === 0) return refusal("not-registered", "", tenant.id);
  return {
    kind: "relay",
    targets: targetsOf(bindings),
    token,
    attempt: token.home === "n" ? null : { token, pool: "", features: [], tried: [] },
    node: null,
    followUp: null,
  };
}

function admitRequest(
  request: SipRequest,
  context: Context,
  tenant: Tenant,
  emergency: boolean,
  needsNode: boolean,
  groups: readonly (readonly Node[])[],
): AdmitRequest {
  return {
    lease: request.lease(),
    tenant: tenant.id,
    max: tenant.max,
    rate: tenant.rate,
    emergency,
    ringMs: ringLeaseMs(context.policy, MOST_ATTEMPTS),
    needsNode,
    groups,
  };
}

function usable(node: Node, features: readonly string[], context: Context): boolean {
  for (const feature of features) if (node.features.indexOf(feature) < 0) return false;
  return !context.isDown(node.pool, node.id);
}

function nodeNamed(pool: Pool, id: string): Node | null {
  for (const node of pool.nodes) if (node.id === id) return node;
  return null;
}

function refuse(reason: RefusalReason, context: Context, tenant: Tenant, admission: AdmitAnswer | null): Reply {
  const computed = admission === null ? 0 : Math.ceil(admission.retryAfterMs / 1000);
  const seconds = computed > 0 ? computed : context.policy.times.retryAfterSeconds;
  const detail = admission === null ? "" : `${admission.used}/${admission.allowed}`;
  return refusal(reason, `Retry-After: ${seconds}\r\n`, tenant.id, detail);
}
