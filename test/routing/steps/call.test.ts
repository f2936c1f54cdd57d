import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Policy } from "../../../src/policy/types";
import { parseAttempt } from "../../../src/routing/attempt";
import { byDefault, type Call, refuse, toPool, toUser } from "../../../src/routing/call";
import type { Decision } from "../../../src/routing/decision";
import type { Findings } from "../../../src/routing/pipeline";
import { routeCall } from "../../../src/routing/steps/call";
import { identify } from "../../../src/routing/steps/identify";
import {
  asReply,
  asToNode,
  asToPhones,
  contextFor,
  fakeRequest,
  headerOf,
  inShort,
  liveCalls,
  POLICY,
  policyWith,
  type RequestParts,
  registered,
  type TestContext,
} from "../support";

const TRUNK = { sourceAddress: "192.0.2.1", sourcePort: 5060, fromHost: "carrier.example" };
const NODE = { sourceAddress: "10.1.0.1", sourcePort: 5080 };
const DIRECT = { fromHost: "direct.example", requestHost: "direct.example" };
const POOLLESS = { fromHost: "poolless.example", requestHost: "poolless.example" };

function called(context: TestContext, parts: RequestParts = {}): Decision {
  const request = fakeRequest(parts);
  const findings: Findings = { source: { kind: "stranger" }, tenant: null };
  const decision = identify(request, context, findings) ?? routeCall(request, context, findings);
  if (decision === null) throw new Error("no decision");
  return decision;
}

function node(decision: Decision): string {
  return asToNode(decision).node.id;
}

test("a call of nobody is left to what comes last", () => {
  const findings: Findings = { source: { kind: "device" }, tenant: null };
  assert.is(routeCall(fakeRequest(), contextFor(), findings), null);
});

test("a phone's call goes to a node of its tenant's pool and leaves its mark", () => {
  const context = contextFor();
  const sent = asToNode(called(context, { call: 0xabc }));
  assert.is(sent.node.uri, "sip:10.1.0.1:5080");
  assert.match(sent.lease, /^s~acme~main~0*abc$/);
  assert.is(sent.tenant, "acme");
  assert.equal(parseAttempt(sent.attempt), { lease: sent.lease, pool: "main", tried: ["media-1"], features: [] });
  assert.equal(liveCalls(context), [1]);
});

test("one INVITE is one step of the ledger", () => {
  const context = contextFor();
  called(context);
  assert.equal(context.ledger.asked, ["admit"]);
});

test("a trunk's call goes to its tenant's pool, whatever number and domain", () => {
  const context = contextFor();
  assert.is(node(called(context, { ...TRUNK, requestUser: "+4989123", requestHost: "192.0.2.99" })), "media-1");
  assert.equal(liveCalls(context), [1]);
});

test("calls take turns among nodes of equal load", () => {
  const context = contextFor();
  assert.equal(
    [1, 2, 3, 4].map(() => node(called(context))),
    ["media-1", "media-2", "media-1", "media-2"],
  );
});

test("a repeated INVITE keeps its node and counts once", () => {
  const context = contextFor();
  for (let i = 0; i < 3; i++) assert.is(node(called(context, { call: 1 })), "media-1");
  assert.equal(liveCalls(context), [1]);
});

test("at the tenant's limit calls get 503 with Retry-After and used/allowed", () => {
  const context = contextFor();
  for (let i = 0; i < 5; i++) called(context);
  const reply = asReply(called(context));
  assert.is(inShort(reply), "503 tenant-limit");
  assert.is(headerOf(reply, "Retry-After"), "5");
  assert.is(headerOf(reply, "X-Weir-Reason"), "tenant-limit");
  assert.is(reply.tenant, "acme");
  assert.is(reply.detail, "5/5");
  assert.equal(liveCalls(context), [5]);
});

test("beyond the rate Retry-After is computed, in whole seconds", () => {
  const context = contextFor();
  const parts = { ...TRUNK, sourceAddress: "192.0.2.2" };
  assert.is(called(context, parts).kind, "to-node");
  context.ledger.now += 300;
  const reply = asReply(called(context, parts));
  assert.is(inShort(reply), "503 rate-limit");
  assert.is(headerOf(reply, "Retry-After"), "1");
  context.ledger.now += 700;
  assert.is(called(context, parts).kind, "to-node");
});

test("full nodes are 503 pool-full, dead ones 503 no-node", () => {
  const route: Policy["route"] = () => toPool("other");
  const context = contextFor(policyWith({ route }));
  assert.is(node(called(context)), "other-1");
  assert.is(inShort(called(context)), "503 pool-full");
  context.dead.add("other/other-1");
  const reply = asReply(called(context));
  assert.is(inShort(reply), "503 no-node");
  assert.is(headerOf(reply, "Retry-After"), "5");
});

