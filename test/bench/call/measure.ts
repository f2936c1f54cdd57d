import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Kamailio, startKamailio } from "../../../src/host/kamailio";
import { formatHostPort } from "../../../src/host/listener";
import { ownedDirectory, removeOwnedDirectory, spawnOwned } from "../../../src/host/process";
import { startRedis } from "../../../src/host/redis";
import { runSipp, startSipp } from "../../../src/host/sipp";
import type { Candidate } from "./candidates";

/** User-space instructions per call. */
export interface Cost {
  /** All of Kamailio's processes. */
  total: number;
  /** Its SIP workers alone. */
  workers: number;
}

export interface Load {
  /** Calls that are counted, after a warm-up. */
  calls: number;
  perSecond: number;
}

/** Not every call succeeded: the code is wrong, or the machine too busy for the rate. */
export class CallsFailed extends Error {}

const warmUpCalls = 20;
/** At a time: the first messages of a worker are slow (each pseudo-variable's first look-up), most so under callgrind. */
const warmUpLimit = 2;
const warmUpSeconds = 15;
/** tm keeps a finished transaction for 5 s; its removal is part of a call's cost. */
const settleSeconds = 8;

/**
 * Counts with the processor's own counter. Answers null when there is none (virtual machines often have none, and
 * perf may be forbidden).
 */
export async function hardwareCounts(): Promise<boolean> {
  try {
    const perf = await spawnOwned("perf", ["stat", "-x", ",", "-e", "instructions:u", "true"]);
    await perf.exited;
    return readPerf(perf.output()) !== null;
  } catch {
    return false;
  }
}

/** Cost of a call by `perf stat` on the running processes. Throws when a call fails. */
export async function costByPerf(candidate: Candidate, load: Load): Promise<Cost> {
  let cost: Cost | null = null;
  await withCandidate(candidate, [], async (kamailio) => {
    await warmUp(candidate, kamailio);
    const all = await kamailio.processes();
    const workers = all.filter(isWorker).map(({ pid }) => pid);
    const others = all.filter((each) => !isWorker(each)).map(({ pid }) => pid);
    const counters = [];
    for (const pids of [workers, others]) {
      counters.push(await spawnOwned("perf", ["stat", "-x", ",", "-e", "instructions:u", "-p", pids.join(",")]));
    }
    // perf attaches some time after its start, and does not say when.
    await sleep(1);
    await makeCalls(candidate, kamailio, load.calls, load.perSecond);
    await sleep(settleSeconds);
    const counts = [];
    for (const counter of counters) {
      counter.signal("SIGINT");
      await counter.exited;
      counts.push(readPerf(counter.output()));
    }
    const [workerCount = null, otherCount = null] = counts;
    if (workerCount === null || otherCount === null) {
      throw new Error("perf stopped counting");
    }
    cost = { total: (workerCount + otherCount) / load.calls, workers: workerCount / load.calls };
  });
  if (cost === null) {
    throw new Error("nothing was counted");
  }
  return cost;
}

/**
 * Cost of a call by callgrind: a run with the warm-up alone is subtracted from one with the calls, both equally long, so
 * that the start, and what Kamailio does by the clock, cancel out. Throws when a call fails.
 */
export async function costByCallgrind(candidate: Candidate, load: Load): Promise<Cost> {
  const windowSeconds = warmUpSeconds + load.calls / load.perSecond + settleSeconds;
  const before = await countByCallgrind(candidate, null, windowSeconds);
  const after = await countByCallgrind(candidate, load, windowSeconds);
  return {
    total: (after.total - before.total) / load.calls,
    workers: (after.workers - before.workers) / load.calls,
  };
}

/** The functions that cost most in the SIP workers while they handle messages, as callgrind_annotate prints them. */
export async function profile(candidate: Candidate, load: Load, inclusive: boolean): Promise<string> {
  const directory = ownedDirectory();
  try {
    const out = join(directory, "callgrind");
    mkdirSync(out);
    // Counting only inside the function that handles a message leaves the start out.
    const under = callgrind(out, ["--toggle-collect=receive_msg"]);
    let files: string[] = [];
    await withCandidate(candidate, under, async (kamailio) => {
      await warmUp(candidate, kamailio);
      await makeCalls(candidate, kamailio, load.calls, load.perSecond);
      files = (await kamailio.processes()).filter(isWorker).map(({ pid }) => join(out, `${pid}`));
    });
    // callgrind_annotate reads one file; the workers' figures are added here.
    const sums = new Map<string, number>();
    for (const file of files) {
      const options = [`--inclusive=${inclusive ? "yes" : "no"}`, "--auto=no", "--threshold=99"];
      const annotate = await spawnOwned("callgrind_annotate", [...options, file]);
      await annotate.exited;
      for (const line of annotate.output().split("\n")) {
        const row = /^\s*([\d,]+) \(\s*[\d.]+%\)\s+(?:[^\s:]*:)?(.*)$/.exec(line);
        const name = row?.[2]?.replace(/ \[(?:.*\/)?([^/\]]+)\]$/, "  $1");
        if (row !== null && name !== undefined) {
          sums.set(name, (sums.get(name) ?? 0) + Number((row[1] ?? "").replaceAll(",", "")));
        }
      }
    }
    return [...sums]
      .sort(([, one], [, other]) => other - one)
      .slice(0, 45)
      .map(([name, sum]) => `${String(Math.round(sum / (warmUpCalls + load.calls))).padStart(9)}  ${name}`)
      .join("\n");
  } finally {
    removeOwnedDirectory(directory);
  }
}

