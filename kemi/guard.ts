/** Nothing leaves an entry function as an exception: Kamailio would drop the request without a word. */

import { refusal } from "../src/routing/decision";
import { Malformed } from "../src/sip/text";
import type { Ksr } from "./types/ksr";

/** Distinct faults that a worker remembers having logged. */
const REMEMBERED = 64;

/**
 * Wraps an entry function.
 * @param answers whether there is a request that can be answered: 400 for what the sender did wrong, 500 for what
 * we did
 */
export function guard(
  ksr: Ksr,
  name: string,
  answers: boolean,
  body: (argument: string) => void,
): (argument: string) => number {
  const logged: string[] = [];

  /** Once per fault and worker: a packet that finds a fault can be sent a thousand times a second. */
  function logOnce(fault: string, log: (text: string) => void): void {
    if (logged.indexOf(fault) >= 0) return;
    if (logged.length >= REMEMBERED) logged.shift();
    logged.push(fault);
    log(`weir: ${name}: ${fault} (logged once per worker)\n`);
  }

  return (argument) => {
    try {
      // Kamailio gives an argument only where its configuration names one.
      body(argument ?? "");
    } catch (error) {
      const malformed = error instanceof Malformed;
      if (malformed) logOnce(`malformed ${error.what}`, (text) => ksr.warn(text));
      else logOnce(describe(error), (text) => ksr.err(text));
      if (answers) answer(ksr, malformed);
    }
    return 1;
  };
}

function answer(ksr: Ksr, malformed: boolean): void {
  if (ksr.is_ACK()) return;
  const { code, phrase, headers } = refusal(malformed ? "malformed" : "internal-error");
  ksr.hdr.append_to_reply(headers);
  ksr.sl.sl_send_reply(code, phrase);
}

function describe(error: unknown): string {
  if (error instanceof Error) return `${error.stack ?? error.message}`.replace(/\s*\n\s*/g, " | ");
  return typeof error === "symbol" ? "a symbol was thrown" : `${error}`;
}
