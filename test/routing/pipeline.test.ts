import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseAttempt } from "../../src/routing/attempt";
import { LEASE_DIGITS } from "../../src/routing/lease";
import { allowed, decide } from "../../src/routing/pipeline";
import { REFUSALS } from "../../src/routing/refusal";
import { ledgerOf, retry } from "../../src/routing/retry";
import { Malformed } from "../../src/sip/text";
import { pick, randomFrom, randomText, SIP_PIECES } from "../sip/random";
import {
  answerTo,
  carryOut,
  contextFor,
  fakeRegister,
  fakeRequest,
  headerOf,
  inShort,
  liveCalls,
  POLICY,
  policyWith,
  type RequestParts,
  registered,
  type TestContext,
  toNode,
  toPhones,
} from "./support";

const STRANGER = { sourceAddress: "203.0.113.1" };

/** A request within the dialog of a call that was let in. */
function within(method: string, call: { readonly lease: string }, parts: RequestParts = {}) {
  return fakeRequest({
    method,
    inDialog: true,
    requestUser: "",
    requestHost: "10.1.0.1",
    routed: true,
    dialogLease: call.lease,
    ...parts,
  });
}

/** Decides about a request within a dialog and carries out the ledger's share. */
function follow(context: TestContext, request: ReturnType<typeof fakeRequest>): void {
  carryOut(decide(request, context), context);
}

test("a phone registers, is called through a node, and is gone when its time is over", () => {
  const context = contextFor();
  assert.is(answerTo(fakeRegister("<sip:bob@10.0.0.7:5062>;expires=60", { toUser: "bob" }), context).code, 200);
  assert.is(toNode(fakeRequest(), context).node.id, "media-1");
  const second = toPhones(fakeRequest({ sourceAddress: "10.1.0.1", sourcePort: 5080 }), context);
  assert.is(second.targets[0]?.uri, "sip:bob@10.0.0.7:5062");
  assert.equal(liveCalls(context), [1], "both halves are one call");
  context.ledger.now += 60_000;
  assert.is(
    inShort(decide(fakeRequest({ sourceAddress: "10.1.0.1", sourcePort: 5080 }), context)),
    "480 not-registered",
  );
});

test("a call holds its place from INVITE to BYE, and makes room at once", () => {
  const context = contextFor(policyWith({}, { calls: { max: 1 } }));
  const relay = toNode(fakeRequest(), context);
  follow(context, within("ACK", relay));
  context.ledger.now += 3600_000;
  assert.is(inShort(decide(fakeRequest(), context)), "503 tenant-limit");
  follow(context, within("BYE", relay, STRANGER));
  assert.is(decide(fakeRequest(), context).kind, "to-node");
});

test("crossing and repeated BYEs, and an ACK that comes late, count nothing twice and revive nothing", () => {
  const context = contextFor();
  const relay = toNode(fakeRequest(), context);
  toNode(fakeRequest(), context);
  follow(context, within("BYE", relay));
  follow(context, within("BYE", relay));
  follow(context, within("ACK", relay));
  assert.equal(liveCalls(context), [1]);
});

test("a call that fails everywhere ends its lease", () => {
  const context = contextFor();
  let sent = toNode(fakeRequest(), context);
  const { lease } = sent;
  const tried = [sent.node.id];
  for (;;) {
    const attempt = parseAttempt(sent.attempt);
    if (attempt === null) throw new Error("no attempt");
    const next = retry(attempt, { code: 503, cancelled: false, silent: false }, context);
    if (next === null) break;
    tried.push(next.node.id);
    sent = next;
  }
  assert.equal(tried, ["media-1", "media-2"]);
  const head = context.headOf(lease);
  if (head === null) throw new Error("no head");
  ledgerOf(head, context)?.release(head.scope, lease);
  assert.equal(liveCalls(context), [0]);
});

test("a call whose proxy died makes room when its lease ends", () => {
  const context = contextFor(policyWith({}, { calls: { max: 1 } }));
  toNode(fakeRequest(), context);
  assert.is(decide(fakeRequest(), context).kind, "reply");
  context.ledger.now += 140_000;
  assert.is(decide(fakeRequest(), context).kind, "to-node");
});

