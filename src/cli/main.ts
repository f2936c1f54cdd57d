/** The table of commands. Each is a file beside this one that exports `help` and `run(args)`. */

interface Command {
  help: string;
  /** Returns the exit code. */
  run(args: string[]): Promise<number>;
}

const commands: Record<string, string> = {
  start: "run the router in the foreground",
  demo: "show a proxy, three nodes and two tenants at work",
  check: "report every mistake in a policy",
  build: "make dist/weir.js from a policy",
  trace: "turn a line of a Kamailio stack into a TypeScript line",
  types: "generate the typings of KSR from a running Kamailio",
  bench: "measure what a call costs",
  lint: "check style and types of the whole code",
  test: "run the tests; `test unit` needs neither Kamailio nor Redis",
};

function overview(): string {
  const rows = Object.entries(commands).map(([name, line]) => `  ${name.padEnd(7)} ${line}`);
  return [
    "usage: npm run COMMAND [-- OPTIONS]",
    "",
    ...rows,
    "",
    "npm run COMMAND -- --help tells the options. WEIR_DEBUG=1 adds stacks to error messages.",
  ].join("\n");
}

/** Edits (one character added, left out, replaced or swapped with the next) between two words. */
function distance(a: string, b: string): number {
  const rows: number[][] = [];
  for (let i = 0; i <= a.length; i++) {
    const row: number[] = [];
    for (let j = 0; j <= b.length; j++) {
      const above = rows[i - 1];
      if (!above) row.push(j);
      else if (j === 0) row.push(i);
      else {
        const same = a[i - 1] === b[j - 1] ? 0 : 1;
        let best = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same);
        if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (rows[i - 2]?.[j - 2] ?? 0) + 1);
        row.push(best);
      }
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

/** The command that `word` may have meant. */
function suggestion(word: string): string | undefined {
  const [best] = Object.keys(commands)
    .map((name) => ({ name, edits: distance(word, name) }))
    .sort((a, b) => a.edits - b.edits);
  return best && best.edits <= 2 ? best.name : undefined;
}

/** What to print for an exception: message and remedy; the stack only with WEIR_DEBUG=1. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const remedy =
    "remedy" in error && typeof error.remedy === "string" && error.remedy !== "" ? error.remedy : undefined;
  const lines = [error.message];
  if (remedy) lines.push(`  ${remedy}`);
  if (process.env.WEIR_DEBUG === "1") lines.push(error.stack ?? "");
  else if (error.name !== "Error" && error.name !== "Failure")
    lines.push("  WEIR_DEBUG=1 shows where this comes from.");
  return lines.join("\n");
}

/** Runs the command line and returns its exit code: 2 for a wrong command, 1 for a failure. */
export async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    console.log(overview());
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(commands, name)) {
    const meant = suggestion(name);
    console.error(`weir: there is no command ${name}.${meant ? ` Did you mean ${meant}?` : ""}\n\n${overview()}`);
    return 2;
  }
  try {
    const command = require(`./${name}`) as Command;
    if (rest.includes("--help") || rest.includes("-h")) {
      console.log(command.help);
      return 0;
    }
    return await command.run(rest);
  } catch (error) {
    console.error(`weir ${name}: ${describeError(error)}`);
    return 1;
  }
}
