import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type BuildOptions, type BuildResult, build } from "../../src/build/build";
import { es5Violations } from "../../src/build/es5";
import { Failure } from "../../src/build/failure";
import { lowerFile } from "../../src/build/lower";
import { loadPolicy } from "../../src/build/policy";
import { duk, folderWith, hasDuk, policyText, runtimeText } from "./files";

const inDuk = hasDuk ? test : test.skip;

/** Builds a policy given as text with a small runtime; other files may lie beside it. */
function buildText(
  policy: string,
  options: BuildOptions = {},
  beside: Record<string, string> = {},
): Promise<BuildResult> {
  const folder = folderWith({ "policy.ts": policy, "runtime.ts": runtimeText, ...beside });
  return build({
    policy: path.join(folder, "policy.ts"),
    runtime: path.join(folder, "runtime.ts"),
    out: path.join(folder, "out"),
    ...options,
  });
}

async function failure(run: () => Promise<unknown>): Promise<Failure> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

inDuk("a policy outside the repository becomes a script that Duktape runs", async () => {
  const { script, manifest, files, library } = await buildText(policyText('emergency: ["112"],'));
  assert.is(readFileSync(files?.script ?? "", "utf8"), script);
  assert.equal(JSON.parse(readFileSync(files?.manifest ?? "", "utf8")), manifest);
  assert.is(manifest.bytes, Buffer.byteLength(script));
  const started = JSON.parse(duk(`${script}\nprint(JSON.stringify(started));`)) as {
    policy: { emergency: string[]; registration: { maxExpires: number } };
    about: object;
  };
  assert.equal(started.policy.emergency, ["112"]);
  assert.is(started.policy.registration.maxExpires, 600);
  assert.equal(started.about, { version: manifest.version, policyHash: manifest.policyHash, library });
});

test("the script is ASCII and ES5 whatever the policy is written in", async () => {
  const modern = `route: (call) => {
    class Rule { constructor(private readonly text = \`é\${1 + 1}\`) {} get length() { return this.text.length; } }
    const { length, ...rest } = { length: new Rule().length, other: [1, ...[2, 3]] };
    let sum = length ?? 0;
    for (const value of rest.other) sum += value ** 2;
    void call?.toString;
    return sum > 0 ? byDefault() : refuse(503);
  },`;
  const text = policyText(modern).replace("definePolicy,", "byDefault, definePolicy, refuse,");
  const { script } = await buildText(text, { typeCheck: false });
  assert.equal(es5Violations(script), []);
  assert.is(
    [...script].find((character) => character > "\x7e"),
    undefined,
  );
  assert.match(script, '"\\xE9"');
});

test("the same input gives the same bytes, and comments do not change a policy's hash", async () => {
  const first = await buildText(policyText());
  const second = await buildText(policyText());
  assert.is(second.script, first.script);
  assert.is(second.map.mappings, first.map.mappings);
  assert.equal(second.map.sourcesContent, first.map.sourcesContent, "the place of the files must not matter");
  const commented = await buildText(`// note\n${policyText()}`);
  assert.is(commented.manifest.policyHash, first.manifest.policyHash);
  const other = await buildText(policyText('emergency: ["911"],'));
  assert.is.not(other.manifest.policyHash, first.manifest.policyHash);
});

test("the dispatcher list has one set a pool", async () => {
  const { dispatcherList, files } = await buildText(policyText());
  const lines = dispatcherList.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  assert.is(lines.length, 2);
  assert.match(lines[0] ?? "", /^1 sip:192\.0\.2\.11\S* 0 0 node=media-1$/);
  assert.match(lines[1] ?? "", /^1 sip:\[2001:db8::1\]:5080\S* 0 0 node=media-2$/);
  assert.is(readFileSync(files?.dispatcherList ?? "", "utf8"), dispatcherList);
});

test("sources in the map are relative to the repository", async () => {
  const { map } = await buildText(policyText());
  assert.ok(map.sources.includes("src/policy/index.ts"), map.sources.join(" "));
  assert.is(map.sources.filter((source) => path.isAbsolute(source)).length, 0);
});

test("a type error names file, line and what is wrong", async () => {
  const { message } = await failure(() => buildText(policyText("emergency: 112,")));
  assert.match(message, /^1 mistake in the TypeScript code:\n\S*policy\.ts:10:3: Type 'number' is not assignable/);
});

test("an unknown word in a policy is a type error", async () => {
  const { message } = await failure(() => buildText(policyText("emergencies: [],")));
  assert.match(message, /policy\.ts:10:3: .*'emergencies' does not exist in type 'Policy'/);
});

test("a mistake in a file that the policy imports is found there", async () => {
  const policy = `import { numbers } from "./numbers";\n${policyText("emergency: numbers,")}`;
  const { message } = await failure(() =>
    buildText(policy, {}, { "numbers.ts": "export const numbers = [\n  ['112'].find(Boolean) ?? '',\n];\n" }),
  );
  assert.match(message, /numbers\.ts:2:11: Property 'find' does not exist .* Duktape/);
});

