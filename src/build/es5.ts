import ts from "typescript";
import { regExpArguments, regExpParts, regExpProblem } from "./engine-rules";

/** Something in an ES5 script that Duktape would refuse. `line` and `column` count from 0. */
export interface Es5Violation {
  line: number;
  column: number;
  message: string;
}

const newer = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.ArrowFunction, "arrow function"],
  [ts.SyntaxKind.ClassDeclaration, "class"],
  [ts.SyntaxKind.ClassExpression, "class"],
  [ts.SyntaxKind.TemplateExpression, "template literal"],
  [ts.SyntaxKind.NoSubstitutionTemplateLiteral, "template literal"],
  [ts.SyntaxKind.TaggedTemplateExpression, "template literal"],
  [ts.SyntaxKind.SpreadElement, "spread"],
  [ts.SyntaxKind.SpreadAssignment, "spread"],
  [ts.SyntaxKind.ForOfStatement, "for-of"],
  [ts.SyntaxKind.ShorthandPropertyAssignment, "shorthand property"],
  [ts.SyntaxKind.ComputedPropertyName, "computed property name"],
  [ts.SyntaxKind.MethodDeclaration, "shorthand method"],
  [ts.SyntaxKind.ObjectBindingPattern, "destructuring"],
  [ts.SyntaxKind.ArrayBindingPattern, "destructuring"],
  [ts.SyntaxKind.AwaitExpression, "await"],
  [ts.SyntaxKind.YieldExpression, "yield"],
  [ts.SyntaxKind.BigIntLiteral, "BigInt literal"],
  [ts.SyntaxKind.QuestionDotToken, "optional chaining"],
  [ts.SyntaxKind.QuestionQuestionToken, "nullish coalescing"],
  [ts.SyntaxKind.ImportDeclaration, "import"],
  [ts.SyntaxKind.ExportDeclaration, "export"],
  [ts.SyntaxKind.ExportAssignment, "export"],
  [ts.SyntaxKind.ImportKeyword, "import()"],
  [ts.SyntaxKind.MetaProperty, "meta property"],
  [ts.SyntaxKind.AsteriskAsteriskToken, "exponentiation"],
  [ts.SyntaxKind.AsteriskAsteriskEqualsToken, "exponentiation"],
]);

function problem(node: ts.Node): string | undefined {
  const name = newer.get(node.kind);
  if (name) return `${name} is newer than ES5`;
  if (ts.isVariableDeclarationList(node) && node.flags & ts.NodeFlags.BlockScoped) return "let/const is newer than ES5";
  if (ts.isParameter(node) && (node.initializer || node.dotDotDotToken))
    return "default or rest parameter is newer than ES5";
  if (ts.isCatchClause(node) && !node.variableDeclaration) return "catch without a variable is newer than ES5";
  if (ts.isFunctionLike(node) && "asteriskToken" in node && node.asteriskToken) return "generator is newer than ES5";
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return "async is newer than ES5";
  if (ts.isRegularExpressionLiteral(node)) {
    const { source, flags } = regExpParts(node.text);
    return regExpProblem(source, flags);
  }
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
    // esbuild writes a literal that it takes for newer than ES5 as a call of the constructor.
    const parts = regExpArguments(node);
    return parts && regExpProblem(parts.source, parts.flags);
  }
  return undefined;
}

/** Parses a script and returns what is not ES5 in it, syntax errors included. An empty list: Duktape can parse it. */
export function es5Violations(text: string): Es5Violation[] {
  const file = ts.createSourceFile("weir.js", text, ts.ScriptTarget.ES5, false, ts.ScriptKind.JS);
  const found: Es5Violation[] = [];
  const note = (position: number, message: string): void => {
    const { line, character } = file.getLineAndCharacterOfPosition(position);
    found.push({ line, column: character, message });
  };
  const { parseDiagnostics } = file as ts.SourceFile & { parseDiagnostics?: ts.DiagnosticWithLocation[] };
  for (const diagnostic of parseDiagnostics ?? []) {
    note(diagnostic.start, ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
  }
  const visit = (node: ts.Node): void => {
    const message = problem(node);
    if (message) note(node.getStart(file), message);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
