/** TypeScript in, one ES5 script for Kamailio out. The gates stand in the order in which they run. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as esbuild from "esbuild";
import ts from "typescript";
import { dispatcherSets } from "../policy/dispatcher";
import { es5Violations } from "./es5";
import { Failure } from "./failure";
import { compileLedger, type LedgerLibrary, ledgerEntry } from "./ledger";
import { breakLines } from "./lines";
import { lowerToEs5, resolveWeir } from "./lower";
import { defaultPolicy, root, shown } from "./paths";
import { dispatcherList, esbuildMessage, loadPolicy, policyHash, requireValid } from "./policy";
import { decodeMappings, type SourceMap, segmentAt } from "./source-map";
import { requireTypes } from "./type-check";

/** Kamailio before 6.1 silently cuts a script at 131,072 bytes; a quarter is left for what a policy may grow. */
export const maxBytes = 98_304;

/** What to build. Paths are absolute or relative to the working directory. */
export interface BuildOptions {
  /** The operator's policy file. Default: src/policy.ts of the repository. */
  policy?: string;
  /** The folder for the results. Default: dist of the repository. `null` writes nothing. */
  out?: string | null;
  /** Refuse a bigger script. Default: maxBytes. */
  maxBytes?: number;
  /** `false` skips the type check, for a caller that has just made it. */
  typeCheck?: boolean;
  /** The module whose `start(policy, about)` the script calls. Default: kemi/main.ts. */
  runtime?: string;
  /** The ledger's source for Redis. Default: src/ledger/redis/library.ts. */
  ledger?: string;
}

/** dist/manifest.json */
export interface Manifest {
  version: string;
  policyFile: string;
  /** SHA-256, hex. */
  policyHash: string;
  /** Size of weir.js. */
  bytes: number;
  /** Name of the Redis Functions library inside. */
  library: string;
  builtWith: { typescript: string; esbuild: string; "typescript-to-lua": string };
}

export interface BuildResult {
  /** weir.js */
  script: string;
  /** weir.js.map */
  map: SourceMap;
  manifest: Manifest;
  library: LedgerLibrary;
  /** dispatcher.list */
  dispatcherList: string;
  /** Bytes of the script by the source they come from, biggest first. */
  inputs: { file: string; bytes: number }[];
  /** Absolute paths of what was written; undefined with `out: null`. */
  files?: { script: string; map: string; manifest: string; dispatcherList: string };
}

function versionOf(packageFile: string): string {
  return (JSON.parse(readFileSync(packageFile, "utf8")) as { version: string }).version;
}

/** The stub that hands policy and Lua text to the runtime, as it appears in the source map. */
const entryName = "weir-entry.js";

/** Bundles entry stub, runtime and policy to one minified ES5 function. */
async function bundle(
  stub: string,
  modules: Record<string, string>,
): Promise<{ text: string; map: SourceMap; inputs: BuildResult["inputs"] }> {
  let result: esbuild.BuildResult & { outputFiles: esbuild.OutputFile[]; metafile: esbuild.Metafile };
  try {
    result = await esbuild.build({
      stdin: { contents: stub, resolveDir: root, sourcefile: entryName, loader: "js" },
      absWorkingDir: root,
      outfile: path.join(root, "dist/weir.js"),
      bundle: true,
      write: false,
      metafile: true,
      format: "iife",
      platform: "neutral",
      target: "es5",
      minify: true,
      charset: "ascii",
      legalComments: "none",
      sourcemap: "external",
      logLevel: "silent",
      plugins: [resolveWeir(modules), lowerToEs5()],
      tsconfigRaw: {},
    });
  } catch (error) {
    throw new Failure(esbuildMessage(error), "Correct the lines above.");
  }
  const script = result.outputFiles.find((file) => file.path.endsWith(".js"));
  const map = result.outputFiles.find((file) => file.path.endsWith(".map"));
  const output = Object.values(result.metafile.outputs).find(({ inputs }) => Object.keys(inputs).length > 0);
  if (!script || !map || !output) throw new Error("esbuild returned no script");
  return {
    text: script.text,
    map: JSON.parse(map.text) as SourceMap,
    inputs: Object.entries(output.inputs)
      .map(([file, { bytesInOutput }]) => ({
        file: file === entryName ? "the ledger's Lua text" : shown(path.resolve(root, file)),
        bytes: bytesInOutput,
      }))
      .filter(({ bytes }) => bytes > 0)
      .sort((a, b) => b.bytes - a.bytes || (a.file < b.file ? -1 : 1)),
  };
}

/** Makes a map's sources relative to the repository, wherever it is written. */
function withRepositoryPaths(map: SourceMap): SourceMap {
  const folder = path.join(root, "dist");
  const sources = map.sources.map((source) =>
    path.relative(root, path.resolve(folder, source)).split(path.sep).join("/"),
  );
  return { version: 3, sources, sourcesContent: map.sourcesContent, names: map.names, mappings: map.mappings };
}