/** What each kind of request that cannot be served is answered (RFC 3261 sections 8.2, 10.3, 16.3 and 21). */
const answers: [what: string, request: RequestParts, answer: string][] = [
  ["REGISTER of a stranger", { method: "REGISTER", ...STRANGER }, "403 untrusted"],
  ["call of a stranger", STRANGER, "403 untrusted"],
  ["call between foreign domains", { fromHost: "a.example", requestHost: "b.example" }, "403 unknown-tenant"],
  ["REGISTER for a foreign domain", { method: "REGISTER", toHost: "b.example" }, "404 unknown-domain"],
  ["message to a foreign domain", { method: "MESSAGE", requestHost: "b.example" }, "404 unknown-domain"],
  ["unknown method", { method: "BREW" }, "405 method-not-allowed"],
  ["unknown method of a stranger", { method: "BREW", ...STRANGER }, "405 method-not-allowed"],
  ["REGISTER that requires an extension", { method: "REGISTER", headers: { Require: "x" } }, "420 bad-extension"],
  [
    "REGISTER for a second",
    { method: "REGISTER", headers: { Contact: "<sip:a@h>;expires=1" } },
    "423 interval-too-brief",
  ],
  ["message to nobody's phone", { method: "MESSAGE" }, "480 not-registered"],
  ["SUBSCRIBE to nobody's phone", { method: "SUBSCRIBE" }, "480 not-registered"],
  ["OPTIONS to nobody's phone", { method: "OPTIONS" }, "480 not-registered"],
  ["BYE without a dialog", { method: "BYE" }, "481 no-dialog"],
  ["BYE to the proxy itself", { method: "BYE", inDialog: true, requestIsSelf: true }, "481 no-dialog"],
  ["BYE of a stranger", { method: "BYE", inDialog: true, ...STRANGER }, "403 untrusted"],
  ["call that came round", { fromOwnAddress: true, fromListeningPort: true }, "482 loop-detected"],
  ["ACK without a dialog", { method: "ACK" }, "drop"],
  ["ACK of a stranger", { method: "ACK", inDialog: true, ...STRANGER }, "drop"],
  ["OPTIONS to the proxy", { method: "OPTIONS", requestUser: "" }, "200 OK"],
];

for (const [what, parts, answer] of answers) {
  test(`${what}: ${answer}`, () => {
    assert.is(inShort(decide(fakeRequest(parts), contextFor())), answer);
  });
}

test("a method that is not known gets 405 with those that are; case counts (RFC 3261 sections 7.1 and 21.4.6)", () => {
  for (const method of ["PUBLISH", "invite", "INVITE,", "", "NVITE", "constructor", "__proto__"]) {
    const reply = answerTo(fakeRequest({ method }), contextFor());
    assert.is(inShort(reply), "405 method-not-allowed", method);
    assert.is(headerOf(reply, "Allow"), allowed());
  }
});

test("a tag in To makes no dialog of a registration", () => {
  assert.is(inShort(decide(fakeRegister("<sip:a@h>", { inDialog: true }), contextFor())), "200 OK");
});

test("every refusal names its reason to the caller as to log and counter", () => {
  for (const [, parts] of answers) {
    const decision = decide(fakeRequest(parts), contextFor());
    if (decision.kind !== "reply" || decision.reason === null) continue;
    assert.is(headerOf(decision, "X-Weir-Reason"), decision.reason);
    assert.equal([decision.code, decision.phrase], [...REFUSALS[decision.reason]]);
  }
});

test("while the store is down no request goes without an answer, and none gets a false 200", () => {
  for (const method of allowed().split(", ")) {
    // CANCEL belongs to a transaction and never comes here.
    if (method === "CANCEL") continue;
    for (const inDialog of [false, true]) {
      const request = fakeRequest({ method, inDialog, headers: { Contact: "<sip:a@h>" } });
      const decision = decide(request, contextFor(POLICY, { down: true }));
      if (decision.kind === "drop") assert.is(method, "ACK");
      else if (decision.kind === "reply")
        assert.ok(decision.code >= 400, `${method} ${inDialog}: ${inShort(decision)}`);
      else assert.is(decision.kind, inDialog ? "along" : "to-node", method);
    }
  }
});

test("in-dialog requests pass while the store is down", () => {
  const context = contextFor();
  const relay = toNode(fakeRequest(), context);
  context.ledger.down = true;
  for (const method of ["ACK", "INVITE", "UPDATE", "BYE"]) {
    assert.is(decide(within(method, relay, STRANGER), context).kind, "along", method);
  }
});

test("limits are each tenant's own", () => {
  const context = contextFor(policyWith({}, { calls: { max: 1 } }));
  registered(context, "bob", "direct.example", "sip:bob@10.0.0.1:5062");
  toNode(fakeRequest(), context);
  assert.is(inShort(decide(fakeRequest(), context)), "503 tenant-limit");
  assert.is(
    decide(fakeRequest({ fromHost: "direct.example", requestHost: "direct.example" }), context).kind,
    "to-phones",
  );
});

