/** What a case works with: names of its own, requests with usual values, and a memory of what has to be ended. */
import type { ContactUpdate, SaveRequest } from "../../src/ledger/bindings";
import type { AdmitAnswer, AdmitRequest, Candidate, MoveRequest } from "../../src/ledger/calls";
import { bindingsKey, callScope } from "../../src/ledger/keys";
import type { LedgerIn } from "./home";

/** Long enough that nothing ends while a case runs. */
export const LONG_MS = 600_000;

/** A ring time for cases that wait for the end. */
export const SHORT_MS = 1000;

export interface World {
  readonly ledger: LedgerIn;
  /** A call scope that no other case uses; the same name gives the same scope. */
  scope(pool?: string): string;
  /** Key of an address that no other case uses. */
  address(user?: string): string;
  /** A lease name that nobody has used. */
  lease(): string;
  /** Asks for a call: of tenant "acme", without limits and without a node unless `request` says otherwise. */
  admit(request?: Partial<AdmitRequest>, scope?: string): Promise<AdmitAnswer & { lease: string }>;
  move(request: Partial<MoveRequest> & { lease: string }, scope?: string): Promise<AdmitAnswer>;
  save(address: string, request: Partial<SaveRequest>): ReturnType<LedgerIn["save"]>;
  /** Live calls: of the scope, of each tenant, of each node. */
  counts(tenants?: readonly string[], nodes?: readonly string[], scope?: string): Promise<number[]>;
  /** Every scope, tenant and node that was used. */
  scopes(): string[];
  tenants(): string[];
  nodes(): string[];
  /** Ends all calls and bindings of this case. */
  tidy(): Promise<void>;
}

/** @param prefix of all names */
export function world(ledger: LedgerIn, prefix: string): World {
  const scopes = new Set<string>();
  const tenants = new Set<string>();
  const nodes = new Set<string>();
  const addresses = new Set<string>();
  const held = new Map<string, string>();
  let serial = 0;

  function remember(scope: string, request: { lease: string; tenant: string; groups: AdmitRequest["groups"] }): void {
    scopes.add(scope);
    tenants.add(request.tenant);
    for (const group of request.groups) for (const { id } of group) nodes.add(id);
    held.set(`${scope} ${request.lease}`, scope);
  }

  const self: World = {
    ledger,
    scope: (pool = "main") => callScope(`${prefix}-${pool}`),
    address(user = "alice") {
      const key = bindingsKey(`${user}@${prefix}.example`);
      addresses.add(key);
      return key;
    },
    lease: () => `${prefix}-call-${++serial}`,
    async admit(request = {}, scope = self.scope()) {
      const whole = admission({ lease: self.lease(), ...request });
      remember(scope, whole);
      return { ...(await ledger.admit(scope, whole)), lease: whole.lease };
    },
    async move(request, scope = self.scope()) {
      const whole = { tenant: "acme", ringMs: LONG_MS, groups: [], ...request };
      remember(scope, whole);
      return ledger.move(scope, whole);
    },
    save: (address, request) => ledger.save(address, register(request)),
    async counts(asked = ["acme"], ofNodes = [], scope = self.scope()) {
      const usage = await ledger.usage(scope, asked, ofNodes);
      return [usage.total, ...usage.tenants, ...usage.nodes];
    },
    scopes: () => [...scopes],
    tenants: () => [...tenants],
    nodes: () => [...nodes],
    async tidy() {
      for (const scope of scopes) {
        if ((await ledger.usage(scope, [], [])).total === 0) continue;
        for (const [key, of] of held) if (of === scope) await ledger.release(scope, key.slice(scope.length + 1));
      }
      for (const address of addresses) {
        if ((await ledger.lookUp(address)).length === 0) continue;
        await ledger.save(address, register({ callId: `${prefix}-tidy`, removeAll: true }));
      }
    },
  };
  return self;
}

/** A request for capacity with usual values. */
export function admission(request: Partial<AdmitRequest> & { lease: string }): AdmitRequest {
  return {
    tenant: "acme",
    max: 1000,
    rate: null,
    emergency: false,
    ringMs: LONG_MS,
    needsNode: request.groups !== undefined,
    groups: [],
    ...request,
  };
}

/** A REGISTER with usual values: without contacts, a query. */
export function register(request: Partial<SaveRequest>): SaveRequest {
  return { callId: "registration", cseq: 1, maxContacts: 10, removeAll: false, contacts: [], ...request };
}

/** A contact with usual values; its text is also what it is compared by. */
export function contact(text: string, rest: Partial<ContactUpdate> = {}): ContactUpdate {
  return { key: text, contact: text, expiresSeconds: 600, q: 1000, received: "", ...rest };
}

/** A node; its share is its capacity unless said otherwise. */
export function node(id: string, capacity: number, share = capacity): Candidate {
  return { id, capacity, share };
}
