/**
 * The port between the ledger's rules and the place where its data lives. Each home implements it once: plain
 * memory (tests, simulation), Kamailio's shared memory, and Redis. A home runs each ledger step as one atomic
 * step; the rules never lock.
 */
export interface Cells {
  /** The home's own clock: whole milliseconds since 1970. */
  now(): number;

  /** Value of a text cell; null when it is absent or has expired. */
  read(key: string): string | null;
  /** Sets a text cell that vanishes at `expiresAt` (milliseconds), or up to a second later. */
  write(key: string, value: string, expiresAt: number): void;
  /** Removes a text cell. */
  erase(key: string): void;

  /** What a lease was put with; null when it is absent or has expired. */
  lease(key: string): string | null;
  /**
   * Creates or replaces a lease and makes it a member of `sets` until `expiresAt` (milliseconds, a whole second).
   * A replaced lease must have left the sets it is no longer in by `drop` first.
   */
  hold(key: string, value: string, sets: readonly string[], expiresAt: number): void;
  /** Removes a lease from `sets`, and itself. */
  drop(key: string, sets: readonly string[]): void;
  /** Number of live leases in a set. */
  count(set: string): number;
}
