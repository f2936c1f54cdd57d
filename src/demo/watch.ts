import type { PoolStatus } from "../host/status";
import type { Cast } from "./cast";
import type { Stage } from "./stage";

const SAMPLE_MS = 250;

/** Looks at the router's status again and again: for the display, and for the most leases that a tenant had. */
export class Watch {
  private readonly notes = new Map<string, string>();
  private readonly sampling: Promise<void>;
  private running = true;
  private extraCalls = 0;
  private most = 0;

  constructor(
    private readonly stage: Stage,
    private readonly cast: Cast,
    private readonly show: (pool: PoolStatus, notes: readonly string[]) => void,
  ) {
    this.sampling = this.sample();
  }

  /** The most leases of the flooding tenant in any look; calls made by `withExtraCall` left out. */
  get mostLeases(): number {
    return this.most;
  }

  /** Says something beside the table; replaces what was said of the same subject. */
  note(subject: string, text: string): void {
    this.notes.set(subject, text);
  }

  /** The flooding tenant's leases now. */
  async look(): Promise<number> {
    return (await this.once())?.used ?? 0;
  }

  /** Makes a call of the flooding tenant that its limit does not hold for. */
  async withExtraCall<T>(call: () => Promise<T>): Promise<T> {
    this.extraCalls++;
    try {
      return await call();
    } finally {
      this.extraCalls--;
    }
  }

  /** Stops looking. */
  async end(): Promise<void> {
    this.running = false;
    await this.sampling;
  }

  private async once(): Promise<{ pool: PoolStatus; used: number } | null> {
    const extraBefore = this.extraCalls;
    // A look that fails is a look less: whether the router lives is judged elsewhere.
    const status = await this.stage.status().catch(() => null);
    const pool = status?.pools.find((each) => each.pool === this.cast.pool);
    if (pool === undefined) return null;
    const used = pool.tenants.find(({ tenant }) => tenant === this.cast.flooding.tenant)?.calls ?? 0;
    // While the extra call comes or goes the look may or may not have it.
    const extra = Math.max(extraBefore, this.extraCalls);
    this.most = Math.max(this.most, used - Math.min(extra, used));
    return { pool, used };
  }

  private async sample(): Promise<void> {
    while (this.running) {
      const seen = await this.once();
      if (seen !== null && this.running) this.show(seen.pool, [...this.notes.values()]);
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    }
  }
}
