/**
 * What a type checker with `lib: ["es5"]` still lets through but Duktape 2.7 does not run: names that lib.es5.d.ts
 * declares and the engine lacks, regular expressions it cannot parse, and imports across the realms' borders.
 */
import path from "node:path";
import ts from "typescript";
import { root, within } from "./paths";

/** One mistake in a source file. `line` and `column` count from 1. */
export interface SourceError {
  file: string;
  line: number;
  column: number;
  message: string;
}

const typedArrays = [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
];

/** Methods that lib.es5.d.ts gives typed arrays; Duktape has only `set` and `subarray`. */
const typedArrayMethods = [
  "copyWithin",
  "every",
  "fill",
  "filter",
  "find",
  "findIndex",
  "forEach",
  "indexOf",
  "join",
  "lastIndexOf",
  "map",
  "reduce",
  "reduceRight",
  "reverse",
  "slice",
  "some",
  "sort",
];

const regExpStatics = [
  "$1",
  "$2",
  "$3",
  "$4",
  "$5",
  "$6",
  "$7",
  "$8",
  "$9",
  "input",
  "$_",
  "lastMatch",
  "$&",
  "lastParen",
  "$+",
  "leftContext",
  "$`",
  "rightContext",
  "$'",
];

/**
 * Declared by lib.es5.d.ts, absent from Duktape: a global's name, or `Interface.member` with the interface's name as
 * lib.es5.d.ts has it. `test/build/engine.test.ts` holds this list against the engine, both ways.
 */
export const banned: ReadonlySet<string> = new Set([
  "Intl",
  "Function.arguments",
  "Function.caller",
  "RegExp.compile",
  ...regExpStatics.map((name) => `RegExpConstructor.${name}`),
  ...typedArrays.flatMap((type) => [
    ...typedArrayMethods.map((name) => `${type}.${name}`),
    `${type}Constructor.of`,
    `${type}Constructor.from`,
  ]),
]);

/** The name under which `symbol` could be banned, if lib.es5.d.ts declares it. */
function libraryName(symbol: ts.Symbol): string | undefined {
  for (const declaration of symbol.declarations ?? []) {
    if (!path.basename(declaration.getSourceFile().fileName).startsWith("lib.es5")) continue;
    const parent = declaration.parent;
    if (ts.isInterfaceDeclaration(parent)) return `${parent.name.text}.${symbol.name}`;
    if (ts.isSourceFile(parent)) return symbol.name;
    if (ts.isVariableDeclarationList(parent)) return symbol.name;
  }
  return undefined;
}

/** The reason why Duktape cannot run a regular expression, or undefined. */
export function regExpProblem(source: string, flags: string): string | undefined {
  const flag = /[^gim]/.exec(flags);
  if (flag) return `the regular expression flag "${flag[0]}" does not exist in Duktape (only g, i, m)`;
  let inClass = false;
  for (let i = 0; i < source.length; i++) {
    const rest = source.slice(i);
    if (source[i] === "\\") {
      if (/^\\[pP]\{/.test(rest)) return "Unicode properties (\\p) in a regular expression do not exist in Duktape";
      if (rest.startsWith("\\u{")) return "\\u{...} in a regular expression does not exist in Duktape";
      if (rest.startsWith("\\k<")) return "named groups in a regular expression do not exist in Duktape";
      i++;
    } else if (inClass) {
      if (source[i] === "]") inClass = false;
    } else if (source[i] === "[") {
      inClass = true;
    } else if (/^\(\?<[=!]/.test(rest)) {
      return "lookbehind in a regular expression does not exist in Duktape";
    } else if (rest.startsWith("(?<")) {
      return "named groups in a regular expression do not exist in Duktape";
    } else if (/^\(\?[^:=!]/.test(rest)) {
      return "modifiers in a regular expression group do not exist in Duktape";
    }
  }
  return undefined;
}

/** Splits the text of a regular expression literal. */
export function regExpParts(literal: string): { source: string; flags: string } {
  const end = literal.lastIndexOf("/");
  return { source: literal.slice(1, end), flags: literal.slice(end + 1) };
}

/** What `RegExp(...)` or `new RegExp(...)` is given as far as it is written out; undefined for any other call. */
export function regExpArguments(
  node: ts.NewExpression | ts.CallExpression,
): { source: string; flags: string } | undefined {
  if (!ts.isIdentifier(node.expression) || node.expression.text !== "RegExp") return undefined;
  const [source, flags] = (node.arguments ?? []).map((argument) =>
    ts.isStringLiteralLike(argument) ? argument.text : "",
  );
  return { source: source ?? "", flags: flags ?? "" };
}

/** Where `node` starts, for a message. */
export function at(node: ts.Node, message: string): SourceError {
  const file = node.getSourceFile();
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart());
  return { file: file.fileName, line: line + 1, column: character + 1, message };
}

/** The reason why engine file `from` may not import `to`, or undefined. */
function importProblem(from: string, to: string): string | undefined {
  const kemi = path.join(root, "kemi");
  for (const host of ["src/build", "src/host", "src/cli", "test"]) {
    if (within(path.join(root, host), to) && !within(path.join(root, "test"), from)) {
      return "this is code for Node.js and does not run inside Kamailio";
    }
  }
  if (within(kemi, to) && !within(kemi, from))
    return "only kemi/ knows Kamailio; policies and src/ take and return values";
  return undefined;
}

/** Every use in `file` of something that Duktape lacks. */
export function checkEngineRules(file: ts.SourceFile, checker: ts.TypeChecker): SourceError[] {
  const errors: SourceError[] = [];

  function use(node: ts.Node, symbol: ts.Symbol | undefined): void {
    const name = symbol && libraryName(symbol);
    if (!name || !banned.has(name)) return;
    const what = name.replace("Constructor.", ".");
    errors.push(at(node, `${what} does not exist in Duktape, the JavaScript engine inside Kamailio`));
  }

  function pattern(source: string, flags: string, node: ts.Node): void {
    const problem = regExpProblem(source, flags);
    if (problem) errors.push(at(node, problem));
  }

  function visit(node: ts.Node): void {
    if (ts.isTypeNode(node)) return;
    if (ts.isFunctionLike(node) && "asteriskToken" in node && node.asteriskToken) {
      errors.push(at(node, "generators do not exist in Duktape; return an array"));
    }
    if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) {
      errors.push(at(node, "Duktape has no promises: async and await cannot work; everything is synchronous"));
    }
    if (ts.isIdentifier(node)) {
      use(node, checker.getSymbolAtLocation(node));
    } else if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
      use(node, checker.getTypeAtLocation(node.expression).getProperty(node.argumentExpression.text));
    } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name;
      if (ts.isIdentifier(name)) use(node, checker.getTypeAtLocation(node.parent).getProperty(name.text));
    } else if (ts.isRegularExpressionLiteral(node)) {
      const { source, flags } = regExpParts(node.text);
      pattern(source, flags, node);
    } else if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
      const parts = regExpArguments(node);
      if (parts) pattern(parts.source, parts.flags, node);
    } else if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const target = checker.getSymbolAtLocation(node.moduleSpecifier)?.declarations?.[0]?.getSourceFile();
      const problem = target && importProblem(file.fileName, target.fileName);
      if (problem) errors.push(at(node, problem));
    }
    ts.forEachChild(node, visit);
  }

  visit(file);
  return errors;
}
