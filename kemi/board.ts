/**
 * What this proxy's processes tell each other about the world outside, in one shared cell: which nodes Kamailio's
 * probing holds for dead, and what the policy's host names resolve to. One process writes when something changes;
 * the workers read one cell per new request.
 */

import type { CompiledPolicy, Node } from "../src/policy/compile";
import type { SourceTable } from "../src/routing/source";
import { asText } from "./text";
import type { Ksr } from "./types/ksr";
import { ok } from "./types/results";

const TABLE = "weirhealth";
const CELL = "board";
const VERSION = "version";
/** Addresses taken of one host name. Pseudo-variable names are constants, so they are listed. */
const DNS_ADDRESSES = [
  "$dns(weir=>addr[0])",
  "$dns(weir=>addr[1])",
  "$dns(weir=>addr[2])",
  "$dns(weir=>addr[3])",
] as const;

/** The board as one worker sees it. */
export interface Board {
  /** Takes over what has changed, at most a few times a second. */
  refresh(): void;
  /** Takes over what has changed, now: weir.cfg calls it when the version is another than the one it saw last. */
  read(): void;
  /** Nodes that probing holds for dead, `pool/node,pool/node,…`, as of the last refresh. */
  down(): string;
  /** Dispatcher's event: `dispatcher:dst-down` or `dispatcher:dst-up`, the destination in `$ru`. */
  dispatcherEvent(event: string): void;
  /**
   * Takes back what the board says of nodes that the dispatcher holds for alive: it tells of changes only, and
   * `dispatcher.reload` begins anew without a word.
   */
  reconcile(): void;
  /** Resolves the policy's host names; blocks, so it belongs into a process that handles no requests. */
  resolveHosts(): void;
}

/** How old a worker's view may be, milliseconds: reading the cell for every request would cost more than it tells. */
const FRESH_MS = 200;

/** The board of a policy; `now` is the machine's clock in milliseconds, `changed` is told of all news. */
export function board(
  ksr: Ksr,
  policy: CompiledPolicy,
  sources: SourceTable,
  now: () => number,
  changed: () => void,
): Board {
  const { sht_get: get, sht_sets: set, sht_seti: setNumber, sht_lock: lock, sht_unlock: unlock } = ksr.htable;
  let seen: string | null = null;
  let readAt = 0;
  let down = "";
  let hosts: readonly string[] = [];

  function refresh(): void {
    const time = now();
    // A clock that was set back must not stop the reading.
    if (time - readAt < FRESH_MS && time >= readAt) return;
    readAt = time;
    read();
  }

  function read(): void {
    const text = asText(get(TABLE, CELL), CELL);
    if (text === seen || text === null) return;
    seen = text;
    const parts = text.split("|");
    down = parts[0] ?? "";
    hosts = list(parts[1]);
    for (const host of hosts) {
      const equals = host.indexOf("=");
      sources.resolve(host.substring(0, equals), host.substring(equals + 1).split("+"));
    }
    changed();
  }

  function change(edit: () => void): void {
    lock(TABLE, CELL);
    try {
      read();
      edit();
      const text = `${down}|${hosts.join(",")}`;
      if (text === seen) return;
      set(TABLE, CELL, text);
      // weir.cfg compares this with what it saw last: a number is cheaper to compare than the board.
      setNumber(TABLE, VERSION, Number(asText(get(TABLE, VERSION), VERSION) ?? "0") + 1);
    } finally {
      unlock(TABLE, CELL);
    }
  }

  function nodesAt(uri: string): Node[] {
    const found: Node[] = [];
    for (const pool of policy.poolList) for (const node of pool.nodes) if (node.address === uri) found.push(node);
    return found;
  }

  return {
    refresh,
    read,
    down: () => down,
    dispatcherEvent(event) {
      const uri = asText(ksr.pv.get("$ru"), "destination") ?? "";
      const isDown = event === "dispatcher:dst-down";
      change(() => {
        for (const node of nodesAt(uri)) {
          const name = `${node.pool}/${node.id}`;
          const others = list(down).filter((other) => other !== name);
          down = (isDown ? others.concat(name) : others).join(",");
          ksr.notice(`weir: node ${name} is ${isDown ? "down" : "up"}\n`);
        }
      });
    },
    reconcile() {
      // So that weir.cfg has a number to compare with from the start.
      if (get(TABLE, VERSION) === null) setNumber(TABLE, VERSION, 0);
      read();
      if (down === "") return;
      const alive = aliveDestinations(ksr);
      change(() => {
        const dead = list(down).filter((name) => {
          for (const uri of alive)
            for (const node of nodesAt(uri)) if (`${node.pool}/${node.id}` === name) return false;
          return true;
        });
        down = dead.join(",");
      });
    },
    resolveHosts() {
      if (sources.hostNames.length === 0) return;
      const resolved: string[] = [];
      for (const name of sources.hostNames) {
        const addresses = resolve(ksr, name);
        // A name server that is away for a while must not make strangers of trunks: the last answer stays.
        const before = hosts.filter((host) => host.indexOf(`${name}=`) === 0)[0];
        if (addresses.length > 0) resolved.push(`${name}=${addresses.join("+")}`);
        else if (before !== undefined) resolved.push(before);
        else ksr.warn(`weir: the host name ${name} does not resolve\n`);
      }
      change(() => {
        hosts = resolved;
      });
    },
  };
}

/** What `dispatcher.list` tells, as far as it is looked into. */
interface DispatcherList {
  readonly result?: {
    readonly RECORDS?: readonly {
      readonly SET?: {
        readonly TARGETS?: readonly { readonly DEST?: { readonly URI?: string; readonly FLAGS?: string } }[];
      };
    }[];
  };
}

/** URIs of the destinations that the dispatcher would use: their flags begin with A (active). */
function aliveDestinations(ksr: Ksr): string[] {
  const alive: string[] = [];
  ksr.jsonrpcs.exec('{"jsonrpc":"2.0","method":"dispatcher.list","id":1}');
  const body = asText(ksr.pv.get("$jsonrpl(body)"), "dispatcher.list");
  if (body === null || body === "") return alive;
  const { result } = JSON.parse(body) as DispatcherList;
  for (const record of result?.RECORDS ?? []) {
    for (const target of record.SET?.TARGETS ?? []) {
      const dest = target.DEST;
      if (dest?.URI !== undefined && dest.FLAGS?.charAt(0) === "A") alive.push(dest.URI);
    }
  }
  return alive;
}

function resolve(ksr: Ksr, name: string): string[] {
  const addresses: string[] = [];
  if (!ok(ksr.ipops.dns_query(name, "weir"))) return addresses;
  const count = Number(asText(ksr.pv.get("$dns(weir=>count)"), "dns") ?? "0");
  for (let i = 0; i < DNS_ADDRESSES.length && i < count; i++) {
    const address = asText(ksr.pv.get(DNS_ADDRESSES[i] ?? ""), "dns");
    if (address !== null && address !== "") addresses.push(address);
  }
  return addresses;
}

function list(text: string | undefined): string[] {
  return text === undefined || text === "" ? [] : text.split(",");
}
