import { test } from "uvu";
import * as assert from "uvu/assert";
import { compilePolicy, type Pool } from "../../src/policy/compile";
import type { NodePolicy } from "../../src/policy/types";
import { type Turns, turns } from "../../src/routing/choose";

function poolOf(nodes: readonly Partial<NodePolicy>[], preferZone?: string): Pool {
  const pool = compilePolicy({
    pools: {
      main: {
        nodes: nodes.map((node, i) => ({ id: `n${i}`, address: `sip:192.0.2.${i + 1}`, capacity: 10, ...node })),
        choose: { strategy: "least-loaded", preferZone },
      },
    },
    tenants: {},
    trusted: [],
  }).poolList[0];
  if (pool === undefined) throw new Error("no pool");
  return pool;
}

/** The first in turn takes each call, as when loads are equal; returns how many each node took. */
function play(taking: Turns, pool: Pool, calls: number, down = ""): number[] {
  const taken = pool.nodes.map(() => 0);
  for (let i = 0; i < calls; i++) {
    const node = taking.rank(pool, [], down).groups[0]?.[0];
    if (node === undefined) throw new Error("no node");
    taken[node.index] = (taken[node.index] ?? 0) + 1;
    taking.took(pool, [], node);
  }
  return taken;
}

test("turns follow the shares exactly, and nobody gets two calls in a row while others wait", () => {
  const pool = poolOf([{ capacity: 20 }, { capacity: 10 }, { capacity: 10 }]);
  const taking = turns();
  assert.equal(play(taking, pool, 4), [2, 1, 1]);
  assert.equal(play(taking, pool, 400), [200, 100, 100]);
});

test("a weight changes a node's share of the turns", () => {
  assert.equal(play(turns(), poolOf([{}, { weight: 0.5 }]), 30), [20, 10]);
});

test("the preferred zone's nodes are a group before the others", () => {
  const pool = poolOf([{ zone: "b" }, { zone: "a" }, { zone: "b" }, { zone: "a" }], "a");
  const zones = turns()
    .rank(pool, [], "")
    .groups.map((group) => group.map(({ id }) => id).sort());
  assert.equal(zones, [
    ["n1", "n3"],
    ["n0", "n2"],
  ]);
});

test("a group without usable nodes is left out, and without any node there is none", () => {
  const pool = poolOf([{ zone: "b" }, { zone: "a" }], "a");
  const ranked = turns().rank(pool, [], "main/n1").groups;
  assert.equal(
    ranked.map((group) => group.map(({ id }) => id)),
    [["n0"]],
  );
  assert.equal(turns().rank(pool, [], "main/n0,main/n1").groups, []);
});

test("at most eight nodes of a group are looked at, in turn", () => {
  const pool = poolOf(Array.from({ length: 30 }, () => ({})));
  const taking = turns();
  assert.is(taking.rank(pool, [], "").groups[0]?.length, 8);
  const taken = play(taking, pool, 300);
  assert.ok(Math.min(...taken) >= 9 && Math.max(...taken) <= 11, taken.join());
});

test("a node that was away does not get every call when it is back", () => {
  const pool = poolOf([{}, {}]);
  const taking = turns();
  play(taking, pool, 1000, "main/n1");
  const [first = 0, second = 0] = play(taking, pool, 20);
  assert.ok(Math.abs(first - second) <= 2, `${first} ${second}`);
});

test("a node that load kept from its turns for long does not catch up on all of them", () => {
  const pool = poolOf([{}, {}]);
  const taking = turns();
  const [other] = pool.nodes;
  if (other === undefined) throw new Error("no node");
  for (let i = 0; i < 1000; i++) {
    taking.rank(pool, [], "");
    taking.took(pool, [], other);
  }
  const [first = 0, second = 0] = play(taking, pool, 20);
  assert.ok(second - first <= 6, `${first} ${second}`);
});

test("a call that asks for features is ranked among the nodes that have all of them", () => {
  const pool = poolOf([{ features: ["a"] }, { features: ["a", "b"] }, {}]);
  const ranked = (features: readonly string[]) =>
    turns()
      .rank(pool, features, "")
      .groups.map((group) => group.map(({ id }) => id));
  assert.equal(ranked(["a"]), [["n0", "n1"]]);
  assert.equal(ranked(["b", "a"]), [["n1"]]);
  assert.equal(ranked(["c"]), []);
  assert.equal(ranked(["constructor"]), []);
});

test("a call that is refused takes no turn", () => {
  const pool = poolOf([{}, {}]);
  const taking = turns();
  for (let i = 0; i < 7; i++) assert.is(taking.rank(pool, [], "").groups[0]?.[0]?.id, "n0");
  assert.equal(play(taking, pool, 2), [1, 1]);
});

test("pools take turns apart from each other", () => {
  const one = poolOf([{}, {}]);
  const two: Pool = { ...poolOf([{}, {}]), id: "two" };
  const taking = turns();
  play(taking, one, 1);
  assert.equal(play(taking, two, 1), [1, 0]);
});

test.run();
