import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Report } from "../../src/cli/check";
import { main } from "../../src/cli/main";
import { folderWith, policyText } from "../build/files";

/** Checks a policy's text (undefined: the operator's file) by the command line, in this process. */
async function checked(text?: string, ...more: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const { log, error } = console;
  let stdout = "";
  let stderr = "";
  console.log = (line: string) => {
    stdout += `${line}\n`;
  };
  console.error = (line: string) => {
    stderr += `${line}\n`;
  };
  const file = text === undefined ? [] : ["--policy", path.join(folderWith({ "policy.ts": text }), "policy.ts")];
  try {
    return { status: await main(["check", ...file, ...more]), stdout, stderr };
  } finally {
    Object.assign(console, { log, error });
  }
}

test("the operator's file can be used; the summary names pools, nodes, tenants and their sums", async () => {
  const { status, stdout, stderr } = await checked();
  assert.is(status, 0, stderr);
  assert.is(stderr, "");
  assert.match(stdout, /^src\/policy\.ts can be used\.\npool main: 3 nodes, 400 calls\n {2}media-1 sip:/);
  assert.match(stdout, /\ntenant acme: at most 60 calls, 50 a second, to main, local when the store is down\n/);
  assert.match(stdout, /\ntogether: 3 nodes for 400 calls, 2 tenants with at most 65 calls\n/);
  assert.not.match(stdout, "warning");
});

test("every mistake is reported at once with path, value and remedy, and the exit code is 1", async () => {
  const { status, stdout, stderr } = await checked(
    policyText('emergency: ["1 1 2"], calls: { ringSeconds: 1 },').replace("max: 5", "max: -5"),
  );
  assert.is(status, 1);
  assert.is(stdout, "");
  const [first, ...lines] = stderr.trimEnd().split("\n");
  assert.match(first ?? "", /^3 mistakes in \S*policy\.ts:$/);
  assert.equal(lines, [
    "tenants.acme.calls.max: is not a whole number between 0 and 1000000 (is -5); use 0 to 1000000",
    "calls.ringSeconds: is not a whole number between 5 and 600 (is 1); use 5 to 600",
    'emergency[0]: is not a number that can be called (is "1 1 2"); write it as text: "112"',
  ]);
});

test("wrong types are reported as the editor shows them, together with wrong values", async () => {
  const { status, stderr } = await checked(policyText("emergency: 112,").replace("max: 5", "max: -5"));
  assert.is(status, 1);
  assert.match(stderr, /\n\S*policy\.ts:10:3: Type 'number' is not assignable/);
  assert.match(stderr, /\ntenants\.acme\.calls\.max: .*\(is -5\)/);
  assert.match(stderr, /\nemergency: is not a list \(is 112\)/);
});

test("code that Duktape cannot run is a mistake", async () => {
  const { status, stderr } = await checked(policyText('emergency: [["112"].find(Boolean) ?? ""],'));
  assert.is(status, 1);
  assert.match(stderr, /policy\.ts:10:\d+: Property 'find' does not exist .* Duktape/);
});

test("a file that does not parse is reported by line and column, once", async () => {
  const { status, stderr } = await checked("export default {\n  tenants: ,\n};\n");
  assert.is(status, 1);
  assert.match(stderr, /policy\.ts:2:12: Expression expected/);
  assert.is(stderr.match(/Expression expected/g)?.length, 1);
});

test("a file that cannot be evaluated, or is not there, says so with a remedy", async () => {
  const thrown = await checked(`throw new RangeError("no");\n${policyText()}`);
  assert.is(thrown.status, 1);
  assert.match(thrown.stderr, /RangeError: no|Unreachable code/);
  const missing = await checked(undefined, "--policy", "/nowhere/policy.ts");
  assert.is(missing.status, 1);
  assert.match(
    missing.stderr,
    "weir check: There is no policy file /nowhere/policy.ts.\n  Name one with --policy FILE.",
  );
});

test("remarks are warnings: the policy can be used all the same", async () => {
  const { status, stdout } = await checked(policyText().replace("max: 5", "max: 0"));
  assert.is(status, 0);
  assert.match(stdout, "\nwarning: tenants.acme.calls.max: lets no call through (is 0); raise it");
  assert.match(stdout, "\nwarning: emergency: names no number");
});

test("--json prints one object, for mistakes as for a summary", async () => {
  const bad = await checked(policyText().replace("max: 5", "max: -5"), "--json");
  assert.is(bad.status, 1);
  const { valid, problems } = JSON.parse(bad.stdout) as Report;
  assert.is(valid, false);
  assert.equal(problems, [
    {
      path: "tenants.acme.calls.max",
      value: -5,
      message: "is not a whole number between 0 and 1000000",
      remedy: "use 0 to 1000000",
    },
  ]);
  const good = await checked(policyText(), "--json");
  assert.is(good.status, 0);
  const report = JSON.parse(good.stdout) as Report;
  assert.is(report.valid, true);
  assert.equal(report.pools[0]?.capacity, 20);
  assert.equal(report.tenants, [{ id: "acme", pool: "main", maxCalls: 5, perSecond: null, whenStoreIsDown: "local" }]);
});

test("--help tells the options, an unknown option where to look", async () => {
  const help = await checked(undefined, "--help");
  assert.is(help.status, 0);
  assert.match(help.stdout, "--policy FILE");
  const wrong = await checked(undefined, "--polcy", "x");
  assert.is(wrong.status, 1);
  assert.match(wrong.stderr, "npm run check -- --help");
});

test.run();