test("nodes of capacities 2:1:1 get calls in that proportion", () => {
  const nodes = [200, 100, 100].map((capacity, i) => ({ id: `n${i}`, address: `sip:10.1.0.${i + 1}:5080`, capacity }));
  const context = contextFor(
    policyWith(
      { pools: { main: { nodes }, other: { nodes: [{ id: "o", address: "sip:10.1.0.9:5080", capacity: 1 }] } } },
      { calls: { max: 400 } },
    ),
  );
  const random = randomFrom(10);
  const counts: Record<string, number> = { n0: 0, n1: 0, n2: 0 };
  const live: ReturnType<typeof toNode>[] = [];
  for (let i = 0; i < 2000; i++) {
    const relay = toNode(fakeRequest(), context);
    counts[relay.node.id] = (counts[relay.node.id] ?? 0) + 1;
    live.push(relay);
    // Calls end in any order, about forty live at a time.
    while (live.length > 40) {
      const [ended] = live.splice(Math.floor(random() * live.length), 1);
      if (ended !== undefined) follow(context, within("BYE", ended));
    }
  }
  assert.ok(Math.abs((counts.n0 ?? 0) - 1000) <= 50, JSON.stringify(counts));
  assert.ok(Math.abs((counts.n1 ?? 0) - 500) <= 25, JSON.stringify(counts));
});

/** Null for a request that cannot be read as SIP, which is answered 400. */
function decided(request: ReturnType<typeof fakeRequest>, context: TestContext) {
  try {
    return decide(request, context);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** Header fields come without control characters (kemi/text). */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return text.replace(/[\x00-\x1f\x7f]/g, "");
}

test("whatever a request holds, there is a decision, names stay data, and no capacity is lost or made", () => {
  const random = randomFrom(11);
  const context = contextFor(policyWith({}, { calls: { max: 1000 } }));
  const names = [
    "alice",
    "bob",
    "112",
    "__proto__",
    "constructor",
    "%",
    "%25",
    "*",
    "{}",
    "weir:{main}",
    "s~a~b~c",
    "",
  ];
  const hosts = ["acme.example", "ACME.example.", "direct.example", "poolless.example", "__proto__", "[::1]", "", "x"];
  const methods = [...allowed().split(", "), "FOO", "__proto__", ""];
  const some = (from: readonly string[]) => (random() < 0.8 ? pick(random, from) : randomText(random, SIP_PIECES, 4));
  for (let i = 0; i < 10_000; i++) {
    if (i % 100 === 0) context.ledger.now += 1000;
    const parts: RequestParts = {
      method: pick(random, methods),
      sourceAddress: pick(random, ["10.0.0.1", "10.1.0.1", "192.0.2.1", "203.0.113.1", "[::1]", "x"]),
      sourcePort: pick(random, [5060, 5080]),
      inDialog: random() < 0.3,
      requestIsSelf: random() < 0.2,
      requestUser: some(names),
      requestHost: some(hosts),
      fromUser: some(names),
      fromHost: some(hosts),
      toUser: some(names),
      toHost: some(hosts),
      callId: some(names),
      cseq: Math.floor(random() * 10),
      headers: {
        Contact: random() < 0.7 ? `<sip:${pick(random, names)}@h>` : clean(randomText(random, SIP_PIECES, 6)),
        Expires: pick(random, ["0", "60", "x", ""]),
      },
      routed: random() < 0.5,
      dialogLease:
        random() < 0.3
          ? null
          : some([`s~acme~main~${"0".repeat(LEASE_DIGITS)}`, `s~a~}~${"0".repeat(LEASE_DIGITS)}`, "n~~~", ""]),
      signed: random() < 0.5,
    };
    const decision = decided(fakeRequest(parts), context);
    if (decision === null) continue;
    if (decision.kind === "reply") {
      assert.ok(
        (decision.code >= 200 && decision.code < 700 && decision.code !== 500) || decision.reason === "out-of-order",
      );
      assert.ok(decision.headers === "" || decision.headers.endsWith("\r\n"));
      assert.not.match(decision.headers.replace(/\r\n/g, ""), /[\r\n]/);
    }
    carryOut(decision, context);
  }
  context.ledger.now += 100_000_000;
  assert.equal(liveCalls(context, "main", ["acme", "direct", "trunkonly"]), [0, 0, 0]);
});

test.run();
