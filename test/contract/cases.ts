/**
 * The ledger's contract: what every home has to do. A case sees only a home's steps and its clock, so the same ones run
 * over plain memory, the compiled Lua, Redis, and shared memory inside Kamailio.
 *
 * Where time passes: leases end on whole seconds, so one may live up to a second longer than asked for, and never
 * shorter; bindings end to the millisecond.
 */
import * as assert from "uvu/assert";
import type { AdmitAnswer, Candidate } from "../../src/ledger/calls";
import { contact, LONG_MS, node, SHORT_MS, type World } from "./world";

/** One rule, as a sentence, and how to find out whether it holds. */
export interface Case {
  readonly title: string;
  check(world: World): Promise<void>;
}

/** Texts that are format, pattern, separator or code somewhere on the way. */
const AWKWARD = [
  "%s%d%99999999d%%%n",
  "\"quoted\" and 'quoted' and \\back\\slash\\",
  "{braces}}{ and [brackets] and <angles>",
  "star* quest? {a,b} ^$ .+ (group) %a+ %1",
  "semi;colon=1;q=0.5,comma, blank  two",
  "sip:a@b=>c $var(x) $y #{z} `t`",
  "Grüße, 日本語, Ελλάδα, \u{1f600}",
  "0",
  "-- ]] --[[ */ // \"\" ''",
];

