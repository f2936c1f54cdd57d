/**
 * The only place that makes names of stored things.
 *
 * All names of one atomic step start with its scope, which carries the Redis Cluster hash tag: calls and nodes are
 * sharded by pool, bindings by address of record. Pool, tenant and node names come from the policy, which allows
 * no colon or brace in them; an address of record is the last part of its name, so whatever it holds is only data.
 */

/** Scope of a pool's calls, or of a tenant that has no pool (its name then starts with a dot). */
export function callScope(pool: string): string {
  return `weir:{${pool}}`;
}

/** Name of the bindings of an address of record (`user@domain`, as `addressOfRecord` gives it). */
export function bindingsKey(aor: string): string {
  return `weir:aor:{${aor}}`;
}

/** One call's lease. */
export function leaseKey(scope: string, lease: string): string {
  return `${scope}:lease:${lease}`;
}

/** Leases of a tenant. */
export function tenantSet(scope: string, tenant: string): string {
  return `${scope}:tenant:${tenant}`;
}

/** Leases of a node. */
export function nodeSet(scope: string, node: string): string {
  return `${scope}:node:${node}`;
}

/** All leases of the scope. */
export function poolSet(scope: string): string {
  return `${scope}:pool`;
}

/** Theoretical arrival time of a tenant's next call. */
export function rateKey(scope: string, tenant: string): string {
  return `${scope}:rate:${tenant}`;
}
