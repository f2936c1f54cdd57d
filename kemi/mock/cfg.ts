/**
 * The routing blocks of a kamailio.cfg, as far as weir.cfg uses that language: if and else, blocks, exit, return,
 * route(NAME), assignments to pseudo-variables, comparisons, `!`, `&&`, `||`, and the functions listed below. Anything
 * else throws. As in Kamailio, a function that gives 0 ends the script, also inside a condition.
 */
import type { Context } from "./context";
import { implementations } from "./functions";
import { kemiTable } from "./kemi-table";
import { type PvValue, readPv, writePv } from "./pv";
import type { World } from "./world";

/** The blocks of a configuration by their names: `request_route`, `route[X]`, `failure_route[X]`, `event_route[X]`. */
export interface Routing {
  has(block: string): boolean;
  /** Runs a block in the context at hand. */
  run(block: string): void;
}

/** Runs a function of the script with texts as bytes; false when it throws or there is none. */
export type RunScript = (name: string, args: string[]) => boolean;

type Value = string | number | boolean | null;
type Expression = () => Value;
/** True ends the block that it is in: `return`. */
type Statement = () => boolean;

/** Unwinds to the end of the script. */
const EXIT = { exit: true };

/** Modules whose functions are called in kamailio.cfg as in KEMI; is_method and jsdt_run are the parser's own. */
const modules = ["tm", "tmx", "rr", "sl", "maxfwd", "sanity", "siputils", "textops"];

/** Functions that have another name in KEMI. */
const otherNames: { [name: string]: string } = {
  mf_process_maxfwd_header: "process_maxfwd",
  record_route: "record_route_params",
};

/** The KEMI function that does what a function of kamailio.cfg does, and its parameters' types, s or i each. */
function kemiFunction(name: string): { name: string; types: string } | null {
  const wanted = otherNames[name] || name;
  for (const module of modules) {
    for (const word of (kemiTable[module] || "").split(" ")) {
      const [known, , types = ""] = word.split(":");
      if (known === wanted) return { name: module + "." + known, types };
    }
  }
  return null;
}

/** Reads the blocks of a configuration. `defined` are the names for #!ifdef; those that the text defines are added. */
export function readRouting(world: World, text: string, defined: readonly string[], runScript: RunScript): Routing {
  const blocks: { [name: string]: Statement } = Object.create(null);
  const source = preprocess(text, defined);
  const header = /^(request_route|(?:route|failure_route|event_route)\[[^\]\n]+\])[ \t]*\{/gm;
  for (let found = header.exec(source); found !== null; found = header.exec(source)) {
    const parser = new Parser(
      world,
      source,
      source,
      header.lastIndex - 1,
      (name) => runBlock("route[" + name + "]"),
      runScript,
    );
    blocks[found[1] as string] = parser.statement();
    header.lastIndex = parser.position;
  }

  function runBlock(name: string): void {
    const block = blocks[name];
    if (block === undefined) throw world.fault("kamailio.cfg has no " + name);
    block();
  }

  return {
    has: (name) => blocks[name] !== undefined,
    run(name) {
      try {
        runBlock(name);
      } catch (error) {
        if (error !== EXIT) throw error;
      }
    },
  };
}

/** Drops comments and what #!ifdef leaves out; keeps everything else in its place. */
function preprocess(text: string, defined: readonly string[]): string {
  const names: { [name: string]: boolean } = Object.create(null);
  for (const name of defined) names[name] = true;
  const open: boolean[] = [];
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    const directive = /^#!(\w+)(?:[ \t]+(\w+))?/.exec(line);
    const [, word = "", name = ""] = directive || [];
    if (word === "ifdef") open.push(names[name] === true);
    else if (word === "ifndef") open.push(names[name] !== true);
    else if (word === "else") open.push(!open.pop());
    else if (word === "endif") open.pop();
    else if ((word === "define" || word === "trydef") && open.indexOf(false) < 0) names[name] = true;
    lines.push(directive || open.indexOf(false) >= 0 || /^[ \t]*#/.test(line) ? "" : line);
  }
  return lines.join("\n");
}

