/** `npm run build` */
import { parseArgs } from "node:util";
import { build, maxBytes } from "../build/build";
import { Failure } from "../build/failure";
import { shown } from "../build/paths";

export const help = `npm run build [-- --policy FILE] [--out DIR]

Makes one script for Kamailio from the router and a policy.

  --policy FILE  the policy (default: src/policy.ts); it may lie anywhere
  --out DIR      where the results go (default: dist)

Writes weir.js, weir.js.map, manifest.json and dispatcher.list. Writes nothing and ends with exit code 1 when the code
has type errors or needs what Duktape lacks, when the policy is not valid, or when the script is bigger than
${maxBytes} bytes.`;

export async function run(args: string[]): Promise<number> {
  let values: { policy?: string; out?: string };
  try {
    ({ values } = parseArgs({ args, options: { policy: { type: "string" }, out: { type: "string" } } }));
  } catch (error) {
    throw new Failure((error as Error).message, "npm run build -- --help tells the options.");
  }
  const started = performance.now();
  const { manifest, files } = await build(values);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const percent = Math.round((100 * manifest.bytes) / maxBytes);
  console.log(`${shown(files?.script ?? "")}: ${manifest.bytes} bytes (${percent} % of what fits), ${seconds} s`);
  console.log(`policy ${manifest.policyFile} ${manifest.policyHash.slice(0, 12)}, ledger library ${manifest.library}`);
  return 0;
}
