/** Holds what was measured to what was promised. Values in, verdicts out. */

import type { CallerLog } from "./sipp-log";

/** What callers of one tenant offered and met. */
export interface Traffic extends CallerLog {
  readonly tenant: string;
  readonly max: number;
  readonly offered: number;
}

/** Everything that is judged. */
export interface Evidence {
  readonly steady: Traffic;
  readonly flooding: Traffic & {
    /** The most of its leases in any look at the ledger, the emergency call's own left out. */
    readonly mostLeases: number;
    /** Reasons that the policy allows for its refusals. */
    readonly reasons: readonly string[];
  };
  /** Calls as the nodes counted them; `share` of all nodes is 1 together. */
  readonly nodes: readonly { readonly node: string; readonly share: number; readonly calls: number }[];
  /** Null when the policy has no emergency number. */
  readonly emergency: {
    readonly number: string;
    /** Final answer; 0 when the call was not made because the tenant was never seen full. */
    readonly status: number;
    /** The tenant's calls when it was made. */
    readonly used: number;
  } | null;
  readonly phone: {
    /** Answer to REGISTER. */
    readonly status: number;
    readonly grantedSeconds: number;
    /** Answer to a call to the phone while it was registered; null when users are not called directly. */
    readonly called: number | null;
    /** From the answer to REGISTER to the first answer that it is gone; null when that never came. */
    readonly goneAfterSeconds: number | null;
  };
  /** After the last call. `left` is null when the router no longer answered. */
  readonly leases: { readonly left: number | null; readonly seconds: number };
}

/** A promise, what was measured and whether it was kept. */
export interface Verdict {
  readonly promise: string;
  readonly measured: string;
  readonly kept: boolean;
}

/** Relative tolerance of a node's part of the calls. */
const SHARE_TOLERANCE = 0.05;
/** With few calls a few decide: a turn of each worker and one more. */
const SHARE_TOLERANCE_CALLS = 3;

/** Judges all promises, in the order in which the summary shows them. */
export function judge(evidence: Evidence): Verdict[] {
  const verdicts = [judgeSteady(evidence), judgeLimit(evidence), judgeRefusals(evidence), judgeNodes(evidence)];
  if (evidence.emergency !== null) verdicts.push(judgeEmergency(evidence.flooding, evidence.emergency));
  verdicts.push(...judgePhone(evidence.phone), judgeLeases(evidence.leases));
  return verdicts;
}

/** Calls that a node may have more or less than its part of `total`. */
export function shareTolerance(share: number, total: number): number {
  return Math.max(SHARE_TOLERANCE * share * total, SHARE_TOLERANCE_CALLS);
}

function judgeSteady({ steady }: Evidence): Verdict {
  const refused = sum(Object.values(steady.refused));
  return {
    promise: `${steady.tenant} stays inside its limit: no call is refused, all are answered`,
    measured: `${steady.answered} of ${steady.offered} answered, ${refused} refused`,
    kept: steady.offered > 0 && steady.answered === steady.offered && refused === 0,
  };
}

function judgeLimit({ flooding }: Evidence): Verdict {
  const { tenant, max, mostAtOnce, mostLeases, answered, offered } = flooding;
  return {
    promise: `${tenant} offers far more than its limit: never more than ${max} calls at once`,
    measured: `at most ${mostAtOnce} seen by its callers, ${mostLeases} in the ledger; ${answered} of ${offered} answered`,
    kept: answered > 0 && mostAtOnce <= max && mostLeases <= max,
  };
}

function judgeRefusals({ flooding }: Evidence): Verdict {
  const { offered, answered, refused, withoutRetryAfter, reasons } = flooding;
  const total = sum(Object.values(refused));
  const list = Object.entries(refused).map(
    ([reason, count]) => `${count} ${reason === "" ? "without reason" : reason}`,
  );
  const lost = offered - answered - total;
  const rest = [
    ...(total === 0
      ? []
      : [withoutRetryAfter === 0 ? "all with Retry-After" : `${withoutRetryAfter} without Retry-After`]),
    ...(lost !== 0 ? [`${lost} calls neither answered nor refused with 503`] : []),
  ];
  return {
    promise: `what is over the limit gets 503 with Retry-After and its reason (${reasons.join(" or ")})`,
    measured: [list.length === 0 ? "no refusal" : list.join(", "), ...rest].join(", "),
    kept:
      total > 0 &&
      lost === 0 &&
      withoutRetryAfter === 0 &&
      Object.keys(refused).every((each) => reasons.includes(each)),
  };
}

function judgeNodes({ nodes }: Evidence): Verdict {
  const total = sum(nodes.map(({ calls }) => calls));
  const rows = nodes.map(({ node, share, calls }) => {
    const fair = share * total;
    return {
      text: `${node} ${calls} (fair ${fair.toFixed(1)})`,
      kept: Math.abs(calls - fair) <= shareTolerance(share, total),
    };
  });
  const fewest = Math.min(...nodes.filter(({ share }) => share > 0).map(({ share }) => share * total));
  const note =
    fewest * SHARE_TOLERANCE < SHARE_TOLERANCE_CALLS
      ? `; with so few calls ${SHARE_TOLERANCE_CALLS} more or less count as even`
      : "";
  return {
    promise: `each node takes its part of the calls within ${SHARE_TOLERANCE * 100} %`,
    measured: `${rows.map(({ text }) => text).join(", ")}${note}`,
    kept: total > 0 && rows.every(({ kept }) => kept),
  };
}

function judgeEmergency(flooding: Traffic, emergency: NonNullable<Evidence["emergency"]>): Verdict {
  const { number, status, used } = emergency;
  return {
    promise: `an emergency call to ${number} goes through while ${flooding.tenant} is full`,
    measured:
      status === 0 ? "not tried: the tenant was never full" : `answered ${status} at ${used} of ${flooding.max} calls`,
    kept: status === 200 && used >= flooding.max,
  };
}

function judgePhone(phone: Evidence["phone"]): Verdict[] {
  const { status, grantedSeconds, called, goneAfterSeconds } = phone;
  const direct = called === null ? "" : `, a call to it was answered ${called}`;
  const late = (goneAfterSeconds ?? 0) - grantedSeconds;
  return [
    {
      promise: called === null ? "a phone registers" : "a phone registers and is called directly",
      measured: `REGISTER was answered ${status}${direct}`,
      kept: status === 200 && (called === null || called === 200),
    },
    {
      promise: `its binding of ${grantedSeconds} s ends by itself, at most 1 s early or late`,
      measured: goneAfterSeconds === null ? "it was never gone" : `gone after ${goneAfterSeconds.toFixed(1)} s`,
      kept: grantedSeconds > 0 && goneAfterSeconds !== null && late >= -1 && late <= 1,
    },
  ];
}

function judgeLeases({ left, seconds }: Evidence["leases"]): Verdict {
  const measured =
    left === null
      ? "the router did not answer"
      : `${left === 0 ? "none" : left} left ${seconds.toFixed(1)} s after the last call`;
  return { promise: "no lease is left when all calls are over", measured, kept: left === 0 };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
