/** The whole demo: cast, build, start, play, judge, stop. */

import path from "node:path";
import { root, shown } from "../build/paths";
import { loadPolicy, requireValid } from "../build/policy";
import { ensurePackages } from "../host/packages";
import { castPolicy } from "./cast";
import { introduction, lines, nextSteps, paint, type Scene, summary, table, wrap } from "./display";
import { judge } from "./judge";
import { phoneSeconds, play } from "./play";
import { buildStage, type StageOptions, startStage } from "./stage";

export interface DemoOptions {
  readonly seconds: number;
  readonly redis: boolean;
  /** Policy file; default: src/policy.ts. */
  readonly policy?: string;
  readonly write: (text: string) => void;
  /** Draw a table again and again in one place; otherwise lines now and then. */
  readonly redraw: boolean;
  readonly colours: boolean;
  /** The flooding tenant's limit as it is played: another than the policy's breaks a promise, for tests of the judge. */
  readonly playedMax?: number;
}

/** Seconds between two reports in lines. */
const REPORT_SECONDS = 3;

class Interrupted extends Error {}

/**
 * Runs the demo.
 * @returns the exit code: 0 all promises kept, 1 some not, 130 interrupted. Throws a Failure when it cannot be played.
 */
export async function demo(options: DemoOptions): Promise<number> {
  const abort = new AbortController();
  const onSignal = () => abort.abort(new Interrupted());
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  // They stay until everything has stopped: a second Ctrl-C must not leave half of it behind.
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await perform(options, abort.signal);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    options.write("\nInterrupted; everything has been stopped.\n");
    return 130;
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

async function perform(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const { seconds, redis } = options;
  const say = (...texts: readonly string[]) => options.write(`${texts.join("\n")}\n`);
  const policyFile = path.resolve(options.policy ?? path.join(root, "src/policy.ts"));
  const policy = await loadPolicy(policyFile);
  requireValid(policy, policyFile);
  const cast = castPolicy(policy);
  ensurePackages(
    redis ? ["kamailio", "kamailio-redis-modules", "redis-server", "sip-tester"] : ["kamailio", "sip-tester"],
  );

  const ttl = phoneSeconds(seconds);
  say(introduction(cast, seconds, ttl, redis ? "a Redis of its own" : "Kamailio's shared memory"), "");
  say(`Building ${shown(policyFile)} and starting ...`);
  const stageOptions: StageOptions = { policyFile, policy, cast, minExpires: 1, playedMax: options.playedMax, redis };
  const built = await buildStage(stageOptions);
  signal.throwIfAborted();
  const stage = await startStage(built, stageOptions);
  let verdicts: ReturnType<typeof judge>;
  let trouble: string[];
  try {
    say("");
    verdicts = judge(await play(stage, cast, seconds, presenter(options), signal));
    trouble = stage.trouble();
  } finally {
    await stage.stop();
  }

  const kept = verdicts.every((verdict) => verdict.kept);
  say("", ...summary(verdicts, paint(options.colours)));
  if (!kept && trouble.length > 0) say("", "The router's log:", ...trouble.flatMap((line) => wrap(line, "  ")));
  say("", ...nextSteps(shown(policyFile)));
  return kept ? 0 : 1;
}

/** Shows moments as they come. */
function presenter(options: DemoOptions): (scene: Scene) => void {
  const colours = paint(options.colours);
  let drawn = 0;
  let next = REPORT_SECONDS;
  return (scene) => {
    if (options.redraw) {
      const text = table(scene, colours);
      // Up to where the table began, and away with what is below.
      const back = drawn === 0 ? "" : `\x1b[${drawn}A\x1b[J`;
      options.write(`${back}${text.join("\n")}\n`);
      drawn = text.length;
    } else if (scene.second >= next) {
      next = Math.floor(scene.second / REPORT_SECONDS) * REPORT_SECONDS + REPORT_SECONDS;
      options.write(`${lines(scene).join("\n")}\n`);
    }
  };
}
