/** Holds the engine's typings against the engine. */
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { banned } from "../../src/build/engine-rules";
import { root } from "../../src/build/paths";
import { typeCheck } from "../../src/build/type-check";
import { declaredNames } from "./declared";
import { duk, folderWith, hasDuk } from "./files";

const inDuk = hasDuk ? test : test.skip;

inDuk("everything the typings declare exists in Duktape, and everything banned does not", () => {
  const declared = declaredNames();
  const names = declared.map(({ name }) => name);
  assert.ok(declared.length > 400, `only ${declared.length} names found`);
  for (const sample of [
    "Array.forEach",
    "String.includes",
    "Math.trunc",
    "ObjectConstructor.assign",
    "Uint8Array.fill",
  ]) {
    assert.ok(names.includes(sample), `${sample} was not looked at`);
  }
  const output = duk(declared.map(({ name, exists }) => `print(${JSON.stringify(name)}, ${exists});`).join("\n"));
  const there = new Map(
    output
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), line.endsWith("true")]),
  );
  assert.is(there.size, new Set(names).size);

  const missing = [...there].filter(([name, exists]) => !exists && !banned.has(name)).map(([name]) => name);
  assert.equal(missing, [], "declared, but Duktape lacks it and nothing refuses its use");
  const needless = [...banned].filter((name) => there.get(name) !== false);
  assert.equal(needless, [], "banned, but Duktape has it or nothing declares it");
});

/** One expression each that engine code must not contain, and a piece of the message. */
const refused: Record<string, [code: string, message: RegExp]> = {
  Map: ["new Map();", /Cannot find name 'Map'/],
  Set: ["new Set();", /Cannot find name 'Set'/],
  WeakMap: ["new WeakMap();", /Cannot find name 'WeakMap'/],
  Promise: ["Promise.resolve(1);", /'Promise'/],
  console: ["console.log(1);", /Cannot find name 'console'\. Duktape/],
  setTimeout: ["setTimeout(() => {}, 1);", /Cannot find name 'setTimeout'/],
  process: ["process.exit();", /Cannot find name 'process'/],
  require: ["require('fs');", /Cannot find name 'require'/],
  "kemi/": [
    `import { start } from ${JSON.stringify(path.join(root, "kemi/main"))}; start;`,
    /^only kemi\/ knows Kamailio/,
  ],
  "host code": [`import { root } from ${JSON.stringify(path.join(root, "src/build/paths"))}; root;`, /for Node\.js/],
  fs: ["import { readFileSync } from 'node:fs'; readFileSync('x');", /Cannot find module 'node:fs'/],
  KSR: ["KSR.info('x');", /Cannot find name 'KSR'\. Only kemi\/ talks to Kamailio/],
  "Array.find": ["[1].find((x) => x > 0);", /'find' does not exist on type 'number\[\]'\. Duktape/],
  "Array.includes": ["[1].includes(1);", /'includes' does not exist/],
  "Array.from": ["Array.from([1]);", /'from' does not exist/],
  "Array.fill": ["[1].fill(0);", /'fill' does not exist/],
  "Array.flat": ["[[1]].flat();", /'flat' does not exist/],
  "Object.values": ["Object.values({ a: 1 });", /'values' does not exist/],
  "Object.entries": ["Object.entries({ a: 1 });", /'entries' does not exist/],
  "Object.fromEntries": ["Object.fromEntries([]);", /'fromEntries' does not exist/],
  "String.padStart": ["'a'.padStart(2);", /'padStart' does not exist/],
  "String.matchAll": ["'a'.matchAll(/a/g);", /'matchAll' does not exist/],
  "String.normalize": ["'a'.normalize();", /'normalize' does not exist/],
  "String.replaceAll": ["'a'.replaceAll('a', 'b');", /'replaceAll' does not exist/],
  "Number.range": ["1n + 2n;", /BigInt literals are not available/],
  "Math.fround": ["Math.fround(1);", /'fround' does not exist/],
  Intl: ["new Intl.NumberFormat();", /^Intl does not exist in Duktape/],
  "typed array method": ["new Uint8Array(1).fill(1);", /^Uint8Array\.fill does not exist in Duktape/],
  "by text": ["new Uint8Array(1)['map']((x) => x);", /^Uint8Array\.map does not exist/],
  "by destructuring": ["export const { slice: cut } = new Uint8Array(1);", /^Uint8Array\.slice does not exist/],
  "static of": ["Uint8Array.of(1);", /^Uint8Array\.of does not exist/],
  "RegExp.$1": ["RegExp.$1;", /^RegExp\.\$1 does not exist/],
  async: ["export async function f(): Promise<void> {}", /no promises/],
  await: ["export const f = async () => { await 1; };", /no promises/],
  generator: ["export function* f() { yield 1; }", /generators do not exist/],
  "generator method": ["export const o = { *f() { yield 1; } };", /generators do not exist/],
  "for-of over an object": ["const o = { a: 1 }; for (const x of o) { x; }", /is not an array type/],
  "spread of an object": ["const o = { length: 1 }; [...o];", /is not an array type/],
  "flag u": ["/a/u;", /flag "u" does not exist/],
  "flag y": ["/a/y;", /flag "y" does not exist/],
  "flag s": ["/a/s;", /flag "s" does not exist/],
  "flag in RegExp()": ["new RegExp('a', 'gs');", /flag "s" does not exist/],
  lookbehind: ["/(?<=a)b/;", /lookbehind/],
  "negative lookbehind": ["/x(?<!a)b/;", /lookbehind/],
  "lookbehind in RegExp()": ["new RegExp('(?<=a)b');", /lookbehind/],
  "named group": ["/(?<year>\\d+)/;", /named groups/],
  "Unicode property": ["/\\p{L}/;", /Unicode properties/],
};

