import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Reply } from "../../../src/routing/decision";
import type { Findings } from "../../../src/routing/pipeline";
import { identify } from "../../../src/routing/steps/identify";
import { register } from "../../../src/routing/steps/register";
import {
  asReply,
  contextFor,
  fakeRegister,
  headerOf,
  inShort,
  POLICY,
  policyWith,
  type RequestParts,
  type TestContext,
} from "../support";

function registering(context: TestContext, contact: string | null, parts: RequestParts = {}): Reply {
  const request = fakeRegister(contact, parts);
  const findings: Findings = { source: { kind: "stranger" }, tenant: null };
  return asReply(identify(request, context, findings) ?? register(request, context, findings));
}

/** Contact header fields of a 200. */
function contactsOf(reply: Reply): string[] {
  assert.is(reply.code, 200, inShort(reply));
  return reply.headers.split("\r\n").filter((line) => line !== "");
}

test("a binding is stored for the time asked for, and the 200 lists it (RFC 3261 section 10.3 steps 7 and 8)", () => {
  const context = contextFor();
  const reply = registering(context, "<sip:alice@10.0.0.1:5062>;expires=600");
  assert.equal(contactsOf(reply), ["Contact: <sip:alice@10.0.0.1:5062>;expires=600"]);
  context.ledger.now += 600_000;
  assert.equal(contactsOf(registering(context, null)), []);
});

test("the expiry is the contact's, else the Expires header field's, else the policy's, and at most the policy's", () => {
  const expires = (contact: string, header?: string) => {
    const reply = registering(contextFor(), contact, header === undefined ? {} : { headers: { Expires: header } });
    return /expires=(\d+)/.exec(contactsOf(reply)[0] ?? "")?.[1];
  };
  assert.is(expires("<sip:a@h>;expires=120", "300"), "120");
  assert.is(expires("<sip:a@h>", " 300 "), "300");
  assert.is(expires("<sip:a@h>"), "3600");
  assert.is(expires("<sip:a@h>;expires=99999"), "3600");
  assert.is(expires("<sip:a@h>;expires=soon", "300"), "3600");
});

test("a wish below the minimum gets 423 with Min-Expires, and nothing is stored (step 7)", () => {
  const context = contextFor();
  const reply = registering(context, "<sip:a@h>;expires=600,<sip:b@h>;expires=59");
  assert.is(inShort(reply), "423 interval-too-brief");
  assert.is(headerOf(reply, "Min-Expires"), "60");
  assert.equal(contactsOf(registering(context, null)), []);
});

test("expiry 0 removes one binding and is never too brief", () => {
  const context = contextFor();
  registering(context, "<sip:a@h>,<sip:b@h>");
  assert.equal(contactsOf(registering(context, "<sip:A@H>;expires=0")).length, 2, "A is not a");
  assert.equal(contactsOf(registering(context, "<sip:a@H>;expires=0")), ["Contact: <sip:b@h>;expires=3600"]);
});

test("a star with Expires 0 removes all bindings; any other star is refused (step 6)", () => {
  const context = contextFor();
  registering(context, "<sip:a@h>,<sip:b@h>");
  assert.is(inShort(registering(context, "*")), "400 bad-star");
  for (const Expires of ["1", "x", "0,0"]) {
    assert.is(inShort(registering(context, "*", { headers: { Expires } })), "400 bad-star", Expires);
  }
  assert.is(inShort(registering(context, "*,<sip:c@h>", { headers: { Expires: "0" } })), "400 bad-contact");
  assert.is(contactsOf(registering(context, null)).length, 2);
  assert.equal(contactsOf(registering(context, "*", { headers: { Expires: "0" } })), []);
});

test("without Contact it is a query: bindings are listed, the most preferred first", () => {
  const context = contextFor();
  registering(context, "<sip:a@h>;q=0.2,<sip:b@h>,<sip:c@h>;q=0.05");
  context.ledger.now += 1500;
  assert.equal(contactsOf(registering(context, null)), [
    "Contact: <sip:b@h>;expires=3599",
    "Contact: <sip:a@h>;q=0.2;expires=3599",
    "Contact: <sip:c@h>;q=0.05;expires=3599",
  ]);
});

test("a refresh replaces a binding whose URI is equal (section 19.1.4)", () => {
  const context = contextFor();
  registering(context, "<sip:alice@Host;transport=TCP;ob>");
  const reply = registering(context, "<sip:%61lice@host;ob;transport=tcp>;expires=100");
  assert.equal(contactsOf(reply), ["Contact: <sip:%61lice@host;ob;transport=tcp>;expires=100"]);
});

test("a lower CSeq of the same Call-ID came out of order and changes nothing (step 7)", () => {
  const context = contextFor();
  registering(context, "<sip:a@h>", { cseq: 10 });
  const late = registering(context, "<sip:a@h>;expires=0", { cseq: 9 });
  assert.is(inShort(late), "500 out-of-order");
  assert.is(contactsOf(registering(context, null)).length, 1);
});