/** Turns one block into a function. */
class Parser {
  constructor(
    private readonly world: World,
    private readonly text: string,
    private readonly whole: string,
    public position: number,
    private readonly route: (name: string) => void,
    private readonly runScript: RunScript,
  ) {}

  statement(): Statement {
    if (this.took("{")) return this.block();
    if (this.took("if")) return this.conditional();
    const next = this.peek();
    if (next.charAt(0) === "$") return this.assignment();
    const name = this.word();
    if (name === "exit" || name === "return") {
      this.need(";");
      return () => {
        if (name === "exit") throw EXIT;
        return true;
      };
    }
    const call = this.call(name);
    this.need(";");
    return () => {
      call();
      return false;
    };
  }

  private block(): Statement {
    const statements: Statement[] = [];
    while (!this.took("}")) statements.push(this.statement());
    return () => {
      for (const each of statements) if (each()) return true;
      return false;
    };
  }

  private conditional(): Statement {
    this.need("(");
    const condition = this.either();
    this.need(")");
    const then = this.statement();
    const otherwise = this.took("else") ? this.statement() : () => false;
    return () => (isTrue(condition()) ? then() : otherwise());
  }

  private assignment(): Statement {
    const name = this.variable();
    this.need("=");
    const value = this.either();
    this.need(";");
    return () => {
      const given = value();
      writePv(this.world, name, typeof given === "boolean" ? Number(given) : given);
      return false;
    };
  }

  private either(): Expression {
    let left = this.both();
    while (this.took("||")) {
      const [first, second] = [left, this.both()];
      left = () => isTrue(first()) || isTrue(second());
    }
    return left;
  }

  private both(): Expression {
    let left = this.comparison();
    while (this.took("&&")) {
      const [first, second] = [left, this.comparison()];
      left = () => isTrue(first()) && isTrue(second());
    }
    return left;
  }

  private comparison(): Expression {
    const left = this.primary();
    if (this.took(">")) {
      const than = this.primary();
      return () => Number(left()) > Number(than());
    }
    const equal = this.took("==");
    if (!equal && !this.took("!=")) return left;
    const right = this.primary();
    return () => isSame(left(), right()) === equal;
  }

  private primary(): Expression {
    if (this.took("!")) {
      const operand = this.primary();
      return () => !isTrue(operand());
    }
    if (this.took("(")) {
      const inner = this.either();
      this.need(")");
      return inner;
    }
    const next = this.peek();
    if (next.charAt(0) === "$") return this.read(this.variable());
    if (/^\d/.test(next)) {
      const number = Number(this.word());
      return () => number;
    }
    if (next === '"') {
      const text = this.quoted();
      return () => text;
    }
    return this.call(this.word());
  }

  /** `$_s(…)` joins text and pseudo-variables. */
  private read(name: string): Expression {
    const joined = /^\$_s\(([\s\S]*)\)$/.exec(name);
    if (joined === null) return () => readPv(this.world, name);
    const expand = this.format(joined[1] as string);
    return expand;
  }

