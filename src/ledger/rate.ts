/**
 * Generic cell rate algorithm (ITU-T I.371, annex A): a call conforms when it does not come earlier than its
 * theoretical arrival time less the tolerance. One number per tenant is all that is stored.
 */

/** A sustained rate with a burst. */
export interface Rate {
  /** Microseconds between calls at the sustained rate. */
  readonly intervalMicros: number;
  /** Calls that may come at once, at least 1. */
  readonly burst: number;
}

/**
 * How long a call is too early, in microseconds; 0 when it conforms.
 * @param stored what `afterCall` gave for the last conforming call, null when there was none lately
 */
export function tooEarlyMicros(rate: Rate, stored: string | null, nowMs: number): number {
  if (stored === null) return 0;
  const early = arrivalMicros(stored) - (rate.burst - 1) * rate.intervalMicros - nowMs * 1000;
  return Math.max(early, 0);
}

/** What to store after a conforming call. */
export function afterCall(rate: Rate, stored: string | null, nowMs: number): string {
  const now = nowMs * 1000;
  const last = stored === null ? now : arrivalMicros(stored);
  const next = Math.max(last, now) + rate.intervalMicros;
  // Lua 5.1 writes numbers with 14 digits, microseconds since 1970 have 16: so in two parts.
  const ms = Math.floor(next / 1000);
  return `${ms}.${next - ms * 1000}`;
}

/** When a stored value no longer matters, milliseconds since 1970. */
export function rateExpiresAt(stored: string): number {
  return Math.floor(arrivalMicros(stored) / 1000) + 1000;
}

function arrivalMicros(stored: string): number {
  const parts = stored.split(".");
  return Number(parts[0] ?? "0") * 1000 + Number(parts[1] ?? "0");
}
