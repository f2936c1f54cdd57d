import { test } from "uvu";
import * as assert from "uvu/assert";
import { MOST_ATTEMPTS } from "../../src/policy/compile";
import { type Attempt, parseAttempt } from "../../src/routing/attempt";
import type { ToNode } from "../../src/routing/decision";
import { LEASE_DIGITS, leaseHead } from "../../src/routing/lease";
import { ledgerOf, retry } from "../../src/routing/retry";
import { contextFor, fakeRequest, liveCalls, POLICY, policyWith, type TestContext, toNode } from "./support";

const FAILED = { code: 503, cancelled: false, silent: false };
const LEASE = leaseHead("s", "acme", "main") + "0".repeat(LEASE_DIGITS);

/** A call that is at its first node. */
function attempted(context: TestContext): Attempt {
  return attemptOf(toNode(fakeRequest(), context));
}

function attemptOf(sent: ToNode): Attempt {
  const attempt = parseAttempt(sent.attempt);
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
    if (next === null) throw new Error("gave up");
    assert.is(next.node.id, "media-2");
    assert.is(next.lease, "", "the Record-Route has been sent already");
    assert.equal(attemptOf(next), { ...attempt, tried: ["media-1", "media-2"] });
    assert.equal(nodeCalls(context).slice(0, 2), [0, 1]);
    assert.equal(liveCalls(context), [1]);
  }
});

test("what the called side answered is the answer: no retry on 486, 404, 408 after 100, or 6xx", () => {
  for (const code of [302, 401, 404, 408, 480, 486, 487, 600, 603, 606]) {
    const context = contextFor();
    const attempt = attempted(context);
    assert.is(retry(attempt, { code, cancelled: false, silent: false }, context), null, `${code}`);
  }
});

test("a call that its caller has cancelled is not tried again", () => {
  const context = contextFor();
  const attempt = attempted(context);
  assert.is(retry(attempt, { code: 503, cancelled: true, silent: true }, context), null);
});

test(`a call tries ${MOST_ATTEMPTS} nodes at most, never one twice`, () => {
  const context = contextFor(fourNodes);
  let attempt = attempted(context);
  for (;;) {
    const next = retry(attempt, FAILED, context);
    if (next === null) break;
    attempt = attemptOf(next);
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
  assert.is(next?.node.id, "media-2");

  const other = contextFor({ ...fourNodes, route });
  const lost = attempted(other);
  other.dead.add("main/media-2");
  assert.is(retry(lost, FAILED, other), null);
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
  assert.is(retry(first, FAILED, context), null);
  assert.equal(liveCalls(context), [1]);
});

test("a call to a user has no other node", () => {
  assert.is(retry({ lease: LEASE, pool: "", features: [], tried: [] }, FAILED, contextFor()), null);
});

test("a pool that a newer policy has no more is no reason to fail", () => {
  for (const pool of ["gone", "constructor", "__proto__"]) {
    assert.is(retry({ lease: LEASE, pool, features: [], tried: ["gone-1"] }, FAILED, contextFor()), null);
  }
});

test("when the store has gone away meanwhile, the call goes on to the next in turn", () => {
  const context = contextFor();
  const attempt = attempted(context);
  context.ledger.down = true;
  const next = retry(attempt, FAILED, context);
  assert.is(next?.node.id, "media-2");
});

test("a call that was admitted locally moves in the local ledger", () => {
  const context = contextFor(POLICY, { down: true });
  const attempt = attempted(context);
  assert.match(attempt.lease, /^l~/);
  const asked = context.ledger.asked.length;
  assert.is(retry(attempt, FAILED, context)?.node.id, "media-2");
  assert.is(context.ledger.asked.length, asked, "the shared ledger is not asked again");
  assert.equal(context.localLedger.usage("weir:{main}", ["acme"], ["media-2"])?.nodes, [1]);
});

test("a call that is not counted moves without a ledger", () => {
  const context = contextFor(policyWith({}, { whenStoreIsDown: "admit" }), { down: true });
  const attempt = attempted(context);
  assert.match(attempt.lease, /^n~/);
  assert.is(retry(attempt, FAILED, context)?.node.id, "media-2");
  assert.equal(context.localLedger.asked, []);
});

test("a lease is kept in the shared ledger, in this proxy's own, or nowhere", () => {
  const context = contextFor();
  const head = { tenant: "acme", scope: "weir:{main}" };
  assert.is(ledgerOf({ ...head, home: "s" }, context), context.ledger);
  assert.is(ledgerOf({ ...head, home: "l" }, context), context.localLedger);
  assert.is(ledgerOf({ ...head, home: "n" }, context), null);
});

test.run();
