import { test } from "uvu";
import * as assert from "uvu/assert";
import { ALLOW, screen } from "../../../src/routing/steps/screen";
import { asReply, contextFor, fakeRequest, headerOf, inShort, type RequestParts } from "../support";

function screened(parts: RequestParts) {
  return screen(fakeRequest(parts), contextFor(), { source: { kind: "stranger" }, tenant: null });
}

test("methods of the Allow list pass", () => {
  for (const method of ALLOW.split(", ")) assert.is(screened({ method }), null, method);
});

test("other methods get 405 with Allow (RFC 3261 section 21.4.6); case counts (section 7.1)", () => {
  for (const method of ["PUBLISH", "FOO", "invite", "INVITE,", ",", "", "NVITE", "constructor"]) {
    const reply = asReply(screened({ method }));
    assert.is(inShort(reply), "405 method-not-allowed", method);
    assert.is(headerOf(reply, "Allow"), ALLOW);
  }
});

test("a request that has come round gets 482 (RFC 3261 section 16.3 step 4)", () => {
  assert.is(inShort(asReply(screened({ fromSelf: true }))), "482 loop-detected");
});

test("within a dialog both ends may be on this machine", () => {
  assert.is(screened({ fromSelf: true, inDialog: true, method: "BYE" }), null);
});

test.run();
