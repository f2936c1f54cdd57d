import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { root } from "../../src/build/paths";
import { loadPolicy } from "../../src/build/policy";
import { castPolicy } from "../../src/demo/cast";
import type { NodePolicy, Policy, TenantPolicy } from "../../src/policy/types";

const test = suite("casting of a policy");

const nodes: NodePolicy[] = [
  { id: "a", address: "sip:192.0.2.1", capacity: 200 },
  { id: "b", address: "sip:192.0.2.2", capacity: 100 },
];

function policyWith(tenants: Record<string, TenantPolicy>, changes: Partial<Policy> = {}): Policy {
  return { pools: { main: { nodes } }, tenants, trusted: ["10.0.0.0/8"], ...changes };
}

const low: TenantPolicy = { domains: ["low.example"], pool: "main", calls: { max: 4 } };
const high: TenantPolicy = { trunks: ["192.0.2.99"], pool: "main", calls: { max: 100 } };

test("the example policy: small floods, acme's trunk stays inside", async () => {
  const cast = castPolicy(await loadPolicy(path.join(root, "src/policy.ts")));
  assert.equal(cast.steady, { tenant: "acme", domain: "acme.example", trunk: true, max: 60, perSecond: 15 });
  assert.equal(cast.flooding, { tenant: "small", domain: "small.example", trunk: false, max: 5, perSecond: 8 });
  assert.equal(
    cast.nodes.map(({ share }) => share),
    [0.5, 0.25, 0.25],
  );
  assert.is(cast.emergency, "112");
  assert.ok(cast.direct);
});

test("the order of the tenants in the file does not matter", () => {
  assert.is(castPolicy(policyWith({ low, high })).flooding.tenant, "low");
  assert.is(castPolicy(policyWith({ high, low })).flooding.tenant, "low");
});

test("a phone needs a domain, so a tenant without one does not flood", () => {
  const cast = castPolicy(
    policyWith({
      low: { ...low, domains: [], trunks: ["192.0.2.98"] },
      high: { ...high, domains: ["h.example"], calls: { max: 20 } },
    }),
  );
  assert.is(cast.flooding.tenant, "high");
  assert.is(cast.steady.tenant, "low");
});

test("the steady tenant keeps below its rate, its limit and the room in the pool", () => {
  const perSecond = (tenant: TenantPolicy, changes?: Partial<Policy>) =>
    castPolicy(policyWith({ low, high: tenant }, changes)).steady.perSecond;
  assert.is(perSecond({ ...high, rate: { perSecond: 10 } }), 8);
  assert.is(perSecond({ ...high, calls: { max: 8 } }), 2);
  assert.is(perSecond(high, { pools: { main: { nodes: [{ id: "a", address: "sip:192.0.2.1", capacity: 25 }] } } }), 5);
});

test("a rate of the flooding tenant is a second reason to refuse it", () => {
  assert.equal(castPolicy(policyWith({ low, high })).reasons, ["tenant-limit"]);
  assert.equal(castPolicy(policyWith({ low: { ...low, rate: { perSecond: 5 } }, high })).reasons, [
    "tenant-limit",
    "rate-limit",
  ]);
});

test("with a preferred zone the others expect no calls; weights count", () => {
  const zoned: NodePolicy[] = [
    { id: "a", address: "sip:192.0.2.1", capacity: 100, zone: "near", weight: 0.5 },
    { id: "b", address: "sip:192.0.2.2", capacity: 150, zone: "near" },
    { id: "c", address: "sip:192.0.2.3", capacity: 100, zone: "far" },
  ];
  const choose = { strategy: "least-loaded", preferZone: "near" } as const;
  const cast = castPolicy(policyWith({ low, high }, { pools: { main: { nodes: zoned, choose } } }));
  assert.equal(
    cast.nodes.map(({ share }) => share),
    [0.25, 0.75, 0],
  );
});

for (const [what, policy, message] of [
  ["one tenant", policyWith({ low }), /has no pool with two tenants/],
  ["a limit too large to exceed", policyWith({ low: { ...low, calls: { max: 61 } }, high }), /allows low 61 calls/],
  [
    "no room for a steady tenant",
    policyWith({ low, high: { ...high, calls: { max: 4 }, rate: { perSecond: 1 } } }),
    /too little room/,
  ],
  [
    "more nodes than the demo stands in for",
    policyWith(
      { low, high },
      {
        pools: {
          main: {
            nodes: Array.from({ length: 9 }, (_, i) => ({ id: `n${i}`, address: `sip:192.0.2.${i}`, capacity: 50 })),
          },
        },
      },
    ),
    /has 9 nodes/,
  ],
] as const) {
  test(`refuses a policy with ${what}`, () => {
    assert.throws(() => castPolicy(policy), message);
  });
}

test.run();