function differsFromOthers(values: readonly (string | number)[]): boolean {
  return new Set(values).size === values.length;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

const calls: Case[] = [
  {
    title: "a tenant gets calls up to its maximum, then tenant-limit with what is used and allowed",
    async check(world) {
      for (const used of upTo(3)) {
        const answer = await world.admit({ max: 3 });
        assert.equal(outcomeOf(answer), { outcome: "admitted", node: "", used, allowed: 3 });
      }
      for (const _ of upTo(2)) {
        const refused = await world.admit({ max: 3 });
        assert.equal(outcomeOf(refused), { outcome: "tenant-limit", node: "", used: 3, allowed: 3 });
        assert.is(refused.retryAfterMs, 0);
      }
      assert.equal(await world.counts(), [3, 3]);
      assert.is((await world.admit({ max: 0, tenant: "closed" })).outcome, "tenant-limit");
    },
  },
  {
    title: "the same call asked for again changes nothing and gets the same node, at the limit as well",
    async check(world) {
      const groups = [[node("a", 5), node("b", 5)]];
      const first = await world.admit({ max: 1, groups });
      assert.is(first.node, "a");
      const turned = [[node("b", 5), node("a", 5)]];
      const again = await world.admit({ max: 1, lease: first.lease, groups: turned });
      assert.equal(outcomeOf(again), { outcome: "admitted", node: "a", used: 1, allowed: 1 });
      assert.equal(await world.counts(["acme"], ["a", "b"]), [1, 1, 1, 0]);
    },
  },
  {
    title: "a refused call holds nothing and is admitted later under the same name",
    async check(world) {
      const first = await world.admit({ max: 1 });
      const refused = await world.admit({ max: 1 });
      assert.is(refused.outcome, "tenant-limit");
      assert.is(await world.ledger.release(world.scope(), refused.lease), false);
      await world.ledger.release(world.scope(), first.lease);
      assert.is((await world.admit({ max: 1, lease: refused.lease })).outcome, "admitted");
    },
  },
  {
    title: "release makes room at once, and a second release of the same call finds nothing",
    async check(world) {
      const groups = [[node("a", 1)]];
      const first = await world.admit({ max: 1, groups });
      assert.is(await world.ledger.release(world.scope(), first.lease), true);
      assert.equal(await world.counts(["acme"], ["a"]), [0, 0, 0]);
      const second = await world.admit({ max: 1, groups });
      assert.is(second.outcome, "admitted");
      assert.is(await world.ledger.release(world.scope(), first.lease), false);
      assert.is(await world.ledger.release(world.scope(), "never-seen"), false);
      assert.equal(await world.counts(["acme"], ["a"]), [1, 1, 1], "a crossing BYE takes nobody else's place");
    },
  },
  {
    title: "confirm of an unknown or ended call does nothing",
    async check(world) {
      const first = await world.admit();
      await world.ledger.release(world.scope(), first.lease);
      assert.is(await world.ledger.confirm(world.scope(), first.lease, LONG_MS), false);
      assert.is(await world.ledger.confirm(world.scope(), "never-seen", LONG_MS), false);
      assert.equal(await world.counts(), [0, 0]);
    },
  },
  {
    title: "a call that is never answered ends by itself: not before its time, at most a second after",
    async check(world) {
      const { home } = world.ledger;
      const before = home.now();
      await world.admit({ ringMs: SHORT_MS, groups: [[node("a", 1)]] });
      const after = home.now();
      const gone = await endOf(world, async () => (await world.counts(["acme"], ["a"])).some((count) => count > 0));
      assert.ok(gone.noticed >= before + SHORT_MS, `ended ${before + SHORT_MS - gone.noticed} ms early`);
      const late = gone.lastSeen - (after + SHORT_MS + 1000);
      assert.ok(late <= 0, `ended ${late} ms late`);
      assert.equal(await world.counts(["acme"], ["a"]), [0, 0, 0]);
      assert.is((await world.admit({ groups: [[node("a", 1)]] })).node, "a", "its node has room again");
    },
  },
  {
    title: "of many calls the unanswered end, the answered stay, and a late ACK revives none",
    async check(world) {
      const groups = [[node("a", 200), node("b", 200)]];
      const leases: string[] = [];
      for (const index of upTo(30)) {
        const { lease } = await world.admit({ tenant: index % 2 === 0 ? "acme" : "small", ringMs: SHORT_MS, groups });
        leases.push(lease);
      }
      const scope = world.scope();
      for (const [index, lease] of leases.entries()) {
        if (index < 10) assert.is(await world.ledger.confirm(scope, lease, LONG_MS), true);
        // Answered, and with a bound of its own that ends soon.
        else if (index < 20) assert.is(await world.ledger.confirm(scope, lease, SHORT_MS), true);
        else if (index < 25) assert.is(await world.ledger.release(scope, lease), true);
      }
      const [total = -1] = await world.counts();
      assert.is(total, 25);
      await world.ledger.home.pass(2050);
      assert.equal((await world.counts(["acme", "small"])).slice(0, 3), [10, 5, 5]);
      for (const lease of leases.slice(10)) {
        assert.is(await world.ledger.confirm(scope, lease, LONG_MS), false);
        assert.is(await world.ledger.release(scope, lease), false);
      }
      const counts = await world.counts(["acme", "small"], ["a", "b"]);
      assert.equal(counts.slice(0, 3), [10, 5, 5]);
      assert.is((counts[3] ?? 0) + (counts[4] ?? 0), 10);
      for (const lease of leases.slice(0, 10)) await world.ledger.release(scope, lease);
      assert.equal(await world.counts(["acme", "small"], ["a", "b"]), [0, 0, 0, 0, 0]);
    },
  },
  {
    title: "two tenants of a pool have a limit each and share its nodes",
    async check(world) {
      const groups = [[node("a", 3)]];
      await world.admit({ tenant: "acme", max: 2, groups });
      await world.admit({ tenant: "acme", max: 2, groups });
      assert.is((await world.admit({ tenant: "acme", max: 2, groups })).outcome, "tenant-limit");
      const other = await world.admit({ tenant: "small", max: 2, groups });
      assert.equal(outcomeOf(other), { outcome: "admitted", node: "a", used: 1, allowed: 2 });
      assert.is((await world.admit({ tenant: "small", max: 2, groups })).outcome, "pool-full");
      assert.equal(await world.counts(["acme", "small", "nobody"], ["a", "none"]), [3, 2, 1, 0, 3, 0]);
    },
  },
  {
    title: "scopes do not mix: the same lease, tenant and node names in two pools are different things",
    async check(world) {
      const [one, two] = [world.scope("one"), world.scope("two")];
      const lease = world.lease();
      const groups = [[node("a", 1)]];
      await world.admit({ lease, max: 1, groups }, one);
      assert.equal(outcomeOf(await world.admit({ lease, max: 1, groups }, two)), {
        outcome: "admitted",
        node: "a",
        used: 1,
        allowed: 1,
      });
      await world.ledger.release(one, lease);
      assert.equal(await world.counts(["acme"], ["a"], one), [0, 0, 0]);
      assert.equal(await world.counts(["acme"], ["a"], two), [1, 1, 1]);
    },
  },
  {
    title: "a call without a node is counted for its tenant and its pool only",
    async check(world) {
      const answer = await world.admit({ needsNode: false, groups: [[node("a", 0)]] });
      assert.equal(outcomeOf(answer), { outcome: "admitted", node: "", used: 1, allowed: 1000 });
      assert.equal(await world.counts(["acme"], ["a"]), [1, 1, 0]);
      assert.is(await world.ledger.confirm(world.scope(), answer.lease, LONG_MS), true);
      assert.is(await world.ledger.release(world.scope(), answer.lease), true);
      assert.equal(await world.counts(["acme"], ["a"]), [0, 0, 0]);
    },
  },
  {
    title: "an emergency call passes the tenant's limit and rate, counts, and needs room on a node all the same",
    async check(world) {
      const request = { max: 1, rate: { intervalMicros: 3_600_000_000, burst: 1 }, groups: [[node("a", 2)]] };
      assert.is((await world.admit(request)).outcome, "admitted");
      assert.is((await world.admit(request)).outcome, "tenant-limit");
      const urgent = await world.admit({ ...request, emergency: true });
      assert.equal(outcomeOf(urgent), { outcome: "admitted", node: "a", used: 2, allowed: 1 });
      assert.is((await world.admit({ ...request, emergency: true })).outcome, "pool-full");
      assert.equal(await world.counts(["acme"], ["a"]), [2, 2, 2]);
    },
  },
  {
    title: "names of calls are only data",
    async check(world) {
      const leases = [...AWKWARD.map((text) => `${world.lease()} ${text}`), `${world.lease()}${"x".repeat(500)}`];
      for (const [index, lease] of leases.entries()) {
        assert.is((await world.admit({ lease, groups: [[node("a", 100)]] })).used, index + 1, lease);
        assert.is((await world.admit({ lease, groups: [[node("b", 100)]] })).node, "a", lease);
      }
      for (const lease of leases) {
        assert.is(await world.ledger.confirm(world.scope(), lease, LONG_MS), true, lease);
        assert.is(await world.ledger.release(world.scope(), lease), true, lease);
      }
      assert.equal(await world.counts(["acme"], ["a", "b"]), [0, 0, 0, 0]);
    },
  },
];

const rates: Case[] = [
  {
    title: "a burst passes, the next call gets rate-limit with the time after which it conforms",
    async check(world) {
      const { home } = world.ledger;
      const rate = { intervalMicros: 900_000, burst: 3 };
      const before = home.now();
      assert.is((await world.admit({ rate })).outcome, "admitted");
      const after = home.now();
      await world.admit({ rate });
      await world.admit({ rate });
      const asked = home.now();
      const refused = await world.admit({ rate, max: 50 });
      const answered = home.now();
      assert.equal(outcomeOf(refused), { outcome: "rate-limit", node: "", used: 3, allowed: 50 });
      // One interval after the first call its place in the burst is free again.
      const earliest = before + 900 - answered;
      const latest = after + 900 - asked;
      assert.ok(
        refused.retryAfterMs >= earliest - 2 && refused.retryAfterMs <= latest + 2,
        `${refused.retryAfterMs} is not within ${earliest}..${latest}`,
      );

      // Refused calls must not push the time away.
      let wait = refused.retryAfterMs;
      for (const _ of upTo(5)) {
        const next = await world.admit({ rate });
        if (next.outcome === "admitted") break;
        assert.ok(next.retryAfterMs <= wait, `${next.retryAfterMs} after ${wait}`);
        wait = next.retryAfterMs;
      }
      await home.pass(wait);
      assert.is((await world.admit({ rate })).outcome, "admitted");
    },
  },
  {
    title: "what was refused for another reason costs no rate, and a repeated call costs it once",
    async check(world) {
      const rate = { intervalMicros: 3_600_000_000, burst: 3 };
      const full = [[node("a", 0)]];
      const first = await world.admit({ rate });
      for (const _ of upTo(5)) {
        assert.is((await world.admit({ rate, groups: full })).outcome, "pool-full");
        assert.is((await world.admit({ rate, max: 1 })).outcome, "tenant-limit");
        assert.is((await world.admit({ rate, lease: first.lease })).outcome, "admitted");
      }
      assert.is((await world.admit({ rate })).outcome, "admitted");
      assert.is((await world.admit({ rate })).outcome, "admitted");
      const refused = await world.admit({ rate });
      assert.is(refused.outcome, "rate-limit");
      assert.ok(refused.retryAfterMs > 3_500_000 && refused.retryAfterMs <= 3_600_000, `${refused.retryAfterMs}`);
    },
  },
  {
    title: "a rate is the tenant's own, and calls that end give nothing back",
    async check(world) {
      const rate = { intervalMicros: 3_600_000_000, burst: 1 };
      const first = await world.admit({ rate });
      await world.ledger.release(world.scope(), first.lease);
      assert.is((await world.admit({ rate })).outcome, "rate-limit");
      assert.is((await world.admit({ rate, tenant: "small" })).outcome, "admitted");
      assert.is((await world.admit({ rate }, world.scope("other"))).outcome, "admitted");
    },
  },
  {
    title: "an interval that is no whole number of milliseconds adds up exactly",
    async check(world) {
      const { home } = world.ledger;
      // Were the fraction lost with each call, three calls would come out 3 ms short.
      const rate = { intervalMicros: 500_000_999, burst: 3 };
      const before = home.now();
      for (const _ of upTo(3)) assert.is((await world.admit({ rate })).outcome, "admitted");
      const refused = await world.admit({ rate });
      const elapsed = home.now() - before;
      assert.is(refused.outcome, "rate-limit");
      assert.ok(refused.retryAfterMs <= 500_001, `${refused.retryAfterMs}`);
      assert.ok(refused.retryAfterMs >= 500_001 - elapsed, `${refused.retryAfterMs} after ${elapsed} ms`);
    },
  },
];

const nodes: Case[] = [
  {
    title: "pool-full says that every node is full, no-node that there is none",
    async check(world) {
      const groups = [[node("a", 1)], [node("b", 1)]];
      await world.admit({ groups });
      await world.admit({ groups });
      assert.equal(outcomeOf(await world.admit({ groups })), {
        outcome: "pool-full",
        node: "",
        used: 2,
        allowed: 1000,
      });
      for (const none of [[], [[]], [[], []]]) {
        assert.is((await world.admit({ needsNode: true, groups: none })).outcome, "no-node");
      }
      assert.equal(await world.counts(["acme"], ["a", "b"]), [2, 2, 1, 1]);
    },
  },
  {
    title: "the near group is filled before the next, an empty one is passed over, and room that comes back is used",
    async check(world) {
      const groups = [[], [node("near-1", 2), node("near-2", 1)], [node("far", 2)]];
      const leases: string[] = [];
      const chosen: string[] = [];
      for (const _ of upTo(5)) {
        const answer = await world.admit({ groups });
        chosen.push(answer.node);
        leases.push(answer.lease);
      }
      assert.equal(chosen.slice(0, 3).sort(), ["near-1", "near-1", "near-2"]);
      assert.equal(chosen.slice(3), ["far", "far"]);
      assert.is((await world.admit({ groups })).outcome, "pool-full");
      await world.ledger.release(world.scope(), leases[chosen.indexOf("near-2")] ?? "");
      assert.is((await world.admit({ groups })).node, "near-2");
    },
  },
  {
    title: "the first in the caller's order that is no worse than the best node would be with the call",
    async check(world) {
      const [a, b, c] = [node("a", 4), node("b", 2), node("c", 2)];
      const choose = async (...order: Candidate[]) => (await world.admit({ groups: [order] })).node;
      assert.is(await choose(c, b, a), "c", "idle nodes are equal, so the order decides");
      assert.is(await choose(c, b, a), "b", "c has half of its share already, a would have a quarter");
      assert.is(await choose(c, b, a), "a");
      assert.is(await choose(c, b, a), "c", "a would have half of its share, as c has now");
      assert.is(await choose(c, b, a), "b", "c is full");
      assert.is(await choose(c, b, a), "a");
      assert.is(await choose(b, c, a), "a");
      assert.is(await choose(b, c, a), "a");
      assert.equal(await world.counts(["acme"], ["a", "b", "c"]), [8, 8, 4, 2, 2]);
      assert.is((await world.admit({ groups: [[a, b, c]] })).outcome, "pool-full");
    },
  },
  {
    title: "load is measured against the share, room against the capacity",
    async check(world) {
      // b counts for four times what it can hold, so it is preferred until it is full.
      const groups = [[node("a", 10, 10), node("b", 10, 40)]];
      for (const _ of upTo(10)) await world.admit({ groups });
      assert.equal(await world.counts(["acme"], ["a", "b"]), [10, 10, 3, 7]);
      for (const _ of upTo(5)) await world.admit({ groups });
      assert.equal(await world.counts(["acme"], ["a", "b"]), [15, 15, 5, 10]);
    },
  },
  {
    title: "nodes of 2:1:1 get calls 2:1:1 when the caller takes turns by share, idle and loaded",
    async check(world) {
      const pool = [node("a", 20), node("b", 10), node("c", 10)];
      for (const loaded of [false, true]) {
        const turns = turnsOf(pool);
        const scope = world.scope(loaded ? "loaded" : "idle");
        const got: Record<string, number> = { a: 0, b: 0, c: 0 };
        const held: string[] = [];
        for (const _ of upTo(40)) {
          const answer = await world.admit({ groups: [turns.order()] }, scope);
          assert.is(answer.outcome, "admitted");
          turns.took(answer.node);
          got[answer.node] = (got[answer.node] ?? 0) + 1;
          held.push(answer.lease);
          if (held.length > (loaded ? 16 : 0)) await world.ledger.release(scope, held.shift() ?? "");
        }
        assert.ok(Math.abs((got.a ?? 0) - 20) <= 1, JSON.stringify(got));
        assert.ok(Math.abs((got.b ?? 0) - 10) <= 1, JSON.stringify(got));
        assert.ok(Math.abs((got.c ?? 0) - 10) <= 1, JSON.stringify(got));
      }
    },
  },
  {
    title: "move leaves the old node and takes a new one; the tenant's count stays",
    async check(world) {
      const [a, b] = [node("a", 1), node("b", 1)];
      const { lease } = await world.admit({ groups: [[a, b]] });
      assert.equal(await world.counts(["acme"], ["a", "b"]), [1, 1, 1, 0]);
      const moved = await world.move({ lease, groups: [[b]] });
      assert.is(moved.outcome, "admitted");
      assert.is(moved.node, "b");
      assert.is(moved.used, 1);
      assert.equal(await world.counts(["acme"], ["a", "b"]), [1, 1, 0, 1]);
      assert.is((await world.admit({ groups: [[a, b]] })).node, "a", "the old node's place is free");
      assert.is((await world.admit({ lease, groups: [[a]] })).node, "b", "a repeated request follows the move");
      assert.is(await world.ledger.release(world.scope(), lease), true);
      assert.equal(await world.counts(["acme"], ["a", "b"]), [1, 1, 1, 0]);
    },
  },
  {
    title: "move works with the last place of a full pool",
    async check(world) {
      const groups = [[node("a", 1)]];
      const { lease } = await world.admit({ groups });
      assert.is((await world.admit({ groups })).outcome, "pool-full");
      assert.is((await world.move({ lease, groups })).node, "a");
      assert.equal(await world.counts(["acme"], ["a"]), [1, 1, 1]);
    },
  },
  {
    title: "a move that finds no room says why and ends the call's hold",
    async check(world) {
      const [a, b] = [node("a", 1), node("b", 1)];
      const { lease } = await world.admit({ groups: [[a]] });
      await world.admit({ groups: [[b]] });
      assert.is((await world.move({ lease, groups: [[b]] })).outcome, "pool-full");
      assert.equal(await world.counts(["acme"], ["a", "b"]), [1, 1, 0, 1]);
      assert.is((await world.move({ lease, groups: [[]] })).outcome, "no-node");
      assert.is(await world.ledger.release(world.scope(), lease), false);
    },
  },
];

const bindings: Case[] = [
  {
    title: "a REGISTER adds, one without contacts asks, expires=0 removes",
    async check(world) {
      const alice = world.address();
      assert.equal(await world.ledger.lookUp(alice), []);
      assert.equal(await world.save(alice, {}), { outcome: "saved", bindings: [] });
      const desk = contact("sip:desk", { received: "sip:192.0.2.7:5062;transport=tcp", q: 700 });
      const added = await world.save(alice, { contacts: [desk] });
      assert.is(added.outcome, "saved");
      const [binding] = added.bindings;
      assert.is(binding?.contact, "sip:desk");
      assert.is(binding?.q, 700);
      assert.is(binding?.received, "sip:192.0.2.7:5062;transport=tcp");
      assert.ok((binding?.expiresInMs ?? 0) > 595_000 && (binding?.expiresInMs ?? 0) <= 600_000);
      assert.equal(names(await world.ledger.lookUp(alice)), ["sip:desk"]);
      assert.equal(names((await world.save(alice, {})).bindings), ["sip:desk"]);
      const removed = await world.save(alice, { cseq: 2, contacts: [contact("sip:desk", { expiresSeconds: 0 })] });
      assert.equal(removed, { outcome: "saved", bindings: [] });
      assert.equal(await world.ledger.lookUp(alice), []);
      const unknown = await world.save(alice, { cseq: 3, contacts: [contact("sip:desk", { expiresSeconds: 0 })] });
      assert.equal(unknown, { outcome: "saved", bindings: [] }, "what is not there is removed already");
    },
  },
  {
    title: "a refresh replaces what is stored for the contact and adds nothing",
    async check(world) {
      const alice = world.address();
      await world.save(alice, { contacts: [contact("sip:desk", { contact: "sip:desk;old", expiresSeconds: 60 })] });
      const fresh = contact("sip:desk", { contact: "sip:desk;new", q: 300, received: "sip:198.51.100.1" });
      const { bindings: after } = await world.save(alice, { cseq: 2, contacts: [fresh] });
      assert.equal(names(after), ["sip:desk;new"]);
      assert.is(after[0]?.q, 300);
      assert.is(after[0]?.received, "sip:198.51.100.1");
      assert.ok((after[0]?.expiresInMs ?? 0) > 500_000);
    },
  },
  {
    title: "* removes every binding of the address and of no other",
    async check(world) {
      const [alice, bob] = [world.address("alice"), world.address("bob")];
      await world.save(alice, { contacts: [contact("sip:desk"), contact("sip:mobile")] });
      await world.save(bob, { contacts: [contact("sip:desk")] });
      assert.equal(await world.save(alice, { cseq: 2, removeAll: true }), { outcome: "saved", bindings: [] });
      assert.equal(await world.ledger.lookUp(alice), []);
      assert.equal(names(await world.ledger.lookUp(bob)), ["sip:desk"]);
      const repeated = await world.save(alice, { cseq: 2, removeAll: true });
      assert.is(repeated.outcome, "saved", "sent again because the answer was lost");
    },
  },
  {
    title: "several contacts of one request: added, refreshed and removed together",
    async check(world) {
      const alice = world.address();
      await world.save(alice, { contacts: [contact("sip:one"), contact("sip:two")] });
      const answer = await world.save(alice, {
        cseq: 2,
        contacts: [contact("sip:one", { expiresSeconds: 0 }), contact("sip:two", { q: 100 }), contact("sip:three")],
      });
      assert.equal(names(answer.bindings), ["sip:three", "sip:two"]);
      assert.equal(names(await world.ledger.lookUp(alice)), ["sip:three", "sip:two"]);
    },
  },
  {
    title: "a contact named twice in one request counts as it is named last",
    async check(world) {
      const alice = world.address();
      const twice = [contact("sip:desk", { q: 100 }), contact("sip:desk", { q: 900 })];
      const added = await world.save(alice, { contacts: twice });
      assert.equal(
        added.bindings.map(({ q }) => q),
        [900],
      );
      const refreshed = await world.save(alice, { cseq: 2, contacts: [...twice].reverse() });
      assert.equal(
        refreshed.bindings.map(({ q }) => q),
        [100],
      );
      const gone = contact("sip:desk", { expiresSeconds: 0 });
      const removed = await world.save(alice, { cseq: 3, contacts: [contact("sip:desk"), gone] });
      assert.equal(removed, { outcome: "saved", bindings: [] });
      const back = await world.save(alice, { cseq: 4, contacts: [gone, contact("sip:desk")] });
      assert.equal(names(back.bindings), ["sip:desk"]);
    },
  },
  {
    title: "a lower CSeq of the same Call-ID is out of order and changes nothing, whatever else it says",
    async check(world) {
      const alice = world.address();
      await world.save(alice, { cseq: 5, contacts: [contact("sip:one"), contact("sip:two")] });
      const late = [
        { contacts: [contact("sip:one", { q: 1 })] },
        { contacts: [contact("sip:one", { expiresSeconds: 0 })] },
        { contacts: [contact("sip:three"), contact("sip:one")] },
        { removeAll: true },
      ];
      for (const request of late) {
        assert.equal(await world.save(alice, { cseq: 4, ...request }), { outcome: "out-of-order", bindings: [] });
      }
      const after = await world.ledger.lookUp(alice);
      assert.equal(names(after), ["sip:two", "sip:one"]);
      assert.ok(after.every(({ q }) => q === 1000));
      const query = await world.save(alice, { cseq: 1 });
      assert.equal(names(query.bindings), ["sip:two", "sip:one"], "a query is never out of order");
      const added = await world.save(alice, { cseq: 4, contacts: [contact("sip:three")] });
      assert.is(added.outcome, "saved", "the order is kept for each binding, not for the address");
    },
  },
  {
    title: "an equal CSeq is a retransmission: it succeeds and changes nothing",
    async check(world) {
      const alice = world.address();
      await world.save(alice, { cseq: 7, contacts: [contact("sip:one", { q: 500 })] });
      const again = await world.save(alice, { cseq: 7, contacts: [contact("sip:one", { q: 900 })] });
      assert.is(again.outcome, "saved");
      assert.equal(
        again.bindings.map(({ q }) => q),
        [500],
      );
    },
  },
  {
    title: "an equal CSeq that would remove a binding is refused",
    async check(world) {
      const alice = world.address();
      await world.save(alice, { cseq: 7, contacts: [contact("sip:one")] });
      const gone = contact("sip:one", { expiresSeconds: 0 });
      assert.is((await world.save(alice, { cseq: 7, contacts: [gone] })).outcome, "out-of-order");
      assert.is((await world.save(alice, { cseq: 7, removeAll: true })).outcome, "out-of-order");
      assert.equal(names(await world.ledger.lookUp(alice)), ["sip:one"]);
    },
  },
  {
    title: "another Call-ID replaces, whatever its CSeq: the device has restarted",
    async check(world) {
      const alice = world.address();
      await world.save(alice, { callId: "first", cseq: 4_294_967_295, contacts: [contact("sip:one", { q: 500 })] });
      const after = await world.save(alice, { callId: "second", cseq: 1, contacts: [contact("sip:one", { q: 900 })] });
      assert.equal(
        after.bindings.map(({ q }) => q),
        [900],
      );
      const late = await world.save(alice, { callId: "second", cseq: 0, contacts: [contact("sip:one")] });
      assert.is(late.outcome, "out-of-order", "from now on the new Call-ID's order counts");
      const gone = [contact("sip:one", { expiresSeconds: 0 })];
      assert.equal(names((await world.save(alice, { callId: "third", contacts: gone })).bindings), []);
    },
  },
  {
    title: "the largest CSeq is compared exactly",
    async check(world) {
      const alice = world.address();
      await world.save(alice, { cseq: 4_294_967_294, contacts: [contact("sip:one", { q: 1 })] });
      await world.save(alice, { cseq: 4_294_967_295, contacts: [contact("sip:one", { q: 2 })] });
      const late = await world.save(alice, { cseq: 4_294_967_294, contacts: [contact("sip:one", { q: 3 })] });
      assert.is(late.outcome, "out-of-order");
      assert.is((await world.ledger.lookUp(alice))[0]?.q, 2);
    },
  },
  {
    title: "more contacts than allowed are refused whole; refresh, replacement and removal stay possible",
    async check(world) {
      const alice = world.address();
      await world.save(alice, { maxContacts: 2, contacts: [contact("sip:one"), contact("sip:two")] });
      const more = await world.save(alice, {
        cseq: 2,
        maxContacts: 2,
        contacts: [contact("sip:one", { q: 1 }), contact("sip:three")],
      });
      assert.equal(more, { outcome: "too-many-contacts", bindings: [] });
      assert.ok((await world.ledger.lookUp(alice)).every(({ q }) => q === 1000));
      const swapped = await world.save(alice, {
        cseq: 3,
        maxContacts: 2,
        contacts: [contact("sip:three"), contact("sip:one", { expiresSeconds: 0 })],
      });
      assert.equal(names(swapped.bindings), ["sip:three", "sip:two"]);
      const lowered = await world.save(alice, { cseq: 4, maxContacts: 1, contacts: [contact("sip:two", { q: 5 })] });
      assert.is(lowered.outcome, "saved", "a lowered limit lets a device refresh what it has");
      const removed = await world.save(alice, { cseq: 5, maxContacts: 1, removeAll: true });
      assert.is(removed.outcome, "saved");
    },
  },
  {
    title: "the preferred contact comes first, among equals the youngest",
    async check(world) {
      const alice = world.address();
      const order: [string, number][] = [
        ["sip:low", 100],
        ["sip:older", 800],
        ["sip:top", 1000],
        ["sip:younger", 800],
        ["sip:none", 0],
      ];
      for (const [index, [name, q]] of order.entries()) {
        await world.save(alice, { cseq: index + 1, contacts: [contact(name, { q })] });
      }
      const expected = ["sip:top", "sip:younger", "sip:older", "sip:low", "sip:none"];
      assert.equal(names(await world.ledger.lookUp(alice)), expected);
      assert.equal(names((await world.save(alice, {})).bindings), expected);
    },
  },
  {
    title: "a binding is gone within a second of its expiry and never early, while another lives on",
    async check(world) {
      const { home } = world.ledger;
      const [alice, bob] = [world.address("alice"), world.address("bob")];
      await world.save(alice, { contacts: [contact("sip:long")] });
      const before = home.now();
      const { bindings: shown } = await world.save(alice, {
        callId: "other",
        contacts: [contact("sip:short", { expiresSeconds: 1 })],
      });
      assert.ok(shown.every(({ expiresInMs }) => expiresInMs > 0));
      await world.save(bob, { contacts: [contact("sip:short", { expiresSeconds: 1 })] });
      const after = home.now();
      const gone = await endOf(world, async () => names(await world.ledger.lookUp(alice)).includes("sip:short"));
      assert.ok(gone.noticed >= before + 1000, `gone ${before + 1000 - gone.noticed} ms early`);
      assert.ok(gone.lastSeen <= after + 2000, `gone ${gone.lastSeen - after - 1000} ms late`);
      assert.equal(names(await world.ledger.lookUp(alice)), ["sip:long"]);
      const past = after + 1001 - home.now();
      if (past > 0) await home.pass(past);
      assert.equal(await world.ledger.lookUp(bob), []);
      const returned = await world.save(bob, { cseq: 1, contacts: [contact("sip:short")] });
      assert.equal(names(returned.bindings), ["sip:short"], "an expired binding's CSeq binds nobody");
    },
  },
  {
    title: "contacts, Call-IDs and sources come back as they were written",
    async check(world) {
      const alice = world.address();
      const texts = [...AWKWARD, `sip:${"long".repeat(500)}`];
      for (const [index, text] of texts.entries()) {
        const saved = await world.save(alice, {
          callId: text,
          cseq: index + 1,
          maxContacts: 50,
          contacts: [contact(text, { received: text, q: index })],
        });
        assert.is(saved.outcome, "saved", text);
      }
      const stored = [...(await world.ledger.lookUp(alice))].reverse();
      assert.equal(names(stored), texts);
      assert.equal(
        stored.map(({ received }) => received),
        texts,
      );
      for (const [index, text] of texts.entries()) {
        const late = await world.save(alice, { callId: text, cseq: index, contacts: [contact(text)] });
        assert.is(late.outcome, "out-of-order", text);
      }
    },
  },
  {
    title: "addresses are only data: none opens, hides or removes another",
    async check(world) {
      const users = [
        "alice",
        "alice*",
        "alic?",
        "*",
        "a%s",
        "alice}",
        "{alice",
        "{al}ice",
        "al ice",
        "%99999999d",
        "é",
      ];
      const keys = users.map((user) => world.address(user));
      assert.ok(differsFromOthers(keys));
      for (const [index, key] of keys.entries()) {
        const { outcome, bindings: shown } = await world.save(key, { contacts: [contact(`sip:${index}`)] });
        assert.is(outcome, "saved");
        assert.equal(names(shown), [`sip:${index}`], key);
      }
      await world.save(world.address("*"), { cseq: 2, removeAll: true });
      for (const [index, key] of keys.entries()) {
        const expected = users[index] === "*" ? [] : [`sip:${index}`];
        assert.equal(names(await world.ledger.lookUp(key)), expected, key);
      }
    },
  },
  {
    title: "a call to a user is admitted only when somebody is registered",
    async check(world) {
      const alice = world.address();
      const request = { needsNode: false, max: 1, tenant: "acme", rate: null, emergency: false, groups: [] };
      const reach = async () => {
        const lease = world.lease();
        const reached = await world.ledger.reach(world.scope(), alice, { ...request, lease, ringMs: LONG_MS });
        return { lease, ...reached };
      };
      const nobody = await reach();
      assert.is(nobody.admission, null);
      assert.equal(nobody.bindings, []);
      assert.equal(await world.counts(), [0, 0]);

      await world.save(alice, { contacts: [contact("sip:one", { q: 1 }), contact("sip:two")] });
      const there = await reach();
      assert.is(there.admission?.outcome, "admitted");
      assert.is(there.admission?.used, 1);
      assert.equal(names(there.bindings), ["sip:two", "sip:one"]);
      assert.equal(await world.counts(), [1, 1]);
      assert.is((await reach()).admission?.outcome, "tenant-limit");
      assert.is(await world.ledger.release(world.scope(), there.lease), true);
      assert.equal(await world.counts(), [0, 0]);
    },
  },
];

const crowds: Case[] = [
  {
    title: "of many calls at once exactly as many as allowed are admitted, each with a count of its own",
    async check(world) {
      const answers = await Promise.all(upTo(60).map(() => world.admit({ max: 25 })));
      const admitted = answers.filter(({ outcome }) => outcome === "admitted").map(({ used }) => used);
      assert.equal(
        admitted.sort((a, b) => a - b),
        upTo(25),
      );
      assert.ok(answers.every(({ outcome }) => outcome === "admitted" || outcome === "tenant-limit"));
      assert.equal(await world.counts(), [25, 25]);
    },
  },
  {
    title: "nodes are filled exactly to their capacity by many at once",
    async check(world) {
      const groups = [[node("a", 4), node("b", 3)], [node("c", 2)]];
      const answers = await Promise.all(upTo(30).map(() => world.admit({ groups })));
      assert.is(answers.filter(({ outcome }) => outcome === "admitted").length, 9);
      assert.is(answers.filter(({ outcome }) => outcome === "pool-full").length, 21);
      assert.equal(await world.counts(["acme"], ["a", "b", "c"]), [9, 9, 4, 3, 2]);
    },
  },
  {
    title: "one call asked for many times at once is one call, and one of many releases ends it",
    async check(world) {
      const lease = world.lease();
      const groups = [[node("a", 9), node("b", 9)]];
      const answers = await Promise.all(upTo(20).map(() => world.admit({ lease, max: 1, groups })));
      assert.ok(answers.every(({ outcome }) => outcome === "admitted"));
      assert.is(new Set(answers.map((answer) => answer.node)).size, 1);
      assert.equal(await world.counts(), [1, 1]);
      const ended = await Promise.all(upTo(20).map(() => world.ledger.release(world.scope(), lease)));
      assert.is(ended.filter(Boolean).length, 1);
      assert.equal(await world.counts(["acme"], ["a", "b"]), [0, 0, 0, 0]);
    },
  },
  {
    title: "a rate holds for calls that come at once",
    async check(world) {
      const rate = { intervalMicros: 3_600_000_000, burst: 7 };
      const answers = await Promise.all(upTo(30).map(() => world.admit({ rate })));
      assert.is(answers.filter(({ outcome }) => outcome === "admitted").length, 7);
      assert.is(answers.filter(({ outcome }) => outcome === "rate-limit").length, 23);
    },
  },
  {
    title: "devices of one user that register at once lose nothing",
    async check(world) {
      const alice = world.address();
      const names20 = upTo(20).map((index) => `sip:device${index}`);
      const saved = await Promise.all(
        names20.map((name) => world.save(alice, { callId: name, maxContacts: 15, contacts: [contact(name)] })),
      );
      assert.is(saved.filter(({ outcome }) => outcome === "saved").length, 15);
      const stored = names(await world.ledger.lookUp(alice));
      assert.is(stored.length, 15);
      assert.ok(differsFromOthers(stored));
    },
  },
];

/** Every case, in the order in which it is read best. */
export const CASES: readonly Case[] = [...calls, ...rates, ...nodes, ...bindings, ...crowds];

function outcomeOf({ outcome, node: chosen, used, allowed }: AdmitAnswer) {
  return { outcome, node: chosen, used, allowed };
}

function names(list: readonly { contact: string }[]): string[] {
  return list.map(({ contact: text }) => text);
}

/** Looks again and again: when something was seen last, and when its absence was noticed. */
async function endOf(world: World, isThere: () => Promise<boolean>): Promise<{ lastSeen: number; noticed: number }> {
  const { home } = world.ledger;
  const start = home.now();
  let lastSeen = start;
  for (;;) {
    const asked = home.now();
    if (!(await isThere())) return { lastSeen, noticed: home.now() };
    lastSeen = asked;
    if (asked > start + 10_000) throw new Error("it does not end");
    await home.pass(50);
  }
}

/** Smooth weighted round robin, which is how a proxy orders nodes that are equal. */
function turnsOf(pool: readonly Candidate[]): { order(): Candidate[]; took(id: string): void } {
  const credits = new Map(pool.map(({ id }) => [id, 0]));
  const creditOf = (id: string) => credits.get(id) ?? 0;
  return {
    order() {
      for (const { id, share } of pool) credits.set(id, creditOf(id) + share);
      return [...pool].sort((a, b) => creditOf(b.id) - creditOf(a.id));
    },
    took(id) {
      const total = pool.reduce((sum, { share }) => sum + share, 0);
      credits.set(id, creditOf(id) - total);
    },
  };
}
