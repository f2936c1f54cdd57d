/** The compiler from TypeScript to a Redis library. What the ledger's steps do is tested with the ledger. */
import Redis from "ioredis-mock";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Failure } from "../../src/build/failure";
import { compileLedger, evalScript } from "../../src/build/ledger";
import { sampleLedger, sums } from "./sample-ledger";

test("one flat chunk that names itself by its content", () => {
  const { name, text } = compileLedger(sampleLedger());
  assert.match(name, /^weir_[0-9a-f]{8}$/);
  assert.is(text.split("\n")[0], `#!lua name=${name}`);
  assert.is(text.split("\n")[1], `local LIBRARY = "${name}"`);
  assert.not.match(text, "require");
  assert.not.match(text, "comment");
  assert.not.match(text, /^\s/m);
  assert.is(compileLedger(sampleLedger()).name, name);
  assert.is.not(compileLedger(sampleLedger({ "sums.ts": sums.replace("sum = 0", "sum = 1") })).name, name);
});

test("the same chunk runs through EVAL: array indices, helpers, state", async () => {
  const entry = sampleLedger();
  const redis = new Redis();
  try {
    assert.is(await redis.eval(evalScript("add", entry), 1, "k", "2", "3"), "5");
    assert.is(await redis.eval(evalScript("add", entry), 1, "k", "10"), "15");
    assert.is(await redis.eval(evalScript("third", entry), 0, "a", "b", "c"), "c");
    assert.is(await redis.eval(evalScript("third", entry), 0, "a", "b"), "none");
    assert.is(await redis.eval(evalScript("words", entry), 0, "a b --   x -- c"), "a b+c");
  } finally {
    redis.disconnect();
  }
});

test("helpers wait with looking up globals, which Redis hides while it loads a library", () => {
  const { text } = compileLedger(sampleLedger());
  const helpers = text.slice(text.indexOf("local M0"), text.indexOf("local M1"));
  assert.match(helpers, "StringSplit");
  assert.not.match(helpers, /^local \w+ ?= ?(string|table|math)\.\w+$/m);
});

test("a type error in the ledger names file and line", () => {
  try {
    compileLedger(sampleLedger({ "sums.ts": sums.replace("let sum = 0", "let sum: string = 0") }));
    assert.unreachable();
  } catch (error) {
    assert.instance(error, Failure);
    assert.match((error as Failure).message, /does not compile to Lua:\n\S*sums\.ts:3:7: Type 'number'/);
  }
});

test("modules that import each other in a circle are refused", () => {
  const circle =
    'import { other } from "./other";\nexport const words = (t: string) => [t + other];\nexport const total = (n: string[]) => n.length;\n';
  const other = 'import { total } from "./sums";\nexport const other = String(total([]));\n';
  try {
    compileLedger(sampleLedger({ "sums.ts": circle, "other.ts": other }));
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /import each other in a circle/);
  }
});

test("Weir's own ledger compiles, small enough to travel in the script", () => {
  const { text } = compileLedger();
  assert.match(text, "redis.register_function(");
  assert.ok(text.length < 32_768, `${text.length} bytes`);
});

test.run();
