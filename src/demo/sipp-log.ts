/** Reads what the SIPp scenarios of the demo log (sipp/caller.xml, sipp/node.xml). */

/** What callers have seen so far. */
export interface CallerLog {
  readonly answered: number;
  readonly ended: number;
  /** Most calls that were up at once. One SIPp writes the lines in the order of events, so this is exact. */
  readonly mostAtOnce: number;
  /** Refusals by reason; "" collects those without one. */
  readonly refused: Readonly<Record<string, number>>;
  /** Refusals without a Retry-After of at least one second. */
  readonly withoutRetryAfter: number;
}

export function readCallerLog(text: string): CallerLog {
  let answered = 0;
  let ending = 0;
  let ended = 0;
  let mostAtOnce = 0;
  let withoutRetryAfter = 0;
  const refused: Record<string, number> = {};
  for (const line of text.split("\n")) {
    if (line === "answered") {
      answered++;
      mostAtOnce = Math.max(mostAtOnce, answered - ending);
    } else if (line === "ending") {
      // Before the BYE is sent, so the call still holds its place and nobody else can have it yet.
      ending++;
    } else if (line === "ended") {
      ended++;
    } else if (line.startsWith("refused |")) {
      const reason = /\| X-Weir-Reason:\s*([\w-]+)/i.exec(line)?.[1] ?? "";
      refused[reason] = (refused[reason] ?? 0) + 1;
      if (!/\| Retry-After:\s*[1-9]\d*\s*$/i.test(line)) withoutRetryAfter++;
    }
  }
  return { answered, ended, mostAtOnce, refused, withoutRetryAfter };
}

/** Calls that a node took. */
export function readNodeLog(text: string): number {
  return text.split("\n").filter((line) => line === "call").length;
}
