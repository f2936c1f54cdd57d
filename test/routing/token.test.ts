import { test } from "uvu";
import * as assert from "uvu/assert";
import { formatToken, parseToken, type Token } from "../../src/routing/token";
import { randomFrom, randomText, SIP_PIECES } from "../sip/random";

test("a token is read back as it was written", () => {
  for (const home of ["s", "l", "n"] as const) {
    const token: Token = { home, tenant: "acme", pool: ".acme", lease: "0123456789abcdef" };
    assert.equal(parseToken(formatToken(token)), token);
  }
});

test("a token is made of characters that a URI parameter may hold (RFC 3261 section 25.1, paramchar)", () => {
  const text = formatToken({ home: "s", tenant: "A-z_0.9", pool: ".A-z_0.9", lease: "0123456789abcdef" });
  assert.match(text, /^[A-Za-z0-9_.~-]+$/);
});

test("what formatToken did not make is null", () => {
  for (const text of ["", "s", "s~a~b", "s~a~b~c~d", "x~a~b~c", "~a~b~c", "constructor~a~b~c"]) {
    assert.is(parseToken(text), null, text);
  }
});

test("whatever the text, nothing is thrown", () => {
  const random = randomFrom(9);
  for (let i = 0; i < 5000; i++) parseToken(randomText(random, ["~", "s~", "n~", ...SIP_PIECES], 10));
  assert.is(parseToken("~".repeat(60_000)), null);
});

test.run();