test("more contacts than allowed get 403, and none of them is stored", () => {
  const context = contextFor(policyWith({ registration: { maxContacts: 2 } }));
  assert.is(inShort(registering(context, "<sip:a@h>,<sip:b@h>,<sip:c@h>")), "403 too-many-contacts");
  assert.equal(contactsOf(registering(context, null)), []);
  registering(context, "<sip:a@h>,<sip:b@h>");
  assert.is(inShort(registering(context, "<sip:c@h>")), "403 too-many-contacts");
  assert.is(contactsOf(registering(context, "<sip:a@h>;expires=0,<sip:c@h>")).length, 2);
});

test("thousands of contacts are refused before the ledger is asked", () => {
  const context = contextFor();
  const many = Array.from({ length: 7000 }, (_, i) => `sip:${i}@h;expires=0`).join();
  assert.is(inShort(registering(context, many)), "403 too-many-contacts");
  assert.equal(context.ledger.asked, []);
});

test("a contact that would not fit into a request is refused", () => {
  const contact = `<sip:${"a".repeat(600)}@h>`;
  assert.is(inShort(registering(contextFor(), contact)), "400 bad-contact");
});

test("an extension that is required gets 420 with Unsupported (step 2)", () => {
  const reply = registering(contextFor(), "<sip:a@h>", { headers: { Require: "path, gruu" } });
  assert.is(inShort(reply), "420 bad-extension");
  assert.is(headerOf(reply, "Unsupported"), "path, gruu");
});

test("To without a user, and what is no contact, get 400", () => {
  assert.is(inShort(registering(contextFor(), "<sip:a@h>", { toUser: "" })), "400 malformed");
  assert.is(inShort(registering(contextFor(), "<sip:a@h")), "400 bad-contact");
  assert.is(inShort(registering(contextFor(), "<tel:1>")), "400 bad-contact");
});

test("who asks one tenant's domain about another tenant's user gets 404 (step 5)", () => {
  const context = contextFor();
  const asked = (requestHost: string) => inShort(registering(context, "<sip:a@h>", { requestHost }));
  assert.is(asked("direct.example"), "404 unknown-domain");
  assert.is(asked("acme.example"), "200 OK");
  assert.is(asked("192.0.2.50"), "200 OK", "phones that name the proxy itself");
});

test("a store that is down is 503 with Retry-After, never a 200", () => {
  for (const contact of ["<sip:a@h>", "<sip:a@h>;expires=0", null]) {
    const reply = registering(contextFor(POLICY, { down: true }), contact);
    assert.is(inShort(reply), "503 store-down");
    assert.is(headerOf(reply, "Retry-After"), "5");
  }
});

test("a device behind NAT is reached where its request came from", () => {
  const context = contextFor();
  const received = (contact: string, parts: RequestParts): string | undefined => {
    registering(context, "*", { headers: { Expires: "0" }, callId: "other" });
    registering(context, contact, parts);
    return context.ledger.lookUp("weir:aor:{alice@acme.example}")?.[0]?.received;
  };
  assert.is(received("<sip:a@10.0.0.1:5062>", {}), "");
  assert.is(received("<sip:a@192.168.1.2:5062>", {}), "sip:10.0.0.1:5062;transport=udp");
  assert.is(received("<sip:a@10.0.0.1>", {}), "sip:10.0.0.1:5062;transport=udp");
  assert.is(received("<sip:a@10.0.0.1>", { sourcePort: 5060 }), "");
  assert.is(received("<sip:a@10.0.0.1:5062>", { transport: "tcp" }), "sip:10.0.0.1:5062;transport=tcp");
  assert.is(received("<sip:a@10.0.0.1:5062;transport=TCP>", { transport: "tcp" }), "");
  const v6 = policyWith({ trusted: ["2001:db8::/32"] });
  const context6 = contextFor(v6);
  registering(context6, "<sip:a@phone.invalid>", { sourceAddress: "2001:db8::7", transport: "ws" });
  assert.is(
    context6.ledger.lookUp("weir:aor:{alice@acme.example}")?.[0]?.received,
    "sip:[2001:db8::7]:5062;transport=ws",
  );
});

test("users may have any name: each has bindings of its own", () => {
  const context = contextFor();
  const users = ["__proto__", "constructor", "%25", "*", "{}", "}{", "a:b", "100%25d", "%40", "{alice@acme.example}"];
  for (const [i, toUser] of users.entries()) registering(context, `<sip:c${i}@h>`, { toUser });
  for (const [i, toUser] of users.entries()) {
    assert.equal(contactsOf(registering(context, null, { toUser })), [`Contact: <sip:c${i}@h>;expires=3600`], toUser);
  }
  assert.equal(contactsOf(registering(context, null)), [], "and alice none");
});

test("one name in two domains is two users", () => {
  const context = contextFor();
  registering(context, "<sip:a@h>");
  const elsewhere = registering(context, null, { toHost: "direct.example", requestHost: "direct.example" });
  assert.equal(contactsOf(elsewhere), []);
});

test.run();