test("a dead node gets no call", () => {
  const context = contextFor();
  context.dead.add("main/media-1");
  assert.equal(
    [1, 2].map(() => node(called(context))),
    ["media-2", "media-2"],
  );
});

test("an emergency call passes the tenant's limits, and a full pool only when it has room", () => {
  const context = contextFor(policyWith({}, { calls: { max: 0 }, rate: { perSecond: 0.001, burst: 1 } }));
  assert.is(inShort(called(context)), "503 tenant-limit");
  for (let i = 0; i < 20; i++) assert.is(called(context, { requestUser: "112" }).kind, "to-node", `call ${i}`);
  assert.is(inShort(called(context, { requestUser: "112" })), "503 pool-full");
});

test("an emergency call goes to the pool also where users call each other directly", () => {
  const context = contextFor();
  assert.is(node(called(context, { ...DIRECT, requestUser: "112" })), "media-1");
});

test("where users call each other directly, a call forks to the called user's phones and needs no node", () => {
  const context = contextFor();
  registered(context, "bob", "direct.example", "sip:bob@10.0.0.8:5062");
  registered(context, "bob", "direct.example", "sip:bob@10.0.0.1:5062");
  context.ledger.asked.length = 0;
  const relay = asToPhones(called(context, DIRECT));
  assert.equal(context.ledger.asked, ["reach"], "bindings and admission are one step of the ledger");
  assert.equal(
    relay.targets.map(({ uri }) => uri),
    ["sip:bob@10.0.0.1:5062", "sip:bob@10.0.0.8:5062"],
  );
  assert.equal(parseAttempt(relay.attempt), { lease: relay.lease, pool: "", tried: [], features: [] });
  assert.equal(liveCalls(context, "main", ["direct"]), [1]);
});

test("direct calls count against the tenant's limit", () => {
  const context = contextFor();
  registered(context, "bob", "direct.example", "sip:bob@10.0.0.1:5062");
  for (let i = 0; i < 2; i++) assert.is(called(context, DIRECT).kind, "to-phones");
  assert.is(inShort(called(context, DIRECT)), "503 tenant-limit");
});

test("users of a tenant without a pool reach each other, and nobody else", () => {
  const context = contextFor();
  registered(context, "bob", "poolless.example", "sip:bob@10.0.0.1:5062");
  const relay = asToPhones(called(context, POOLLESS));
  assert.match(relay.lease, /^s~poolless~\.poolless~/);
  assert.equal(liveCalls(context, ".poolless", ["poolless"]), [1]);
  assert.is(inShort(called(context, { ...POOLLESS, requestHost: "acme.example" })), "404 unknown-domain");
  assert.is(inShort(called(context, { ...POOLLESS, requestHost: "elsewhere.example" })), "404 unknown-domain");
});

test("a call to a user who is not registered gets 480 (RFC 3261 section 21.4.18) and holds nothing", () => {
  const context = contextFor();
  for (const requestUser of ["nobody", "__proto__", "constructor", "*", "%25", "{}", ""]) {
    assert.is(inShort(called(context, { ...DIRECT, requestUser })), "480 not-registered", requestUser);
  }
  assert.equal(liveCalls(context, "main", ["direct"]), [0]);
});

test("a node's call is for a phone: the second half of a call that holds its lease already", () => {
  const context = contextFor();
  registered(context, "bob", "acme.example", "sip:bob@10.0.0.1:5062");
  const relay = asToPhones(called(context, NODE));
  assert.equal(relay.targets, [{ uri: "sip:bob@10.0.0.1:5062", nextHop: "" }]);
  assert.match(relay.lease, /^n~acme~/);
  assert.is(relay.attempt, "");
  assert.equal(liveCalls(context), [0]);
  assert.is(inShort(called(context, { ...NODE, requestUser: "nobody" })), "480 not-registered");
});

test("a node's call to a domain that is not here gets 404, not another node", () => {
  assert.is(inShort(called(contextFor(), { ...NODE, requestHost: "elsewhere.example" })), "404 unknown-domain");
});

test("while the store is down: local counts in this proxy's own ledger", () => {
  const context = contextFor(POLICY, { down: true });
  const sent = asToNode(called(context));
  assert.match(sent.lease, /^l~acme~main~/);
  assert.is(sent.node.id, "media-1");
  for (let i = 0; i < 4; i++) called(context);
  assert.is(inShort(called(context)), "503 tenant-limit");
});

