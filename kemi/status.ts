/** `GET /status`: what this proxy knows, as JSON, for people and the demo. Loopback only. */

import { contains, parseIp, parseNetwork } from "../src/net/cidr";
import type { CompiledPolicy } from "../src/policy/compile";
import { isDown } from "../src/routing/choose";
import type { LedgerWithUsage } from "../src/routing/context";
import { REFUSALS, type RefusalReason } from "../src/routing/refusal";
import type { Board } from "./board";
import type { Counters } from "./counters";
import { asText } from "./text";
import type { Ksr } from "./types/ksr";

/** What runs here. */
export interface Version {
  readonly version: string;
  readonly policyHash: string;
}

/** Answers HTTP requests that Kamailio's xhttp module hands over. */
export function statusPage(
  ksr: Ksr,
  policy: CompiledPolicy,
  ledger: LedgerWithUsage,
  board: Board,
  counters: Counters,
  version: Version & { readonly home: string },
): () => void {
  const loopback = [parseNetwork("127.0.0.0/8"), parseNetwork("::1")];

  function fromLoopback(): boolean {
    const ip = parseIp(asText(ksr.pv.get("$si"), "source") ?? "");
    if (ip === null) return false;
    for (const network of loopback) if (network !== null && contains(network, ip)) return true;
    return false;
  }

  function status(): string {
    let storeUp = true;
    const pools = policy.poolList.map((pool) => {
      const tenants = policy.tenantList.filter((tenant) => tenant.pool === pool);
      const names = tenants.map((tenant) => tenant.id);
      const scope = tenants[0]?.scope;
      const used =
        scope === undefined
          ? null
          : ledger.usage(
              scope,
              names,
              pool.nodes.map((node) => node.id),
            );
      if (scope !== undefined && used === null) storeUp = false;
      return {
        pool: pool.id,
        calls: used?.total ?? null,
        nodes: pool.nodes.map((node) => ({
          node: node.id,
          calls: used?.nodes[node.index] ?? null,
          capacity: node.capacity,
          down: isDown(board.down(), node),
          admitted: sum(names, (tenant) => counters.read(`admitted/${tenant}/${node.id}`)),
        })),
        tenants: tenants.map((tenant, index) => ({
          tenant: tenant.id,
          calls: used?.tenants[index] ?? null,
          max: tenant.max,
          admitted:
            counters.read(`admitted/${tenant.id}/`) +
            sum(pool.nodes, (node) => counters.read(`admitted/${tenant.id}/${node.id}`)),
          refused: refusals(tenant.id),
        })),
      };
    });
    return JSON.stringify({ ...version, storeUp, refused: refusals(""), pools });
  }

  function refusals(tenant: string): Record<string, number> {
    const found: Record<string, number> = {};
    for (const reason of Object.keys(REFUSALS) as RefusalReason[]) {
      const count = counters.read(`refused/${tenant}/${reason}`);
      if (count > 0) found[reason] = count;
    }
    return found;
  }

  return () => {
    board.refresh();
    const path = (asText(ksr.xhttp.get_hu(), "path") ?? "").split("?")[0];
    if (!fromLoopback()) ksr.xhttp.xhttp_reply(403, "Forbidden", "text/plain", "only from this machine\n");
    else if (path === "/status") ksr.xhttp.xhttp_reply(200, "OK", "application/json", `${status()}\n`);
    else ksr.xhttp.xhttp_reply(404, "Not Found", "text/plain", "there is /status\n");
  };
}

function sum<T>(of: readonly T[], value: (one: T) => number): number {
  let total = 0;
  for (const one of of) total += value(one);
  return total;
}
