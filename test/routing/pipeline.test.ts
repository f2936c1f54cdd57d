import { test } from "uvu";
import * as assert from "uvu/assert";
import { decide } from "../../src/routing/pipeline";
import { REFUSALS } from "../../src/routing/refusal";
import { followUp, retry } from "../../src/routing/retry";
import { ALLOW } from "../../src/routing/steps/screen";
import { formatToken } from "../../src/routing/token";
import { pick, randomFrom, randomText, SIP_PIECES } from "../sip/random";
import {
  answerTo,
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
  relayOf,
  type TestContext,
} from "./support";

const STRANGER = { sourceAddress: "203.0.113.1" };

/** A request within the dialog of a call that was let in. */
function within(method: string, relay: ReturnType<typeof relayOf>, parts: RequestParts = {}) {
  if (relay.token === null) throw new Error("no token");
  return fakeRequest({
    method,
    inDialog: true,
    requestUser: "",
    requestHost: "10.1.0.1",
    dialog: { routed: true, token: formatToken(relay.token) },
    ...parts,
  });
}

/** Decides about a request within a dialog and carries out the ledger's share. */
function follow(context: TestContext, request: ReturnType<typeof fakeRequest>): void {
  const relay = relayOf(request, context);
  if (relay.followUp !== null) followUp(relay.followUp, context);
}

test("a phone registers, is called through a node, and is gone when its time is over", () => {
  const context = contextFor();
  assert.is(answerTo(fakeRegister("<sip:bob@10.0.0.7:5062>;expires=60", { toUser: "bob" }), context).code, 200);
  const first = relayOf(fakeRequest(), context);
  assert.is(first.node?.id, "media-1");
  const second = relayOf(fakeRequest({ sourceAddress: "10.1.0.1", sourcePort: 5080 }), context);
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
  const relay = relayOf(fakeRequest(), context);
  follow(context, within("ACK", relay));
  context.ledger.now += 3600_000;
  assert.is(inShort(decide(fakeRequest(), context)), "503 tenant-limit");
  follow(context, within("BYE", relay, STRANGER));
  assert.is(decide(fakeRequest(), context).kind, "relay");
});

test("crossing and repeated BYEs, and an ACK that comes late, count nothing twice and revive nothing", () => {
  const context = contextFor();
  const relay = relayOf(fakeRequest(), context);
  relayOf(fakeRequest(), context);
  follow(context, within("BYE", relay));
  follow(context, within("BYE", relay));
  follow(context, within("ACK", relay));
  assert.equal(liveCalls(context), [1]);
});

test("a call that fails everywhere ends its lease", () => {
  const context = contextFor();
  let { attempt } = relayOf(fakeRequest(), context);
  for (let i = 0; i < 10; i++) {
    if (attempt === null) throw new Error("no attempt");
    const next = retry(attempt, { code: 503, cancelled: false, silent: false }, context);
    if (next.kind === "give-up") {
      followUp(next.followUp, context);
      break;
    }
    attempt = next.attempt;
  }
  assert.equal(liveCalls(context), [0]);
});

