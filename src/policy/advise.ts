/** Remarks on a policy that is valid, but may not be what its author wants. */

import { canonicalHost } from "../net/host";
import { parseSipUri, uriParam } from "../sip/uri";
import type { Policy, PoolPolicy, TenantPolicy } from "./types";
import type { Problem } from "./validate";

/** Shorter bindings than this make phones register more often than they call, seconds. */
const BUSY_EXPIRES = 30;

/** @param policy a valid one
 * @returns remarks in the order of the file; no reason to refuse the policy */
export function advise(policy: Policy): Problem[] {
  const remarks: Problem[] = [];
  const remark: Remark = (path, value, message, remedy) => {
    remarks.push({ path, value, message, remedy });
  };
  const pools = policy.pools ?? {};
  for (const name of Object.keys(pools)) {
    const pool = pools[name];
    if (pool !== undefined) adviseOnPool(remark, name, pool, policy);
  }
  for (const name of Object.keys(policy.tenants)) {
    const tenant = policy.tenants[name];
    if (tenant !== undefined) adviseOnTenant(remark, name, tenant, policy);
  }
  adviseOnRegistration(remark, policy);
  if (policy.emergency === undefined || policy.emergency.length === 0) {
    remark(
      "emergency",
      policy.emergency,
      "names no number, so emergency calls are refused like any other when a tenant is at its limit",
      'write emergency: ["112", "911"]',
    );
  }
  adviseOnTrusted(remark, policy);
  return remarks;
}

type Remark = (path: string, value: unknown, message: string, remedy: string) => void;

function adviseOnPool(remark: Remark, name: string, pool: PoolPolicy, policy: Policy): void {
  const path = `pools.${name}`;
  const seen: Record<string, string> = Object.create(null);
  for (let i = 0; i < pool.nodes.length; i++) {
    const node = pool.nodes[i];
    const uri = node === undefined ? null : parseSipUri(node.address);
    if (node === undefined || uri === null) continue;
    const server = `${canonicalHost(uri.host)} ${uri.port} ${uriParam(uri, "transport") ?? ""}`;
    const other = seen[server];
    if (other !== undefined) {
      remark(
        `${path}.nodes[${i}].address`,
        node.address,
        `is the address of "${other}" too, which then gets the calls of both`,
        "list a server once",
      );
    }
    seen[server] = node.id;
  }
  // A route hook may send calls to any pool, so only without one is a pool that nobody names idle.
  if (policy.route === undefined && !isUsed(name, policy)) {
    remark(path, undefined, "is the pool of no tenant", "name it in a tenant, in a route hook, or remove it");
  }
}

function isUsed(pool: string, policy: Policy): boolean {
  for (const name of Object.keys(policy.tenants)) if (policy.tenants[name]?.pool === pool) return true;
  return false;
}

function adviseOnTenant(remark: Remark, name: string, tenant: TenantPolicy, policy: Policy): void {
  const path = `tenants.${name}`;
  if (tenant.calls.max === 0) {
    remark(`${path}.calls.max`, 0, "lets no call through", "raise it, unless the tenant is to be shut out");
  }
  const capacity = tenant.pool === undefined ? null : capacityOf(policy.pools?.[tenant.pool]);
  if (capacity !== null && tenant.calls.max > capacity) {
    remark(
      `${path}.calls.max`,
      tenant.calls.max,
      `is more than its pool can carry (${capacity})`,
      "make it smaller, or add nodes",
    );
  }
  if (tenant.callsBetweenUsers === "direct" && (tenant.domains === undefined || tenant.domains.length === 0)) {
    remark(
      `${path}.callsBetweenUsers`,
      "direct",
      "has no effect: without a domain the tenant has no users",
      "add the domain, or remove it",
    );
  }
}

function capacityOf(pool: PoolPolicy | undefined): number | null {
  if (pool === undefined) return null;
  let capacity = 0;
  for (const node of pool.nodes) capacity += node.capacity;
  return capacity;
}

function adviseOnRegistration(remark: Remark, policy: Policy): void {
  const { minExpires, maxExpires } = policy.registration ?? {};
  if (minExpires !== undefined && minExpires < BUSY_EXPIRES) {
    remark(
      "registration.minExpires",
      minExpires,
      `lets phones register every few seconds (less than ${BUSY_EXPIRES})`,
      "use minutes(1), unless phones behind NAT need it",
    );
  }
  if (maxExpires !== undefined && maxExpires < BUSY_EXPIRES) {
    remark(
      "registration.maxExpires",
      maxExpires,
      `makes every phone register every few seconds (less than ${BUSY_EXPIRES})`,
      "use minutes(5) or more",
    );
  }
}

function adviseOnTrusted(remark: Remark, policy: Policy): void {
  for (let i = 0; i < policy.trusted.length; i++) {
    const source = policy.trusted[i] ?? "";
    if (/\/0$/.test(source)) {
      remark(
        `trusted[${i}]`,
        source,
        "trusts the whole Internet: anybody may register as anybody",
        "name the networks your phones are in",
      );
    }
  }
  if (policy.trusted.length === 0 && hasDomains(policy)) {
    remark(
      "trusted",
      policy.trusted,
      "names nobody, so no phone can register or call",
      'name the networks your phones are in, like "192.0.2.0/24"',
    );
  }
}

function hasDomains(policy: Policy): boolean {
  for (const name of Object.keys(policy.tenants)) if ((policy.tenants[name]?.domains ?? []).length > 0) return true;
  return false;
}
