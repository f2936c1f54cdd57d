import { test } from "uvu";
import * as assert from "uvu/assert";
import { LEASE_DIGITS, leaseHead, leaseReader } from "../../src/routing/lease";
import { randomFrom, randomText, SIP_PIECES } from "../sip/random";

const DIGITS = "0123456789abcdef".repeat(4).slice(0, LEASE_DIGITS);

test("the front of a lease's name is read back as it was written, however often", () => {
  const headOf = leaseReader();
  for (let i = 0; i < 2; i++) {
    for (const home of ["s", "l", "n"] as const) {
      const head = headOf(leaseHead(home, "acme", "main") + DIGITS);
      assert.equal(head, { home, tenant: "acme", scope: "weir:{main}" });
      assert.is(headOf(leaseHead(home, "acme", ".acme") + DIGITS)?.scope, "weir:{.acme}");
    }
  }
});

test("a lease's name is made of characters that a URI parameter may hold (RFC 3261 section 25.1, paramchar)", () => {
  assert.match(leaseHead("s", "A-z_0.9", ".A-z_0.9") + DIGITS, /^[A-Za-z0-9_.~-]+$/);
});

test("what is no lease's name is null, and so becomes no key of the ledger", () => {
  const headOf = leaseReader();
  const fronts = [
    "",
    "s",
    "s~",
    "s~a~b",
    "x~a~b~",
    "~a~b~",
    "s~~b~",
    "s~a~~",
    "s~a~b~c",
    "s~a~b~c~",
    "constructor~a~b~",
  ];
  fronts.push(
    "s~a~b}:lease:{~",
    "s~a b~c~",
    "s~a~b\x1f~",
    "s~é~b~",
    `s~${"a".repeat(64)}~b~`,
    `s~a~${"b".repeat(60_000)}~`,
  );
  for (const front of fronts) assert.is(headOf(front + DIGITS), null, front);
  for (const text of ["", "s~a~b~", DIGITS, "~".repeat(60_000)]) assert.is(headOf(text), null, text);
});

test("whatever the text, nothing is thrown", () => {
  const random = randomFrom(9);
  const headOf = leaseReader();
  for (let i = 0; i < 5000; i++) headOf(randomText(random, ["~", "s~", "n~", DIGITS, ...SIP_PIECES], 10));
});

test("thousands of invented names are not remembered for ever, and change no answer", () => {
  const headOf = leaseReader();
  for (let i = 0; i < 20_000; i++) assert.is(headOf(leaseHead("s", `t${i}`, "p") + DIGITS)?.tenant, `t${i}`);
  assert.is(headOf(leaseHead("s", "t1", "p") + DIGITS)?.tenant, "t1");
});

test.run();
