import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compilePolicy, type Pool } from "../../src/policy/compile";
import { leastLoaded } from "../../src/policy/index";
import { type Turns, turns } from "../../src/routing/choose";

const test = suite("turns among nodes");

/** A pool of nodes with these capacities; the last `far` of them stand in another zone than the preferred one. */
function poolOf(capacities: readonly number[], far = 0): Pool {
  const nodes = capacities.map((capacity, i) => ({
    id: `node-${i}`,
    address: `sip:192.0.2.${i + 1}`,
    capacity,
    zone: i < capacities.length - far ? "here" : "there",
  }));
  const choose = far === 0 ? leastLoaded() : leastLoaded({ preferZone: "here" });
  const [pool] = compilePolicy({ pools: { main: { nodes, choose } }, tenants: {}, trusted: [] }).poolList;
  if (pool === undefined) throw new Error("no pool");
  return pool;
}

/** Gives so many calls to the node whose turn it is; before each, `refused(i)` calls are ranked and then refused. */
function deal(dealt: Turns, pool: Pool, calls: number, refused: (call: number) => number): number[] {
  const taken = pool.nodes.map(() => 0);
  for (let call = 0; call < calls; call++) {
    for (let i = refused(call); i > 0; i--) dealt.rank(pool, [], "");
    const node = dealt.rank(pool, [], "").groups[0]?.[0];
    if (node === undefined) throw new Error("no node");
    taken[node.index] = (taken[node.index] ?? 0) + 1;
    dealt.took(pool, [], node);
  }
  return taken;
}

test("come as often as capacity says", () => {
  assert.equal(
    deal(turns(), poolOf([200, 100, 100]), 400, () => 0),
    [200, 100, 100],
  );
});

test("are not moved by calls that are refused after the ranking", () => {
  assert.equal(
    deal(turns(), poolOf([200, 100, 100]), 400, (call) => call % 12),
    [200, 100, 100],
  );
});

test("are not moved by nodes of another zone that nobody calls on", () => {
  assert.equal(
    deal(turns(), poolOf([100, 30, 60], 1), 390, () => 0),
    [300, 90, 0],
  );
});

test("come as often as capacity says in the other zone too, when the near one is full", () => {
  const pool = poolOf([100, 60, 30], 2);
  const dealt = turns();
  const taken = [0, 0, 0];
  for (let call = 0; call < 90; call++) {
    const [, far] = dealt.rank(pool, [], "").groups;
    const node = far?.[0];
    if (node === undefined) throw new Error("no far node");
    taken[node.index] = (taken[node.index] ?? 0) + 1;
    dealt.took(pool, [], node);
  }
  assert.equal(taken, [0, 60, 30]);
});

test.run();