test("a policy with a syntax error", async () => {
  const { message } = await failure(() => buildText("export default {\n  tenants: ,\n};\n"));
  assert.match(message, /policy\.ts:2:12: Expression expected/);
});

test("a policy with a wrong value", async () => {
  const policy = policyText().replace("max: 5", "max: -5");
  const { message, remedy } = await failure(() => buildText(policy));
  assert.match(message, /^1 mistake in the policy \S*policy\.ts:\n.*tenants\.acme\.calls\.max.*-5/);
  assert.match(remedy, /npm run check/);
});

test("a policy without a default export", async () => {
  const { message, remedy } = await failure(() =>
    loadPolicy(path.join(folderWith({ "p.ts": "export const x = 1;\n" }), "p.ts")),
  );
  assert.match(message, /p\.ts has no default export/);
  assert.match(remedy, /export default definePolicy/);
});

test("a policy that throws when it is loaded", async () => {
  const { message } = await failure(() =>
    buildText(`throw new RangeError("no numbers");\n${policyText()}`, { typeCheck: false }),
  );
  assert.match(message, /policy\.ts cannot be evaluated: RangeError: no numbers/);
});

test("a policy that imports a Node.js module without having been checked", async () => {
  const { message } = await failure(() =>
    buildText(`import { readFileSync } from "node:fs";\nreadFileSync("x");\n${policyText()}`, { typeCheck: false }),
  );
  assert.match(message, /policy\.ts:1:\d+: Could not resolve "node:fs"/);
});

test("a policy file that is not there", async () => {
  const { message, remedy } = await failure(() => build({ policy: "/nowhere/policy.ts", out: null }));
  assert.is(message, "There is no policy file /nowhere/policy.ts.");
  assert.match(remedy, /--policy FILE/);
});

test("a regular expression that lowering leaves as it is", async () => {
  const { message } = await failure(() =>
    buildText(policyText('emergency: [\n    "1".replace(/(?<=x)1/, "2"),\n  ],'), { typeCheck: false }),
  );
  assert.match(message, /^The bundle is not ES5.*\n\S*policy\.ts:11:17: lookbehind/);
});

test("a script that is too big names what makes it big, and nothing is written", async () => {
  const folder = folderWith({ "policy.ts": policyText(), "runtime.ts": runtimeText });
  const out = path.join(folder, "out");
  const { message } = await failure(() =>
    build({ policy: path.join(folder, "policy.ts"), runtime: path.join(folder, "runtime.ts"), out, maxBytes: 1000 }),
  );
  assert.match(message, /^The script has \d+ bytes; at most 1000 are allowed/);
  assert.match(message, /\n +\d+ {2}\S*policy\.ts\n?/);
  assert.not(existsSync(out));
});

test("a build leaves nothing but its four files", async () => {
  const { files } = await buildText(policyText());
  const written = readdirSync(path.dirname(files?.script ?? "")).sort();
  assert.equal(written, ["dispatcher.list", "manifest.json", "weir.js", "weir.js.map"]);
});

test("every construct newer than ES5 is a violation where it stands", () => {
  const newer: Record<string, string> = {
    "let a=1": "let/const",
    "const a=1": "let/const",
    "f(()=>1)": "arrow function",
    "class A{}": "class",
    "x=`a`": "template literal",
    "x=`a${b}`": "template literal",
    "f(...a)": "spread",
    "for(var a of b);": "for-of",
    "x={a}": "shorthand property",
    "x={[a]:1}": "computed property name",
    "x={a(){}}": "shorthand method",
    "var {a}=b": "destructuring",
    "var [a]=b": "destructuring",
    "function f(a=1){}": "default or rest parameter",
    "function f(...a){}": "default or rest parameter",
    "function*f(){}": "generator",
    "async function f(){}": "async",
    "a?.b": "optional chaining",
    "a??b": "nullish coalescing",
    "a**b": "exponentiation",
    "try{}catch{}": "catch without a variable",
    "import a from 'b'": "import",
    "/a/u.test(b)": 'flag "u"',
    "/(?<a>b)/.test(c)": "named groups",
    "new RegExp('a','y')": 'flag "y"',
    "f(": "expected",
  };
  for (const [code, message] of Object.entries(newer)) {
    const found = es5Violations(`var ok;\n${code}`);
    assert.ok(
      found.some((violation) => violation.line === 1 && violation.message.includes(message)),
      `${code}: ${JSON.stringify(found)}`,
    );
  }
  assert.equal(es5Violations("var a=/[/(?<]/g,b={c:function(){return a}};for(var d in b)try{throw d}catch(e){}"), []);
});

test("TypeScript lowers each file with the sources in its map", () => {
  const lowered = lowerFile("export const f = (a: number): string => `n`;\n", "/x/y.ts");
  assert.match(lowered, "function (a) { return");
  const map = JSON.parse(Buffer.from(lowered.split("base64,")[1] ?? "", "base64").toString()) as {
    sourcesContent: string[];
  };
  assert.match(map.sourcesContent[0] ?? "", "a: number");
});

test.run();
