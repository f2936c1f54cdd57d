/** The policy's nodes as Kamailio's dispatcher module wants them, so that it probes them. */

import { compilePolicy } from "./compile";
import type { Policy } from "./types";

/** A pool as a dispatcher set. */
export interface DispatcherSet {
  /** From 1, in the policy's order. */
  readonly set: number;
  readonly pool: string;
  readonly nodes: readonly { readonly id: string; readonly uri: string }[];
}

/** @param policy a valid one */
export function dispatcherSets(policy: Policy): DispatcherSet[] {
  return compilePolicy(policy).poolList.map((pool) => ({
    set: pool.set,
    pool: pool.id,
    nodes: pool.nodes.map((node) => ({ id: node.id, uri: node.address })),
  }));
}