test("a call whose proxy died makes room when its lease ends", () => {
  const context = contextFor(policyWith({}, { calls: { max: 1 } }));
  relayOf(fakeRequest(), context);
  assert.is(decide(fakeRequest(), context).kind, "reply");
  context.ledger.now += 140_000;
  assert.is(decide(fakeRequest(), context).kind, "relay");
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
  ["call that came round", { fromSelf: true }, "482 loop-detected"],
  ["ACK without a dialog", { method: "ACK" }, "drop"],
  ["ACK of a stranger", { method: "ACK", inDialog: true, ...STRANGER }, "drop"],
  ["OPTIONS to the proxy", { method: "OPTIONS", requestUser: "" }, "200 OK"],
];

for (const [what, parts, answer] of answers) {
  test(`${what}: ${answer}`, () => {
    assert.is(inShort(decide(fakeRequest(parts), contextFor())), answer);
  });
}

test("every refusal names its reason to the caller as to log and counter", () => {
  for (const [, parts] of answers) {
    const decision = decide(fakeRequest(parts), contextFor());
    if (decision.kind !== "reply" || decision.reason === null) continue;
    assert.is(headerOf(decision, "X-Weir-Reason"), decision.reason);
    assert.equal([decision.code, decision.phrase], [...REFUSALS[decision.reason]]);
  }
});

test("while the store is down no request goes without an answer, and none gets a false 200", () => {
  for (const method of ALLOW.split(", ")) {
    for (const inDialog of [false, true]) {
      const request = fakeRequest({ method, inDialog, headers: { Contact: "<sip:a@h>" } });
      const decision = decide(request, contextFor(POLICY, { down: true }));
      if (decision.kind === "drop") assert.is(method, "ACK");
      else if (decision.kind === "reply")
        assert.ok(decision.code >= 400, `${method} ${inDialog}: ${inShort(decision)}`);
      else assert.ok(inDialog || method === "INVITE", `${method} ${inDialog}`);
    }
  }
});

test("in-dialog requests pass while the store is down", () => {
  const context = contextFor();
  const relay = relayOf(fakeRequest(), context);
  context.ledger.down = true;
  for (const method of ["ACK", "INVITE", "UPDATE", "BYE"]) {
    assert.is(decide(within(method, relay, STRANGER), context).kind, "relay", method);
  }
});

test("limits are each tenant's own", () => {
  const context = contextFor(policyWith({}, { calls: { max: 1 } }));
  registered(context, "bob", "direct.example", "sip:bob@10.0.0.1:5062");
  relayOf(fakeRequest(), context);
  assert.is(inShort(decide(fakeRequest(), context)), "503 tenant-limit");
  assert.is(decide(fakeRequest({ fromHost: "direct.example", requestHost: "direct.example" }), context).kind, "relay");
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
  const live: ReturnType<typeof relayOf>[] = [];
  for (let i = 0; i < 2000; i++) {
    const relay = relayOf(fakeRequest(), context);
    counts[relay.node?.id ?? ""] = (counts[relay.node?.id ?? ""] ?? 0) + 1;
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

test("whatever a request holds, there is a decision, names stay data, and no capacity is lost or made", () => {
  const random = randomFrom(11);
  const context = contextFor(policyWith({}, { calls: { max: 1000 } }));
  // What the reader of messages lets through: no control characters.
  const pieces = SIP_PIECES.filter((piece) => piece >= " " && piece !== "\x7f");
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
  const methods = [...ALLOW.split(", "), "FOO", "__proto__", ""];
  const some = (from: readonly string[]) => (random() < 0.8 ? pick(random, from) : randomText(random, pieces, 4));
  for (let i = 0; i < 10_000; i++) {
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
        Contact: random() < 0.7 ? `<sip:${pick(random, names)}@h>` : randomText(random, pieces, 6),
        Expires: pick(random, ["0", "60", "x", ""]),
      },
      dialog: { routed: random() < 0.5, token: random() < 0.5 ? null : some(["s~acme~main~x", "n~~~", "~~~"]) },
    };
    const decision = decide(fakeRequest(parts), context);
    if (decision.kind === "reply") {
      assert.ok(
        (decision.code >= 200 && decision.code < 700 && decision.code !== 500) || decision.reason === "out-of-order",
      );
      assert.ok(decision.headers === "" || decision.headers.endsWith("\r\n"));
      assert.not.match(decision.headers.replace(/\r\n/g, ""), /[\r\n]/);
    }
    if (decision.kind === "relay" && decision.followUp !== null) followUp(decision.followUp, context);
  }
  context.ledger.now += 100_000_000;
  assert.equal(liveCalls(context, "main", ["acme", "direct", "trunkonly"]), [0, 0, 0]);
});

test.run();