function requireEs5(script: string, map: SourceMap): void {
  const violations = es5Violations(script);
  if (violations.length > 0) {
    const mapped = decodeMappings(map.mappings);
    const list = violations.map(({ line, column, message }) => {
      const origin = segmentAt(mapped[line] ?? [], column);
      if (!origin) return `weir.js:${line + 1}:${column + 1}: ${message}`;
      return `${map.sources[origin.source]}:${origin.line + 1}:${origin.sourceColumn + 1}: ${message}`;
    });
    throw new Failure(
      `The bundle is not ES5, so Duktape would refuse it:\n${list.join("\n")}`,
      "Write these places in a way that lowers to ES5.",
    );
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the check is for anything but ASCII
  if (/[^\x00-\x7f]/.test(script)) throw new Error("the bundle is not pure ASCII");
}

function requireSize(bytes: number, limit: number, inputs: BuildResult["inputs"]): void {
  if (bytes <= limit) return;
  const biggest = inputs.slice(0, 10).map((input) => `${String(input.bytes).padStart(8)}  ${input.file}`);
  throw new Failure(
    `The script has ${bytes} bytes; at most ${limit} are allowed, because Kamailio before 6.1 cuts a script silently. ` +
      `Most bytes come from:\n${biggest.join("\n")}`,
    "Make the policy smaller, for example by a table instead of repeated code.",
  );
}

/** Writes all files beside their places first, so that a reader never sees half a file or a mixed set for long. */
function writeAtomically(folder: string, files: readonly { name: string; text: string }[]): void {
  mkdirSync(folder, { recursive: true });
  const pending = files.map(({ name, text }) => {
    const temporary = path.join(folder, `.${name}.${process.pid}.tmp`);
    return { temporary, target: path.join(folder, name), text };
  });
  try {
    for (const { temporary, text } of pending) writeFileSync(temporary, text);
    for (const { temporary, target } of pending) renameSync(temporary, target);
  } finally {
    for (const { temporary } of pending) rmSync(temporary, { force: true });
  }
}

/** Builds the script. Throws a Failure for everything that the operator can put right. Same input, same bytes. */
export async function build(options: BuildOptions = {}): Promise<BuildResult> {
  const policyFile = path.resolve(options.policy ?? defaultPolicy);
  const runtime = path.resolve(options.runtime ?? path.join(root, "kemi/main.ts"));
  if (!existsSync(policyFile)) {
    throw new Failure(`There is no policy file ${shown(policyFile)}.`, "Name one with --policy FILE.");
  }
  if (options.typeCheck !== false) requireTypes([runtime, policyFile]);

  const policy = await loadPolicy(policyFile);
  requireValid(policy, policyFile);
  const hash = await policyHash(policyFile);
  const library = compileLedger(options.ledger ?? ledgerEntry);
  const version = versionOf(path.join(root, "package.json"));

  const about = { version, policyHash: hash, library };
  const stub = [
    'import policy from "weir-policy";',
    'import { start } from "weir-runtime";',
    `start(policy, ${JSON.stringify(about)});`,
  ].join("\n");
  const bundled = await bundle(stub, { "weir-policy": policyFile, "weir-runtime": runtime });
  const { text: script, map } = breakLines(bundled.text, withRepositoryPaths(bundled.map));
  requireEs5(script, map);
  const bytes = Buffer.byteLength(script);
  requireSize(bytes, options.maxBytes ?? maxBytes, bundled.inputs);

  const manifest: Manifest = {
    version,
    policyFile: shown(policyFile),
    policyHash: hash,
    bytes,
    library: library.name,
    builtWith: {
      typescript: ts.version,
      esbuild: esbuild.version,
      "typescript-to-lua": versionOf(require.resolve("typescript-to-lua/package.json")),
    },
  };
  const result: BuildResult = {
    script,
    map,
    manifest,
    library,
    dispatcherList: dispatcherList(dispatcherSets(policy)),
    inputs: bundled.inputs,
  };
  if (options.out === null) return result;

  const folder = path.resolve(options.out ?? path.join(root, "dist"));
  writeAtomically(folder, [
    { name: "weir.js.map", text: `${JSON.stringify(map)}\n` },
    { name: "dispatcher.list", text: result.dispatcherList },
    { name: "weir.js", text: script },
    { name: "manifest.json", text: `${JSON.stringify(manifest, null, 2)}\n` },
  ]);
  const written = (name: string): string => path.join(folder, name);
  return {
    ...result,
    files: {
      script: written("weir.js"),
      map: written("weir.js.map"),
      manifest: written("manifest.json"),
      dispatcherList: written("dispatcher.list"),
    },
  };
}
