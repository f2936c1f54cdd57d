/** The policy that is played: the operator's own, with everything replaced that lies outside this machine. */

import type { Policy, PoolPolicy, TenantPolicy } from "../policy/types";
import type { Cast } from "./cast";

/** Address that the steady tenant's trunk calls from. */
export const TRUNK_HOST = "127.0.0.21";

/** What the demo replaces. */
export interface Replacements {
  /** Address of each stand-in, by pool, in the order of the pool's nodes. */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  /** Shortest binding, seconds: shorter than any real policy's, so that an expiry can be seen. */
  readonly minExpires: number;
  /** The flooding tenant's limit as it is played; the policy's own unless a test wants to see the judge at work. */
  readonly playedMax?: number;
}

/** The policy with its replacements. */
export function playedPolicy(policy: Policy, cast: Cast, replace: Replacements): Policy {
  const pools: Record<string, PoolPolicy> = {};
  for (const [name, pool] of Object.entries(policy.pools ?? {})) {
    const addresses = replace.addresses[name] ?? [];
    pools[name] = { ...pool, nodes: pool.nodes.map((node, i) => ({ ...node, address: addresses[i] ?? node.address })) };
  }
  const tenants: Record<string, TenantPolicy> = { ...policy.tenants };
  for (const [name, tenant] of Object.entries(policy.tenants)) {
    if (name === cast.steady.tenant && cast.steady.trunk) tenants[name] = { ...tenant, trunks: [TRUNK_HOST] };
    if (name === cast.flooding.tenant)
      tenants[name] = { ...tenant, calls: { max: replace.playedMax ?? tenant.calls.max } };
  }
  return {
    ...policy,
    pools,
    tenants,
    registration: { ...policy.registration, minExpires: replace.minExpires },
    trusted: ["127.0.0.0/8"],
  };
}

/** Source text of a played policy; `file` (absolute path) is where its route hook, if any, comes from. */
export function playedPolicyText(played: Policy, file: string): string {
  // All of a policy but its hook is data.
  const { route, ...data } = played;
  const lines = [
    'import { definePolicy } from "weir";',
    ...(route === undefined ? [] : [`import operators from ${JSON.stringify(file.replace(/\.ts$/, ""))};`]),
    "",
    `export default definePolicy({ ...${JSON.stringify(data, null, 2)}${route === undefined ? "" : ", route: operators.route"} });`,
  ];
  return `${lines.join("\n")}\n`;
}
