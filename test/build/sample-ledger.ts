/** A small library for Redis that needs what the ledger needs: modules, helpers of the compiler, arrays, state. */
import path from "node:path";
import { folderWith } from "./files";

const globals = `declare const redis: {
  call(this: void, command: string, ...args: (string | number)[]): unknown;
  register_function(this: void, name: string, step: (this: void, keys: string[], args: string[]) => unknown): void;
};
declare const LIBRARY: string;
`;

const library = `import { total, words } from "../sums";
redis.register_function(LIBRARY + "_add", (keys, args) => {
  const [key = ""] = keys;
  redis.call("HINCRBY", key, "n", total(args));
  return redis.call("HGET", key, "n");
});
redis.register_function(LIBRARY + "_third", (_keys, args) => args[2] ?? "none");
redis.register_function(LIBRARY + "_words", (_keys, args) => words(args[0] ?? "").join("+"));
`;

export const sums = `/** A comment that is not wanted in Redis. */
export function total(numbers: string[]): number {
  let sum = 0;
  for (const number of numbers) sum += Number(number);
  return sum;
}
export function words(text: string): string[] {
  const out: string[] = [];
  for (const part of text.split(" -- ")) if (!part.startsWith("  x")) out.push(part);
  return out;
}
`;

/** Writes the library into a new folder, with other files instead or besides; returns its entry. */
export function sampleLedger(files: Record<string, string> = {}): string {
  const folder = folderWith({ "redis/redis.d.ts": globals, "redis/library.ts": library, "sums.ts": sums, ...files });
  return path.join(folder, "redis/library.ts");
}
