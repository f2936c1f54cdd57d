/** Source maps, version 3: the few operations that a build and `npm run trace` need. */

/** A source map file as esbuild writes it. */
export interface SourceMap {
  version: 3;
  sources: string[];
  sourcesContent?: (string | null)[];
  names: string[];
  mappings: string;
}

/** One mapping of a generated line. All numbers count from 0; `source` is -1 where the text has no origin. */
export interface Segment {
  column: number;
  source: number;
  line: number;
  sourceColumn: number;
  name: number;
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function decodeNumbers(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const char of text) {
    const digit = digits.indexOf(char);
    if (digit < 0) throw new Error(`not a base64 VLQ digit: ${char}`);
    value |= (digit & 31) << shift;
    if (digit & 32) {
      shift += 5;
    } else {
      numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
      value = 0;
      shift = 0;
    }
  }
  return numbers;
}

function encodeNumber(number: number): string {
  let rest = number < 0 ? (-number << 1) | 1 : number << 1;
  let text = "";
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += digits[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}

/** The segments of each generated line, ordered by column. */
export function decodeMappings(mappings: string): Segment[][] {
  let source = 0;
  let line = 0;
  let sourceColumn = 0;
  let name = 0;
  return mappings.split(";").map((text) => {
    let column = 0;
    return text
      .split(",")
      .filter((segment) => segment !== "")
      .map((segment) => {
        const [dColumn = 0, dSource, dLine = 0, dSourceColumn = 0, dName] = decodeNumbers(segment);
        column += dColumn;
        if (dSource === undefined) return { column, source: -1, line: 0, sourceColumn: 0, name: -1 };
        source += dSource;
        line += dLine;
        sourceColumn += dSourceColumn;
        if (dName !== undefined) name += dName;
        return { column, source, line, sourceColumn, name: dName === undefined ? -1 : name };
      });
  });
}

/** The inverse of decodeMappings. */
export function encodeMappings(lines: readonly (readonly Segment[])[]): string {
  let source = 0;
  let line = 0;
  let sourceColumn = 0;
  let name = 0;
  return lines
    .map((segments) => {
      let column = 0;
      return segments
        .map((segment) => {
          let text = encodeNumber(segment.column - column);
          column = segment.column;
          if (segment.source < 0) return text;
          text += encodeNumber(segment.source - source);
          text += encodeNumber(segment.line - line);
          text += encodeNumber(segment.sourceColumn - sourceColumn);
          source = segment.source;
          line = segment.line;
          sourceColumn = segment.sourceColumn;
          if (segment.name >= 0) {
            text += encodeNumber(segment.name - name);
            name = segment.name;
          }
          return text;
        })
        .join(",");
    })
    .join(";");
}

/** The segment in force at a column of a generated line, or undefined. */
export function segmentAt(segments: readonly Segment[], column: number): Segment | undefined {
  let found: Segment | undefined;
  for (const segment of segments) {
    if (segment.column > column) break;
    found = segment;
  }
  return found && found.source >= 0 ? found : undefined;
}
