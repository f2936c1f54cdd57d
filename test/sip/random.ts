/** Random texts for tests of parsers, the same in every run. */

/** Numbers from 0 to below 1 (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of several. */
export function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** A text of up to `most` pieces: the more a piece means to the parser, the deeper the text gets into it. */
export function randomText(random: () => number, pieces: readonly string[], most: number): string {
  let text = "";
  const count = Math.floor(random() * (most + 1));
  for (let i = 0; i < count; i++) text += pick(random, pieces);
  return text;
}

/** Words and signs of SIP, and characters that do not belong into it. */
export const SIP_PIECES = [
  ..."abz019@:;,?=&%*<>\"\\[]{}()'/ \t\r\n\0\x7f~!#-._+é\u{1f4de}\ud800",
  "sip:",
  "sips:",
  "alice",
  "acme.example",
  "[2001:db8::1]",
  "192.0.2.1",
  ";expires=",
  ";q=",
  ";transport=",
  "%41",
  "%zz",
  "%00",
  "::",
  ":5060",
  "__proto__",
  "9".repeat(30),
];

/** Fails unless `work` on `long` is done about as fast, per character, as on a tenth of it. */
export function assertLinear(work: (text: string) => unknown, long: string): void {
  const short = long.substring(0, long.length / 10);
  const once = (text: string): number => {
    const started = process.hrtime.bigint();
    work(text);
    return Number(process.hrtime.bigint() - started) / 1e6;
  };
  const best = (text: string): number => Math.min(...Array.from({ length: 5 }, () => once(text)));
  const [few, many] = [best(short), best(long)];
  // A square would be 100 times; a neighbour on the same machine makes up for the rest. Below 20 ms nothing is told.
  if (many > 20 && many > few * 40) {
    throw new Error(`${long.length} characters took ${many.toFixed(1)} ms, a tenth of them ${few.toFixed(1)} ms`);
  }
}
