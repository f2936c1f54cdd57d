/** `npm run demo` */
import path from "node:path";
import { parseArgs } from "node:util";
import { Failure } from "../build/failure";
import { demo } from "../demo/demo";
import { LEAST_SECONDS } from "../demo/play";

const defaultSeconds = 30;

export const help = `npm run demo [-- --seconds N] [--redis] [--policy FILE]

Shows one Kamailio that runs the policy, stand-in nodes and callers of two tenants, all on loopback addresses and free
ports, and judges at the end whether what the policy promises has happened.

  --seconds N    how long calls are made and watched (default: ${defaultSeconds}, at least ${LEAST_SECONDS})
  --redis        keep leases and bindings in a Redis started for the demo, instead of Kamailio's memory
  --policy FILE  the policy to play (default: src/policy.ts): any with two tenants that share a pool; its nodes'
                 and trunks' addresses are replaced by loopback ones

Exit code: 0 when all promises were kept, 1 when not, 130 after Ctrl-C.`;

export async function run(args: string[]): Promise<number> {
  const { seconds, redis, policy } = readSettings(args);
  return demo({
    seconds,
    redis,
    policy,
    write: (text) => process.stdout.write(text),
    // The table needs room for its columns, and a terminal that understands more than lines.
    redraw: process.stdout.isTTY === true && (process.stdout.columns ?? 80) >= 80 && process.env.TERM !== "dumb",
    colours: process.stdout.isTTY === true && process.env.NO_COLOR === undefined && process.env.TERM !== "dumb",
  });
}

function readSettings(args: string[]): { seconds: number; redis: boolean; policy?: string } {
  const remedy = "npm run demo -- --help tells the options.";
  try {
    const { values } = parseArgs({
      args,
      options: { seconds: { type: "string" }, redis: { type: "boolean" }, policy: { type: "string" } },
    });
    const text = values.seconds ?? `${defaultSeconds}`;
    const seconds = Number(text);
    if (!/^\d+$/.test(text) || seconds < LEAST_SECONDS || seconds > 3600) {
      throw new Error(`--seconds is ${text}; it has to be a whole number from ${LEAST_SECONDS} to 3600`);
    }
    const policy = values.policy === undefined ? undefined : path.resolve(values.policy);
    return { seconds, redis: values.redis ?? false, policy };
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error), remedy);
  }
}
