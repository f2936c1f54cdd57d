import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Attempt } from "../../src/routing/decision";
import { followUp, MOST_ATTEMPTS, retry } from "../../src/routing/retry";
import { contextFor, fakeRequest, liveCalls, POLICY, policyWith, relayOf, type TestContext } from "./support";

const FAILED = { code: 503, cancelled: false, silent: false };

/** A call that is at its first node. */
function attempted(context: TestContext, parts: Parameters<typeof fakeRequest>[0] = {}): Attempt {
  const { attempt } = relayOf(fakeRequest(parts), context);
  if (attempt === null) throw new Error("no attempt");
  return attempt;
}

const fourNodes = policyWith({
  pools: {
    main: {
      nodes: [1, 2, 3, 4].map((n) => ({
        id: `media-${n}`,
        address: `sip:10.1.0.${n}:5080`,
        capacity: 10,
        features: n < 3 ? ["video"] : [],
      })),
    },
    other: { nodes: [{ id: "other-1", address: "sip:10.1.0.9:5080", capacity: 1 }] },
  },
});

function nodeCalls(context: TestContext): readonly number[] {
  return context.ledger.usage("weir:{main}", [], ["media-1", "media-2", "media-3", "media-4"])?.nodes ?? [];
}

test("a server's own trouble sends the call to another node, and the lease moves with it", () => {
  for (const failure of [FAILED, { ...FAILED, code: 500 }, { code: 408, cancelled: false, silent: true }]) {
    const context = contextFor();
    const attempt = attempted(context);
    assert.equal(attempt.tried, ["media-1"]);
    const next = retry(attempt, failure, context);
    if (next.kind !== "relay") throw new Error(next.kind);
    assert.is(next.node?.id, "media-2");
    assert.equal(next.targets, [{ uri: "", nextHop: "sip:10.1.0.2:5080" }]);
    assert.equal(next.attempt?.tried, ["media-1", "media-2"]);
    assert.is(next.token, null, "the Record-Route has been sent already");
    assert.equal(nodeCalls(context).slice(0, 2), [0, 1]);
    assert.equal(liveCalls(context), [1]);
  }
});

test("what the called side answered is the answer: no retry on 486, 404, 408 after 100, or 6xx", () => {
  for (const code of [302, 401, 404, 408, 480, 486, 487, 600, 603, 606]) {
    const context = contextFor();
    const attempt = attempted(context);
    const outcome = retry(attempt, { code, cancelled: false, silent: false }, context);
    assert.equal(outcome, { kind: "give-up", followUp: { step: "release", token: attempt.token } }, `${code}`);
  }
});

test("a call that its caller has cancelled is not tried again", () => {
  const context = contextFor();
  const attempt = attempted(context);
  assert.is(retry(attempt, { code: 503, cancelled: true, silent: true }, context).kind, "give-up");
});

test("giving up ends the lease", () => {
  const context = contextFor();
  const outcome = retry(attempted(context), { ...FAILED, code: 486 }, context);
  if (outcome.kind !== "give-up") throw new Error(outcome.kind);
  assert.equal(liveCalls(context), [1]);
  assert.is(followUp(outcome.followUp, context), true);
  assert.equal(liveCalls(context), [0]);
});

test(`a call tries ${MOST_ATTEMPTS} nodes at most, never one twice`, () => {
  const context = contextFor(fourNodes);
  let attempt = attempted(context);
  for (;;) {
    const next = retry(attempt, FAILED, context);
    if (next.kind === "give-up") break;
    if (next.attempt === null) throw new Error("no attempt");
    attempt = next.attempt;
    assert.is(
      nodeCalls(context).reduce((sum, calls) => sum + calls, 0),
      1,
    );
  }
  assert.is(attempt.tried.length, MOST_ATTEMPTS);
  assert.is(new Set(attempt.tried).size, MOST_ATTEMPTS);
});

