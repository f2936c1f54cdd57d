import { canonicalHost } from "../../net/host";
import type { CompiledPolicy, Tenant } from "../../policy/compile";
import { clean } from "../../sip/text";
import type { Context } from "../context";
import { type Decision, refusal } from "../decision";
import type { Step } from "../pipeline";
import type { SipRequest } from "../request";
import type { Source } from "../source";

/**
 * Finds out who asks and for which tenant. The source address decides whether anybody is let in at all; a trunk's
 * address also decides the tenant. For the others it is the caller's domain, and the called one for calls from
 * outside.
 */
export const identify: Step = (request, context, findings): Decision | null => {
  const source = context.sources.find(request);
  findings.source = source;
  if (source.kind === "stranger") return refusal("untrusted");
  // Weir never sends a request to itself, so one that comes from here was sent round by somebody's contact
  // (RFC 3261 section 16.3).
  if (source.kind === "self") return refusal("loop-detected");
  const tenant = tenantOf(request, context, source);
  if (tenant !== undefined) {
    findings.tenant = tenant;
    return null;
  }
  if (request.method === "REGISTER") return refusal("unknown-domain");
  // A node or phone that names no domain of ours: the called domain is what is unknown.
  return source.kind === "node" ? refusal("unknown-domain") : refusal("unknown-tenant");
};

function tenantOf(request: SipRequest, context: Context, source: Source): Tenant | undefined {
  const policy = context.policy;
  if (request.method === "REGISTER") {
    // The domain of the address of record decides (RFC 3261 section 10.3 step 5), for a trunk its own ones only.
    const registering = domainTenant(policy, request.toHost);
    return source.kind === "trunk" && registering !== source.tenant ? undefined : registering;
  }
  if (source.kind === "device")
    return domainTenant(policy, request.fromHost) ?? domainTenant(policy, request.requestHost);
  if (source.kind === "trunk") return source.tenant;
  // What a node sends goes to one of the called tenant's phones.
  return domainTenant(policy, request.requestHost) ?? domainTenant(policy, request.fromHost);
}

/** Whose domain a host is. Most write it as the policy does, so it is looked up as it stands first. */
export function domainTenant(policy: CompiledPolicy, host: string): Tenant | undefined {
  return policy.domains[host] ?? policy.domains[canonicalHost(clean(host, "domain"))];
}
