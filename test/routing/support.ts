/** What tests of routing stand on: requests from values, ledgers over plain memory, and a policy with everything. */
import { lookUp, save } from "../../src/ledger/bindings";
import { admit, confirm, move, release, usage } from "../../src/ledger/calls";
import { plainCells } from "../../src/ledger/plain";
import { compilePolicy } from "../../src/policy/compile";
import type { Policy } from "../../src/policy/types";
import { turns } from "../../src/routing/choose";
import type { Context, LedgerWithUsage } from "../../src/routing/context";
import type { Along, Decision, Reply, ToNode, ToPhones } from "../../src/routing/decision";
import { LEASE_DIGITS, leaseReader } from "../../src/routing/lease";
import { decide } from "../../src/routing/pipeline";
import type { SipRequest } from "../../src/routing/request";
import { ledgerOf } from "../../src/routing/retry";
import { sourceTable } from "../../src/routing/source";

/** Parts of a request that differ from the usual: an INVITE from alice@acme.example, a phone, to bob@acme.example. */
export type RequestParts = Partial<Omit<SipRequest, "header" | "lease" | "routed" | "dialogLease" | "isSigned">> & {
  /** By name, in any case. */
  headers?: Readonly<Record<string, string>>;
  /** What makes the name of this INVITE's lease, behind its head; the same for a repeated INVITE. */
  call?: number;
  /** Our Route was on top. */
  routed?: boolean;
  dialogLease?: string | null;
  /** Whether the dialog's lease is signed as it must be. */
  signed?: boolean;
};

let serial = 0;

/** A request of the values given; each INVITE is a call of its own unless one is named. */
export function fakeRequest(parts: RequestParts = {}): SipRequest {
  const { headers = {}, call = ++serial, routed = false, dialogLease = null, signed = true, ...values } = parts;
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method: "INVITE",
    sourceAddress: "10.0.0.1",
    sourcePort: 5062,
    transport: "udp",
    fromOwnAddress: false,
    fromListeningPort: false,
    inDialog: false,
    callId: `call-${call}`,
    cseq: 1,
    requestUser: "bob",
    requestHost: "acme.example",
    requestIsSelf: false,
    fromUser: "alice",
    fromHost: "acme.example",
    toUser: values.requestUser ?? "bob",
    toHost: values.requestHost ?? "acme.example",
    ...values,
    header: (name) => byName.get(name.toLowerCase()) ?? null,
    lease: (head) => head + call.toString(16).padStart(LEASE_DIGITS, "0"),
    routed: () => routed,
    dialogLease: () => dialogLease,
    isSigned: () => signed,
  };
}

/** A REGISTER of alice@acme.example from her phone. */
export function fakeRegister(contact: string | null, parts: RequestParts = {}): SipRequest {
  return fakeRequest({
    method: "REGISTER",
    requestUser: "",
    toUser: "alice",
    toHost: "acme.example",
    callId: "registration",
    cseq: ++serial,
    ...parts,
    headers: { ...(contact === null ? {} : { Contact: contact }), ...parts.headers },
  });
}

/** One pool of two nodes, four tenants of different kinds, a trunk. */
export const POLICY: Policy = {
  pools: {
    main: {
      nodes: [
        { id: "media-1", address: "sip:10.1.0.1:5080", capacity: 10, features: ["video"] },
        { id: "media-2", address: "sip:10.1.0.2:5080", capacity: 10 },
      ],
    },
    other: { nodes: [{ id: "other-1", address: "sip:10.1.0.9:5080", capacity: 1 }] },
  },
  tenants: {
    acme: { domains: ["acme.example"], trunks: ["192.0.2.1"], pool: "main", calls: { max: 5 } },
    direct: { domains: ["direct.example"], pool: "main", calls: { max: 2 }, callsBetweenUsers: "direct" },
    poolless: { domains: ["poolless.example"], calls: { max: 2 } },
    trunkonly: { trunks: ["192.0.2.2"], pool: "main", calls: { max: 2 }, rate: { perSecond: 1, burst: 1 } },
  },
  emergency: ["112"],
  trusted: ["10.0.0.0/16"],
};

/** A ledger over plain memory whose clock stands still until it is set, and which can be put out of reach. */
export interface TestLedger extends LedgerWithUsage {
  /** Milliseconds since 1970. */
  now: number;
  down: boolean;
  /** Names of the steps that were asked for, in order. */
  readonly asked: string[];
}