/** Instructions of a whole run: warm-up, then the load unless it is null. */
async function countByCallgrind(candidate: Candidate, load: Load | null, windowSeconds: number): Promise<Cost> {
  const directory = ownedDirectory();
  try {
    const out = join(directory, "callgrind");
    mkdirSync(out);
    let workers: ReadonlySet<number> = new Set();
    await withCandidate(candidate, callgrind(out, []), async (kamailio) => {
      const end = Date.now() + windowSeconds * 1000;
      workers = new Set((await kamailio.processes()).filter(isWorker).map(({ pid }) => pid));
      await warmUp(candidate, kamailio);
      if (load !== null) {
        await makeCalls(candidate, kamailio, load.calls, load.perSecond);
      }
      await sleep((end - Date.now()) / 1000);
    });
    const count: Cost = { total: 0, workers: 0 };
    for (const file of readdirSync(out)) {
      const totals = /^totals: (\d+)/m.exec(readFileSync(join(out, file), "utf8"));
      if (totals === null) {
        throw new Error(`${candidate.name}: callgrind wrote no total for process ${file}`);
      }
      count.total += Number(totals[1]);
      count.workers += workers.has(Number(file)) ? Number(totals[1]) : 0;
    }
    if (workers.size === 0 || count.workers === 0) {
      throw new Error(`${candidate.name}: callgrind wrote nothing for the SIP workers`);
    }
    return count;
  } finally {
    removeOwnedDirectory(directory);
  }
}

function callgrind(out: string, options: readonly string[]): string[] {
  return ["valgrind", "--tool=callgrind", `--callgrind-out-file=${join(out, "%p")}`, ...options];
}

/** Starts everything around a candidate, and stops it whatever happens. */
async function withCandidate(
  candidate: Candidate,
  under: readonly string[],
  use: (kamailio: Kamailio) => Promise<void>,
): Promise<void> {
  const redis = candidate.redis ? await startRedis() : null;
  const node = await startSipp({ scenario: scenario("node"), host: nodeHost });
  let kamailio: Kamailio | null = null;
  try {
    if (redis !== null) {
      await candidate.prepare?.(redis, node.address);
    }
    kamailio = await startKamailio({
      cfg: candidate.cfg,
      script: await candidate.script?.(node.address),
      redis: redis?.url,
      listen: ["udp:127.0.0.1:0"],
      workers: 2,
      memoryMb: 256,
      secret: "a secret for measurements only",
      defines: { WEIR_PING_INTERVAL: 0, ...candidate.defines },
      dispatcherList: [`1 sip:${formatHostPort(node.address)} 0 0 duid=node-1`],
      under,
    });
    await use(kamailio);
  } finally {
    await kamailio?.stop();
    await node.stop();
    await redis?.stop();
  }
}

/** Proxy, node and caller have addresses of their own, as machines of their own would. */
const nodeHost = "127.0.0.11";
const callerHost = "127.0.0.21";

function warmUp(candidate: Candidate, kamailio: Kamailio): Promise<void> {
  return makeCalls(candidate, kamailio, warmUpCalls, 10, warmUpLimit);
}

async function makeCalls(
  candidate: Candidate,
  kamailio: Kamailio,
  calls: number,
  perSecond: number,
  limit?: number,
): Promise<void> {
  const [target] = kamailio.listen;
  if (target === undefined) {
    throw new Error("no listener");
  }
  const timeoutSeconds = Math.ceil(calls / perSecond) + 30;
  const result = await runSipp({
    scenario: scenario("caller"),
    target,
    host: callerHost,
    service: "100@acme.example",
    calls,
    rate: perSecond,
    limit,
    timeoutSeconds,
  });
  // A call that fails costs something else than a whole call.
  if (result.code !== 0 || result.failed > 0 || result.succeeded !== calls) {
    throw new CallsFailed(
      `${candidate.name}: ${result.succeeded} of ${calls} calls succeeded (SIPp ended with ${result.code})\n` +
        `${result.errors.slice(0, 1500)}\n${kamailio.log().slice(-2000)}`,
    );
  }
}

function scenario(name: "caller" | "node"): string {
  return readFileSync(join(__dirname, `${name}.xml`), "utf8");
}

function isWorker({ description }: { description: string }): boolean {
  return description.startsWith("udp receiver");
}

function readPerf(output: string): number | null {
  const match = /^(\d+),[^,]*,instructions/m.exec(output);
  return match === null ? null : Number(match[1]);
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, seconds * 1000)));
}
