/** Random steps over several homes: whatever happens, their answers are the same. */
import * as assert from "uvu/assert";
import type { Candidate } from "../../src/ledger/calls";
import { bindingsKey, callScope } from "../../src/ledger/keys";
import { type Home, type LedgerIn, ledgerIn } from "./home";
import { admission, contact, register } from "./world";

const HOUR_MS = 3_600_000;

/**
 * How time enters. `exact`: all clocks are virtual and the same, things end while steps run, answers are equal to the
 * millisecond. `coarse`: clocks differ, nothing ends, and times are compared by the hour.
 */
export type Timing = "exact" | "coarse";

/** Gives a whole number from 0 to below `below`. */
type Draw = (below: number) => number;

/** A sequence that a seed repeats: a linear congruence of 32 bits, mixed so that low bits are as good as high ones. */
export function draws(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
    return ((mixed ^ (mixed >>> 13)) >>> 0) % below;
  };
}

/** Seeds to run: one that never changes, and a new one each time (or WEIR_SEED, to repeat a failure). */
export function seeds(): number[] {
  const given = process.env.WEIR_SEED;
  return given === undefined ? [1, Date.now() % 1_000_000_007] : [Number(given)];
}

/** Runs `steps` random steps on each home; throws with seed, number and words of the first that differs. */
export async function compare(homes: readonly Home[], timing: Timing, seed: number, steps: number): Promise<void> {
  const draw = draws(seed);
  const ledgers = homes.map(ledgerIn);
  const prefix = `r${seed}-${process.pid}-${steps}`;
  for (let number = 1; number <= steps; number++) {
    if (timing === "exact" && draw(6) === 0) {
      const ms = draw(5) === 0 ? draw(5000) : draw(200);
      for (const home of homes) await home.pass(ms);
    }
    const { words, run } = randomStep(draw, timing, prefix);
    const answers: unknown[] = [];
    for (const ledger of ledgers) answers.push(normal(await run(ledger), timing));
    for (const answer of answers.slice(1)) {
      assert.equal(answer, answers[0], `seed ${seed}, step ${number}: ${words}`);
    }
  }
}

interface RandomStep {
  readonly words: string;
  run(ledger: LedgerIn): Promise<unknown>;
}

function randomStep(draw: Draw, timing: Timing, prefix: string): RandomStep {
  const pick = <T>(values: readonly T[]): T => values[draw(values.length)] as T;
  const scope = callScope(`${prefix}-${pick(["one", "two"])}`);
  const tenant = pick(["acme", "small", "big"]);
  const lease = `call ${draw(30)}%s`;
  const key = bindingsKey(`${pick(["alice", "b*b", "{c}"])}@${prefix}`);
  const ms = () => (timing === "exact" ? 1 + draw(6000) : (1 + draw(9)) * 10 * HOUR_MS);
  const groups = randomGroups(draw);

  const request = admission({
    lease,
    // Without time a tenant with a rate is soon at its end, so there are many of them.
    tenant: draw(4) === 0 ? `rated${draw(timing === "exact" ? 3 : 20)}` : tenant,
    max: pick([0, 2, 5, 9, 50]),
    rate: null,
    emergency: draw(10) === 0,
    ringMs: ms(),
    needsNode: draw(4) !== 0,
    groups,
  });
  const interval = timing === "exact" ? 1 + draw(3_000_000) : 10 * HOUR_MS * 1000;
  const admit = request.tenant.startsWith("rated")
    ? { ...request, rate: { intervalMicros: interval, burst: 1 + draw(4) } }
    : request;

  const said = (name: string, ...args: unknown[]) => `${name} ${JSON.stringify(args)}`;
  const kind = draw(20);
  if (kind < 6) return { words: said("admit", scope, admit), run: (ledger) => ledger.admit(scope, admit) };
  if (kind < 8) {
    const move = { lease, tenant, ringMs: ms(), groups };
    return { words: said("move", scope, move), run: (ledger) => ledger.move(scope, move) };
  }
  if (kind < 10) {
    const callMs = ms();
    return { words: said("confirm", scope, lease, callMs), run: (ledger) => ledger.confirm(scope, lease, callMs) };
  }
  if (kind < 12) return { words: said("release", scope, lease), run: (ledger) => ledger.release(scope, lease) };
  if (kind < 17) {
    const save = register({
      callId: pick(["one", 'two"%d', "three"]),
      cseq: draw(8),
      maxContacts: 1 + draw(4),
      removeAll: draw(15) === 0,
      contacts: Array.from({ length: draw(4) }, () => {
        const seconds = timing === "exact" ? draw(8) : draw(3) * 36_000;
        const name = `sip:${draw(5)};x="${"%s{*}".repeat(draw(3))}"`;
        return contact(`key${name.slice(4, 5)}`, {
          contact: name,
          expiresSeconds: seconds,
          q: draw(4) * 250,
          received: pick(["", "sip:[2001:db8::1]:5060;transport=tcp"]),
        });
      }),
    });
    return { words: said("save", key, save), run: (ledger) => ledger.save(key, save) };
  }
  if (kind === 17) return { words: said("lookUp", key), run: (ledger) => ledger.lookUp(key) };
  if (kind === 18) return { words: said("reach", scope, key, admit), run: (ledger) => ledger.reach(scope, key, admit) };
  const tenants = ["acme", "small", "big", "rated1"].slice(0, draw(5));
  const nodes = ["a", "b", "c", "d", "e"].slice(0, draw(6));
  return { words: said("usage", scope, tenants, nodes), run: (ledger) => ledger.usage(scope, tenants, nodes) };
}

/** Up to three groups of the nodes "a" to "e", each with its own capacity but changing shares. */
function randomGroups(draw: Draw): Candidate[][] {
  const left = ["a", "b", "c", "d", "e"];
  return Array.from({ length: draw(4) }, () =>
    Array.from({ length: draw(4) }, () => left.splice(draw(left.length), 1))
      .flat()
      .map((id) => {
        const capacity = 1 + "abcde".indexOf(id);
        // Thirds and sevenths have no exact fractions.
        return { id, capacity, share: capacity * (1 + draw(7)) };
      }),
  );
}

function normal(answer: unknown, timing: Timing): unknown {
  if (timing === "exact") return answer;
  return JSON.parse(
    JSON.stringify(answer, (name, value) =>
      name === "expiresInMs" || name === "retryAfterMs" ? Math.ceil(value / HOUR_MS) : value,
    ),
  );
}
