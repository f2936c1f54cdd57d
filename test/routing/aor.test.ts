import { test } from "uvu";
import * as assert from "uvu/assert";
import { userBindings } from "../../src/routing/aor";
import { Malformed } from "../../src/sip/text";

test("one address of record has one key (RFC 3261 section 10.3 step 5)", () => {
  const key = userBindings("alice", "acme.example");
  assert.is(userBindings("alice", "ACME.example."), key);
  assert.is(userBindings("alice", "[::1]"), userBindings("alice", "[0:0::1]"));
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
  const users = ["%25", "%2525", "*", "{}", "}", "{", "a:b", "a b", "__proto__", "constructor", "%40", "é", "%C3%A9"];
  const keys = new Set(users.map((user) => userBindings(user, "acme.example")));
  assert.is(keys.size, users.length);
});

test("what could not be stored is malformed", () => {
  for (const [user, host] of [
    ["a\x1fb", "acme.example"],
    ["a", "acme\0.example"],
    ["a\r\n", "acme.example"],
  ]) {
    assert.throws(
      () => userBindings(user ?? "", host ?? ""),
      (error: unknown) => error instanceof Malformed,
    );
  }
});

test.run();