/** An empty ledger; calls that are confirmed may last for `callMs`. */
export function testLedger(options: { down?: boolean; now?: number; callMs?: number } = {}): TestLedger {
  const cells = plainCells(() => ledger.now);
  function step<T>(name: string, run: () => T): T | null {
    ledger.asked.push(name);
    return ledger.down ? null : run();
  }
  const ledger: TestLedger = {
    now: options.now ?? 1_700_000_000_000,
    down: options.down ?? false,
    asked: [],
    admit: (scope, lease, terms, { groups }) => step("admit", () => admit(cells, scope, lease, terms, groups)),
    move: (scope, request) => step("move", () => move(cells, scope, request)),
    confirm: (scope, lease) => step("confirm", () => confirm(cells, scope, lease, options.callMs ?? 14_400_000)),
    release: (scope, lease) => step("release", () => release(cells, scope, lease)),
    save: (key, request) => step("save", () => save(cells, key, request)),
    lookUp: (key) => step("lookUp", () => lookUp(cells, key)),
    reach: (scope, key, lease, terms) =>
      step("reach", () => {
        const bindings = lookUp(cells, key);
        return { admission: bindings.length === 0 ? null : admit(cells, scope, lease, terms, []), bindings };
      }),
    usage: (scope, tenants, nodes) => step("usage", () => usage(cells, scope, tenants, nodes)),
  };
  return ledger;
}

/** A context whose parts a test can look into. */
export interface TestContext extends Context {
  readonly ledger: TestLedger;
  readonly localLedger: TestLedger;
  /** Nodes that Kamailio's probing holds for dead: `pool/node`. */
  readonly dead: Set<string>;
}

/** What a proxy with this policy knows. */
export function contextFor(policy: Policy = POLICY, options: { down?: boolean } = {}): TestContext {
  const compiled = compilePolicy(policy);
  const dead = new Set<string>();
  return {
    policy: compiled,
    ledger: testLedger({ ...options, callMs: compiled.times.callMs }),
    localLedger: testLedger({ callMs: compiled.times.callMs }),
    sources: sourceTable(compiled),
    get down() {
      return [...dead].join(",");
    },
    headOf: leaseReader(),
    turns: turns(),
    dead,
  };
}

/** `POLICY` with another acme, or with other parts. */
export function policyWith(change: Partial<Policy>, acme: object = {}): Policy {
  return {
    ...POLICY,
    tenants: { ...POLICY.tenants, acme: { ...POLICY.tenants.acme, calls: { max: 5 }, ...acme } },
    ...change,
  };
}

/** Decides; fails unless the decision is an answer. */
export function answerTo(request: SipRequest, context: Context): Reply {
  return asReply(decide(request, context));
}

/** Decides; fails unless the call goes to a node. */
export function toNode(request: SipRequest, context: Context): ToNode {
  return asToNode(decide(request, context));
}

/** Decides; fails unless the request goes to phones. */
export function toPhones(request: SipRequest, context: Context): ToPhones {
  return asToPhones(decide(request, context));
}

export function asReply(decision: Decision | null): Reply {
  if (decision?.kind !== "reply") throw unexpected(decision);
  return decision;
}

export function asToNode(decision: Decision | null): ToNode {
  if (decision?.kind !== "to-node") throw unexpected(decision);
  return decision;
}

export function asToPhones(decision: Decision | null): ToPhones {
  if (decision?.kind !== "to-phones") throw unexpected(decision);
  return decision;
}

export function asAlong(decision: Decision | null): Along {
  if (decision?.kind !== "along") throw unexpected(decision);
  return decision;
}

function unexpected(decision: Decision | null): Error {
  return new Error(`unexpected: ${decision === null ? "no decision" : inShort(decision)}`);
}

/** Takes the ledger's step that follows the sending of a request within a dialog. */
export function carryOut(decision: Decision, context: Context): void {
  if (decision.kind !== "along" || decision.head === null) return;
  const ledger = ledgerOf(decision.head, context);
  if (decision.step === "release") ledger?.release(decision.head.scope, decision.lease);
  if (decision.step === "confirm") ledger?.confirm(decision.head.scope, decision.lease);
}

/** `code reason`, or where the request goes. */
export function inShort(decision: Decision): string {
  if (decision.kind === "reply") return `${decision.code} ${decision.reason ?? decision.phrase}`;
  if (decision.kind === "to-node") return decision.node.id;
  if (decision.kind === "to-phones") return decision.targets.map(({ uri }) => uri).join(" ");
  return decision.kind;
}

/** A header field of an answer, null when it has none. */
export function headerOf(reply: Reply, name: string): string | null {
  for (const line of reply.headers.split("\r\n")) {
    if (line.toLowerCase().startsWith(`${name.toLowerCase()}: `)) return line.substring(name.length + 2);
  }
  return null;
}

/** Live calls of a scope's tenants. */
export function liveCalls(
  context: TestContext,
  pool = "main",
  tenants: readonly string[] = ["acme"],
): readonly number[] {
  const usage = context.ledger.usage(`weir:{${pool}}`, tenants, []);
  if (usage === null) throw new Error("the ledger is down");
  return usage.tenants;
}

/** Registers `user@host` with one contact and fails unless that works. */
export function registered(context: TestContext, user: string, host: string, contact: string): void {
  const request = fakeRegister(`<${contact}>`, { toUser: user, toHost: host, requestHost: host, fromHost: host });
  const { code } = answerTo(request, context);
  if (code !== 200) throw new Error(`REGISTER of ${user}@${host}: ${code}`);
}
