import type { AdmitAnswer } from "../../ledger/calls";
import { callScope } from "../../ledger/keys";
import { canonicalHost } from "../../net/host";
import type { Pool, Tenant } from "../../policy/compile";
import { clean } from "../../sip/text";
import { userBindings } from "../aor";
import { attemptTail } from "../attempt";
import type { Destination } from "../call";
import type { Ranking } from "../choose";
import type { Context } from "../context";
import { type Decision, type Reply, refusal } from "../decision";
import { leaseHead } from "../lease";
import type { Findings, Step } from "../pipeline";
import type { RefusalReason } from "../refusal";
import type { SipRequest } from "../request";
import { targetsOf } from "../targets";
import { domainTenant } from "./identify";

const NO_FEATURES: readonly string[] = [];

/** A new call: where to, whether there is room, and through which node. */
export const routeCall: Step = (request, context, findings): Decision | null => {
  const tenant = findings.tenant;
  if (tenant === null) return null;
  const policy = context.policy;
  const emergency = policy.emergency !== null && policy.emergency[request.requestUser] !== undefined;
  // What most calls are; the rest asks more of the message and of the policy.
  if (policy.route === null && tenant.pool !== null && !tenant.directCalls && findings.source.kind !== "node") {
    return toPool(request, context, tenant, tenant.pool, NO_FEATURES, emergency);
  }
  const destination = destinationOf(request, context, findings, tenant, emergency);
  if (destination.kind === "pool") {
    const pool = policy.pools[destination.pool];
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
      from: { user: clean(request.fromUser, "From"), domain: canonicalHost(clean(request.fromHost, "From")) },
      to: {
        user: clean(request.requestUser, "Request-URI"),
        domain: canonicalHost(clean(request.requestHost, "Request-URI")),
      },
      source: {
        kind: source.kind === "node" || source.kind === "trunk" ? source.kind : "device",
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
    const called = domainTenant(context.policy, request.requestHost);
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
  const ranking = context.turns.rank(pool, features, context.down);
  const terms = emergency ? tenant.poolEmergencyTerms : tenant.poolTerms;
  // A tenant's limits are counted in its own pool's scope; a hook may send single calls elsewhere.
  const own = tenant.pool === pool;
  const scope = own ? tenant.scope : callScope(pool.id);
  let lease = request.lease(own ? tenant.sharedHead : leaseHead("s", tenant.id, pool.id));
  let admission = context.ledger.admit(scope, lease, terms, ranking);
  if (admission === null) {
    // An emergency call is never refused for want of a count.
    if (tenant.whenStoreIsDown === "reject" && !emergency) return refuseCall("store-down", context, tenant, null);
    const local = tenant.whenStoreIsDown === "local";
    lease = request.lease(leaseHead(local ? "l" : "n", tenant.id, pool.id));
    admission = local ? context.localLedger.admit(scope, lease, terms, ranking) : uncounted(ranking);
    if (admission === null) return refuseCall("store-down", context, tenant, null);
  }
  if (admission.outcome !== "admitted") return refuseCall(admission.outcome, context, tenant, admission);

  const node = pool.nodeById[admission.node];
  // The lease of a repeated INVITE may be held by a node that the policy no longer has.
  if (node === undefined) return refuseCall("no-node", context, tenant, admission);
  context.turns.took(pool, features, node);
  const tail = features.length === 0 ? node.firstAttempt : attemptTail(pool.id, [node.id], features);
  return { kind: "to-node", node, lease, tenant: tenant.id, attempt: lease + tail };
}

/** Admission without any count: the first in turn is as good a guess as any. */
function uncounted(ranking: Ranking): AdmitAnswer {
  const first = ranking.groups[0]?.[0];
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
    if (bindings === null) return refuseCall("store-down", context, tenant, null);
    if (bindings.length === 0) return refusal("not-registered", "", tenant.id);
    const lease = request.lease(tenant.noneHead);
    return { kind: "to-phones", targets: targetsOf(bindings), lease, tenant: tenant.id, attempt: "" };
  }
  const lease = request.lease(tenant.sharedHead);
  const terms = emergency ? tenant.phoneEmergencyTerms : tenant.phoneTerms;
  const reached = context.ledger.reach(tenant.scope, key, lease, terms);
  // Who is registered is known to the store alone, so no answer of ours could be right without it.
  if (reached === null) return refuseCall("store-down", context, tenant, null);
  const { admission, bindings } = reached;
  if (admission === null) return refusal("not-registered", "", tenant.id);
  if (admission.outcome !== "admitted") return refuseCall(admission.outcome, context, tenant, admission);
  const attempt = lease + attemptTail("", [], []);
  return { kind: "to-phones", targets: targetsOf(bindings), lease, tenant: tenant.id, attempt };
}

/** A refusal of a call with the Retry-After that the admission gives, or else the policy. */
export function refuseCall(
  reason: RefusalReason,
  context: Context,
  tenant: Tenant,
  admission: AdmitAnswer | null,
): Reply {
  const computed = admission === null ? 0 : Math.ceil(admission.retryAfterMs / 1000);
  const seconds = computed > 0 ? computed : context.policy.times.retryAfterSeconds;
  const detail = admission === null ? "" : `${admission.used}/${admission.allowed}`;
  return refusal(reason, `Retry-After: ${seconds}\r\n`, tenant.id, detail);
}
