/** Compiles the ledger a second time, to Lua: the library that Weir loads into Redis. */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import * as tstl from "typescript-to-lua";
import { Failure } from "./failure";
import { root, shown } from "./paths";
import { formatErrors } from "./type-check";

/** A Redis Functions library. */
export interface LedgerLibrary {
  /** `weir_` and 8 hex digits of the code's SHA-256, so that two versions can live in one Redis. */
  name: string;
  /** What `FUNCTION LOAD REPLACE` takes: `#!lua name=...` and one flat chunk. */
  text: string;
}

/** The library's source: registers each step with `redis.register_function(LIBRARY + "_" + step, ...)`. */
export const ledgerEntry = path.join(root, "src/ledger/redis/library.ts");

const compiled = new Map<string, string>();

/** One Lua module and those it needs, by the name in its `require` calls. */
interface Module {
  name: string;
  code: string;
}

const requireCall = /require\("([^"]+)"\)/g;

/** The order in which each module comes after those it needs. */
function ordered(modules: readonly Module[]): Module[] {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const done = new Set<Module>();
  const visiting = new Set<Module>();
  const visit = (module: Module): void => {
    if (done.has(module)) return;
    if (visiting.has(module)) {
      throw new Failure(`The ledger's modules import each other in a circle at ${module.name}.`, "Break the circle.");
    }
    visiting.add(module);
    for (const [, name = ""] of module.code.matchAll(requireCall)) {
      const needed = byName.get(name);
      if (!needed) throw new Failure(`The ledger needs a Lua module that does not exist: ${name}`);
      visit(needed);
    }
    done.add(module);
  };
  for (const module of modules) visit(module);
  return [...done];
}

/** Lua without indentation and comment lines. The compiler writes strings on one line, so no string is touched. */
function tightened(lua: string): string {
  return lua
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("--"))
    .join("\n");
}

/**
 * TypeScript-to-Lua's own helpers, made loadable: while Redis loads a library it shows no global but `redis`, so
 * `local sub = string.sub` must wait for the first call.
 */
function deferred(lualib: string): string {
  return lualib.replace(/^local (\w+) = ((?:string|table|math)\.\w+)$/gm, "local function $1(...) return $2(...) end");
}

/** The library's code without its first line and without the constant LIBRARY. */
function compile(entry: string): string {
  const known = compiled.get(entry);
  if (known !== undefined) return known;

  const modules: Module[] = [];
  const base = path.dirname(path.dirname(entry));
  const outDir = path.join(base, "lua");
  // The declarations of what Redis gives to Lua stand beside the entry, and only this program sees them.
  const folder = path.dirname(entry);
  const declarations = readdirSync(folder).filter((file) => file.endsWith(".d.ts"));
  const { diagnostics } = tstl.transpileFiles(
    [...declarations.map((file) => path.join(folder, file)), entry],
    {
      // The compiler knows a string's or an array's method by its declaration in TypeScript's own library, not in
      // ours. That only what the engine has is used, the check of the engine realm sees to.
      target: ts.ScriptTarget.ES2015,
      lib: ["lib.es2015.d.ts"],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      types: [],
      strict: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      removeComments: true,
      rootDir: base,
      outDir,
      luaTarget: tstl.LuaTarget.Lua51,
      luaLibImport: tstl.LuaLibImportKind.RequireMinimal,
      noHeader: true,
      noImplicitSelf: true,
    },
    (file, text) => {
      const name = path
        .relative(outDir, file)
        .replace(/\.lua$/, "")
        .split(path.sep)
        .join(".");
      modules.push({ name, code: text });
    },
  );
  const errors = diagnostics.filter(({ category }) => category === ts.DiagnosticCategory.Error);
  if (errors.length > 0) {
    const list = errors.map(({ file, start, messageText }) => {
      const { line, character } = file?.getLineAndCharacterOfPosition(start ?? 0) ?? { line: 0, character: 0 };
      const message = ts.flattenDiagnosticMessageText(messageText, "\n");
      return { file: file?.fileName ?? entry, line: line + 1, column: character + 1, message };
    });
    throw new Failure(`The ledger does not compile to Lua:\n${formatErrors(list)}`, "Correct the lines above.");
  }

  const own = path.relative(base, entry).replace(/\.ts$/, "").split(path.sep).join(".");
  modules.sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = new Map<string, string>();
  const chunks = ordered(modules).map((module, index) => {
    names.set(module.name, `M${index}`);
    const flat = tightened(module.code.replace(requireCall, (_, name: string) => names.get(name) ?? ""));
    const code = module.name === "lualib_bundle" ? deferred(flat) : flat;
    // A function each: Lua allows 200 locals in one. The entry stays at the top, where functions are registered.
    return module.name === own ? code : `local M${index} = (function()\n${code}\nend)()`;
  });
  // The entry may end with `return ____exports`, which says nothing to Redis.
  const text = chunks.join("\n").replace(/\nreturn ____exports$/, "") + "\n";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the check is for anything but ASCII
  if (/[^\x00-\x7f]/.test(text)) throw new Failure(`${shown(entry)}: the Lua text is not pure ASCII`);
  compiled.set(entry, text);
  return text;
}

/** Compiles the ledger for Redis. `entry` is another library source, for tests. */
export function compileLedger(entry = ledgerEntry): LedgerLibrary {
  const code = compile(entry);
  const name = `weir_${createHash("sha256").update(code).digest("hex").slice(0, 8)}`;
  return { name, text: `#!lua name=${name}\nlocal LIBRARY = "${name}"\n${code}` };
}

/**
 * Redis's Lua 5.1 has one kind of number. The Lua that JavaScript offers (fengari, in ioredis-mock) is 5.3 and has
 * whole numbers of 32 bits besides, which milliseconds since 1970 overflow: so every number that code can get from
 * text or from rounding becomes a floating one, and is written without a fraction when it has none.
 */
const oneKindOfNumber = [
  "local NUMBER, TEXT, MATH = tonumber, tostring, math",
  "local function tonumber(...)",
  "local number = NUMBER(...)",
  "return number and number + 0.0",
  "end",
  "local function tostring(value)",
  'if type(value) == "number" and value == MATH.floor(value) and value > -1e15 and value < 1e15 then',
  'return string.format("%.0f", value)',
  "end",
  "return TEXT(value)",
  "end",
  "local math = setmetatable({",
  "floor = function(number) return MATH.floor(number) + 0.0 end,",
  "ceil = function(number) return MATH.ceil(number) + 0.0 end",
  "}, {__index = MATH})",
];

/**
 * The same code for `EVAL`, which has no functions to register: catches the registrations and calls `step` with KEYS
 * and ARGV. For stores that know no Redis Functions (ioredis-mock).
 */
export function evalScript(step: string, entry = ledgerEntry): string {
  if (!/^\w+$/.test(step)) throw new Error(`not the name of a ledger step: ${step}`);
  const { name, text } = compileLedger(entry);
  const code = text.slice(text.indexOf("\n") + 1);
  return [
    "local STEPS = {}",
    "local SERVER = redis",
    "local redis = {call = SERVER.call, pcall = SERVER.pcall, log = function() end, LOG_WARNING = 3, LOG_NOTICE = 2}",
    "function redis.register_function(name, step)",
    'if type(name) == "table" then',
    "STEPS[name.function_name] = name.callback",
    "else",
    "STEPS[name] = step",
    "end",
    "end",
    ...oneKindOfNumber,
    `${code.trimEnd()}`,
    `return STEPS["${name}_${step}"](KEYS, ARGV)`,
    "",
  ].join("\n");
}
