import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Evidence, judge, shareTolerance } from "../../src/demo/judge";
import { goodEvidence } from "./evidence";

const test = suite("judge of the demo");

type Change = (evidence: Evidence) => Partial<Evidence>;

/** Promises that are not kept when the good evidence is changed. */
function broken(change: Change): string[] {
  const good = goodEvidence();
  return judge({ ...good, ...change(good) })
    .filter(({ kept }) => !kept)
    .map(({ promise }) => promise);
}

test("keeps every promise on good evidence", () => {
  assert.equal(
    broken(() => ({})),
    [],
  );
  assert.is(judge(goodEvidence()).length, 8);
});

const flooding =
  (change: Partial<Evidence["flooding"]>): Change =>
  (good) => ({ flooding: { ...good.flooding, ...change } });
const steady =
  (change: Partial<Evidence["steady"]>): Change =>
  (good) => ({ steady: { ...good.steady, ...change } });
const phone =
  (change: Partial<Evidence["phone"]>): Change =>
  (good) => ({ phone: { ...good.phone, ...change } });
const nodes =
  (...calls: number[]): Change =>
  (good) => ({ nodes: good.nodes.map((node, i) => ({ ...node, calls: calls[i] ?? 0 })) });

const cases: [string, RegExp, Change][] = [
  ["an unanswered call of the steady tenant", /acme stays inside/, steady({ answered: 399 })],
  ["a refusal of the steady tenant", /acme stays inside/, steady({ refused: { "pool-full": 1 } })],
  ["a steady tenant that made no call", /acme stays inside/, steady({ offered: 0, answered: 0 })],
  ["a sixth call seen by the callers", /never more than 5/, flooding({ mostAtOnce: 6 })],
  ["a sixth lease", /never more than 5/, flooding({ mostLeases: 6 })],
  ["a refusal without Retry-After", /over the limit gets 503/, flooding({ withoutRetryAfter: 1 })],
  ["another reason", /over the limit gets 503/, flooding({ refused: { "tenant-limit": 139, "no-node": 1 } })],
  ["a refusal without reason", /over the limit gets 503/, flooding({ refused: { "tenant-limit": 139, "": 1 } })],
  ["a call that nobody answered or refused", /over the limit gets 503/, flooding({ offered: 201 })],
  ["a flood without a refusal", /over the limit gets 503/, flooding({ offered: 60, refused: {} })],
  ["a node with too many calls", /within 5 %/, nodes(250, 105, 105)],
  ["a node with too few calls", /within 5 %/, nodes(235, 120, 105)],
  ["nodes without calls", /within 5 %/, nodes(0, 0, 0)],
  ["a refused emergency call", /emergency call/, () => ({ emergency: { number: "112", status: 503, used: 5 } })],
  [
    "an emergency call while there was room",
    /emergency call/,
    () => ({ emergency: { number: "112", status: 200, used: 4 } }),
  ],
  ["an emergency call never made", /emergency call/, () => ({ emergency: { number: "112", status: 0, used: 0 } })],
  ["a refused REGISTER", /a phone registers/, phone({ status: 503 })],
  ["a phone that was not reached", /a phone registers/, phone({ called: 480 })],
  ["a binding gone too early", /binding of 10 s/, phone({ goneAfterSeconds: 8.9 })],
  ["a binding gone too late", /binding of 10 s/, phone({ goneAfterSeconds: 11.1 })],
  ["a binding that stays", /binding of 10 s/, phone({ goneAfterSeconds: null })],
  ["a lease that stays", /no lease is left/, () => ({ leases: { left: 1, seconds: 5 } })],
  ["a router that does not answer at the end", /no lease is left/, () => ({ leases: { left: null, seconds: 5 } })],
];

for (const [what, promise, change] of cases) {
  test(`fails one promise: ${what}`, () => {
    const failed = broken(change);
    assert.is(failed.length, 1, failed.join(" | "));
    assert.match(failed[0] ?? "", promise);
  });
}

test("has no word on emergency calls when the policy names no number", () => {
  const verdicts = judge({ ...goodEvidence(), emergency: null });
  assert.not.ok(verdicts.some(({ promise }) => promise.includes("emergency")));
});

test("does not ask for a direct call where calls between users go through the pool", () => {
  assert.equal(broken(phone({ called: null })), []);
});

test("with few calls three more or less count as even, and that is said", () => {
  assert.is(shareTolerance(0.25, 40), 3);
  assert.is(shareTolerance(0.25, 400), 5);
  assert.equal(broken(nodes(23, 10, 7)), []);
  assert.is(broken(nodes(24, 10, 6)).length, 1);
  const few = judge({ ...goodEvidence(), ...nodes(20, 10, 10)(goodEvidence()) });
  assert.ok(few.some(({ measured }) => measured.includes("with so few calls")));
  assert.not.ok(judge(goodEvidence()).some(({ measured }) => measured.includes("with so few calls")));
});

test("a node outside the preferred zone is expected to have no calls", () => {
  const zoned = (calls: number): Partial<Evidence> => ({
    nodes: [
      { node: "near", share: 1, calls: 400 },
      { node: "far", share: 0, calls },
    ],
  });
  assert.equal(
    broken(() => zoned(0)),
    [],
  );
  assert.is(broken(() => zoned(30)).length, 1);
});

test.run();
