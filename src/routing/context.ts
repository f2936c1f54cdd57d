/** What a decision may be based on besides the request: all of it handed in, nothing looked up elsewhere. */

import type { Binding, SaveAnswer, SaveRequest } from "../ledger/bindings";
import type { AdmitAnswer, MoveRequest, Usage } from "../ledger/calls";
import type { CompiledPolicy, Terms } from "../policy/compile";
import type { Ranking, Turns } from "./choose";
import type { LeaseHead } from "./lease";
import type { SourceTable } from "./source";

/** The ledger as a proxy reaches it. Every answer is null when the store cannot be reached. */
export interface Ledger {
  /** Of an admitted call only the node is told. */
  admit(scope: string, lease: string, terms: Terms, ranking: Ranking): AdmitAnswer | null;
  move(scope: string, request: MoveRequest): AdmitAnswer | null;
  /** An answered call's lease is extended by the policy's longest call. */
  confirm(scope: string, lease: string): boolean | null;
  release(scope: string, lease: string): boolean | null;
  save(key: string, request: SaveRequest): SaveAnswer | null;
  lookUp(key: string): readonly Binding[] | null;
  reach(scope: string, key: string, lease: string, terms: Terms): ReachAnswer | null;
}

/** A ledger that can also be asked how much is in use, for those who operate it. */
export interface LedgerWithUsage extends Ledger {
  usage(scope: string, tenants: readonly string[], nodes: readonly string[]): Usage | null;
}

/** Answer to a call for a user: nobody registered, or admission and where the user is. */
export interface ReachAnswer {
  readonly admission: AdmitAnswer | null;
  readonly bindings: readonly Binding[];
}

/** Everything a step of the pipeline may use. */
export interface Context {
  readonly policy: CompiledPolicy;
  /** The ledger that all proxies share, or the embedded one where there is no other. */
  readonly ledger: Ledger;
  /** This proxy's own ledger, for calls while the shared one is away. */
  readonly localLedger: Ledger;
  readonly sources: SourceTable;
  /** Nodes that Kamailio's probing holds for dead: `pool/node,pool/node,…`. */
  readonly down: string;
  /** Reads the heads of leases' names. */
  readonly headOf: (lease: string) => LeaseHead | null;
  /** Whose turn it is among equals; this worker's own memory. */
  readonly turns: Turns;
}
