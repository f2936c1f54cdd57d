import { test } from "uvu";
import * as assert from "uvu/assert";
import { canonicalHost } from "../../src/net/host";
import { randomFrom, randomText, SIP_PIECES } from "../sip/random";

test("a name is compared in lower case and without the root's dot", () => {
  assert.is(canonicalHost("Acme.EXAMPLE"), "acme.example");
  assert.is(canonicalHost("acme.example."), "acme.example");
  assert.is(canonicalHost("media1"), "media1");
});

test("an address has one form, in brackets or not, short or long", () => {
  const form = canonicalHost("::1");
  for (const text of ["[::1]", "0:0:0:0:0:0:0:1", "[0:0::0:1]"]) assert.is(canonicalHost(text), form, text);
  assert.is(canonicalHost("::ffff:192.0.2.1"), canonicalHost("192.0.2.1"));
  assert.is.not(canonicalHost("192.0.2.1"), canonicalHost("192.0.2.2"));
});

test("what is neither keeps its text, in lower case", () => {
  assert.is(canonicalHost(""), "");
  assert.is(canonicalHost("1.2.3"), "1.2.3");
  assert.is(canonicalHost("[X]"), "[x]");
});

test("the canonical form of a name is its own canonical form", () => {
  const random = randomFrom(6);
  for (let i = 0; i < 5000; i++) {
    const name = canonicalHost(randomText(random, ["a", "Z", "9", "-", ".x", "_"], 8));
    assert.is(canonicalHost(name), name);
  }
});

test("whatever the text, nothing is thrown", () => {
  const random = randomFrom(7);
  for (let i = 0; i < 10_000; i++) assert.type(canonicalHost(randomText(random, SIP_PIECES, 8)), "string");
});

test.run();
