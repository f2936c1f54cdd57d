import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type BuildResult, build } from "../../src/build/build";
import { breakLines } from "../../src/build/lines";
import { decodeMappings, encodeMappings } from "../../src/build/source-map";
import { Tracer, trace } from "../../src/build/trace";
import { duk, folderWith, hasDuk, policyText } from "./files";

/** Lines that the tests expect are marked `// HERE: name`. */
const runtime = `import { Router } from "./router";
export function start(policy: object, about: object): void {
  const router = new Router(policy);
  const fail = (kind: string): string => {
    void about;
    const answer = router.handle(kind, [1, 2, 3]); // HERE: fail
    return answer + "!";
  };
  (globalThis as unknown as Record<string, unknown>).fail = fail;
}
`;

const router = `type Node = { address: { host: string } };
function hostOf(nodes: Record<string, Node>, id: string): string {
  const node = nodes[id] as Node;
  const host = node.address.host; // HERE: hostOf
  return host.toLowerCase();
}
export class Router {
  constructor(readonly policy: object) {}
  handle(kind: string, weights: number[]): string {
    let sum = 0;
    for (const weight of weights) sum += weight;
    if (kind === "read") {
      const host = hostOf({}, "gone-" + sum); // HERE: read
      return host + sum;
    }
    if (kind === "own") {
      const refusal = new RangeError("no room for " + sum); // HERE: own
      throw refusal;
    }
    const each = weights.map((weight) => {
      const table: Record<string, () => number> = {};
      const found = table[String(weight)] as () => number;
      const value = found(); // HERE: inner
      return value + 1;
    }); // the map() above returns here
    return each.join() + sum;
  }
}
`;

function lineOf(text: string, mark: string): number {
  return text.split("\n").findIndex((line) => line.includes(`// HERE: ${mark}`)) + 1;
}

let built: Promise<BuildResult> | undefined;
function bundle(): Promise<BuildResult> {
  if (!built) {
    const folder = folderWith({ "policy.ts": policyText(), "runtime.ts": runtime, "router.ts": router });
    built = build({ policy: path.join(folder, "policy.ts"), runtime: path.join(folder, "runtime.ts"), out: null });
  }
  return built;
}

/** The stack in Duktape of an exception out of the bundle. */
function stackOf(script: string, kind: string): string {
  return duk(`${script}\ntry { fail(${JSON.stringify(kind)}); } catch (e) { print(e.stack); }`);
}

const inDuk = hasDuk ? test : test.skip;

inDuk("a stack from Duktape names the TypeScript lines and functions", async () => {
  const { script, map } = await bundle();
  const stack = stackOf(script, "read");
  assert.match(stack, /cannot read property 'address' of undefined/);
  const [first, ...frames] = trace(stack, { script, map }).split("\n");
  assert.is(first, "TypeError: cannot read property 'address' of undefined");
  assert.match(frames[0] ?? "", new RegExp(`^ {4}at \\S*router\\.ts:${lineOf(router, "hostOf")} hostOf$`));
  assert.match(frames[1] ?? "", new RegExp(`^ {4}at \\S*router\\.ts:${lineOf(router, "read")} Router\\.handle$`));
  assert.match(frames[2] ?? "", new RegExp(`^ {4}at \\S*runtime\\.ts:${lineOf(runtime, "fail")} fail$`));
});

inDuk("an exception of our own is placed where it was made", async () => {
  const { script, map } = await bundle();
  const [first, frame] = trace(stackOf(script, "own"), { script, map }).split("\n");
  assert.is(first, "RangeError: no room for 6");
  assert.match(frame ?? "", new RegExp(`router\\.ts:${lineOf(router, "own")} Router\\.handle$`));
});

inDuk("a call of something that is no function, in a callback", async () => {
  const { script, map } = await bundle();
  const text = trace(stackOf(script, "call"), { script, map });
  assert.match(text.split("\n")[1] ?? "", new RegExp(`router\\.ts:${lineOf(router, "inner")} `));
  assert.match(text, new RegExp(`runtime\\.ts:${lineOf(runtime, "fail")} fail`));
});

inDuk("a line of Kamailio's log keeps its words, with syslog's line breaks too", async () => {
  const { script, map } = await bundle();
  const frames = stackOf(script, "read")
    .replace(/\(\S+\.js:/g, "(eval:")
    .trim();
  const log = `1(42) ERROR: app_jsdt [app_jsdt_api.c:605]: app_jsdt_run_ex(): error stack from js: ${frames}`;
  const expected = new RegExp(`router\\.ts:${lineOf(router, "hostOf")} hostOf\\n`);
  assert.match(trace(log, { script, map }), expected);
  assert.match(trace(log, { script, map }), /^1\(42\) ERROR: .* error stack from js: TypeError: cannot read/);
  assert.match(trace(log.replaceAll("\n", "#012"), { script, map }), expected);
  const ours = `1(42) ERROR: weir: request: ${frames.replace(/\s*\n\s*/g, " | ")} (logged once per worker)`;
  assert.is(trace(ours, { script, map }).split("\n").length, trace(frames, { script, map }).split("\n").length);
  assert.match(trace(ours, { script, map }), expected);
});

test("a place given as line and column is exact; a line alone names all it may be", async () => {
  const { script, map } = await bundle();
  const line = script.split("\n").findIndex((text) => text.includes("no room for "));
  const column = (script.split("\n")[line] ?? "").indexOf("RangeError");
  const wanted = new RegExp(`^\\S*router\\.ts:${lineOf(router, "own")} Router\\.handle`);
  assert.match(trace(`weir.js:${line + 1}:${column + 1}`, { script, map }), wanted);
  assert.match(trace(`/x/dist/weir.js:${line + 1}`, { script, map }), /router\.ts:\d+ Router\.handle/);
  assert.match(trace("weir.js:99999", { script, map }), /^nothing in the sources/);
});

test("a stack line is enough to place nearly every call", async () => {
  const { script, map } = await bundle();
  const { exact, calls } = new Tracer({ script, map }).exactness();
  assert.ok(calls > 10, `only ${calls} calls`);
  assert.ok(exact / calls > 0.95, `${exact} of ${calls}`);
});

test("breaking lines changes line ends only", async () => {
  const text = 'var a="x;{",b=function(c){return c++;};b(a);throw b';
  const columns = [0, 4, 6, 12, 14, 26, 33, 39, 40, 44, 50];
  const segments = columns.map((column, i) => ({ column, source: 0, line: i, sourceColumn: 0, name: -1 }));
  const map = { version: 3 as const, sources: ["a.ts"], names: [], mappings: encodeMappings([segments]) };
  const broken = breakLines(text, map);
  assert.is(broken.text.replaceAll("\n", ""), text);
  assert.ok(broken.text.includes("\n"));
  for (const line of broken.text.split("\n").slice(0, -1)) assert.not.match(line, /(return|throw|\+\+|["\w])$/);
  const positions = decodeMappings(broken.map.mappings).flat();
  assert.equal(
    positions.map(({ line }) => line),
    columns.map((_, i) => i),
  );
});

test("mappings survive being decoded and encoded", async () => {
  const { map } = await bundle();
  assert.is(encodeMappings(decodeMappings(map.mappings)), map.mappings);
  assert.equal(decodeMappings("AAgBC;;AAAA,SADAA"), [
    [{ column: 0, source: 0, line: 16, sourceColumn: 1, name: -1 }],
    [],
    [
      { column: 0, source: 0, line: 16, sourceColumn: 1, name: -1 },
      { column: 9, source: 0, line: 15, sourceColumn: 1, name: 0 },
    ],
  ]);
});

test.run();
