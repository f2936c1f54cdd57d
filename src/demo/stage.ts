/** Everything that runs during the demo: built, started, and stopped again whatever happens. */

import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../build/build";
import { type Kamailio, startKamailio } from "../host/kamailio";
import type { HostPort } from "../host/listener";
import { freePort } from "../host/ports";
import { ownedDirectory, removeOwnedDirectory } from "../host/process";
import { startRedis } from "../host/redis";
import { type Sipp, startSipp } from "../host/sipp";
import { readStatus, type Status } from "../host/status";
import type { Policy } from "../policy/types";
import { type Cast, type Player, TALK_SECONDS } from "./cast";
import { playedPolicy, playedPolicyText, TRUNK_HOST } from "./played-policy";
import { type CallerLog, readCallerLog, readNodeLog } from "./sipp-log";

export interface StageOptions {
  /** The operator's policy file (absolute) and what is in it. */
  readonly policyFile: string;
  readonly policy: Policy;
  readonly cast: Cast;
  /** Shortest binding, seconds. */
  readonly minExpires: number;
  /** The flooding tenant's limit as it is played; see played-policy.ts. */
  readonly playedMax?: number;
  /** Keep the ledger in a Redis of the demo's own. */
  readonly redis: boolean;
}

/** Callers of one tenant at work. */
export interface Callers {
  /** Calls that they are to make. */
  readonly offered: number;
  log(): CallerLog;
  /** When all calls are over. */
  readonly finished: Promise<void>;
}

/** The running demo. */
export interface Stage {
  readonly proxy: HostPort;
  status(): Promise<Status>;
  /** Lets a tenant's callers make `calls` calls at its rate. */
  call(player: Player, calls: number): Promise<Callers>;
  /** Calls that each node of the cast has taken, in the cast's order. */
  nodeCalls(): number[];
  /** Rejects when a part ends that should run. */
  readonly broken: Promise<never>;
  /** Lines of the router's log that tell of trouble, the last ones. */
  trouble(): string[];
  stop(): Promise<void>;
}

/** Builds the policy as it is played. Throws a Failure when it cannot be built. */
export async function buildStage(options: StageOptions): Promise<BuiltStage> {
  const directory = ownedDirectory();
  const addresses: Record<string, string[]> = {};
  const standIns: StandIn[] = [];
  for (const [pool, { nodes }] of Object.entries(options.policy.pools ?? {})) {
    addresses[pool] = [];
    for (const { id } of nodes) {
      const host = `127.0.0.${11 + standIns.length}`;
      const port = await freePort(host);
      addresses[pool].push(`sip:${host}:${port}`);
      standIns.push({ pool, node: id, host, port, log: join(directory, `node-${standIns.length}.log`) });
    }
  }
  const { minExpires, playedMax } = options;
  const played = playedPolicy(options.policy, options.cast, { addresses, minExpires, playedMax });
  const policy = join(directory, "policy.ts");
  writeFileSync(policy, playedPolicyText(played, options.policyFile));
  const out = join(directory, "dist");
  mkdirSync(out);
  await build({ policy, out });
  return { directory, standIns, script: join(out, "weir.js"), dispatcherList: join(out, "dispatcher.list") };
}

interface StandIn extends HostPort {
  readonly pool: string;
  readonly node: string;
  /** Where its SIPp logs calls. */
  readonly log: string;
}

/** What `startStage` starts. */
export interface BuiltStage {
  readonly directory: string;
  readonly standIns: readonly StandIn[];
  readonly script: string;
  readonly dispatcherList: string;
}

