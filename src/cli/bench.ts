/** `npm run bench` */
import { Failure } from "../build/failure";

interface Bench {
  help: string;
  run(args: string[]): Promise<number>;
}

/** Benches by name, loaded only when they run. */
const benches: Readonly<Record<string, { line: string; load: () => Bench }>> = {
  call: {
    line: "user-space instructions per whole call, Weir against native configurations",
    load: () => require("../../test/bench/call/bench") as Bench,
  },
};

export const help = `npm run bench -- NAME [OPTIONS]

${Object.entries(benches)
  .map(([name, { line }]) => `  ${name.padEnd(8)} ${line}`)
  .join("\n")}

npm run bench -- NAME help tells the options of one. How they measure: test/bench/README.md`;

export async function run(args: string[]): Promise<number> {
  const [name = "", ...rest] = args;
  const bench = Object.hasOwn(benches, name) ? benches[name]?.load() : undefined;
  if (bench === undefined) {
    throw new Failure(name === "" ? "which bench?" : `there is no bench ${name}`, help);
  }
  if (rest[0] === "help") {
    console.log(bench.help);
    return 0;
  }
  try {
    return await bench.run(rest);
  } catch (error) {
    if (error instanceof TypeError && "code" in error) {
      throw new Failure(error.message, `npm run bench -- ${name} help tells the options.`);
    }
    throw error;
  }
}
