/** `npm test` and `npm run test:unit` */
import { readdirSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Failure } from "../build/failure";
import { root, shown } from "../build/paths";
import { ensurePackages } from "../host/packages";
import { spawnOwned } from "../host/process";

export const help = `npm test [-- WORD ...]
npm run test:unit [-- WORD ...]

npm test: lint, build, the offline tests, and the tests with a real Kamailio and Redis (*.real.test.ts), for which it
installs what is missing from Debian. npm run test:unit: the offline tests only. With words: only test files whose path
contains one of them, and neither lint nor build.`;

/** Far more than the slowest file needs: a file that takes longer hangs. */
const timeLimitMs = 15 * 60_000;

/** Debian packages that the real tests use. */
const packages = ["kamailio", "kamailio-redis-modules", "redis-server", "sip-tester", "sipsak", "duktape"] as const;

interface Totals {
  passed: number;
  failed: number;
}

/** Test files below `folder`, in the order of their paths. */
function testFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => path.join(folder, file))
    .sort();
}

/** Reads the totals that uvu prints at the end. A run that ends otherwise counts as one failure more. */
export function readTotals(output: string, ended: boolean): Totals {
  const plain = stripVTControlCharacters(output);
  const [, total, passed] = [...plain.matchAll(/^ {2}Total: +(\d+)\n {2}Passed: +(\d+)$/gm)].at(-1) ?? [];
  if (total === undefined) return { passed: 0, failed: 1 };
  const failed = Number(total) - Number(passed);
  return { passed: Number(passed), failed: failed === 0 && !ended ? 1 : failed };
}

/** Runs test files in one Node.js process of their own and shows what it prints, at the end or as it comes. */
async function runFiles(files: readonly string[], atEnd = false): Promise<Totals> {
  const child = await spawnOwned(
    process.execPath,
    [path.join(root, "src/cli/bootstrap.cjs"), "test", "--in-process", ...files],
    {
      cwd: root,
      env: process.stdout.isTTY ? { FORCE_COLOR: "1" } : {},
      onOutput: atEnd ? undefined : (text) => process.stdout.write(text),
    },
  );
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void child.stop();
  }, timeLimitMs);
  const { code } = await child.exited;
  clearTimeout(timer);
  if (atEnd) process.stdout.write(child.output());
  if (late) console.log(`stopped after ${timeLimitMs / 60_000} minutes: ${files.map(shown).join(" ")}`);
  return readTotals(child.output(), code === 0 && !late);
}

/** Runs the offline files in two processes side by side: most of their time is waiting or loading. */
async function runOffline(files: readonly string[]): Promise<Totals[]> {
  const halves = [0, 1]
    .map((half) => files.filter((_, index) => index % 2 === half))
    .filter(({ length }) => length > 0);
  return Promise.all(halves.map((half) => runFiles(half, halves.length > 1)));
}

/** The inner process: uvu over `files`, one after the other. */
async function runInProcess(files: string[]): Promise<number> {
  const globals = globalThis as typeof globalThis & { UVU_DEFER?: number; UVU_QUEUE?: unknown[][]; UVU_INDEX?: number };
  globals.UVU_DEFER = 1;
  const uvu = require("uvu") as { exec(bail?: boolean): Promise<void> };
  let broken = 0;
  files.forEach((file, index) => {
    globals.UVU_QUEUE?.push([shown(file)]);
    globals.UVU_INDEX = index;
    try {
      require(file);
    } catch (error) {
      broken++;
      console.log(`${shown(file)} cannot be loaded: ${error instanceof Error ? error.stack : error}\n`);
    }
  });
  await uvu.exec();
  return broken > 0 || process.exitCode ? 1 : 0;
}

async function step(name: "lint" | "build"): Promise<boolean> {
  const { run: runStep } = require(`./${name}`) as { run(args: string[]): Promise<number> };
  return (await runStep([])) === 0;
}

export async function run(args: string[]): Promise<number> {
  if (args[0] === "--in-process") return runInProcess(args.slice(1));

  const unitOnly = args[0] === "unit";
  const words = unitOnly ? args.slice(1) : args;
  const option = words.find((word) => word.startsWith("-"));
  if (option) throw new Failure(`There is no option ${option}.`, "npm test -- --help tells what there is.");
  const chosen = testFiles(path.join(root, "test")).filter(
    (file) => words.length === 0 || words.some((word) => shown(file).includes(word)),
  );
  const real = unitOnly ? [] : chosen.filter((file) => file.endsWith(".real.test.ts"));
  const offline = chosen.filter((file) => !file.endsWith(".real.test.ts"));

  const totals: Totals = { passed: 0, failed: 0 };
  const add = ({ passed, failed }: Totals): void => {
    totals.passed += passed;
    totals.failed += failed;
  };
  if (!unitOnly) {
    ensurePackages(packages);
    if (words.length === 0) {
      // A mistake here fails the run but keeps no test from being tried.
      for (const name of ["lint", "build"] as const) add(await gate(name));
    }
  }
  for (const part of await runOffline(offline)) add(part);
  for (const file of real) add(await runFiles([file]));

  if (totals.passed + totals.failed === 0) throw new Failure("No test ran.", "Name a part of a path below test/.");
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  return totals.failed === 0 ? 0 : 1;
}

/** Lint and build count as one test each. */
async function gate(name: "lint" | "build"): Promise<Totals> {
  try {
    if (await step(name)) return { passed: 1, failed: 0 };
  } catch (error) {
    console.log(`${name}: ${error instanceof Error ? error.message : error}`);
  }
  return { passed: 0, failed: 1 };
}
