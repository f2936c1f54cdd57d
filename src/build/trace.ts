/**
 * Finds the TypeScript behind Duktape's stack lines, which have the form `at NAME (FILE:LINE) MARKS` and no columns.
 * Inside Kamailio the file is `eval`. Duktape files an instruction under the line of the token that follows it, so a
 * frame is looked for among the calls and property reads that end just before a token of its line.
 */
import ts from "typescript";
import { decodeMappings, type Segment, type SourceMap, segmentAt } from "./source-map";

/** weir.js and its map, of one build. */
export interface TracedBundle {
  script: string;
  map: SourceMap;
}

/** A place in a source. `line` counts from 1. */
export interface Origin {
  file: string;
  line: number;
  /** The function around it: `name`, `Class.method` or `(anonymous)`; `(top level)` outside of all. */
  function: string;
}

type Operation = ts.CallExpression | ts.NewExpression | ts.PropertyAccessExpression | ts.ElementAccessExpression;

interface Site {
  node: Operation;
  /** Generated line, from 0, under which Duktape files it. */
  line: number;
  /** Name of the generated function around it; "" without a name, undefined outside of all. */
  within: string | undefined;
}

interface StackFrame {
  name: string;
  line: number;
  column?: number;
}

function functionAround(node: ts.Node): ts.SignatureDeclaration | undefined {
  for (let parent = node.parent; parent; parent = parent.parent) {
    if (ts.isFunctionLike(parent) && !ts.isFunctionTypeNode(parent)) return parent;
  }
  return undefined;
}

function nameOfFunction(found: ts.SignatureDeclaration): string {
  const { parent } = found;
  if (ts.isConstructorDeclaration(found))
    return `${parent && ts.isClassLike(parent) ? (parent.name?.text ?? "") : ""}.constructor`;
  if (found.name) {
    const owner = parent && ts.isClassLike(parent) && parent.name ? `${parent.name.text}.` : "";
    return owner + found.name.getText();
  }
  if ((ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) && parent.initializer === found) {
    return parent.name.getText();
  }
  if (ts.isBinaryExpression(parent) && parent.right === found) return parent.left.getText();
  return "(anonymous)";
}

/** Answers where frames of one build come from; parses the build once. */
export class Tracer {
  private readonly file: ts.SourceFile;
  private readonly mapped: Segment[][];
  private readonly sites = new Map<number, Site[]>();
  private readonly sources = new Map<number, ts.SourceFile>();

  constructor(private readonly bundle: TracedBundle) {
    this.file = ts.createSourceFile("weir.js", bundle.script, ts.ScriptTarget.ES5, true, ts.ScriptKind.JS);
    this.mapped = decodeMappings(bundle.map.mappings);
    const visit = (node: ts.Node): void => {
      if (
        ts.isCallExpression(node) ||
        ts.isNewExpression(node) ||
        ts.isPropertyAccessExpression(node) ||
        ts.isElementAccessExpression(node)
      ) {
        this.addSite(node);
      }
      ts.forEachChild(node, visit);
    };
    visit(this.file);
  }

  private addSite(node: Operation): void {
    const { text } = this.file;
    let next = node.end;
    while (next < text.length && /\s/.test(text[next] ?? "")) next++;
    const { line } = this.file.getLineAndCharacterOfPosition(Math.min(next, text.length));
    const around = functionAround(node);
    const within = around && (around.name && ts.isIdentifier(around.name) ? around.name.text : "");
    const list = this.sites.get(line) ?? [];
    list.push({ node, line, within });
    this.sites.set(line, list);
  }

  /** Where a generated position (from 0) comes from. */
  private origin(line: number, column: number): Origin | undefined {
    const segment = segmentAt(this.mapped[line] ?? [], column);
    return segment && this.describe(segment);
  }

  private describe(segment: Segment): Origin {
    const file = this.bundle.map.sources[segment.source] ?? "?";
    const content = this.bundle.map.sourcesContent?.[segment.source];
    let name = "(top level)";
    if (typeof content === "string") {
      const parsed =
        this.sources.get(segment.source) ?? ts.createSourceFile(file, content, ts.ScriptTarget.Latest, true);
      this.sources.set(segment.source, parsed);
      const lines = parsed.getLineStarts();
      const position = (lines[segment.line] ?? 0) + segment.sourceColumn;
      let found: ts.SignatureDeclaration | undefined;
      const visit = (node: ts.Node): void => {
        if (position < node.getStart(parsed) || position >= node.end) return;
        if (ts.isFunctionLike(node) && !ts.isFunctionTypeNode(node)) found = node;
        ts.forEachChild(node, visit);
      };
      visit(parsed);
      if (found) name = nameOfFunction(found);
    }
    return { file, line: segment.line + 1, function: name };
  }

  private originOfSite({ node }: Site): Origin | undefined {
    let named: ts.Node = node;
    const target = ts.isCallExpression(node) ? node.expression : node;
    if (ts.isPropertyAccessExpression(target)) named = target.name;
    else if (ts.isElementAccessExpression(target)) named = target.expression;
    else if (ts.isCallExpression(node)) named = target;
    const { line, character } = this.file.getLineAndCharacterOfPosition(named.getStart(this.file));
    return this.origin(line, character);
  }

