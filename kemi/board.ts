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
/** Addresses taken of one host name. Pseudo-variable names are constants, so they are listed. */
const DNS_ADDRESSES = [
  "$dns(weir=>addr[0])",
  "$dns(weir=>addr[1])",
  "$dns(weir=>addr[2])",
  "$dns(weir=>addr[3])",
] as const;

/** The board as one worker sees it. */
export interface Board {
  /** Takes over what has changed since the last request. */
  refresh(): void;
  isDown(pool: string, node: string): boolean;
  /** Dispatcher's event: `dispatcher:dst-down` or `dispatcher:dst-up`, the destination in `$ru`. */
  dispatcherEvent(event: string): void;
  /** Resolves the policy's host names; blocks, so it belongs into a process that handles no requests. */
  resolveHosts(): void;
}

/** The board of a policy. */
export function board(ksr: Ksr, policy: CompiledPolicy, sources: SourceTable): Board {
  const { sht_get: get, sht_sets: set, sht_lock: lock, sht_unlock: unlock } = ksr.htable;
  let seen: string | null = null;
  let down: readonly string[] = [];
  let hosts: readonly string[] = [];

  function refresh(): void {
    const text = asText(get(TABLE, CELL), CELL);
    if (text === seen || text === null) return;
    seen = text;
    const parts = text.split("|");
    down = list(parts[0]);
    hosts = list(parts[1]);
    for (const host of hosts) {
      const equals = host.indexOf("=");
      sources.resolve(host.substring(0, equals), host.substring(equals + 1).split("+"));
    }
  }

  function change(edit: () => void): void {
    lock(TABLE, CELL);
    try {
      refresh();
      edit();
      const text = `${down.join(",")}|${hosts.join(",")}`;
      if (text !== seen) set(TABLE, CELL, text);
    } finally {
      unlock(TABLE, CELL);
    }
  }

  function nodesAt(uri: string): Node[] {
    const found: Node[] = [];
    for (const pool of policy.poolList) for (const node of pool.nodes) if (node.uri === uri) found.push(node);
    return found;
  }

  return {
    refresh,
    isDown: (pool, node) => down.length > 0 && down.indexOf(`${pool}/${node}`) >= 0,
    dispatcherEvent(event) {
      const uri = asText(ksr.pv.get("$ru"), "destination") ?? "";
      const isDown = event === "dispatcher:dst-down";
      change(() => {
        for (const node of nodesAt(uri)) {
          const name = `${node.pool}/${node.id}`;
          down = down.filter((other) => other !== name);
          if (isDown) down = down.concat(name);
          ksr.notice(`weir: node ${name} is ${isDown ? "down" : "up"}\n`);
        }
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
