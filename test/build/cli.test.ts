import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Failure } from "../../src/build/failure";
import { root } from "../../src/build/paths";
import { describeError, main } from "../../src/cli/main";
import { readTotals } from "../../src/cli/test";
import { folderWith, policyText } from "./files";

function weir(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [path.join(root, "src/cli/bootstrap.cjs"), ...args], {
    encoding: "utf8",
    cwd: folderWith({}),
    timeout: 30_000,
  });
}

/** Runs a command in this process, and returns its exit code and what it prints. */
async function inProcess(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const { log, error } = console;
  let stdout = "";
  let stderr = "";
  console.log = (text: string) => {
    stdout += `${text}\n`;
  };
  console.error = (text: string) => {
    stderr += `${text}\n`;
  };
  try {
    return { status: await main(args), stdout, stderr };
  } finally {
    Object.assign(console, { log, error });
  }
}

test("an unknown command ends with 2 and a suggestion", () => {
  const { status, stderr } = weir("biuld");
  assert.is(status, 2);
  assert.match(stderr, /^weir: there is no command biuld\. Did you mean build\?\n/);
});

test("a word far from every command gets no suggestion", async () => {
  const { status, stderr } = await inProcess("constructor");
  assert.is(status, 2);
  assert.match(stderr, /^weir: there is no command constructor\.\n/);
});

test("help lists every command, and each command has its own", async () => {
  const overview = await inProcess("--help");
  assert.is(overview.status, 0);
  for (const name of ["start", "demo", "check", "build", "trace", "types", "bench", "lint", "test"]) {
    assert.match(overview.stdout, new RegExp(`^  ${name} +\\w`, "m"));
  }
  const { status, stdout } = await inProcess("build", "--help");
  assert.is(status, 0);
  assert.match(stdout, "--policy FILE");
});

test("a failure shows message and remedy without a stack, and ends with 1", () => {
  const { status, stderr } = weir("build", "--policy", "missing.ts");
  assert.is(status, 1);
  assert.match(stderr, /^weir build: There is no policy file \S*missing\.ts\.\n {2}Name one with --policy FILE\.\n$/);
});

test("an unknown option ends with 1 and says where to look", async () => {
  for (const command of ["build", "trace"]) {
    const { status, stderr } = await inProcess(command, "--polcy", "x");
    assert.is(status, 1);
    assert.match(stderr, /--polcy/);
    assert.match(stderr, /-- --help/);
  }
});

test("a build, and a trace in it, by command line", async () => {
  const folder = folderWith({ "policy.ts": policyText() });
  const out = path.join(folder, "out");
  const built = await inProcess("build", "--policy", path.join(folder, "policy.ts"), "--out", out);
  assert.is(built.status, 0, built.stderr);
  assert.match(built.stdout, /weir\.js: \d+ bytes/);
  const lines = readFileSync(path.join(out, "weir.js"), "utf8").split("\n");
  const line = lines.findIndex((text) => text.includes("ksr_request_route")) + 1;
  assert.ok(line > 0);
  const traced = await inProcess("trace", "--dist", out, `weir.js:${line}`);
  assert.is(traced.status, 0, traced.stderr);
  assert.match(traced.stdout, /kemi\/\w+\.ts:\d+/);
  const none = await inProcess("trace", "--dist", folder, "weir.js:1");
  assert.is(none.status, 1);
  assert.match(none.stderr, /There is no build in .*\n {2}Run `npm run build` first/);
});

test("errors that are our own fault offer a stack", () => {
  assert.is(describeError(new Failure("bad", "do good")), "bad\n  do good");
  assert.is(describeError(new Error("plain")), "plain");
  assert.match(describeError(new TypeError("oops")), /^oops\n {2}WEIR_DEBUG=1/);
});

test("totals are read from the end of uvu's output", () => {
  const output =
    "x\n  Total:     9\n\x1b[32m  Passed:    9\x1b[39m\n\n  Total:     5\n\x1b[31m  Passed:    3\x1b[39m\n  Skipped:   0\n";
  assert.equal(readTotals(output, false), { passed: 3, failed: 2 });
  assert.equal(readTotals("\n  Total:     4\n  Passed:    4\n", true), { passed: 4, failed: 0 });
  assert.equal(
    readTotals("\n  Total:     4\n  Passed:    4\n", false),
    { passed: 4, failed: 1 },
    "it crashed afterwards",
  );
  assert.equal(readTotals("Segmentation fault\n", false), { passed: 0, failed: 1 });
});

test("a run without any test fails", async () => {
  const { status, stderr } = await inProcess("test", "unit", "no-such-file-anywhere");
  assert.is(status, 1);
  assert.match(stderr, /^weir test: No test ran\./);
});

test("the test command counts failures and files that cannot be loaded", () => {
  const folder = folderWith({
    "good.test.js": 'const { test } = require("uvu"); test("good", () => {}); test.run();',
    "bad.test.js": 'const { test } = require("uvu"); test("bad", () => { throw new Error("bad"); }); test.run();',
    "broken.test.js": 'require("./nothing-here");',
    "node_modules/uvu/index.js": `module.exports = require(${JSON.stringify(require.resolve("uvu"))});`,
  });
  const run = (...names: string[]) => {
    const { stdout, status } = weir("test", "--in-process", ...names.map((name) => path.join(folder, name)));
    return readTotals(stdout, status === 0);
  };
  assert.equal(run("good.test.js"), { passed: 1, failed: 0 });
  assert.equal(run("good.test.js", "bad.test.js"), { passed: 1, failed: 1 });
  assert.equal(run("good.test.js", "broken.test.js"), { passed: 1, failed: 1 });
});

test.run();
