/** Loads and validates an operator's policy file on Node.js. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import vm from "node:vm";
import * as esbuild from "esbuild";
import type { DispatcherSet } from "../policy/dispatcher";
import type { Policy } from "../policy/types";
import { formatProblem, validatePolicy } from "../policy/validate";
import { Failure } from "./failure";
import { resolveWeir } from "./lower";
import { root, shown } from "./paths";

async function bundled(file: string, external: boolean): Promise<string> {
  try {
    const { outputFiles } = await esbuild.build({
      entryPoints: [file],
      absWorkingDir: root,
      bundle: true,
      write: false,
      format: "cjs",
      platform: "neutral",
      target: "node20",
      minifyWhitespace: external,
      legalComments: "none",
      logLevel: "silent",
      external: external ? ["weir"] : [],
      plugins: external ? [] : [resolveWeir()],
      tsconfigRaw: {},
    });
    return outputFiles[0]?.text ?? "";
  } catch (error) {
    throw new Failure(esbuildMessage(error), "Correct the lines above.");
  }
}

/** What esbuild has to say, with file and line, or the error's own message. */
export function esbuildMessage(error: unknown): string {
  const { errors } = error as Partial<esbuild.BuildFailure>;
  if (!Array.isArray(errors)) return error instanceof Error ? error.message : String(error);
  return errors
    .map(({ text, location }) => {
      if (!location) return text;
      return `${shown(path.resolve(root, location.file))}:${location.line}:${location.column + 1}: ${text}`;
    })
    .join("\n");
}

/** SHA-256 (hex) of the policy's own code, comments and layout aside: equal on every proxy that runs this policy. */
export async function policyHash(file: string): Promise<string> {
  return createHash("sha256")
    .update(await bundled(file, true))
    .digest("hex");
}

/**
 * Evaluates a policy file and returns what it exports as default. It sees no `require`, for it runs later where there
 * is none. Throws a Failure when the file is missing, does not parse, throws, or exports no default.
 */
export async function loadPolicy(file: string): Promise<Policy> {
  const absolute = path.resolve(file);
  if (!existsSync(absolute)) {
    throw new Failure(`There is no policy file ${shown(absolute)}.`, "Name one with --policy FILE.");
  }
  const text = await bundled(absolute, false);
  const module = { exports: {} as { default?: Policy } };
  try {
    vm.compileFunction(text, ["module", "exports"], { filename: shown(absolute) })(module, module.exports);
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new Failure(`${shown(absolute)} cannot be evaluated: ${message}`, "Correct the policy.");
  }
  const policy = module.exports.default;
  if (policy === undefined || policy === null) {
    throw new Failure(
      `${shown(absolute)} has no default export.`,
      'Write `export default definePolicy({ ... });` with `import { definePolicy } from "weir";`.',
    );
  }
  return policy;
}

/** Throws a Failure that names every mistake in the policy's values. */
export function requireValid(policy: Policy, file: string): void {
  const problems = validatePolicy(policy);
  if (problems.length === 0) return;
  const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
  throw new Failure(
    `${count} in the policy ${shown(path.resolve(file))}:\n${problems.map(formatProblem).join("\n")}`,
    "Correct the values above; `npm run check` reports the same list.",
  );
}

/** The text of Kamailio's dispatcher list: `setid destination flags priority attrs`, a line a node. */
export function dispatcherList(sets: readonly DispatcherSet[]): string {
  const lines = ["# set destination flags priority attributes"];
  for (const { set, pool, nodes } of sets) {
    lines.push(`# ${pool}`);
    for (const { id, uri } of nodes) {
      for (const field of [id, uri, pool]) {
        if (/[\s#"]/.test(field)) throw new Error(`not fit for a dispatcher list: ${JSON.stringify(field)}`);
      }
      lines.push(`${set} ${uri} 0 0 node=${id}`);
    }
  }
  return `${lines.join("\n")}\n`;
}