  /**
   * The places a frame may stand for, the likeliest only: one in most cases, several when the build put several
   * source lines on one line of the script.
   * @param frame the frame; its line and column count from 1
   * @param inner the frame it called, or the error's message for the innermost one
   */
  resolve(frame: StackFrame, inner: { name?: string; message?: string } = {}): Origin[] {
    const line = frame.line - 1;
    if (frame.column !== undefined) {
      const exact = this.origin(line, frame.column - 1);
      return exact ? [exact] : [];
    }
    let sites = this.sites.get(line) ?? [];
    const narrow = (keep: (site: Site) => boolean): void => {
      const kept = sites.filter(keep);
      if (kept.length > 0) sites = kept;
    };
    if (frame.name === "global") narrow(({ within }) => within === undefined);
    else if (frame.name !== "") narrow(({ within }) => within === (frame.name === "[anon]" ? "" : frame.name));

    const property = /^TypeError: cannot (?:read|write) property '([^']*)'/.exec(inner.message ?? "")?.[1];
    const isCall = ({ node }: Site): boolean => ts.isCallExpression(node) || ts.isNewExpression(node);
    if (property !== undefined) {
      narrow(({ node }) => ts.isPropertyAccessExpression(node) && node.name.text === property);
    } else if (/not callable/.test(inner.message ?? "") || inner.message === undefined) {
      narrow(isCall);
    } else {
      // An Error that the script made itself: its stack starts where it was constructed.
      narrow(({ node }) => ts.isNewExpression(node));
    }
    const { name } = inner;
    if (name !== undefined && name !== "[anon]") {
      narrow(({ node }) => {
        const callee = (ts.isCallExpression(node) || ts.isNewExpression(node)) && node.expression;
        return !!callee && (ts.isIdentifier(callee) ? callee.text === name : false);
      });
    }

    const origins = sites.map((site) => this.originOfSite(site)).filter((origin) => origin !== undefined);
    const found = origins.length > 0 ? origins : this.onLine(line);
    const seen = new Set<string>();
    return found.filter((origin) => {
      const key = `${origin.file}:${origin.line}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  }

  /**
   * How many of the script's calls a stack line places on one TypeScript line, and how many calls there are: the
   * measure of the line breaks that the build makes.
   */
  exactness(): { exact: number; calls: number } {
    let exact = 0;
    let calls = 0;
    for (const [line, sites] of this.sites) {
      for (const { node, within } of sites) {
        if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) continue;
        calls++;
        const name = within === undefined ? "global" : within || "[anon]";
        if (this.resolve({ name, line: line + 1 }).length === 1) exact++;
      }
    }
    return { exact, calls };
  }

  private onLine(line: number): Origin[] {
    return (this.mapped[line] ?? []).filter(({ source }) => source >= 0).map((segment) => this.describe(segment));
  }
}

/** `file:line function`, with every place the frame may stand for. */
export function formatOrigins(origins: readonly Origin[]): string {
  return origins.map(({ file, line, function: name }) => `${file}:${line} ${name}`).join("  or  ");
}

const frameLine = /(?:^|\s)at (\S+) \(([^()]*):(\d+)\)(.*)$/;

/**
 * Translates text that holds Duktape stacks (a log, one line of it, or `weir.js:LINE[:COLUMN]`) and returns it with
 * every frame of the script replaced; all other lines are kept. Syslog's `#012` counts as a line break, and so does
 * ` | ` before a frame, which the script's own log lines have in its place (kemi/guard).
 */
export function trace(text: string, bundle: TracedBundle): string {
  const tracer = new Tracer(bundle);
  const place = /^\s*(?:\S*\.js:|eval:)?(\d+)(?::(\d+))?\s*$/.exec(text);
  if (place) {
    const origins = tracer.resolve({
      name: "",
      line: Number(place[1]),
      column: place[2] === undefined ? undefined : Number(place[2]),
    });
    return origins.length > 0 ? formatOrigins(origins) : `nothing in the sources stands for ${text.trim()}`;
  }

  let inner: { name?: string; message?: string } = {};
  const out: string[] = [];
  for (const line of text.replace(/\r/g, "").split(/\n|#012|\\n| \| (?=at )/)) {
    const frame = frameLine.exec(line);
    if (!frame) {
      const message = /\b((?:[A-Z]\w*)?Error\b.*)$/.exec(line)?.[1];
      inner = message === undefined ? {} : { message };
      out.push(line);
      continue;
    }
    const [, name = "", file = "", number = "", marks = ""] = frame;
    if (/\binternal\b/.test(marks) || /\.[ch]$/.test(file)) continue;
    const origins = tracer.resolve({ name, line: Number(number) }, inner);
    out.push(origins.length > 0 ? `    at ${formatOrigins(origins)}` : line);
    if (/\btailcall\b/.test(marks)) {
      // The caller's frame was given up before this call: the next frame did not call this one.
      out.push("    (a caller is missing here: it returned what this call gives)");
      inner = { name: "[anon]" };
    } else {
      inner = { name };
    }
  }
  return out.join("\n");
}
