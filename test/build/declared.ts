/** What the engine's typings (lib.es5.d.ts and src/engine/duktape.d.ts) declare, read with the TypeScript compiler. */
import path from "node:path";
import ts from "typescript";
import { root } from "../../src/build/paths";
import { engineOptions } from "../../src/build/type-check";

/** Something that exists at run time if the typings are right: a global, or a member of an expression. */
export interface Declared {
  /** As in the list of what is banned. */
  name: string;
  /** An ES5 expression that tells. */
  exists: string;
}

/** Members of instances that are looked for on an instance rather than on the prototype. */
const instances: Record<string, string> = {
  Function: "function () {}",
  Error: "new Error('x')",
  RegExp: "/x/",
  Symbol: "Symbol('x')",
  DataView: "new DataView(new ArrayBuffer(1))",
};

/** Every global, and every member of a global or of what it constructs, that engine code may name. */
export function declaredNames(): Declared[] {
  const program = ts.createProgram([path.join(root, "src/engine/duktape.d.ts")], engineOptions());
  const checker = program.getTypeChecker();
  const found: Declared[] = [];

  const members = (type: ts.Type, owner: string, expression: string): void => {
    for (const member of type.getProperties()) {
      if (member.name.startsWith("__@")) continue;
      const name = JSON.stringify(member.name);
      found.push({ name: `${owner}.${member.name}`, exists: `(${name} in Object(${expression}))` });
    }
  };
  const globals = (file: ts.SourceFile): ts.Symbol[] =>
    file.statements
      .flatMap((statement) => {
        if (ts.isVariableStatement(statement)) {
          return statement.declarationList.declarations.map(({ name }) => checker.getSymbolAtLocation(name));
        }
        const named = ts.isFunctionDeclaration(statement) || ts.isModuleDeclaration(statement);
        return named && statement.name ? [checker.getSymbolAtLocation(statement.name)] : [];
      })
      .filter((symbol) => symbol !== undefined);

  for (const file of program.getSourceFiles()) {
    for (const symbol of new Set(globals(file))) {
      const isValue = symbol.flags & (ts.SymbolFlags.Variable | ts.SymbolFlags.Function | ts.SymbolFlags.ValueModule);
      if (!isValue && symbol.name !== "Intl") continue;
      found.push({ name: symbol.name, exists: `(typeof ${symbol.name} !== "undefined")` });
      if (symbol.name === "Intl") continue;
      const type = checker.getTypeOfSymbolAtLocation(symbol, file);
      const owner = type.symbol?.name.endsWith("Constructor") ? type.symbol.name : symbol.name;
      if (symbol.flags & ts.SymbolFlags.Function || ["NaN", "Infinity"].includes(symbol.name)) continue;
      members(type, owner, symbol.name);
      const prototype = type.getProperties().find(({ name }) => name === "prototype");
      const instance = prototype && checker.getTypeOfSymbolAtLocation(prototype, file);
      if (instance) {
        const named =
          symbol.name === "Symbol"
            ? checker.resolveName("Symbol", undefined, ts.SymbolFlags.Interface, false)
            : undefined;
        const whole = named ? checker.getDeclaredTypeOfSymbol(named) : checker.getApparentType(instance);
        // Object and Array declare their prototype as any.
        const typed = whole.flags & ts.TypeFlags.Any ? interfaceOf(symbol.name) : whole;
        members(
          typed,
          symbol.name,
          instances[symbol.name] ?? (/Array$/.test(symbol.name) ? `new ${symbol.name}(1)` : `${symbol.name}.prototype`),
        );
      }
    }
  }

  function interfaceOf(name: string): ts.Type {
    const symbol = checker.resolveName(name, undefined, ts.SymbolFlags.Interface, false);
    if (!symbol) throw new Error(`no interface ${name}`);
    return checker.getDeclaredTypeOfSymbol(symbol);
  }
  return found;
}
