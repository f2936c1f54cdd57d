import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatHostPort, type HostPort } from "./listener";
import { freePort } from "./ports";
import { type OwnedProcess, ownedDirectory, removeOwnedDirectory, spawnOwned } from "./process";

export interface SippOptions {
  /** Scenario text (XML); Record-Route is kept only by scenarios with `rrs` and `[routes]`. */
  scenario: string;
  /** Where a caller sends; absent for an answerer. */
  target?: HostPort;
  host?: string;
  /** A free one when absent. */
  port?: number;
  protocol?: "udp" | "tcp";
  /** `[service]` of the scenario: the user part that is called. */
  service?: string;
  /** Stop after so many calls; an answerer without it runs until stopped. */
  calls?: number;
  /** New calls per second. */
  rate?: number;
  /** Most calls at a time. */
  limit?: number;
  /** Ends everything after so long, whatever happens. */
  timeoutSeconds?: number;
  /** Rows of the scenario's `[fieldN]`, first line `SEQUENTIAL` or `RANDOM`. */
  fields?: string;
  args?: readonly string[];
}

/** SIPp's own count of calls. */
export interface SippResult {
  /** 0 all succeeded, 1 some failed, 97 or more SIPp itself failed. */
  code: number | null;
  succeeded: number;
  failed: number;
  /** Received unexpected messages and other complaints. */
  errors: string;
  output: string;
}

/** A running SIPp. */
export interface Sipp {
  readonly address: HostPort;
  readonly pid: number;
  /** Counts so far, updated each second. */
  counts(): { succeeded: number; failed: number };
  readonly finished: Promise<SippResult>;
  stop(): Promise<SippResult>;
}

/** Starts SIPp in the background. */
export async function startSipp(options: SippOptions): Promise<Sipp> {
  const directory = ownedDirectory();
  const host = options.host ?? "127.0.0.1";
  const address = { host, port: options.port ?? (await freePort(host)) };
  const scenario = join(directory, "scenario.xml");
  const statistics = join(directory, "statistics.csv");
  const errors = join(directory, "errors.log");
  writeFileSync(scenario, options.scenario);
  const bracketed = host.includes(":") ? `[${host}]` : host;
  const args = [
    ...(options.target === undefined ? [] : [formatHostPort(options.target)]),
    ...["-sf", scenario, "-i", bracketed, "-p", `${address.port}`, "-t", options.protocol === "tcp" ? "t1" : "u1"],
    ...["-nostdin", "-trace_stat", "-stf", statistics, "-fd", "1"],
    ...["-trace_err", "-error_file", errors],
    ...(options.service === undefined ? [] : ["-s", options.service]),
    ...(options.calls === undefined ? [] : ["-m", `${options.calls}`]),
    ...(options.rate === undefined ? [] : ["-r", `${options.rate}`]),
    ...(options.limit === undefined ? [] : ["-l", `${options.limit}`]),
    ...(options.timeoutSeconds === undefined ? [] : ["-timeout", `${options.timeoutSeconds}s`]),
  ];
  if (options.fields !== undefined) {
    const path = join(directory, "fields.csv");
    writeFileSync(path, options.fields);
    args.push("-inf", path);
  }
  const child = await spawnOwned("sipp", [...args, ...(options.args ?? [])], { cwd: directory, env: { TERM: "dumb" } });
  const finished = child.exited.then(({ code }) => {
    const result = { code, ...readCounts(statistics), errors: readText(errors), output: child.output() };
    removeOwnedDirectory(directory);
    return result;
  });
  // SIGKILL ends what SIGUSR1 (finish the calls, then quit) cannot: SIPp waits for ever on a call without an answer.
  return { address, pid: child.pid, counts: () => readCounts(statistics), finished, stop: () => stop(child, finished) };
}

/** Runs SIPp to its end. */
export async function runSipp(options: SippOptions): Promise<SippResult> {
  return (await startSipp(options)).finished;
}

async function stop(child: OwnedProcess, finished: Promise<SippResult>): Promise<SippResult> {
  child.signal("SIGUSR1");
  const timer = setTimeout(() => child.signal("SIGKILL"), 1500);
  try {
    return await finished;
  } finally {
    clearTimeout(timer);
  }
}

function readCounts(path: string): { succeeded: number; failed: number } {
  const lines = readText(path).trim().split("\n");
  const names = (lines[0] ?? "").split(";");
  const values = (lines.length > 1 ? (lines[lines.length - 1] ?? "") : "").split(";");
  const value = (name: string) => Number(values[names.indexOf(name)] ?? 0) || 0;
  return { succeeded: value("SuccessfulCall(C)"), failed: value("FailedCall(C)") };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
