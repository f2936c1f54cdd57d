import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Decision } from "../../../src/routing/decision";
import { followDialog } from "../../../src/routing/steps/dialog";
import { formatToken, type Token } from "../../../src/routing/token";
import { asRelay, contextFor, fakeRequest, inShort, type RequestParts } from "../support";

const TOKEN: Token = { home: "s", tenant: "acme", pool: "main", lease: "abc" };
const STRANGER = "203.0.113.1";

function followed(parts: RequestParts): Decision | null {
  return followDialog(fakeRequest({ inDialog: true, ...parts }), contextFor(), {
    source: { kind: "stranger" },
    tenant: null,
  });
}

function withToken(token: Token = TOKEN) {
  return { dialog: { routed: true, token: formatToken(token) } };
}

test("requests outside a dialog are left to the next steps", () => {
  for (const method of ["INVITE", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE", "NOTIFY", "REFER"]) {
    assert.is(followed({ method, inDialog: false }), null, method);
  }
});

test("methods that need a dialog get 481 outside of one (RFC 3261 section 15.1.2), but an ACK is never answered", () => {
  for (const method of ["BYE", "UPDATE", "PRACK", "INFO"]) {
    assert.is(inShort(followed({ method, inDialog: false }) as Decision), "481 no-dialog", method);
  }
  assert.is(inShort(followed({ method: "ACK", inDialog: false }) as Decision), "drop");
});

test("a registration is no dialog, whatever tag is in To", () => {
  assert.is(followed({ method: "REGISTER" }), null);
});

test("who has the dialog's token may go on, from wherever", () => {
  for (const method of ["INVITE", "ACK", "BYE", "UPDATE", "INFO", "NOTIFY", "REFER", "MESSAGE"]) {
    const relay = asRelay(followed({ method, sourceAddress: STRANGER, ...withToken() }));
    assert.equal(relay.targets, [], "the route set leads, not we (RFC 3261 section 16.4)");
    assert.is(relay.token, null, "Record-Route changes nothing within a dialog (section 16.6 step 4)");
    assert.is(relay.attempt, null);
  }
});

test("who has neither token nor a known address gets 403, and an ACK no answer", () => {
  const forged = { dialog: { routed: true, token: null } };
  for (const dialog of [
    forged,
    {},
    { dialog: { routed: true, token: "x~y~z~a" } },
    { dialog: { routed: true, token: "" } },
  ]) {
    assert.is(inShort(followed({ method: "BYE", sourceAddress: STRANGER, ...dialog }) as Decision), "403 untrusted");
    assert.is(inShort(followed({ method: "ACK", sourceAddress: STRANGER, ...dialog }) as Decision), "drop");
  }
});

test("a known address may go on without the token: some devices lose parameters", () => {
  assert.is(followed({ method: "BYE", dialog: { routed: true, token: null } })?.kind, "relay");
  assert.is(followed({ method: "BYE" })?.kind, "relay");
});

test("without a Route, a request for this proxy itself would come round: 481, and an ACK is dropped", () => {
  assert.is(inShort(followed({ method: "BYE", requestIsSelf: true }) as Decision), "481 no-dialog");
  assert.is(inShort(followed({ method: "ACK", requestIsSelf: true }) as Decision), "drop");
});

test("a BYE ends the lease, an ACK or UPDATE extends it, others leave it alone", () => {
  const step = (method: string, token: Token) => asRelay(followed({ method, ...withToken(token) })).followUp;
  assert.equal(step("BYE", TOKEN), { step: "release", token: TOKEN });
  assert.equal(step("ACK", TOKEN), { step: "confirm", token: TOKEN });
  assert.equal(step("UPDATE", TOKEN), { step: "confirm", token: TOKEN });
  for (const method of ["INVITE", "INFO", "PRACK", "REFER", "NOTIFY"]) assert.is(step(method, TOKEN), null, method);
});

test("a dialog that holds no lease needs no ledger", () => {
  for (const method of ["BYE", "ACK"]) {
    assert.is(asRelay(followed({ method, ...withToken({ ...TOKEN, home: "n" }) })).followUp, null);
  }
});

test("the store is never asked before a request within a dialog goes on", () => {
  const context = contextFor(undefined, { down: true });
  const request = fakeRequest({ inDialog: true, method: "BYE", ...withToken() });
  followDialog(request, context, { source: { kind: "stranger" }, tenant: null });
  assert.equal(context.ledger.asked, []);
});

test.run();
