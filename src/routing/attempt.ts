/** What the failure of a forwarded INVITE needs to know, as one text that waits with the transaction. */

/** A call on its way. */
export interface Attempt {
  readonly lease: string;
  /** Pool whose other nodes may be tried; "" for calls to users. */
  readonly pool: string;
  /** Nodes tried so far, the last one the current. */
  readonly tried: readonly string[];
  /** What the call asked of its node. */
  readonly features: readonly string[];
}

/** The text without its front, the lease: for a node's first attempt it is made once per node (policy/compile). */
export function attemptTail(pool: string, tried: readonly string[], features: readonly string[]): string {
  // Policy names hold neither blank nor comma.
  return ` ${pool} ${tried.join(",")} ${features.join(",")}`;
}

/** @returns null for what is no attempt; a lease alone is one that knows nothing more */
export function parseAttempt(text: string): Attempt | null {
  const parts = text.split(" ");
  if (text === "" || (parts.length !== 4 && parts.length !== 1)) return null;
  return { lease: parts[0] ?? "", pool: parts[1] ?? "", tried: names(parts[2]), features: names(parts[3]) };
}

function names(text: string | undefined): string[] {
  return text === undefined || text === "" ? [] : text.split(",");
}
