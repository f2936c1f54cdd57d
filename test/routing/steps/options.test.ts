import { test } from "uvu";
import * as assert from "uvu/assert";
import { allowed } from "../../../src/routing/pipeline";
import { answerOptions } from "../../../src/routing/steps/options";
import { asReply, contextFor, fakeRequest, headerOf } from "../support";

const findings = { source: { kind: "stranger" }, tenant: null } as const;

test("OPTIONS for the proxy itself says what it can do (RFC 3261 section 11.2)", () => {
  const request = fakeRequest({ method: "OPTIONS", requestUser: "", sourceAddress: "203.0.113.1" });
  const reply = asReply(answerOptions(request, contextFor(), { ...findings }));
  assert.is(reply.code, 200);
  assert.is(reply.reason, null);
  assert.is(headerOf(reply, "Allow"), allowed());
  assert.is(headerOf(reply, "Accept"), "application/sdp");
});

test("OPTIONS for a user is left to the next steps", () => {
  assert.is(answerOptions(fakeRequest({ method: "OPTIONS", requestUser: "bob" }), contextFor(), { ...findings }), null);
});

test.run();
