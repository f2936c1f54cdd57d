/** What tests of routing stand on: requests from values, ledgers over plain memory, and a policy with everything. */
import { lookUp, save } from "../../src/ledger/bindings";
import { admit, confirm, move, release, usage } from "../../src/ledger/calls";
import { plainCells } from "../../src/ledger/plain";
import { compilePolicy } from "../../src/policy/compile";
import type { Policy } from "../../src/policy/types";
import { turns } from "../../src/routing/choose";
import type { Context, LedgerWithUsage } from "../../src/routing/context";
import type { Decision, Relay, Reply } from "../../src/routing/decision";
import { decide } from "../../src/routing/pipeline";
import type { DialogRoute, SipRequest } from "../../src/routing/request";
import { sourceTable } from "../../src/routing/source";

/** Parts of a request that differ from the usual: an INVITE from alice@acme.example, a phone, to bob@acme.example. */
export type RequestParts = Partial<Omit<SipRequest, "header" | "lease" | "dialog">> & {
  /** By name, in any case. */
  headers?: Readonly<Record<string, string>>;
  lease?: string;
  dialog?: DialogRoute;
};

let serial = 0;

/** A request of the values given; each has a lease of its own unless one is named. */
export function fakeRequest(parts: RequestParts = {}): SipRequest {
  const { headers = {}, lease = `lease-${++serial}`, dialog = { routed: false, token: null }, ...values } = parts;
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method: "INVITE",
    sourceAddress: "10.0.0.1",
    sourcePort: 5062,
    transport: "udp",
    fromSelf: false,
    inDialog: false,
    callId: `call-${serial}`,
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
    lease: () => lease,
    dialog: () => dialog,
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

/** An empty ledger. */
export function testLedger(options: { down?: boolean; now?: number } = {}): TestLedger {
  const cells = plainCells(() => ledger.now);
  function step<T>(name: string, run: () => T): T | null {
    ledger.asked.push(name);
    return ledger.down ? null : run();
  }
  const ledger: TestLedger = {
    now: options.now ?? 1_700_000_000_000,
    down: options.down ?? false,
    asked: [],
    admit: (scope, request) => step("admit", () => admit(cells, scope, request)),
    move: (scope, request) => step("move", () => move(cells, scope, request)),
    confirm: (scope, lease, callMs) => step("confirm", () => confirm(cells, scope, lease, callMs)),
    release: (scope, lease) => step("release", () => release(cells, scope, lease)),
    save: (key, request) => step("save", () => save(cells, key, request)),
    lookUp: (key) => step("lookUp", () => lookUp(cells, key)),
    reach: (scope, key, request) =>
      step("reach", () => {
        const bindings = lookUp(cells, key);
        return { admission: bindings.length === 0 ? null : admit(cells, scope, request), bindings };
      }),
    usage: (scope, tenants, nodes) => step("usage", () => usage(cells, scope, tenants, nodes)),
  };
  return ledger;
}

/** A context whose parts a test can look into. */
export interface TestContext extends Context {
  readonly ledger: TestLedger;
  readonly localLedger: TestLedger;
  /** Nodes that Kamailio's probing holds for dead, by id. */
  readonly dead: Set<string>;
}

/** What a proxy with this policy knows. */
export function contextFor(policy: Policy = POLICY, options: { down?: boolean } = {}): TestContext {
  const compiled = compilePolicy(policy);
  const dead = new Set<string>();
  return {
    policy: compiled,
    ledger: testLedger(options),
    localLedger: testLedger(),
    sources: sourceTable(compiled),
    isDown: (_pool, node) => dead.has(node),
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

/** Decides; fails unless the decision is to send the request on. */
export function relayOf(request: SipRequest, context: Context): Relay {
  return asRelay(decide(request, context));
}

export function asReply(decision: Decision | null): Reply {
  if (decision?.kind !== "reply") throw new Error(`not an answer: ${JSON.stringify(decision)}`);
  return decision;
}

export function asRelay(decision: Decision | null): Relay {
  if (decision?.kind !== "relay") throw new Error(`not sent on: ${JSON.stringify(decision)}`);
  return decision;
}

/** `code reason`, as tests compare it. */
export function inShort(decision: Decision): string {
  if (decision.kind === "reply") return `${decision.code} ${decision.reason ?? decision.phrase}`;
  return decision.kind === "drop" ? "drop" : decision.targets.map(({ uri, nextHop }) => nextHop || uri).join(" ");
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