/** What must go through, because Duktape has it or TypeScript lowers it. */
const accepted: string[] = [
  "Object.assign({}, { a: 1 });",
  "'abc'.startsWith('a') && 'abc'.endsWith('c') && 'abc'.includes('b') && 'a'.repeat(3);",
  "Number.isInteger(1) && Number.isNaN(NaN) && Object.is(1, 1);",
  "Math.trunc(1.5) + Math.sign(-1) + Math.log2(8);",
  "performance.now();",
  "export const s: unknown = Symbol('a');",
  "Reflect.ownKeys({}).length;",
  "new TextEncoder().encode('a').length;",
  "class A { constructor(readonly x = 1) {} get y(): number { return this.x; } } new A().y;",
  "for (const x of [1, 2]) { x; }",
  "for (const c of 'ab') { c; }",
  "const { a, ...rest } = { a: 1, b: 2 }; [a, rest.b, ...[3]];",
  "const t: { a?: { b: number } } = {}; (t.a?.b ?? 1) ** 2;",
  "/(?:a|b)(?=c)(?!d)[(?<]\\(?<=/gim;",
];

test("what Duktape lacks is refused with file and line, the rest goes through", () => {
  const files: Record<string, string> = {};
  const names = Object.keys(refused);
  names.forEach((name, i) => {
    files[`refused-${i}.ts`] = `export {};\n${refused[name]?.[0]}\n`;
  });
  accepted.forEach((code, i) => {
    files[`accepted-${i}.ts`] = `export {};\n${code}\n`;
  });
  const folder = folderWith(files);
  const errors = typeCheck(Object.keys(files).map((file) => path.join(folder, file)));

  names.forEach((name, i) => {
    const own = errors.filter(({ file }) => path.basename(file) === `refused-${i}.ts`);
    const [, message] = refused[name] ?? ["", /^$/];
    const found = own.some((error) => error.line === 2 && message.test(error.message));
    assert.ok(
      found,
      `${name}: ${own.map((error) => `${error.line}: ${error.message}`).join("; ") || "nothing reported"}`,
    );
  });
  const wrong = errors.filter(({ file }) => path.basename(file).startsWith("accepted-"));
  assert.equal(wrong, []);
});

inDuk("Duktape refuses the regular expressions that the check refuses, and runs those it lets through", () => {
  const expressions = ["(?<=a)b", "(?<!a)b", "(?<n>a)", "(?i:a)", "\\\\u{61}", "(?:a)(?=b)(?!c)[(?<]"];
  const script = expressions
    .map((e) => `try { new RegExp("${e}"); print(true); } catch (e) { print(false); }`)
    .join("\n");
  assert.equal(duk(script).trim().split("\n"), ["false", "false", "false", "false", "false", "true"]);
});

test.run();
