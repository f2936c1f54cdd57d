import { userBindings } from "../aor";
import { type Decision, refusal } from "../decision";
import type { Step } from "../pipeline";
import { targetsOf } from "../targets";
import { domainTenant } from "./identify";

/** Requests outside a dialog that are no calls (MESSAGE, NOTIFY, SUBSCRIBE …): to the phones of the user they name. */
export const routeOther: Step = (request, context, findings): Decision | null => {
  const tenant = findings.tenant;
  if (tenant === null) return null;
  // Like calls: between users of one tenant, and from nodes to anybody's.
  if (domainTenant(context.policy, request.requestHost) !== tenant) {
    return refusal("unknown-domain", "", tenant.id);
  }
  const bindings = context.ledger.lookUp(userBindings(request.requestUser, request.requestHost));
  if (bindings === null) {
    return refusal("store-down", `Retry-After: ${context.policy.times.retryAfterSeconds}\r\n`, tenant.id);
  }
  if (bindings.length === 0) return refusal("not-registered", "", tenant.id);
  const lease = request.lease(tenant.noneHead);
  return { kind: "to-phones", targets: targetsOf(bindings), lease, tenant: tenant.id, attempt: "" };
};
