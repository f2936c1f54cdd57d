import { parseArgs } from "node:util";
import { Failure } from "../../../src/build/failure";
import { type DebianPackage, ensurePackages, missingPackages } from "../../../src/host/packages";
import { type Candidate, candidates } from "./candidates";
import { CallsFailed, type Cost, costByCallgrind, costByPerf, hardwareCounts, profile } from "./measure";

export const help = `npm run bench -- call [OPTIONS]

User-space instructions that a whole call costs (INVITE, 100, 180, 200, ACK, BYE, 200), of Weir and of native
configurations, one after the other in one run. test/bench/README.md tells the method.

  --calls N          calls that are counted, per candidate and round (default: 300)
  --rounds N         rounds; the mean is reported (default: 1)
  --rate N           calls per second (default: 25 under callgrind, 200 with the hardware counter)
  --only NAME        only this candidate, as often as needed: ${candidates.map(({ name }) => name).join(", ")}
  --assert RATIO     exit code 1 when weir-redis / native-redis is above
  --json             results as JSON
  --profile          instead: the functions that cost most, for Weir with Redis (or --only)
  --inclusive        with --profile: with what a function calls`;

/** Results of one candidate, instructions per call. */
export interface Result {
  name: string;
  title: string;
  total: number;
  workers: number;
  /** Each round's total. */
  rounds: number[];
  /** To native-redis; null when that was not measured. */
  ratio: number | null;
}

/** The command `bench call`. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      calls: { type: "string", default: "300" },
      rounds: { type: "string", default: "1" },
      rate: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      assert: { type: "string" },
      json: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      inclusive: { type: "boolean", default: false },
    },
  });
  const only = values.only ?? [];
  for (const name of only) {
    if (!candidates.some((each) => each.name === name)) {
      throw new Failure(
        `there is no candidate ${name}`,
        `There are ${candidates.map((each) => each.name).join(", ")}.`,
      );
    }
  }
  const calls = positive("--calls", values.calls);
  const rounds = positive("--rounds", values.rounds);
  const limit = values.assert === undefined ? null : positive("--assert", values.assert);
  ensurePackages(["kamailio", "kamailio-redis-modules", "redis-server", "sip-tester"]);

  const hardware = !values.profile && missingPackages(["linux-perf"]).length === 0 && (await hardwareCounts());
  const tool: DebianPackage[] = hardware ? [] : ["valgrind"];
  ensurePackages(tool);
  const load = { calls, perSecond: positive("--rate", values.rate ?? (hardware ? "200" : "25")) };
  const say = (line: string) => (values.json ? console.error(line) : console.log(line));

  if (values.profile) {
    const name = only[0] ?? "weir-redis";
    const candidate = candidates.find((each) => each.name === name);
    if (candidate !== undefined) {
      console.log(`${candidate.title}: SIP workers while handling messages, instructions per call\n`);
      console.log(await profile(candidate, load, values.inclusive));
    }
    return 0;
  }

  say(`counting by ${hardware ? "perf stat (instructions:u)" : "callgrind"}, ${calls} calls, ${load.perSecond}/s`);
  const chosen = candidates.filter(({ name }) => only.length === 0 || only.includes(name));
  const costs = new Map<Candidate, Cost[]>(chosen.map((candidate) => [candidate, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [candidate, list] of costs) {
      const cost = await twice(() => (hardware ? costByPerf : costByCallgrind)(candidate, load), say);
      list.push(cost);
      say(`round ${round}  ${candidate.title.padEnd(40)} ${format(cost.total)}`);
    }
  }
  const results = summarise(costs);
  if (values.json) {
    console.log(
      JSON.stringify({ unit: "user-space instructions per call", hardware, ...load, rounds, results }, null, 2),
    );
  } else {
    console.log(`\n${table(results)}`);
  }
  return limit === null ? 0 : judge(results, limit);
}

/** On a machine that others use a run may be too slow for its rate; one that fails twice is wrong. */
async function twice(measure: () => Promise<Cost>, say: (line: string) => void): Promise<Cost> {
  try {
    return await measure();
  } catch (error) {
    if (!(error instanceof CallsFailed)) {
      throw error;
    }
    say(`${error.message.split("\n")[0]}; once more`);
    return measure();
  }
}

function summarise(costs: ReadonlyMap<Candidate, readonly Cost[]>): Result[] {
  const results: Result[] = [...costs].map(([{ name, title }, list]) => ({
    name,
    title,
    total: mean(list.map(({ total }) => total)),
    workers: mean(list.map(({ workers }) => workers)),
    rounds: list.map(({ total }) => Math.round(total)),
    ratio: null,
  }));
  const base = results.find(({ name }) => name === "native-redis");
  for (const result of results) {
    result.ratio = base === undefined ? null : result.total / base.total;
  }
  return results;
}

function judge(results: readonly Result[], limit: number): number {
  const ratio = results.find(({ name }) => name === "weir-redis")?.ratio ?? null;
  if (ratio === null) {
    throw new Failure("--assert needs weir-redis and native-redis", "Leave --only out, or name both.");
  }
  const good = ratio <= limit;
  console.error(`weir-redis / native-redis: ${ratio.toFixed(3)}, allowed ${limit}: ${good ? "good" : "TOO MUCH"}`);
  return good ? 0 : 1;
}

function table(results: readonly Result[]): string {
  const rows = results.map(({ title, total, workers, ratio, rounds }) => {
    const spread =
      rounds.length > 1 ? `${((100 * (Math.max(...rounds) - Math.min(...rounds))) / total).toFixed(1)} %` : "";
    return [title, format(total), format(workers), ratio === null ? "" : ratio.toFixed(3), spread];
  });
  const head = ["", "per call", "in workers", "to native", "spread"];
  return [head, ...rows]
    .map(([title = "", ...cells]) => title.padEnd(40) + cells.map((cell) => cell.padStart(12)).join(""))
    .join("\n");
}

function format(instructions: number): string {
  return `${(instructions / 1000).toFixed(1)} k`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) {
    throw new Failure(`${name} is ${text}; it has to be a number above 0`);
  }
  return value;
}
