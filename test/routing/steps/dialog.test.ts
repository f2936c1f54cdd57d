import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Decision } from "../../../src/routing/decision";
import { LEASE_DIGITS, leaseHead } from "../../../src/routing/lease";
import { dropAck, followDialog, needsDialog } from "../../../src/routing/steps/dialog";
import { asAlong, contextFor, fakeRequest, inShort, type RequestParts } from "../support";

const DIGITS = "0".repeat(LEASE_DIGITS);
const LEASE = leaseHead("s", "acme", "main") + DIGITS;
const HEAD = { home: "s", tenant: "acme", scope: "weir:{main}" } as const;
const STRANGER = "203.0.113.1";
const WITH_LEASE = { routed: true, dialogLease: LEASE };

function followed(parts: RequestParts): Decision {
  const findings = { source: { kind: "stranger" }, tenant: null } as const;
  const decision = followDialog(fakeRequest({ inDialog: true, ...parts }), contextFor(), { ...findings });
  if (decision === null) throw new Error("no decision");
  return decision;
}

test("outside a dialog what needs one gets 481 (RFC 3261 section 15.1.2), but an ACK is never answered", () => {
  const findings = { source: { kind: "stranger" }, tenant: null } as const;
  for (const method of ["BYE", "UPDATE", "PRACK", "INFO"]) {
    const decision = needsDialog(fakeRequest({ method }), contextFor(), { ...findings });
    assert.is(decision === null ? "" : inShort(decision), "481 no-dialog", method);
  }
  assert.is(dropAck(fakeRequest({ method: "ACK" }), contextFor(), { ...findings })?.kind, "drop");
});

test("who has the dialog's signed lease may go on, from wherever", () => {
  for (const method of ["INVITE", "ACK", "BYE", "UPDATE", "INFO", "NOTIFY", "REFER", "MESSAGE"]) {
    assert.is(followed({ method, sourceAddress: STRANGER, ...WITH_LEASE }).kind, "along", method);
  }
});

test("who has neither that nor a known address gets 403, and an ACK no answer", () => {
  const others: RequestParts[] = [
    { routed: true, dialogLease: null },
    { routed: true, dialogLease: LEASE, signed: false },
    { routed: false, dialogLease: LEASE },
    {},
  ];
  for (const parts of others) {
    assert.is(inShort(followed({ method: "BYE", sourceAddress: STRANGER, ...parts })), "403 untrusted");
    assert.is(inShort(followed({ method: "ACK", sourceAddress: STRANGER, ...parts })), "drop");
  }
});

test("a known address may go on without a lease: some devices lose parameters", () => {
  for (const parts of [{ routed: true, dialogLease: null }, {}]) {
    assert.equal(followed({ method: "BYE", ...parts }), { kind: "along", step: "none", lease: "", head: null });
  }
});

test("without a Route, a request for this proxy itself would come round: 481, and an ACK is dropped", () => {
  assert.is(inShort(followed({ method: "BYE", requestIsSelf: true })), "481 no-dialog");
  assert.is(inShort(followed({ method: "ACK", requestIsSelf: true })), "drop");
  assert.is(followed({ method: "BYE", requestIsSelf: true, ...WITH_LEASE }).kind, "along");
});

test("a BYE ends the lease, an ACK or UPDATE extends it, others leave it alone", () => {
  const step = (method: string) => asAlong(followed({ method, ...WITH_LEASE })).step;
  assert.equal(followed({ method: "BYE", ...WITH_LEASE }), {
    kind: "along",
    step: "release",
    lease: LEASE,
    head: HEAD,
  });
  assert.equal(followed({ method: "ACK", ...WITH_LEASE }), {
    kind: "along",
    step: "confirm",
    lease: LEASE,
    head: HEAD,
  });
  assert.is(step("UPDATE"), "confirm");
  for (const method of ["INVITE", "INFO", "PRACK", "REFER", "NOTIFY"]) assert.is(step(method), "none", method);
});

test("a dialog that holds no lease, or shows what is none, needs no ledger", () => {
  for (const dialogLease of [leaseHead("n", "acme", "main") + DIGITS, "x", "s~a~b~c", `s~a~}{~${DIGITS}`, ""]) {
    for (const method of ["BYE", "ACK"]) {
      assert.is(asAlong(followed({ method, routed: true, dialogLease })).step, "none", dialogLease);
    }
  }
});

test("the store is never asked before a request within a dialog goes on", () => {
  const context = contextFor(undefined, { down: true });
  const request = fakeRequest({ inDialog: true, method: "BYE", ...WITH_LEASE });
  followDialog(request, context, { source: { kind: "stranger" }, tenant: null });
  assert.equal(context.ledger.asked, []);
});

test.run();