test("while the store is down: admit lets every call in, uncounted, to the nodes in turn", () => {
  const context = contextFor(policyWith({}, { calls: { max: 1 }, whenStoreIsDown: "admit" }), { down: true });
  assert.equal(
    [1, 2, 3].map(() => node(called(context))),
    ["media-1", "media-2", "media-1"],
  );
  assert.match(asToNode(called(context)).lease, /^n~acme~main~/);
  context.dead.add("main/media-1").add("main/media-2");
  assert.is(inShort(called(context)), "503 no-node");
});

test("while the store is down: reject is 503 with Retry-After", () => {
  const context = contextFor(policyWith({}, { whenStoreIsDown: "reject" }), { down: true });
  const reply = asReply(called(context));
  assert.is(inShort(reply), "503 store-down");
  assert.is(headerOf(reply, "Retry-After"), "5");
});

test("while the store is down: an emergency call is let in whatever the policy says of others", () => {
  for (const whenStoreIsDown of ["local", "admit", "reject"] as const) {
    const context = contextFor(policyWith({}, { calls: { max: 0 }, whenStoreIsDown }), { down: true });
    assert.is(called(context, { requestUser: "112" }).kind, "to-node", whenStoreIsDown);
  }
});

test("who is registered is known to the store alone: without it calls to users get 503", () => {
  for (const parts of [NODE, DIRECT]) {
    assert.is(inShort(called(contextFor(POLICY, { down: true }), parts)), "503 store-down");
  }
});

test("the route hook sees who calls whom from where, with escapes resolved and hosts in lower case", () => {
  const seen: Call[] = [];
  const route: Policy["route"] = (call) => {
    seen.push(call);
    return byDefault();
  };
  const context = contextFor(policyWith({ route }));
  called(context, { requestUser: "112", requestHost: "ACME.example", headers: { "X-Record": "yes" } });
  called(context, TRUNK);
  called(context, NODE);
  const [phone, trunk, fromNode] = seen;
  assert.is(phone?.tenant, "acme");
  assert.equal(phone?.from, { user: "alice", domain: "acme.example" });
  assert.equal(phone?.to, { user: "112", domain: "acme.example" });
  assert.equal(phone?.source, { kind: "device", address: "10.0.0.1", port: 5062, transport: "udp" });
  assert.is(phone?.emergency, true);
  assert.is(phone?.header("x-record"), "yes");
  assert.is(phone?.header("X-None"), null);
  assert.is(trunk?.source.kind, "trunk");
  assert.is(trunk?.emergency, false);
  assert.is(fromNode?.source.kind, "node");
});

test("the route hook sends calls to a pool's nodes with features, to users, or nowhere", () => {
  const route: Policy["route"] = (call) => {
    if (call.to.user === "video") return toPool("main", { features: ["video"] });
    if (call.to.user === "nothing") return toPool("main", { features: ["video", "mixing"] });
    if (call.to.user === "boss") return toUser("boss", "ACME.example");
    if (call.to.user === "no") return refuse(603, "Decline");
    return byDefault();
  };
  const context = contextFor(policyWith({ route }));
  registered(context, "boss", "acme.example", "sip:boss@10.0.0.1:5062");
  assert.equal(
    [1, 2, 3].map(() => node(called(context, { requestUser: "video" }))),
    ["media-1", "media-1", "media-1"],
  );
  assert.is(inShort(called(context, { requestUser: "nothing" })), "503 no-node");
  assert.is(inShort(called(context, { requestUser: "boss" })), "sip:boss@10.0.0.1:5062");
  const no = asReply(called(context, { requestUser: "no" }));
  assert.equal([no.code, no.phrase, no.reason], [603, "Decline", "policy-refused"]);
});

test("a call that the route hook sends to another pool holds its lease there, and its name says so", () => {
  const context = contextFor(policyWith({ route: () => toPool("other") }));
  assert.match(asToNode(called(context)).lease, /^s~acme~other~/);
  assert.equal(liveCalls(context, "other"), [1]);
  assert.equal(liveCalls(context), [0]);
});

test("a route hook's mistake is our own fault, not a strange answer", () => {
  const withRoute = (route: Policy["route"]) => () => called(contextFor(policyWith({ route })));
  assert.throws(
    withRoute(() => toPool("mian")),
    /names the pool "mian"/,
  );
  assert.throws(
    withRoute(() => toPool("constructor")),
    /names the pool "constructor"/,
  );
  for (const code of [200, 302, 399, 700, Number.NaN]) {
    assert.throws(
      withRoute(() => refuse(code, "x")),
      /a refusal is 400 to 699/,
    );
  }
});

test.run();