  private call(name: string): Expression {
    this.need("(");
    const args: (() => string)[] = [];
    let first = "";
    while (!this.took(")")) {
      if (args.length > 0) this.need(",");
      const text = this.peek() === '"' ? this.quoted() : this.word();
      if (args.length === 0) first = text;
      args.push(this.format(text));
    }
    const { world } = this;
    if (name === "route") {
      return () => {
        this.route(first);
        return 1;
      };
    }
    if (name === "is_method") {
      const methods = first.split("|");
      return () => methods.indexOf((world.context as Context).message.method) >= 0;
    }
    if (name === "jsdt_run") {
      return () => {
        const [script = "", ...given] = args.map((each) => each());
        return this.runScript(script, given);
      };
    }
    const known = kemiFunction(name);
    const implementation = known === null ? undefined : implementations[known.name];
    if (known === null || implementation === undefined || known.types.length !== args.length) {
      throw world.fault("the function " + name + " of kamailio.cfg is not modelled by the mock");
    }
    // Unlike the KEMI function, this one gives 0 for what fails, unless modparam sanity/autodrop is 0.
    const drops = name === "sanity_check" && !/^modparam\("sanity", *"autodrop", *0\)/m.test(this.whole);
    return () => {
      const given = args.map((each, i) => (known.types.charAt(i) === "i" ? Number(each()) : each()));
      const result = implementation(world, world.context as Context, given);
      if (result === 0 || (drops && result === -1)) throw EXIT;
      return typeof result === "number" ? result > 0 : result === true;
    };
  }

  /** Text with pseudo-variables in it; one without a value reads `<null>`. */
  private format(text: string): () => string {
    const parts: (() => PvValue)[] = [];
    const parser = new Parser(this.world, text, this.whole, 0, this.route, this.runScript);
    while (parser.position < text.length) {
      const dollar = text.indexOf("$", parser.position);
      const end = dollar < 0 ? text.length : dollar;
      const plain = text.substring(parser.position, end);
      if (plain !== "") parts.push(() => plain);
      parser.position = end;
      if (dollar >= 0) {
        const name = parser.variable();
        parts.push(() => readPv(this.world, name));
      }
    }
    return () => {
      let out = "";
      for (const part of parts) {
        const value = part();
        out += value === null ? "<null>" : value;
      }
      return out;
    };
  }

  /** A pseudo-variable's whole name, brackets included. */
  private variable(): string {
    this.skip();
    const start = this.position;
    const name = /^\$\w*/.exec(this.text.substring(start));
    if (name === null) throw this.unreadable();
    this.position += name[0].length;
    if (this.text.charAt(this.position) !== "(") return name[0];
    let depth = 0;
    for (let at = this.position; at < this.text.length; at++) {
      const character = this.text.charAt(at);
      if (character === "(") depth++;
      if (character === ")" && --depth === 0) {
        this.position = at + 1;
        return this.text.substring(start, at + 1);
      }
    }
    throw this.unreadable();
  }

  private quoted(): string {
    this.need('"');
    const end = this.text.indexOf('"', this.position);
    if (end < 0) throw this.unreadable();
    const text = this.text.substring(this.position, end);
    this.position = end + 1;
    return text;
  }

  private word(): string {
    const word = this.peek();
    if (!/^\w/.test(word)) throw this.unreadable();
    this.position += word.length;
    return word;
  }

  private took(token: string): boolean {
    if (this.peek() !== token) return false;
    this.position += token.length;
    return true;
  }

  private need(token: string): void {
    if (!this.took(token)) throw this.unreadable();
  }

  private peek(): string {
    this.skip();
    const token = /^(?:[\w.-]+|==|!=|&&|\|\||\$\w*|[\s\S])/.exec(
      this.text.substring(this.position, this.position + 80),
    );
    if (token === null) throw this.unreadable();
    return token[0];
  }

  private skip(): void {
    while (/\s/.test(this.text.charAt(this.position))) this.position++;
  }

  private unreadable(): Error {
    const near = this.text.substring(this.position, this.position + 60);
    return this.world.fault("the mock cannot read kamailio.cfg near: " + near);
  }
}

function isTrue(value: Value): boolean {
  if (typeof value === "string") return value !== "";
  return typeof value === "number" ? value !== 0 : value === true;
}

/** What has no value is the same as 0 and the empty text. */
function isSame(left: Value, right: Value): boolean {
  if (left === null || right === null) return !isTrue(left) && !isTrue(right);
  if (typeof left === "string" || typeof right === "string") return String(left) === String(right);
  return Number(left) === Number(right);
}
