import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Contact, parseContacts, parseExpires } from "../../src/sip/contact";
import { assertLinear, randomFrom, randomText, SIP_PIECES } from "./random";

function contacts(value: string): readonly Contact[] {
  const list = parseContacts(value);
  if (list.kind !== "list") throw new Error(`${value} is ${list.kind}`);
  return list.contacts;
}

function only(value: string): Contact {
  const [contact, ...more] = contacts(value);
  if (contact === undefined || more.length > 0) throw new Error(`${value} is ${more.length + 1} contacts`);
  return contact;
}

test("no Contact header field is a query", () => {
  assert.equal(parseContacts(null), { kind: "none" });
  assert.equal(parseContacts("  "), { kind: "none" });
});

test("a star alone is a star; among others it is malformed (RFC 3261 section 10.3 step 6)", () => {
  assert.equal(parseContacts(" * "), { kind: "star" });
  assert.equal(parseContacts("*,<sip:a@h>"), { kind: "malformed" });
  assert.equal(parseContacts("<sip:a@h>, *"), { kind: "malformed" });
  assert.equal(parseContacts("*;expires=0"), { kind: "malformed" });
});

test("in angle brackets parameters are the URI's, behind them the header field's (RFC 3261 section 20.10)", () => {
  const contact = only('"Alice" <sip:alice@192.0.2.1;transport=tcp>;q=0.7;expires=600');
  assert.is(contact.address, "sip:alice@192.0.2.1;transport=tcp");
  assert.equal(contact.uri.params, [{ name: "transport", value: "tcp" }]);
  assert.is(contact.q, 700);
  assert.is(contact.expiresSeconds, 600);
});

test("without angle brackets all parameters are the header field's", () => {
  const contact = only("sip:alice@192.0.2.1;expires=60;transport=tcp");
  assert.is(contact.address, "sip:alice@192.0.2.1");
  assert.is(contact.expiresSeconds, 60);
});

test("commas, semicolons and brackets in quotes or in a URI separate nothing", () => {
  const [first, second, ...more] = contacts('"a, \\" <b>; c" <sip:a;b,c@h?x=y>;expires=1 , sip:d@h');
  assert.is(first?.address, "sip:a;b,c@h?x=y");
  assert.is(first?.expiresSeconds, 1);
  assert.is(second?.address, "sip:d@h");
  assert.is(more.length, 0);
});

test("q is given in thousandths and is 1 when absent", () => {
  const values: [string, number][] = [
    ["", 1000],
    [";q=1", 1000],
    [";q=1.000", 1000],
    [";q=0", 0],
    [";Q=0.5", 500],
    [";q=0.123", 123],
    [";q = 0.1", 100],
  ];
  for (const [text, q] of values) assert.is(only(`<sip:a@h>${text}`).q, q, text);
});

test("a q outside 0 to 1 or with four digits is malformed (RFC 3261 section 25.1, qvalue)", () => {
  for (const q of ["1.1", "2", "-1", "0.1234", ".5", "a", "", "1e-1"]) {
    assert.is(parseContacts(`<sip:a@h>;q=${q}`).kind, "malformed", q);
  }
});

test("a malformed expires is as good as 3600 (RFC 3261 section 20.10)", () => {
  for (const text of ["soon", "-1", "1.5", "", "60 60"]) {
    assert.is(only(`<sip:a@h>;expires=${text}`).expiresSeconds, 3600, text);
  }
  assert.is(only("<sip:a@h>").expiresSeconds, null);
});

test("an expiry is at most 2^32-1 (RFC 3261 section 20.19)", () => {
  assert.is(parseExpires("4294967295"), 4294967295);
  assert.is(parseExpires("99999999999999999999999"), 4294967295);
  assert.is(parseExpires("9".repeat(60_000)), 4294967295);
  assert.is(parseExpires("0"), 0);
});

test("what is no contact makes the whole header field malformed, for a REGISTER is done whole or not at all", () => {
  const texts = [
    "alice",
    "<sip:a@h",
    "<>",
    "<sip:a@h>x",
    "tel:123",
    "sip:a@h?x=y",
    '"a" sip:a@h',
    '"a <sip:a@h>',
    "<sip:a@h>,",
    ",<sip:a@h>",
    "<sip:a@h>,,<sip:b@h>",
    "<sip:a b@h>",
  ];
  for (const text of texts) assert.is(parseContacts(text).kind, "malformed", text);
});

test("whatever the text, nothing is thrown, and an address holds nothing that could end its brackets", () => {
  const random = randomFrom(3);
  let parsed = 0;
  for (let i = 0; i < 20_000; i++) {
    const list = parseContacts(randomText(random, ["<sip:a@h>", "<sip:", ">", ...SIP_PIECES], 8));
    if (list.kind !== "list") continue;
    parsed++;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    for (const contact of list.contacts) assert.not.match(contact.address, /[\x00-\x20"<>\x7f]/);
  }
  assert.ok(parsed > 300, `only ${parsed} were contacts`);
});

test("60 kB are parsed in linear time, well-formed or not", () => {
  for (const piece of [
    "<sip:a@h>,",
    ",",
    ";",
    "<",
    ">",
    '"',
    "\\",
    '"a"',
    "sip:a@h,",
    ";a=b",
    '"a" <sip:a@h>;q=0.1,',
  ]) {
    const fill = piece.repeat(60_000 / piece.length);
    for (const before of ["", "<", '"', "<sip:a@h>;x="]) {
      assertLinear((text) => parseContacts(before + text), fill);
    }
  }
});

test.run();
