import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSnapshot } from "../../kemi/types/collect";
import { generateTable, generateTypings } from "../../kemi/types/generate";
import { overlay } from "../../kemi/types/overlay";
import { type KemiResult, ok, resultCode } from "../../kemi/types/results";
import { formatFunction, parseFunction } from "../../kemi/types/snapshot";

const root = path.join(__dirname, "..", "..");
const snapshot = readSnapshot(path.join(root, "kemi/types/api-list.json"));
const remedy = "run: npm run types -- --offline";

test("ksr.d.ts is what the generator makes of snapshot and overlay", () => {
  const committed = readFileSync(path.join(root, "kemi/types/ksr.d.ts"), "utf8");
  assert.ok(committed === generateTypings(snapshot), remedy);
});

test("the mock's table is what the generator makes of the snapshot", () => {
  const committed = readFileSync(path.join(root, "kemi/mock/kemi-table.ts"), "utf8");
  assert.ok(committed === generateTable(snapshot), remedy);
});

test("the snapshot is sorted, without repetition, and readable line by line", () => {
  assert.equal(snapshot.functions, [...new Set(snapshot.functions)].sort());
  for (const line of snapshot.functions) {
    const { ret, module, name, params } = parseFunction(line);
    assert.is(formatFunction({ ret, module, name, params: params.join(", ") || "none" }), line);
  }
});

test("lines of an unknown form are refused", () => {
  assert.throws(() => parseFunction("map tm.t_relay()"), /cannot read/);
  assert.throws(() => parseFunction("int tm.t_relay(long)"), /unknown parameter type/);
});

test("an overlay entry for a function that Kamailio lacks is refused", () => {
  const withoutPv = { ...snapshot, functions: snapshot.functions.filter((line) => !line.includes(" pv.get(")) };
  assert.throws(() => generateTypings(withoutPv), /KSR\.pv\.get is not in api-list\.json/);
});

test("an overlay entry that names the wrong number of parameters is refused", () => {
  const changed = snapshot.functions.map((line) => (line.includes(" pv.sets(") ? "bool pv.sets(str)" : line));
  assert.throws(() => generateTypings({ ...snapshot, functions: changed }), /pv\.sets takes 1 parameters, 2 are named/);
});

test("every deprecation gives its reason", () => {
  for (const [name, entry] of Object.entries(overlay)) {
    if (entry.deprecated !== undefined) assert.ok(entry.deprecated.length > 20, name);
  }
});

test("ok reads a KEMI int as Kamailio's own script does", () => {
  const result = (value: number) => value as unknown as KemiResult;
  assert.equal(
    [1, 2, 0, -1, -3].map((value) => ok(result(value))),
    [true, true, false, false, false],
  );
  assert.is(resultCode(result(-3)), -3);
});

test("misuse of KSR does not compile, and ksr.d.ts itself is sound", () => {
  const program = ts.createProgram([path.join(__dirname, "negative.ts")], {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    types: [],
    skipLibCheck: false,
  });
  const found = ts.getPreEmitDiagnostics(program).map((entry) => {
    const line = entry.file ? entry.file.getLineAndCharacterOfPosition(entry.start ?? 0).line + 1 : 0;
    return `${entry.file?.fileName}:${line} ${ts.flattenDiagnosticMessageText(entry.messageText, "\n")}`;
  });
  assert.equal(found, []);
});

test.run();
