import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ownedDirectory, ownedProcesses, removeOwnedDirectory, spawnOwned } from "../../src/host/process";
import { eventually } from "../support/eventually";

const folder = ownedDirectory();
/** The module as JavaScript: many parents start, and each would load the TypeScript compiler first. */
const processModule = join(folder, "process.cjs");
buildSync({
  ...{ entryPoints: [join(__dirname, "../../src/host/process.ts")], outfile: processModule },
  ...{ bundle: true, platform: "node", logLevel: "silent" },
});
test.after(() => removeOwnedDirectory(folder));

/** A zombie has ended: when its parent takes note of that is not ours to say. */
function alive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

/** Runs a piece of TypeScript's output in its own Node that owns a process with a child; answers both ids. */
async function parentWith(ending: string) {
  const code =
    `const { spawnOwned } = require(${JSON.stringify(processModule)});` +
    `spawnOwned("sh", ["-c", "sleep 60 & echo $$ $!; wait"], { onOutput: (text) => process.stdout.write(text) });` +
    ending;
  const parent = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "ignore"] });
  let output = "";
  parent.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const pids = await eventually("ids of the owned processes", () =>
    output.includes("\n") ? output.trim().split(" ").map(Number) : null,
  );
  assert.is(pids.length, 2);
  return { parent, pids };
}

test("output and exit are reported, and the group is ended with its leader", async () => {
  const child = await spawnOwned("sh", ["-c", "echo out; echo err >&2; sleep 60 & echo $!; exit 3"]);
  assert.equal(await child.exited, { code: 3, signal: null });
  assert.match(child.output(), /out/);
  assert.match(child.output(), /err/);
  const orphan = Number(/\d+/.exec(child.output())?.[0]);
  await eventually("the orphan's end", () => (alive(orphan) ? null : true));
  assert.equal(ownedProcesses(), []);
});

test("stop ends what ignores SIGTERM, and what is stopped by SIGSTOP", async () => {
  const stubborn = await spawnOwned("sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]);
  await eventually("trap", () => (stubborn.output().includes("ready") ? true : null));
  assert.is((await stubborn.stop(100)).signal, "SIGKILL");
  const stopped = await spawnOwned("sleep", ["60"]);
  stopped.signal("SIGSTOP");
  assert.is((await stopped.stop()).signal, "SIGTERM");
});

test("a program that does not exist is named", async () => {
  const message = await spawnOwned("weir-no-such-program", []).then(
    () => "started",
    (error: Error) => error.message,
  );
  assert.is(message, "weir-no-such-program is not installed");
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const) {
  test(`nothing is left when the parent gets ${signal}`, async () => {
    const { parent, pids } = await parentWith("setTimeout(() => {}, 60000);");
    const ended = new Promise((resolve) => parent.once("exit", (_code, by) => resolve(by)));
    parent.kill(signal);
    assert.is(await ended, signal);
    await eventually("their end", () => (pids.some(alive) ? null : true));
  });
}

for (const [how, code] of [
  ["an uncaught exception", "throw new Error('x')"],
  ["an unhandled rejection", "Promise.reject(new Error('x'))"],
  ["process.exit", "process.exit(4)"],
] as const) {
  test(`nothing is left after ${how}`, async () => {
    const { pids } = await parentWith(`setTimeout(() => { ${code} }, 300);`);
    await eventually("their end", () => (pids.some(alive) ? null : true));
  });
}

test("an owned directory is removed", () => {
  const path = ownedDirectory();
  assert.ok(existsSync(path));
  removeOwnedDirectory(path);
  assert.not(existsSync(path));
});

test.run();
