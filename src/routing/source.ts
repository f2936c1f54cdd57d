/** Who sent a request, by its source address. */

import { contains, ipKey, type Network, parseIp, parseNetwork } from "../net/cidr";
import type { CompiledPolicy, Node, Tenant } from "../policy/compile";
import { type Table, table } from "../policy/table";

/** What a source address says about the sender. */
export type Source =
  | { readonly kind: "node"; readonly node: Node }
  | { readonly kind: "trunk"; readonly tenant: Tenant }
  | { readonly kind: "device" }
  /** This proxy itself: the request has come round. */
  | { readonly kind: "self" }
  | { readonly kind: "stranger" };

/** The sender's side of a request. */
export interface Sender {
  /** As the socket reports it. */
  readonly sourceAddress: string;
  readonly sourcePort: number;
  /** Lower case: udp, tcp, tls, ws, wss, sctp. */
  readonly transport: string;
  /** The address is one of this proxy's own. */
  readonly fromOwnAddress: boolean;
  /** The port is the one that the request came to. */
  readonly fromListeningPort: boolean;
}

/** Answers who an address is. */
export interface SourceTable {
  find(sender: Sender): Source;
  /** Whether a node, a trunk or a trusted network has this address; enough for requests within a dialog. */
  knows(address: string): boolean;
  /** Whether the address alone says who sends: no node has it. */
  isPlain(address: string): boolean;
  /** Host names in the policy that need addresses; the table works without them meanwhile. */
  readonly hostNames: readonly string[];
  /** Takes what a host name resolves to; replaces what was known of it. */
  resolve(hostName: string, addresses: readonly string[]): void;
}

const STRANGER: Source = { kind: "stranger" };
const DEVICE: Source = { kind: "device" };
const SELF: Source = { kind: "self" };
/** Remembered answers; beyond that the memory starts anew, so that a scan of addresses cannot fill it. */
const MEMORY = 4096;

interface Rule {
  readonly network: Network;
  readonly source: Source;
}

/** Builds the table of a policy. */
export function sourceTable(policy: CompiledPolicy): SourceTable {
  const hostNames: string[] = [];
  const resolved: Record<string, readonly string[]> = Object.create(null);
  let rules: Rule[] = [];
  /** Nodes by address. */
  let nodes: Table<Node[]> = table();
  let known: Table<Known> = table();
  let knownCount = 0;

  interface Known {
    readonly byRule: Source;
    readonly nodes: readonly Node[];
    /** The address is this proxy's own; null until somebody has looked. */
    own: boolean | null;
  }

  function networksOf(source: string): Network[] {
    const network = parseNetwork(source);
    if (network !== null) return [network];
    const networks: Network[] = [];
    for (const address of resolved[source] ?? []) {
      const one = parseNetwork(address);
      if (one !== null) networks.push(one);
    }
    return networks;
  }

  function build(): void {
    rules = [];
    nodes = table();
    known = table();
    knownCount = 0;
    for (const rule of policy.sources) {
      const source: Source = rule.trunkOf === null ? DEVICE : { kind: "trunk", tenant: rule.trunkOf };
      for (const network of networksOf(rule.source)) rules.push({ network, source });
    }
    // The narrowest network that fits decides, a trunk before a trusted network of the same size.
    rules.sort((a, b) => b.network.bits - a.network.bits || rank(a.source) - rank(b.source));
    for (const pool of policy.poolList) {
      for (const node of pool.nodes) {
        for (const network of nodeNetworks(node)) {
          const key = ipKey(network.groups);
          const there = nodes[key];
          if (there === undefined) nodes[key] = [node];
          else there.push(node);
        }
      }
    }
  }

  function nodeNetworks(node: Node): Network[] {
    // A canonical address is written in hexadecimal groups (net/host), which parseNetwork does not read.
    if (/^[0-9a-f]+(:[0-9a-f]+)+$/.test(node.host)) {
      const groups = node.host.split(":").map((group) => parseInt(group, 16));
      return [{ groups, bits: groups.length * 16 }];
    }
    return networksOf(node.host);
  }

  function learn(address: string): Known {
    const ip = parseIp(address);
    let byRule: Source = STRANGER;
    if (ip !== null) {
      for (const rule of rules) {
        if (contains(rule.network, ip)) {
          byRule = rule.source;
          break;
        }
      }
    }
    const fresh: Known = { byRule, nodes: ip === null ? [] : (nodes[ipKey(ip)] ?? []), own: null };
    if (knownCount >= MEMORY) {
      known = table();
      knownCount = 0;
    }
    known[address] = fresh;
    knownCount++;
    return fresh;
  }

  for (const rule of policy.sources) if (parseNetwork(rule.source) === null) addName(hostNames, rule.source);
  for (const pool of policy.poolList) {
    for (const node of pool.nodes) if (isName(node.host)) addName(hostNames, node.host);
  }
  build();

  return {
    hostNames,
    find(sender) {
      const address = sender.sourceAddress;
      const found = known[address] ?? learn(address);
      if (found.own === null) found.own = sender.fromOwnAddress;
      // The address alone says nothing where phones and nodes share the machine. What Kamailio sends over UDP leaves
      // from the port it listens on; a loop over TCP ends by Max-Forwards.
      if (found.own && sender.fromListeningPort) return SELF;
      for (const node of found.nodes) {
        // A server sends UDP from the port it listens on; its TCP connections come from any port.
        const same = sender.transport === "udp" ? node.port === sender.sourcePort : node.transport === sender.transport;
        if (same) return { kind: "node", node };
      }
      return found.byRule;
    },
    knows(address) {
      const found = known[address] ?? learn(address);
      return found.byRule !== STRANGER || found.nodes.length > 0;
    },
    isPlain: (address) => (known[address] ?? learn(address)).nodes.length === 0,
    resolve(hostName, addresses) {
      const before = resolved[hostName] ?? [];
      if (before.join() === addresses.join()) return;
      resolved[hostName] = addresses;
      // So that no worker waits for a name server when it sends a call.
      for (const pool of policy.poolList) {
        for (const node of pool.nodes) if (node.host === hostName) node.uri = uriAt(node, addresses[0] ?? node.host);
      }
      build();
    },
  };
}

function uriAt(node: Node, address: string): string {
  const host = address.indexOf(":") < 0 ? address : `[${address}]`;
  return `sip:${host}:${node.port};transport=${node.transport}`;
}

function rank(source: Source): number {
  return source.kind === "trunk" ? 0 : 1;
}

function isName(host: string): boolean {
  return host.indexOf(":") < 0;
}

function addName(names: string[], name: string): void {
  if (names.indexOf(name) < 0) names.push(name);
}
