import { test } from "uvu";
import * as assert from "uvu/assert";
import { advise } from "../../src/policy/advise";
import type { Policy } from "../../src/policy/types";
import { formatProblem, validatePolicy } from "../../src/policy/validate";

const node = { id: "media-1", address: "sip:192.0.2.11", capacity: 10 };

/** Remarks on a valid policy that differs from one without any by `change`. */
function remarks(change: Partial<Policy>): string[] {
  const policy: Policy = {
    pools: { main: { nodes: [node] } },
    tenants: { acme: { domains: ["acme.example"], pool: "main", calls: { max: 5 } } },
    emergency: ["112"],
    trusted: ["10.0.0.0/8"],
    ...change,
  };
  assert.equal(validatePolicy(policy).map(formatProblem), [], "only valid policies are remarked upon");
  return advise(policy).map(formatProblem);
}

function tenant(change: object): Partial<Policy> {
  return { tenants: { acme: { domains: ["acme.example"], pool: "main", calls: { max: 5 }, ...change } } };
}

test("a usual policy needs no remark", () => {
  assert.equal(remarks({}), []);
});

test("tenants may promise more together than the pool carries", () => {
  const calls = { max: 8 };
  const tenants = {
    a: { domains: ["a.example"], pool: "main", calls },
    b: { domains: ["b.example"], pool: "main", calls },
  };
  assert.equal(remarks({ tenants }), []);
});

const odd: [Partial<Policy>, RegExp][] = [
  [tenant({ calls: { max: 0 } }), /^tenants\.acme\.calls\.max: lets no call through \(is 0\); raise it/],
  [tenant({ calls: { max: 11 } }), /^tenants\.acme\.calls\.max: is more than its pool can carry \(10\) \(is 11\)/],
  [
    tenant({ domains: undefined, trunks: ["192.0.2.1"], callsBetweenUsers: "direct" }),
    /^tenants\.acme\.callsBetweenUsers: has no effect/,
  ],
  [{ trusted: ["0.0.0.0/0"] }, /^trusted\[0\]: trusts the whole Internet/],
  [{ trusted: ["10.0.0.0/8", "::/0"] }, /^trusted\[1\]: trusts the whole Internet/],
  [{ trusted: [] }, /^trusted: names nobody/],
  [{ emergency: undefined }, /^emergency: names no number/],
  [{ emergency: [] }, /^emergency: names no number/],
  [{ registration: { minExpires: 5 } }, /^registration\.minExpires: lets phones register every few seconds/],
  [{ registration: { minExpires: 30, maxExpires: 30, defaultExpires: 30 } }, /^$/],
  [{ pools: { main: { nodes: [node] }, spare: { nodes: [node] } } }, /^pools\.spare: is the pool of no tenant/],
  [
    { pools: { main: { nodes: [node, { ...node, id: "media-2" }] } } },
    /^pools\.main\.nodes\[1\]\.address: is the address of "media-1" too/,
  ],
];

for (const [change, expected] of odd) {
  test(`${JSON.stringify(change)}: ${expected.source}`, () => {
    assert.match(remarks(change).join("\n"), expected);
  });
}

test("a pool that no tenant names may be one of the route hook's", () => {
  const pools = { main: { nodes: [node] }, spare: { nodes: [node] } };
  assert.equal(remarks({ pools, route: () => ({ kind: "default" }) }), []);
});

test.run();
