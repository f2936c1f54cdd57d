import { test } from "uvu";
import * as assert from "uvu/assert";
import { compilePolicy, MOST_ATTEMPTS, type Node } from "../../src/policy/compile";
import type { NodePolicy, Policy, TenantPolicy } from "../../src/policy/types";

function policyWith(change: Partial<Policy> = {}): Policy {
  return {
    pools: { main: { nodes: [{ id: "media-1", address: "sip:192.0.2.11", capacity: 10 }] } },
    tenants: { acme: { domains: ["acme.example"], pool: "main", calls: { max: 5 } } },
    trusted: [],
    ...change,
  };
}

function nodeWith(change: Partial<NodePolicy>): Node {
  const node = { id: "media-1", address: "sip:192.0.2.11", capacity: 10, ...change };
  const compiled = compilePolicy(policyWith({ pools: { main: { nodes: [node] } } })).poolList[0]?.nodes[0];
  if (compiled === undefined) throw new Error("no node");
  return compiled;
}

function tenantWith(change: Partial<TenantPolicy>) {
  const acme = { domains: ["acme.example"], pool: "main", calls: { max: 5 }, ...change };
  const compiled = compilePolicy(policyWith({ tenants: { acme } })).tenants.acme;
  if (compiled === undefined) throw new Error("no tenant");
  return compiled;
}

test("what a policy leaves out gets the defaults that its types document", () => {
  const { registration, times, route } = compilePolicy(policyWith());
  assert.equal(registration, { minExpires: 60, maxExpires: 3600, defaultExpires: 3600, maxContacts: 10 });
  assert.equal(times, {
    ringMs: 120_000,
    callMs: 14_400_000,
    nodeAnswerMs: 2000,
    longestRingMs: 126_000,
    ringLeaseMs: 131_000,
    retryAfterSeconds: 5,
  });
  assert.is(route, null);
});

test("the default expiry is never more than the longest", () => {
  const { registration } = compilePolicy(policyWith({ registration: { maxExpires: 600 } }));
  assert.is(registration.defaultExpires, 600);
});

test("a node's port and transport follow from its URI (RFC 3261 section 19.1.2)", () => {
  const cases: [address: string, port: number, transport: string][] = [
    ["sip:192.0.2.11", 5060, "udp"],
    ["sip:192.0.2.11:5080", 5080, "udp"],
    ["sip:192.0.2.11;transport=TCP", 5060, "tcp"],
    ["sip:192.0.2.11;transport=tls", 5061, "tls"],
    ["sips:192.0.2.11", 5061, "tls"],
    ["sip:[2001:db8::1]:5082", 5082, "udp"],
  ];
  for (const [address, port, transport] of cases) {
    const node = nodeWith({ address });
    assert.equal([node.port, node.transport, node.uri], [port, transport, address]);
  }
});

test("a node's share of the calls is its capacity times its weight", () => {
  assert.is(nodeWith({ capacity: 10 }).share, 10);
  assert.is(nodeWith({ capacity: 10, weight: 0.5 }).share, 5);
});

test("pools are dispatcher sets, numbered from 1 in the policy's order", () => {
  const nodes = [{ id: "n", address: "sip:192.0.2.1", capacity: 1 }];
  const { poolList, pools } = compilePolicy(policyWith({ pools: { main: { nodes }, b: { nodes }, a: { nodes } } }));
  assert.equal(
    poolList.map(({ id, set }) => [id, set]),
    [
      ["main", 1],
      ["b", 2],
      ["a", 3],
    ],
  );
  assert.is(pools.b, poolList[1]);
});

test("a tenant is found by each of its domains, however they are written", () => {
  const { domains, tenants } = compilePolicy(
    policyWith({ tenants: { acme: { domains: ["Acme.Example.", "[2001:DB8::1]"], calls: { max: 1 } } } }),
  );
  assert.ok(tenants.acme);
  assert.is(domains["acme.example"], tenants.acme);
  assert.is(domains["2001:db8:0:0:0:0:0:1"], tenants.acme);
});

test("names of JavaScript's own are found only when the policy has them", () => {
  const compiled = compilePolicy(policyWith());
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    assert.is(compiled.tenants[name], undefined, name);
    assert.is(compiled.pools[name], undefined, name);
    assert.is(compiled.domains[name], undefined, name);
    assert.is(compiled.emergency?.[name], undefined, name);
  }
  const named = compilePolicy(
    policyWith({ tenants: { constructor: { domains: ["constructor"], calls: { max: 3 } } }, emergency: ["toString"] }),
  );
  assert.is(named.domains[named.tenantList[0]?.id ?? ""]?.max, 3);
  assert.is(named.emergency?.toString, true);
});

test("a tenant without a pool has a scope of its own, which no pool can have", () => {
  assert.is(tenantWith({}).scope, "weir:{main}");
  assert.is(tenantWith({ pool: undefined }).scope, "weir:{.acme}");
});

test("users of a tenant without a pool call each other directly", () => {
  assert.is(tenantWith({}).directCalls, false);
  assert.is(tenantWith({ callsBetweenUsers: "direct" }).directCalls, true);
  assert.is(tenantWith({ pool: undefined }).directCalls, true);
});

test("a rate is microseconds between calls, with one second's worth of burst", () => {
  assert.is(tenantWith({}).poolTerms.rate, null);
  assert.equal(tenantWith({ rate: { perSecond: 20, burst: 60 } }).poolTerms.rate, {
    intervalMicros: 50_000,
    burst: 60,
  });
  assert.equal(tenantWith({ rate: { perSecond: 20 } }).poolTerms.rate, { intervalMicros: 50_000, burst: 20 });
  assert.equal(tenantWith({ rate: { perSecond: 0.5 } }).poolTerms.rate, { intervalMicros: 2_000_000, burst: 1 });
});

test("trunks come with their tenant, trusted networks without one", () => {
  const { sources, tenants } = compilePolicy(
    policyWith({
      tenants: { acme: { trunks: ["192.0.2.1"], pool: "main", calls: { max: 1 } } },
      trusted: ["10.0.0.0/8"],
    }),
  );
  assert.equal(sources, [
    { source: "192.0.2.1", trunkOf: tenants.acme },
    { source: "10.0.0.0/8", trunkOf: null },
  ]);
});

test("a ringing call's lease outlives every node that it may try and the ringing", () => {
  const { times } = compilePolicy(policyWith({ calls: { ringSeconds: 60, nodeAnswerSeconds: 1.5 } }));
  assert.ok(times.ringLeaseMs > 60_000 + MOST_ATTEMPTS * 1500);
  assert.ok(times.ringLeaseMs <= 60_000 + MOST_ATTEMPTS * 1500 + 10_000);
});

test("a tenant's terms differ by where its calls go and whether they are emergencies, and in nothing else", () => {
  const tenant = tenantWith({ rate: { perSecond: 1 } });
  const { packed: _, ...terms } = tenant.poolTerms;
  for (const [kind, change] of [
    ["poolEmergencyTerms", { emergency: true }],
    ["phoneTerms", { needsNode: false }],
    ["phoneEmergencyTerms", { emergency: true, needsNode: false }],
  ] as const) {
    const { packed, ...others } = tenant[kind];
    assert.equal(others, { ...terms, ...change });
    assert.is.not(packed, tenant.poolTerms.packed);
  }
});

test("a policy that was not validated says what to run", () => {
  assert.throws(
    () => nodeWith({ address: "192.0.2.1" }),
    (error: Error) => /pools\.main\.nodes\[0\]\.address.*npm run check/.test(error.message),
  );
});

test.run();
