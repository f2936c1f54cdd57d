import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { root } from "../../src/build/paths";
import { demo } from "../../src/demo/demo";
import { ownedProcesses, spawnOwned } from "../../src/host/process";
import { eventually } from "../support/eventually";

const test = suite("demo");

/** Processes that inherited this variable, that is a demo's own ones. */
function processesMarked(mark: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`WEIR_TEST_MARK=${mark}`);
      } catch {
        // Gone meanwhile, or somebody else's.
        return false;
      }
    });
}

async function startCommand(...args: string[]) {
  const mark = `demo-${process.pid}-${Date.now()}`;
  const child = await spawnOwned(process.execPath, [path.join(root, "src/cli/bootstrap.cjs"), "demo", ...args], {
    cwd: root,
    env: { WEIR_TEST_MARK: mark },
  });
  return { child, left: () => processesMarked(mark) };
}

test("keeps its promises, says so in plain lines and leaves nothing running", async () => {
  const { child, left } = await startCommand("--seconds", "10");
  const { code } = await child.exited;
  const output = child.output();
  assert.is(code, 0, output);
  assert.match(output, /All 8 promises were kept/);
  assert.match(output, /^ {2}6 s {2}acme \d+\/60, \d+ admitted, 0 refused$/m);
  assert.match(output, /npm start -- --listen/);
  assert.is(output, stripVTControlCharacters(output));
  for (const line of output.split("\n")) assert.ok(line.length <= 80, line);
  assert.equal(left(), []);
});

test("is failed by a router that lets more calls through than the policy allows", async () => {
  let output = "";
  const code = await demo({
    seconds: 8,
    redis: false,
    write: (text) => {
      output += text;
    },
    redraw: false,
    colours: false,
    playedMax: 8,
  });
  assert.is(code, 1, output);
  assert.match(
    output,
    /^FAILED {2}small offers far more than its limit: never more than 5 calls at once\n +at most 8 seen/m,
  );
  assert.match(output, /1 of 8 promises were NOT kept/);
  assert.equal(ownedProcesses(), []);
});

test("Ctrl-C, even twice, stops everything in order", async () => {
  const { child, left } = await startCommand("--seconds", "60");
  await eventually("calls", () => (/^ +\d+ s {2}acme/m.test(child.output()) ? true : null), 30_000);
  assert.ok(left().length > 5);
  process.kill(child.pid, "SIGINT");
  await new Promise((resolve) => setTimeout(resolve, 200));
  process.kill(child.pid, "SIGINT");
  const started = Date.now();
  const { code } = await child.exited;
  assert.is(code, 130);
  assert.ok(Date.now() - started < 10_000);
  assert.match(child.output(), /Interrupted; everything has been stopped/);
  assert.equal(left(), []);
});

test.run();
