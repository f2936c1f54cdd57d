import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Decision } from "../../../src/routing/decision";
import type { Findings } from "../../../src/routing/pipeline";
import { identify } from "../../../src/routing/steps/identify";
import { routeOther } from "../../../src/routing/steps/other";
import {
  asReply,
  asToPhones,
  contextFor,
  fakeRequest,
  headerOf,
  inShort,
  POLICY,
  type RequestParts,
  registered,
  type TestContext,
} from "../support";

function sent(context: TestContext, parts: RequestParts = {}): Decision {
  const request = fakeRequest({ method: "MESSAGE", ...parts });
  const findings: Findings = { source: { kind: "stranger" }, tenant: null };
  const decision = identify(request, context, findings) ?? routeOther(request, context, findings);
  if (decision === null) throw new Error("no decision");
  return decision;
}

test("a message goes to all phones of its user and holds no lease", () => {
  const context = contextFor();
  registered(context, "bob", "acme.example", "sip:bob@10.0.0.1:5062");
  registered(context, "bob", "acme.example", "sip:bob@10.9.9.9:5062");
  const relay = asToPhones(sent(context));
  assert.equal(relay.targets, [
    { uri: "sip:bob@10.9.9.9:5062", nextHop: "sip:10.0.0.1:5062;transport=udp" },
    { uri: "sip:bob@10.0.0.1:5062", nextHop: "" },
  ]);
  assert.match(relay.lease, /^n~acme~/);
  assert.is(relay.attempt, "");
});

test("nobody registered is 480, another domain 404, a store that is down 503 with Retry-After", () => {
  assert.is(inShort(sent(contextFor())), "480 not-registered");
  assert.is(inShort(sent(contextFor(), { requestHost: "elsewhere.example" })), "404 unknown-domain");
  const reply = asReply(sent(contextFor(POLICY, { down: true })));
  assert.is(inShort(reply), "503 store-down");
  assert.is(headerOf(reply, "Retry-After"), "5");
});

test("users of one tenant do not reach those of another, nodes reach all", () => {
  const context = contextFor();
  registered(context, "bob", "direct.example", "sip:bob@10.0.0.1:5062");
  const parts = { requestHost: "direct.example" };
  assert.is(inShort(sent(context, parts)), "404 unknown-domain");
  assert.is(inShort(sent(context, { ...parts, sourceAddress: "192.0.2.1" })), "404 unknown-domain");
  assert.is(sent(context, { ...parts, sourceAddress: "10.1.0.1", sourcePort: 5080 }).kind, "to-phones");
});

test("a request of nobody is left to what comes last", () => {
  const findings: Findings = { source: { kind: "device" }, tenant: null };
  assert.is(routeOther(fakeRequest({ method: "MESSAGE" }), contextFor(), findings), null);
});

test.run();
