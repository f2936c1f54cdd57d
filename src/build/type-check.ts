/** The first gate of a build: engine code, policies included, must be what Duktape can run. */
import path from "node:path";
import ts from "typescript";
import { checkEngineRules, type SourceError } from "./engine-rules";
import { Failure } from "./failure";
import { root, shown, weirEntry } from "./paths";

/**
 * Regular expression flags, groups and properties, promises and generators ("Cannot find global type"):
 * `checkEngineRules` says it in the engine's words.
 */
const saidBetter = new Set([1501, 1503, 1530, 2318, 2705]);

/** Parsed files by name and time of change, so that a process that checks often parses the library once. */
const parsed = new Map<string, { mtime: number; file: ts.SourceFile }>();

/** The engine realm's compiler options: `src/tsconfig.json`, for programs that may reach outside `src`. */
export function engineOptions(): ts.CompilerOptions {
  const file = path.join(root, "src/tsconfig.json");
  const { config, error } = ts.readConfigFile(file, ts.sys.readFile);
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, "\n"));
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, path.dirname(file), file);
  // Our own declarations and unused names are for `npm run lint`: a build has to be quick and an experiment to run.
  return {
    ...options,
    rootDir: undefined,
    skipLibCheck: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: { weir: [weirEntry] },
  };
}

/** The compiler's words without its advice to use another library, which nobody can follow here. */
function explained(text: string): string {
  const short = text.replace(/ Do you need to (change your target library|install type definitions)[\s\S]*$/, "");
  if (short !== text) return `${short} Duktape, the JavaScript engine inside Kamailio, does not have it.`;
  if (/^Cannot find name 'KSR/.test(text))
    return `${text} Only kemi/ talks to Kamailio; policies and src/ return values.`;
  return text;
}

function cachingHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => {
    const mtime = ts.sys.getModifiedTime?.(name)?.getTime() ?? Number.NaN;
    const known = parsed.get(name);
    if (known && known.mtime === mtime) return known.file;
    const file = read(name, ...rest);
    if (file) parsed.set(name, { mtime, file });
    return file;
  };
  return host;
}

/** Checks engine files and everything they import. Returns every mistake, in the order of files and lines. */
export function typeCheck(files: readonly string[]): SourceError[] {
  const options = engineOptions();
  const program = ts.createProgram({
    rootNames: [path.join(root, "src/engine/duktape.d.ts"), ...files],
    options,
    host: cachingHost(options),
  });
  const checker = program.getTypeChecker();
  const errors: SourceError[] = [];

  for (const diagnostic of [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()]) {
    if (saidBetter.has(diagnostic.code)) continue;
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
    errors.push({ file: diagnostic.file?.fileName ?? "src/tsconfig.json", line: 1, column: 1, message });
  }
  for (const file of program.getSourceFiles()) {
    if (file.isDeclarationFile) continue;
    const found: SourceError[] = [];
    for (const diagnostic of [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]) {
      if (saidBetter.has(diagnostic.code)) continue;
      const { line, character } = file.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
      const message = explained(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
      found.push({ file: file.fileName, line: line + 1, column: character + 1, message });
    }
    found.push(...checkEngineRules(file, checker));
    errors.push(...found.sort((a, b) => a.line - b.line || a.column - b.column));
  }
  return errors;
}

/** `file:line:column: message`, one mistake a line. */
export function formatErrors(errors: readonly SourceError[]): string {
  return errors.map(({ file, line, column, message }) => `${shown(file)}:${line}:${column}: ${message}`).join("\n");
}

/** Throws a Failure that names every mistake. */
export function requireTypes(files: readonly string[]): void {
  const errors = typeCheck(files);
  if (errors.length === 0) return;
  const count = errors.length === 1 ? "1 mistake" : `${errors.length} mistakes`;
  throw new Failure(`${count} in the TypeScript code:\n${formatErrors(errors)}`, "Correct the lines above.");
}