/** Starts nodes, store and router. Whatever has been started is stopped again when something fails. */
export async function startStage(built: BuiltStage, options: StageOptions): Promise<Stage> {
  const { directory, standIns } = built;
  const stops: (() => Promise<unknown>)[] = [];
  let stopping = false;
  const stop = async () => {
    stopping = true;
    // Callers first, then router, nodes and store: nothing complains about what is gone already.
    while (stops.length > 0) await stops.pop()?.();
    removeOwnedDirectory(directory);
  };
  let breakIt: (error: Error) => void = () => undefined;
  const broken = new Promise<never>((_, reject) => {
    breakIt = reject;
  });
  // Somebody may look at it only later.
  broken.catch(() => undefined);
  const mustRun = (what: string, ended: Promise<unknown>, why: () => string) => {
    void ended.then(() => {
      if (!stopping) breakIt(new Error(`${what} ended by itself${why()}`));
    });
  };

  try {
    let redis: string | undefined;
    if (options.redis) {
      const server = await startRedis();
      stops.push(() => server.stop());
      redis = server.url;
    }
    const nodes: Sipp[] = [];
    const callers: Sipp[] = [];
    stops.push(() => Promise.all(nodes.map((node) => node.stop())));
    for (const { node: name, host, port, log } of standIns) {
      const node = await startSipp({ scenario: scenario("node"), host, port, args: ["-trace_logs", "-log_file", log] });
      nodes.push(node);
      void node.finished.then(({ errors, output }) => {
        if (!stopping) breakIt(new Error(`the stand-in of ${name} ended by itself${lastLines(errors || output)}`));
      });
    }
    const kamailio = await startKamailio({
      script: built.script,
      dispatcherList: built.dispatcherList,
      listen: ["udp:127.0.0.1:0"],
      http: "127.0.0.1:0",
      redis,
      workers: 2,
      memoryMb: 128,
      secret: randomBytes(32).toString("hex"),
    });
    stops.push(() => kamailio.stop());
    stops.push(() => Promise.all(callers.map((each) => each.stop())));
    mustRun("Kamailio", kamailio.exited, () => lastLines(troubleIn(kamailio).join("\n")));

    const [proxy] = kamailio.listen;
    const http = kamailio.http;
    if (proxy === undefined || http === null) throw new Error("Kamailio listens nowhere");
    return {
      proxy,
      status: () => readStatus(http),
      async call(player, calls) {
        const log = join(directory, `${player.tenant}.log`);
        const sipp = await startSipp({
          scenario: scenario("caller"),
          target: proxy,
          host: player.trunk ? TRUNK_HOST : "127.0.0.1",
          service: "100",
          calls,
          rate: player.perSecond,
          limit: calls,
          // Far beyond what they need: SIPp would wait for ever on a call without an answer.
          timeoutSeconds: Math.ceil(calls / player.perSecond) + 20,
          args: [
            ...["-d", `${TALK_SECONDS * 1000}`, "-key", "domain", player.domain],
            ...["-trace_logs", "-log_file", log],
          ],
        });
        callers.push(sipp);
        return {
          offered: calls,
          log: () => readCallerLog(textOf(log)),
          finished: sipp.finished.then(({ code, errors, output }) => {
            // 1 is a failed call, which is for the judge; beyond that SIPp itself could not work.
            if (code !== 0 && code !== 1 && !stopping) {
              breakIt(new Error(`the callers of ${player.tenant} ended by themselves${lastLines(errors || output)}`));
            }
          }),
        };
      },
      nodeCalls: () =>
        options.cast.nodes.map(({ node }) => {
          const at = standIns.find((standIn) => standIn.pool === options.cast.pool && standIn.node === node);
          return at === undefined ? 0 : readNodeLog(textOf(at.log));
        }),
      broken,
      trouble: () => troubleIn(kamailio),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function scenario(name: "caller" | "node"): string {
  return readFileSync(join(__dirname, "sipp", `${name}.xml`), "utf8");
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // SIPp makes its log with the first line.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

function troubleIn(kamailio: Kamailio): string[] {
  return kamailio
    .log()
    .split("\n")
    .filter((line) => /\b(ERROR|CRITICAL|BUG|ALERT)\b/.test(line))
    .slice(-5);
}

function lastLines(text: string): string {
  const lines = text.trim().split("\n").slice(-5).join("\n");
  return lines === "" ? "" : `:\n${lines}`;
}
