import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Findings } from "../../../src/routing/pipeline";
import { identify } from "../../../src/routing/steps/identify";
import { contextFor, fakeRequest, inShort, type RequestParts } from "../support";

const TRUNK = { sourceAddress: "192.0.2.1", sourcePort: 5060 };
const NODE = { sourceAddress: "10.1.0.1", sourcePort: 5080 };

/** Refusal, or who the request is from and whose it is. */
function identified(parts: RequestParts): string {
  const findings: Findings = { source: { kind: "stranger" }, tenant: null };
  const decision = identify(fakeRequest(parts), contextFor(), findings);
  return decision === null ? `${findings.source.kind} of ${findings.tenant?.id}` : inShort(decision);
}

test("strangers get 403, whatever they ask", () => {
  for (const method of ["REGISTER", "INVITE", "MESSAGE"]) {
    assert.is(identified({ method, sourceAddress: "203.0.113.1" }), "403 untrusted");
  }
});

test("what this proxy has sent itself has come round: 482 (RFC 3261 section 16.3 step 4)", () => {
  const own = { fromOwnAddress: true, fromListeningPort: true };
  for (const method of ["REGISTER", "INVITE", "MESSAGE"])
    assert.is(identified({ method, ...own }), "482 loop-detected");
});

test("a phone's tenant is the calling domain's, or the called one's for calls from outside", () => {
  assert.is(identified({ fromHost: "ACME.example", requestHost: "direct.example" }), "device of acme");
  assert.is(identified({ fromHost: "elsewhere.example", requestHost: "direct.example" }), "device of direct");
  assert.is(identified({ fromHost: "elsewhere.example", requestHost: "192.0.2.99" }), "403 unknown-tenant");
});

test("a trunk's tenant is the trunk's, whatever the headers say", () => {
  assert.is(identified({ ...TRUNK, fromHost: "direct.example", requestHost: "direct.example" }), "trunk of acme");
});

test("what a node sends is the called tenant's, or else the calling one's", () => {
  assert.is(identified({ ...NODE, fromHost: "acme.example", requestHost: "direct.example" }), "node of direct");
  assert.is(identified({ ...NODE, fromHost: "acme.example", requestHost: "192.0.2.99" }), "node of acme");
  assert.is(identified({ ...NODE, fromHost: "x.example", requestHost: "y.example" }), "404 unknown-domain");
});

test("a REGISTER is for the domain of its To, 404 when that is not here (RFC 3261 section 10.3 step 5)", () => {
  assert.is(identified({ method: "REGISTER", toHost: "direct.example" }), "device of direct");
  assert.is(identified({ method: "REGISTER", toHost: "elsewhere.example" }), "404 unknown-domain");
});

test("a trunk registers nobody in another tenant's domain", () => {
  assert.is(identified({ ...TRUNK, method: "REGISTER", toHost: "acme.example" }), "trunk of acme");
  assert.is(identified({ ...TRUNK, method: "REGISTER", toHost: "direct.example" }), "404 unknown-domain");
  assert.is(identified({ ...TRUNK, method: "REGISTER", toHost: "elsewhere.example" }), "404 unknown-domain");
});

test("names of JavaScript's own are domains of nobody", () => {
  for (const host of ["__proto__", "constructor", "toString", ""]) {
    assert.is(identified({ fromHost: host, requestHost: host }), "403 unknown-tenant", host);
    assert.is(identified({ method: "REGISTER", toHost: host }), "404 unknown-domain", host);
  }
});

test.run();
