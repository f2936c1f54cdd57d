import { decodeMappings, encodeMappings, type Segment, type SourceMap } from "./source-map";

/**
 * Characters after which a line break changes nothing in ES5 and for Duktape's line numbers. Not among them: letters
 * and digits (`return`, `throw`, `break`, `continue` must not lose what follows) and whatever ends an expression, for
 * Duktape notes a call under the line of the token *after* it. Nor `+` and `-`, which could be half of `++` and `--`,
 * and `/`, which could end a regular expression.
 */
const breakAfter = new Set(";,{(&|?:=[!<>*%^~}");

/**
 * Breaks minified text so that each line comes from one line of one source wherever that is safe. Duktape's stacks
 * carry line numbers only, so this is what lets `npm run trace` name the TypeScript line. Costs a byte a break.
 */
export function breakLines(text: string, map: SourceMap): { text: string; map: SourceMap } {
  const outText: string[] = [];
  const outMap: Segment[][] = [];
  const lines = text.split("\n");
  const mapped = decodeMappings(map.mappings);

  lines.forEach((line, index) => {
    let start = 0;
    let current: Segment[] = [];
    let origin: Segment | undefined;
    for (const segment of mapped[index] ?? []) {
      const moved = origin && (segment.source !== origin.source || segment.line !== origin.line);
      const before = line[segment.column - 1] ?? "";
      if (moved && segment.column > start && breakAfter.has(before)) {
        outText.push(line.slice(start, segment.column));
        outMap.push(current);
        start = segment.column;
        current = [];
      }
      origin = segment;
      current.push({ ...segment, column: segment.column - start });
    }
    outText.push(line.slice(start));
    outMap.push(current);
  });
  return { text: outText.join("\n"), map: { ...map, mappings: encodeMappings(outMap) } };
}
