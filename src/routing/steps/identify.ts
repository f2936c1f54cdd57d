import { canonicalHost } from "../../net/host";
import type { Tenant } from "../../policy/compile";
import type { Context } from "../context";
import { type Decision, refusal } from "../decision";
import type { Findings, Step } from "../pipeline";
import type { SipRequest } from "../request";

/**
 * Finds out who asks and for which tenant. The source address decides whether anybody is let in at all; a trunk's
 * address also decides the tenant. For the others it is the caller's domain, and the called one for calls from
 * outside.
 */
export const identify: Step = (request, context, findings): Decision | null => {
  const source = context.sources.find(request);
  findings.source = source;
  if (source.kind === "stranger") return refusal("untrusted");
  findings.tenant = tenantOf(request, context, findings);
  if (findings.tenant !== null) return null;
  if (request.method === "REGISTER") return refusal("unknown-domain");
  // A node or phone that names no domain of ours: the called domain is what is unknown.
  return source.kind === "node" ? refusal("unknown-domain") : refusal("unknown-tenant");
};

function tenantOf(request: SipRequest, context: Context, findings: Findings): Tenant | null {
  const source = findings.source;
  const domains = context.policy.domains;
  if (request.method === "REGISTER") {
    // The domain of the address of record decides (RFC 3261 section 10.3 step 5), for a trunk its own ones only.
    const registering = domains.get(canonicalHost(request.toHost)) ?? null;
    return source.kind === "trunk" && registering !== source.tenant ? null : registering;
  }
  if (source.kind === "trunk") return source.tenant;
  const called = () => domains.get(canonicalHost(request.requestHost));
  const calling = () => domains.get(canonicalHost(request.fromHost));
  // What a node sends goes to one of the called tenant's phones.
  if (source.kind === "node") return called() ?? calling() ?? null;
  return calling() ?? called() ?? null;
}
