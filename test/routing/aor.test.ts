import { test } from "uvu";
import * as assert from "uvu/assert";
import { userBindings } from "../../src/routing/aor";

test("one address of record has one key (RFC 3261 section 10.3 step 5)", () => {
  const key = userBindings("alice", "acme.example");
  assert.is(userBindings("%61lice", "ACME.example."), key);
  assert.is(userBindings("alice", "acme.example"), key);
});

test("the user's case counts, other domains and escaped separators are other addresses", () => {
  const key = userBindings("alice", "acme.example");
  for (const [user, host] of [
    ["Alice", "acme.example"],
    ["alice", "small.example"],
    ["alice%40acme.example", ""],
    ["alice%00", "acme.example"],
    ["alice%20", "acme.example"],
  ]) {
    assert.is.not(userBindings(user ?? "", host ?? ""), key, `${user} ${host}`);
  }
});

test("no two users share a key, whatever their names hold", () => {
  const users = [
    "%",
    "%25",
    "%2525",
    "*",
    "{}",
    "}",
    "{",
    "a:b",
    "a b",
    "__proto__",
    "constructor",
    "%40",
    "é",
    "%C3%A9",
  ];
  const keys = new Set(users.map((user) => userBindings(user, "acme.example")));
  // A percent sign that escapes nothing is the escaped one.
  assert.is(keys.size, users.length - 1);
  assert.is(userBindings("%", "acme.example"), userBindings("%25", "acme.example"));
});

test.run();
