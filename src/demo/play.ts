/** The demo's course, from the first call to the evidence. */

import type { Cast, Player } from "./cast";
import type { Scene } from "./display";
import type { Evidence, Traffic } from "./judge";
import { DemoPhone, numberAt } from "./phone";
import type { Callers, Stage } from "./stage";
import { Watch } from "./watch";

/** Fewer would leave no time to see a phone come and go. */
export const LEAST_SECONDS = 8;
/** At the end: the last calls talk and hang up, and the ledger is looked at. */
const ENDING_SECONDS = 3;
/** A call between phones and the emergency call talk so long. */
const SHORT_TALK_MS = 500;
/** How long the last lease may take to go. */
const LEASES_GONE_MS = 5000;
/** From when on a phone that should be forgotten is asked for, before and after its expiry. */
const ASK_AROUND_EXPIRY_MS = 2000;

/** How long the demo's phone registers for in a demo of so many seconds. */
export function phoneSeconds(seconds: number): number {
  return Math.max(3, Math.min(10, Math.round(seconds / 3)));
}

/**
 * Plays on a running stage and returns what was measured.
 * @param show is given a moment about four times a second
 * @param signal ends it early: throws the signal's reason
 */
export async function play(
  stage: Stage,
  cast: Cast,
  seconds: number,
  show: (scene: Scene) => void,
  signal: AbortSignal,
): Promise<Evidence> {
  const started = Date.now();
  const elapsed = () => (Date.now() - started) / 1000;
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => undefined);
  /** Whatever is waited for, the wait ends when the demo does. */
  const unlessOver = <T>(work: Promise<T>): Promise<T> => Promise.race([work, aborted, stage.broken]);

  const watch = new Watch(stage, cast, (pool, notes) => show({ second: elapsed(), seconds, pool, notes }));
  const phone = await DemoPhone.open("1001", cast.flooding.domain, stage.proxy);
  const other = await DemoPhone.open("1002", cast.flooding.domain, stage.proxy);
  try {
    const callSeconds = seconds - ENDING_SECONDS;
    const callsOf = (perSecond: number) => Math.max(1, Math.floor(perSecond * (callSeconds - elapsed())));
    const steady = await unlessOver(stage.call(cast.steady, callsOf(cast.steady.perSecond)));

    // Before the flood: a call between users takes one of the tenant's places, and there will be none.
    const registered = await unlessOver(phone.register(phoneSeconds(seconds)));
    const registeredAt = Date.now();
    watch.note("phone", `phone ${phone.uri}: registered for ${registered.grantedSeconds} s`);
    const called = cast.direct ? await unlessOver(other.call(phone.uri, SHORT_TALK_MS)) : null;
    const gone = untilGone(other, phone.uri, registeredAt, registered.grantedSeconds, watch);
    gone.catch(() => undefined);

    const flooding = await unlessOver(stage.call(cast.flooding, callsOf(cast.flooding.perSecond)));
    const until = started + callSeconds * 1000;
    const emergency =
      cast.emergency === null
        ? null
        : await unlessOver(emergencyCall(other, cast.emergency, stage, cast, watch, until));

    await unlessOver(Promise.all([steady.finished, flooding.finished]));
    const over = Date.now();
    const goneAfterSeconds = await unlessOver(gone);
    const left = await unlessOver(leasesLeft(stage, over));
    await watch.end();
    return {
      steady: traffic(cast.steady, steady),
      flooding: { ...traffic(cast.flooding, flooding), mostLeases: watch.mostLeases, reasons: cast.reasons },
      nodes: stage.nodeCalls().map((calls, i) => ({
        node: cast.nodes[i]?.node ?? "",
        share: cast.nodes[i]?.share ?? 0,
        calls,
      })),
      emergency: emergency === null || cast.emergency === null ? null : { number: cast.emergency, ...emergency },
      phone: { ...registered, called, goneAfterSeconds },
      leases: left,
    };
  } finally {
    await watch.end();
    await Promise.all([phone.close(), other.close()]);
  }
}

/** Asks around the time of its expiry whether a phone is still known; seconds from `registeredAt` until it is not. */
async function untilGone(
  asker: DemoPhone,
  uri: string,
  registeredAt: number,
  grantedSeconds: number,
  watch: Watch,
): Promise<number | null> {
  const expiry = registeredAt + grantedSeconds * 1000;
  await sleep(expiry - ASK_AROUND_EXPIRY_MS - Date.now());
  while (Date.now() < expiry + ASK_AROUND_EXPIRY_MS) {
    const askedAt = Date.now();
    // 480 is what the router says of a user without a binding (routing/refusal.ts).
    if ((await asker.reaches(uri)) === 480) {
      const after = (askedAt - registeredAt) / 1000;
      watch.note("phone", `phone ${uri}: registered for ${grantedSeconds} s, forgotten after ${after.toFixed(1)} s`);
      return after;
    }
    await sleep(100);
  }
  return null;
}

/** Waits until the flooding tenant is full, then calls the emergency number from one of its phones. */
async function emergencyCall(
  caller: DemoPhone,
  number: string,
  stage: Stage,
  cast: Cast,
  watch: Watch,
  until: number,
): Promise<{ status: number; used: number }> {
  watch.note("emergency", `emergency ${number}: waits until ${cast.flooding.tenant} is full`);
  for (; Date.now() < until; await sleep(50)) {
    const used = await watch.look();
    if (used < cast.flooding.max) continue;
    const status = await watch.withExtraCall(() => caller.call(numberAt(number, stage.proxy), SHORT_TALK_MS));
    watch.note(
      "emergency",
      `emergency ${number}: answered ${status} while ${cast.flooding.tenant} was at ${used} calls`,
    );
    return { status, used };
  }
  return { status: 0, used: 0 };
}

/** Waits until no lease is left; how many are, and after how long. */
async function leasesLeft(stage: Stage, over: number): Promise<Evidence["leases"]> {
  for (;;) {
    const status = await stage.status().catch(() => null);
    // A pool without tenants has no count; a store that is down has none for all.
    const left = status?.storeUp === true ? status.pools.reduce((sum, { calls }) => sum + (calls ?? 0), 0) : null;
    const sinceMs = Date.now() - over;
    if (left === 0 || sinceMs > LEASES_GONE_MS) return { left, seconds: sinceMs / 1000 };
    await sleep(100);
  }
}

function traffic(player: Player, callers: Callers): Traffic {
  return { tenant: player.tenant, max: player.max, offered: callers.offered, ...callers.log() };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
