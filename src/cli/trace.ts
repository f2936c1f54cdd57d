/** `npm run trace` */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { Failure } from "../build/failure";
import { root, shown } from "../build/paths";
import type { SourceMap } from "../build/source-map";
import { trace } from "../build/trace";

export const help = `npm run trace -- weir.js:LINE[:COLUMN] ...
npm run trace < kamailio.log

Turns lines of Kamailio's stacks ("at v (eval:33)") into lines of TypeScript. Use it with the build that Kamailio runs.

  --dist DIR  the folder with weir.js and weir.js.map (default: dist)`;

export async function run(args: string[]): Promise<number> {
  let values: { dist?: string };
  let positionals: string[];
  try {
    ({ values, positionals } = parseArgs({ args, options: { dist: { type: "string" } }, allowPositionals: true }));
  } catch (error) {
    throw new Failure((error as Error).message, "npm run trace -- --help tells the options.");
  }
  const folder = path.resolve(values.dist ?? path.join(root, "dist"));
  const script = path.join(folder, "weir.js");
  if (!existsSync(script) || !existsSync(`${script}.map`)) {
    throw new Failure(`There is no build in ${shown(folder)}.`, "Run `npm run build` first, or name one with --dist.");
  }
  const bundle = {
    script: readFileSync(script, "utf8"),
    map: JSON.parse(readFileSync(`${script}.map`, "utf8")) as SourceMap,
  };
  const texts = positionals.length > 0 ? positionals : [readFileSync(0, "utf8")];
  for (const text of texts) console.log(trace(text, bundle).trimEnd());
  return 0;
}
