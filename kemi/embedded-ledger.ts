/** The ledger in this Kamailio's own shared memory: the embedded default, and the stand-in while Redis is away. */

import { lookUp, save } from "../src/ledger/bindings";
import { admit, confirm, move, release, usage } from "../src/ledger/calls";
import type { LedgerWithUsage } from "../src/routing/context";
import type { HtableHome } from "./htable-cells";

/**
 * Runs the ledger's rules here, each step under the home's lock.
 * @param callMs the policy's longest call
 */
export function embeddedLedger(home: HtableHome, callMs: number): LedgerWithUsage {
  return {
    admit: (scope, lease, terms, ranking) => home.atomic((cells) => admit(cells, scope, lease, terms, ranking.groups)),
    move: (scope, request) => home.atomic((cells) => move(cells, scope, request)),
    confirm: (scope, lease) => home.atomic((cells) => confirm(cells, scope, lease, callMs)),
    release: (scope, lease) => home.atomic((cells) => release(cells, scope, lease)),
    save: (key, request) => home.atomic((cells) => save(cells, key, request)),
    lookUp: (key) => home.atomic((cells) => lookUp(cells, key)),
    reach: (scope, key, lease, terms) =>
      home.atomic((cells) => {
        const bindings = lookUp(cells, key);
        return { admission: bindings.length === 0 ? null : admit(cells, scope, lease, terms, []), bindings };
      }),
    usage: (scope, tenants, nodes) => home.atomic((cells) => usage(cells, scope, tenants, nodes)),
  };
}
