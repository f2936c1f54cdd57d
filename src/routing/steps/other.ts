import { canonicalHost } from "../../net/host";
import { userBindings } from "../aor";
import { type Decision, refusal } from "../decision";
import type { Step } from "../pipeline";
import { targetsOf } from "../targets";

/** Requests outside a dialog that are no calls (MESSAGE, NOTIFY, SUBSCRIBE …): to the phones of the user they name. */
export const routeOther: Step = (request, context, findings): Decision | null => {
  const tenant = findings.tenant;
  if (tenant === null) return null;
  // Like calls: between users of one tenant, and from nodes to anybody's.
  if (context.policy.domains.get(canonicalHost(request.requestHost)) !== tenant) {
    return refusal("unknown-domain", "", tenant.id);
  }
  const bindings = context.ledger.lookUp(userBindings(request.requestUser, request.requestHost));
  if (bindings === null) {
    return refusal("store-down", `Retry-After: ${context.policy.times.retryAfterSeconds}\r\n`, tenant.id);
  }
  if (bindings.length === 0) return refusal("not-registered", "", tenant.id);
  return {
    kind: "relay",
    targets: targetsOf(bindings),
    token: { home: "n", tenant: tenant.id, pool: "", lease: "" },
    attempt: null,
    node: null,
    followUp: null,
  };
};
