import { test } from "uvu";
import * as assert from "uvu/assert";
import { attemptTail, parseAttempt } from "../../src/routing/attempt";

test("an attempt is read back as it was written", () => {
  const lease = "s~acme~main~0123";
  for (const [pool, tried, features] of [
    ["main", ["media-1"], []],
    ["main", ["media-1", "media-2"], ["video", "opus"]],
    ["", [], []],
  ] as const) {
    assert.equal(parseAttempt(lease + attemptTail(pool, tried, features)), { lease, pool, tried, features });
  }
});

test("what is no attempt is null", () => {
  for (const text of ["", "a b", "a b c", "a b c d e"]) assert.is(parseAttempt(text), null, text);
});

test("a lease alone is an attempt that can only end: it names no pool to try on", () => {
  assert.equal(parseAttempt("lease"), { lease: "lease", pool: "", tried: [], features: [] });
});

test.run();
