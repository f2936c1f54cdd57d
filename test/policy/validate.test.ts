import { test } from "uvu";
import * as assert from "uvu/assert";
import { formatProblem, validatePolicy } from "../../src/policy/validate";
import { pick, randomFrom } from "../sip/random";

/** A policy without mistakes, as plain data, so that tests can spoil it. */
function good(): Record<string, unknown> {
  return {
    pools: {
      main: { nodes: [{ id: "media-1", address: "sip:192.0.2.11", capacity: 10, zone: "a" }] },
    },
    tenants: { acme: { domains: ["acme.example"], pool: "main", calls: { max: 5 } } },
    trusted: ["10.0.0.0/8"],
  };
}

/** The problems of a good policy in which the value at `path` is another; undefined takes it away. */
function problemsWith(path: string, value: unknown): string[] {
  const policy = good();
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  let at: Record<string, unknown> = policy;
  for (const step of steps) {
    const below = (at[step] ?? {}) as Record<string, unknown>;
    at[step] = below;
    at = below;
  }
  if (value === undefined) delete at[last];
  else at[last] = value;
  return validatePolicy(policy).map(formatProblem);
}

test("a good policy has no problems", () => {
  assert.equal(validatePolicy(good()), []);
});

test("everything that a policy may say is allowed", () => {
  const policy = {
    pools: {
      main: {
        nodes: [
          { id: "media-1", address: "sip:192.0.2.11", capacity: 1 },
          {
            id: "m.2_x",
            address: "sips:[2001:db8::1]:5081;transport=tls",
            capacity: 1000000,
            weight: 0.5,
            zone: "b",
            features: ["video"],
          },
          { id: "media-3", address: "sip:media.example;transport=WS", capacity: 10 },
        ],
        choose: { strategy: "least-loaded", preferZone: "b" },
      },
    },
    tenants: {
      acme: {
        domains: ["acme.example", "[2001:db8::5]", "192.0.2.5"],
        trunks: ["192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "sbc.example"],
        pool: "main",
        calls: { max: 0 },
        rate: { perSecond: 0.5, burst: 1 },
        callsBetweenUsers: "pool",
        whenStoreIsDown: "admit",
      },
      // A tenant may be called like a part of JavaScript.
      constructor: { domains: ["other.example"], calls: { max: 1 } },
    },
    registration: { minExpires: 1, maxExpires: 604800, defaultExpires: 3600, maxContacts: 100 },
    calls: { ringSeconds: 5, maxCallSeconds: 86400, nodeAnswerSeconds: 0.2, retryAfterSeconds: 1 },
    emergency: ["112", "+49110", "sos"],
    trusted: [],
    route: () => ({ kind: "default" }),
  };
  assert.equal(validatePolicy(policy).map(formatProblem), []);
});

/** One bad policy per message: where, what stands there, and how the report of it begins. */
const mistakes: [path: string, value: unknown, report: string][] = [
  ["polls", {}, 'polls: is unknown here (is {}); did you mean "pools"?'],
  ["colour", 1, "colour: is unknown here (is 1); remove it; known are pools, tenants, registration"],
  ["pools", [], "pools: is not an object (is []); write `pools: {"],
  ["pools.-a", { nodes: [] }, 'pools.-a: is not a pool name (is "-a"); use letters, digits'],
  ["pools.main", 5, "pools.main: is not an object (is 5); write `{ nodes"],
  ["pools.main.node", [], 'pools.main.node: is unknown here (is []); did you mean "nodes"?'],
  ["pools.main.nodes", [], "pools.main.nodes: has no nodes (is []); list at least one"],
  ["pools.main.nodes", "media-1", 'pools.main.nodes: has no nodes (is "media-1")'],
  ["pools.main.nodes.0", null, "pools.main.nodes[0]: is not an object (is null)"],
  ["pools.main.nodes.0.adress", "x", 'pools.main.nodes[0].adress: is unknown here (is "x"); did you mean "address"?'],
  ["pools.main.nodes.0.id", "a b", 'pools.main.nodes[0].id: is not a node name (is "a b")'],
  ["pools.main.nodes.0.id", undefined, "pools.main.nodes[0].id: is not a node name; use letters"],
  [
    "pools.main.nodes.1",
    { id: "media-1", address: "sip:192.0.2.12", capacity: 1 },
    'pools.main.nodes[1].id: is used twice in this pool (is "media-1"); give each node its own id',
  ],
  ["pools.main.nodes.0.address", 5060, "pools.main.nodes[0].address: is not a text (is 5060)"],
  ["pools.main.nodes.0.address", "192.0.2.1", 'pools.main.nodes[0].address: is not a SIP URI (is "192.0.2.1")'],
  ["pools.main.nodes.0.address", "sip:192.0.2.300", "pools.main.nodes[0].address: is not a SIP URI"],
  ["pools.main.nodes.0.address", "sip:[1::2::3]", "pools.main.nodes[0].address: is not a SIP URI"],
  ["pools.main.nodes.0.address", "sip:bob@192.0.2.1", "pools.main.nodes[0].address: names more than a server"],
  ["pools.main.nodes.0.address", "sip:h;lr", 'pools.main.nodes[0].address: has the parameter "lr"'],
  ["pools.main.nodes.0.address", "sip:h;transport=up", 'pools.main.nodes[0].address: has the unknown transport "up"'],
  [
    "pools.main.nodes.0.capacity",
    0,
    "pools.main.nodes[0].capacity: is not a whole number between 1 and 1000000 (is 0)",
  ],
  ["pools.main.nodes.0.capacity", undefined, "pools.main.nodes[0].capacity: is missing; use 1 to 1000000"],
  ["pools.main.nodes.0.weight", 0, "pools.main.nodes[0].weight: is not a number between 0.01 and 100 (is 0)"],
  ["pools.main.nodes.0.zone", 1, "pools.main.nodes[0].zone: is not a zone name (is 1)"],
  [
    "pools.main.nodes.0.features",
    "video",
    'pools.main.nodes[0].features: is not a list (is "video"); write ["feature"]',
  ],
  ["pools.main.nodes.0.features", ["a,b"], 'pools.main.nodes[0].features[0]: is not a feature name (is "a,b")'],
  ["pools.main.choose", "least-loaded", 'pools.main.choose: is no strategy (is "least-loaded"); write leastLoaded()'],
  [
    "pools.main.choose",
    { strategy: "least-loaded", preferZone: "b" },
    'pools.main.choose.preferZone: is the zone of no node in this pool (is "b"); use one of a',
  ],
  ["tenants", {}, "tenants: has no tenants (is {}); write tenants: {"],
  ["tenants", undefined, "tenants: has no tenants; write tenants: {"],
  ["tenants.a/b", { domains: ["b.example"], calls: { max: 1 } }, 'tenants.a/b: is not a tenant name (is "a/b")'],
  ["tenants.acme", true, "tenants.acme: is not an object (is true)"],
  ["tenants.acme.domain", "x", 'tenants.acme.domain: is unknown here (is "x"); did you mean "domains"?'],
  ["tenants.acme.domains", "acme.example", 'tenants.acme.domains: is not a list (is "acme.example")'],
  ["tenants.acme.domains", ["acme.example:5060"], 'tenants.acme.domains[0]: is not a domain (is "acme.example:5060")'],
  ["tenants.acme.domains", ["10.0.0.256"], 'tenants.acme.domains[0]: is not a domain (is "10.0.0.256")'],
  ["tenants.acme.domains", [7], "tenants.acme.domains[0]: is not a domain (is 7)"],
  [
    "tenants.small",
    { domains: ["ACME.example."], calls: { max: 1 } },
    'tenants.small.domains[0]: belongs to tenant "acme" already (is "ACME.example."); let exactly one',
  ],
  ["tenants.acme.trunks", "192.0.2.1", 'tenants.acme.trunks: is not a list (is "192.0.2.1"); write ["192.0.2.0/24"]'],
  [
    "tenants.acme.trunks",
    ["10.0.0.1/8"],
    'tenants.acme.trunks[0]: is not an address, network or host name (is "10.0.0.1/8"); write',
  ],
  ["tenants.acme.trunks", ["1.2.3.4.5"], "tenants.acme.trunks[0]: is not an address, network or host name"],
  ["tenants.acme.trunks", ["sbc.example:5060"], "tenants.acme.trunks[0]: is not an address, network or host name"],
  ["tenants.acme.trunks", ["2001:db8::g"], "tenants.acme.trunks[0]: is not an address, network or host name"],
  [
    "tenants.acme.trunks",
    ["2001:db8::1", "2001:DB8:0::1/128"],
    'tenants.acme.trunks[1]: belongs to tenant "acme" already (is "2001:DB8:0::1/128")',
  ],
  ["tenants.acme.domains", undefined, "tenants.acme: has neither domains nor trunks; add one"],
  ["tenants.acme.pool", "mian", 'tenants.acme.pool: is not a pool of this policy (is "mian"); use one of main, or add'],
  ["pools", undefined, 'tenants.acme.pool: is not a pool of this policy (is "main"); add it under `pools`'],
  [
    "tenants.acme",
    { trunks: ["192.0.2.1"], calls: { max: 1 } },
    "tenants.acme.pool: is missing, but the tenant has trunks; name the pool",
  ],
  ["tenants.acme.calls", undefined, "tenants.acme.calls: is missing; write calls: { max: 100 }"],
  ["tenants.acme.calls.maximum", 1, "tenants.acme.calls.maximum: is unknown here (is 1); "],
  ["tenants.acme.calls.max", -1, "tenants.acme.calls.max: is not a whole number between 0 and 1000000 (is -1)"],
  ["tenants.acme.calls.max", "5", 'tenants.acme.calls.max: is not a whole number between 0 and 1000000 (is "5")'],
  ["tenants.acme.calls.max", 1.5, "tenants.acme.calls.max: is not a whole number"],
  ["tenants.acme.rate", 20, "tenants.acme.rate: is not an object (is 20); write rate: { perSecond: 20, burst: 60 }"],
  ["tenants.acme.rate", {}, "tenants.acme.rate.perSecond: is missing; use 0.001 to 10000"],
  ["tenants.acme.rate.perSecond", 0, "tenants.acme.rate.perSecond: is not a number between 0.001 and 10000 (is 0)"],
  ["tenants.acme.rate", { perSecond: 1, burst: 0 }, "tenants.acme.rate.burst: is not a whole number between 1 and"],
  [
    "tenants.acme.rate",
    { perSecond: 1, bust: 1 },
    'tenants.acme.rate.bust: is unknown here (is 1); did you mean "burst"?',
  ],
  [
    "tenants.acme.callsBetweenUsers",
    "phone",
    'tenants.acme.callsBetweenUsers: is unknown (is "phone"); use "pool" or "direct"',
  ],
  [
    "tenants.acme",
    { domains: ["acme.example"], calls: { max: 1 }, callsBetweenUsers: "pool" },
    'tenants.acme.callsBetweenUsers: needs a pool (is "pool"); name a pool, or use "direct"',
  ],
  [
    "tenants.acme.whenStoreIsDown",
    "deny",
    'tenants.acme.whenStoreIsDown: is unknown (is "deny"); use "local" or "admit" or "reject"',
  ],
  ["registration", 60, "registration: is not an object (is 60)"],
  ["registration.minExpire", 60, 'registration.minExpire: is unknown here (is 60); did you mean "minExpires"?'],
  [
    "registration.minExpires",
    3601,
    "registration.minExpires: is not a whole number between 1 and 3600 (is 3601); use 1 to 3600 (RFC 3261",
  ],
  ["registration.maxExpires", 0, "registration.maxExpires: is not a whole number between 1 and 604800 (is 0)"],
  ["registration.defaultExpires", "1h", "registration.defaultExpires: is not a whole number between 1 and 604800"],
  ["registration.maxContacts", 101, "registration.maxContacts: is not a whole number between 1 and 100 (is 101)"],
  ["registration.maxExpires", 30, "registration.minExpires: is more than maxExpires (30) (is 60); make it smaller"],
  ["registration.defaultExpires", 7200, "registration.defaultExpires: is not between 60 and 3600 (is 7200); put it"],
  ["calls", [], "calls: is not an object (is []); write calls: { ringSeconds: 120 }"],
  ["calls.ring", 1, "calls.ring: is unknown here (is 1); "],
  ["calls.ringSeconds", 4, "calls.ringSeconds: is not a whole number between 5 and 600 (is 4)"],
  ["calls.maxCallSeconds", 9, "calls.maxCallSeconds: is not a whole number between 10 and 86400 (is 9)"],
  ["calls.nodeAnswerSeconds", 0.1, "calls.nodeAnswerSeconds: is not a number between 0.2 and 30 (is 0.1)"],
  ["calls.retryAfterSeconds", 0, "calls.retryAfterSeconds: is not a whole number between 1 and 3600 (is 0)"],
  ["emergency", "112", 'emergency: is not a list (is "112"); write emergency: ["112", "911"]'],
  ["emergency", [112], 'emergency[0]: is not a number that can be called (is 112); write it as text: "112"'],
  ["trusted", undefined, 'trusted: is missing; write ["192.0.2.0/24"], or [] for nobody'],
  ["trusted", "10.0.0.0/8", 'trusted: is not a list (is "10.0.0.0/8")'],
  ["trusted", ["10.0.0.0/33"], "trusted[0]: is not an address, network or host name"],
  ["route", "main", 'route: is not a function (is "main"); write `route: (call) => byDefault()`'],
];

for (const [path, value, report] of mistakes) {
  test(`${path} = ${JSON.stringify(value)}`, () => {
    const problems = problemsWith(path, value);
    assert.ok(
      problems.some((problem) => problem.startsWith(report)),
      `expected: ${report}\nreported: ${problems.join("\n") || "nothing"}`,
    );
  });
}

test("what is no object at all is said once", () => {
  for (const policy of [null, undefined, 5, "policy", [], () => 1]) assert.is(validatePolicy(policy).length, 1);
});

test("all mistakes are reported at once, in the order of the file", () => {
  const policy = good();
  Object.assign(policy, { emergency: [1, 2], trusted: ["x y"], tenants: { acme: { calls: {} } } });
  assert.equal(
    validatePolicy(policy).map(({ path }) => path),
    ["tenants.acme", "tenants.acme.calls.max", "emergency[0]", "emergency[1]", "trusted[0]"],
  );
});

test("a long value is cut, a function is called one, and a circle shows its kind", () => {
  const long = formatProblem({ path: "a", value: "x".repeat(200), message: "m", remedy: "r" });
  assert.ok(long.length < 100, long);
  assert.is(formatProblem({ path: "a", value: () => 1, message: "m", remedy: "r" }), "a: m (is a function); r");
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  assert.is(formatProblem({ path: "a", value: circle, message: "m", remedy: "r" }), "a: m (is [object Object]); r");
});

test("whatever stands in a policy, validation reports it and throws nothing", () => {
  const random = randomFrom(8);
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const odd: unknown[] = [
    null,
    0,
    -1,
    Number.NaN,
    1e99,
    "",
    "\0",
    "__proto__",
    "x".repeat(500),
    [],
    [null],
    {},
    circle,
  ];
  odd.push(Symbol("s"), () => 1, true, new Date(0), Object.create(null), [[]], { length: 3 });
  const paths = mistakes.map(([path]) => path);
  for (let i = 0; i < 3000; i++) {
    const path = pick(random, paths);
    const value = pick(random, odd);
    for (const problem of problemsWith(path, value)) assert.match(problem, /^[^:]+: \S.*; \S/s);
  }
});

test.run();