test("the next node is alive, has the features asked for, and has room", () => {
  const route: typeof POLICY.route = () => ({ kind: "pool", pool: "main", features: ["video"] });
  const context = contextFor({ ...fourNodes, route });
  const attempt = attempted(context);
  assert.equal(attempt.tried, ["media-1"]);
  const next = retry(attempt, FAILED, context);
  assert.is(next.kind === "relay" ? next.node?.id : "", "media-2");

  const other = contextFor({ ...fourNodes, route });
  const lost = attempted(other);
  other.dead.add("media-2");
  assert.is(retry(lost, FAILED, other).kind, "give-up");
});

test("when the other nodes are full the call has failed, and holds nothing any more", () => {
  const small = policyWith({
    pools: {
      main: {
        nodes: [
          { id: "media-1", address: "sip:10.1.0.1:5080", capacity: 1 },
          { id: "media-2", address: "sip:10.1.0.2:5080", capacity: 1 },
        ],
      },
      other: { nodes: [{ id: "other-1", address: "sip:10.1.0.9:5080", capacity: 1 }] },
    },
  });
  const context = contextFor(small);
  const first = attempted(context);
  attempted(context);
  assert.is(retry(first, FAILED, context).kind, "give-up");
  assert.equal(liveCalls(context), [1]);
});

test("a call to a user has no other node", () => {
  const token = { home: "s", tenant: "acme", pool: "main", lease: "x" } as const;
  const attempt: Attempt = { token, pool: "", features: [], tried: [] };
  assert.is(retry(attempt, FAILED, contextFor()).kind, "give-up");
});

test("a pool that a newer policy has no more is no reason to fail", () => {
  const token = { home: "s", tenant: "acme", pool: "gone", lease: "x" } as const;
  for (const pool of ["gone", "constructor", "__proto__"]) {
    const outcome = retry({ token, pool, features: [], tried: ["gone-1"] }, FAILED, contextFor());
    assert.is(outcome.kind, "give-up");
  }
});

test("when the store has gone away meanwhile, the call goes on to the next in turn", () => {
  const context = contextFor();
  const attempt = attempted(context);
  context.ledger.down = true;
  const next = retry(attempt, FAILED, context);
  assert.is(next.kind === "relay" ? next.node?.id : "", "media-2");
});

test("a call that was admitted locally moves in the local ledger", () => {
  const context = contextFor(POLICY, { down: true });
  const attempt = attempted(context);
  assert.is(attempt.token.home, "l");
  const asked = context.ledger.asked.length;
  const next = retry(attempt, FAILED, context);
  assert.is(next.kind, "relay");
  assert.is(context.ledger.asked.length, asked, "the shared ledger is not asked again");
  assert.equal(context.localLedger.usage("weir:{main}", ["acme"], ["media-2"])?.nodes, [1]);
});

test("a call that is not counted moves without a ledger", () => {
  const context = contextFor(policyWith({}, { whenStoreIsDown: "admit" }), { down: true });
  const attempt = attempted(context);
  assert.is(attempt.token.home, "n");
  assert.is(retry(attempt, FAILED, context).kind, "relay");
  assert.equal(context.localLedger.asked, []);
});

test("a follow-up says whether the store was reached", () => {
  const context = contextFor();
  const { token } = attempted(context);
  assert.is(followUp({ step: "confirm", token }, context), true);
  assert.is(followUp({ step: "release", token: { ...token, home: "n" } }, context), true);
  context.ledger.down = true;
  assert.is(followUp({ step: "release", token }, context), false);
});

test("an answered call's lease lives as long as a call may, a ringing one's only as long as ringing", () => {
  const context = contextFor();
  const { token } = attempted(context);
  attempted(context);
  followUp({ step: "confirm", token }, context);
  context.ledger.now += 200_000;
  assert.equal(liveCalls(context), [1]);
  context.ledger.now += 14_400_000;
  assert.equal(liveCalls(context), [0]);
});

test.run();
