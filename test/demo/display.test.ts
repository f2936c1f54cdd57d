import { stripVTControlCharacters } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { castPolicy } from "../../src/demo/cast";
import { introduction, lines, nextSteps, paint, type Scene, summary, table, wrap } from "../../src/demo/display";
import { judge } from "../../src/demo/judge";
import { goodEvidence } from "./evidence";

const test = suite("display of the demo");

const plain = paint(false);

function sceneWith(names: { tenant: string; node: string }): Scene {
  return {
    second: 12.3,
    seconds: 30,
    pool: {
      pool: "main",
      calls: 35,
      nodes: [
        { node: names.node, calls: 18, capacity: 200, down: false, admitted: 106 },
        { node: "media-2", calls: null, capacity: 1_000_000, down: true, admitted: 53 },
      ],
      tenants: [
        { tenant: "acme", calls: 30, max: 60, admitted: 181, refused: {} },
        { tenant: names.tenant, calls: 5, max: 5, admitted: 31, refused: { "tenant-limit": 92, "rate-limit": 1 } },
      ],
    },
    notes: ["emergency 112: answered 200"],
  };
}

const usual = sceneWith({ tenant: "small", node: "media-1" });
const long = sceneWith({ tenant: "a-tenant-with-a-very-long-name.example", node: "n".repeat(63) });

function fits(all: readonly string[]): void {
  for (const line of all) assert.ok(stripVTControlCharacters(line).length <= 80, line);
}

test("nothing is wider than 80 columns, whatever the names", () => {
  for (const scene of [usual, long]) {
    fits(table(scene, paint(true)));
    fits(lines(scene));
  }
  fits(summary(judge(goodEvidence()), plain));
  fits(nextSteps("src/policy.ts"));
});

test("escape sequences come with colours only", () => {
  const texts = (colours: boolean) =>
    [...table(usual, paint(colours)), ...summary(judge(goodEvidence()), paint(colours))].join("\n");
  assert.is(texts(false), stripVTControlCharacters(texts(false)));
  assert.is.not(texts(true), stripVTControlCharacters(texts(true)));
  assert.is(stripVTControlCharacters(texts(true)), texts(false));
});

test("the table shows limits, calls now, refusals by reason, and load relative to capacity", () => {
  const text = table(usual, plain).join("\n");
  assert.match(text, /^acme +60 +30 .* 181 +0$/m);
  assert.match(text, /^small +5 +5 .* 31 +93$/m);
  assert.match(text, /refused: tenant-limit 92, rate-limit 1$/m);
  assert.match(text, /^media-1 +200 +18 .* 9\.0 % +106$/m);
  assert.match(text, /^media-2 +1000000 +\? .* down +53$/m);
  assert.match(text, /^emergency 112: answered 200$/m);
});

test("the table is as tall at every moment of the same traffic", () => {
  assert.is(table({ ...usual, second: 30 }, plain).length, table(usual, plain).length);
});

test("lines say the same", () => {
  const text = lines(usual).join("\n");
  assert.match(text, /^ 12 s {2}acme 30\/60, 181 admitted, 0 refused$/m);
  assert.match(text, /small 5\/5, 31 admitted, 93 refused \(tenant-limit 92, rate-limit 1\)/);
  assert.match(text, /media-1 18\/200 = 9 %, media-2 \?\/1000000 = down/);
});

test("the summary marks what failed and counts it", () => {
  const good = summary(judge(goodEvidence()), plain).join("\n");
  assert.match(good, /All 8 promises were kept/);
  assert.not.match(good, /FAILED/);
  const bad = summary(judge({ ...goodEvidence(), leases: { left: 3, seconds: 5 } }), plain).join("\n");
  assert.match(bad, /^FAILED {2}no lease is left/m);
  assert.match(bad, /^ +3 left 5\.0 s after the last call$/m);
  assert.match(bad, /1 of 8 promises were NOT kept/);
});

test("the introduction names the parts with their limits", () => {
  const cast = castPolicy({
    pools: { main: { nodes: [{ id: "a", address: "sip:192.0.2.1", capacity: 200 }] } },
    tenants: {
      acme: { domains: ["acme.example"], pool: "main", calls: { max: 60 } },
      small: { domains: ["small.example"], pool: "main", calls: { max: 5 } },
    },
    emergency: ["112"],
    trusted: [],
  });
  const text = introduction(cast, 30, 10, "a Redis of its own");
  fits(text.split("\n"));
  const joined = text.replace(/\n/g, " ");
  assert.match(joined, /1 stand-in node of pool main/);
  assert.match(joined, /acme makes 15 calls a second and stays inside its limit of 60/);
  assert.match(joined, /small makes 8 a second although only 5 may be up/);
  assert.match(joined, /A call to 112 passes/);
  assert.not.match(introduction({ ...cast, emergency: null }, 30, 10, "x"), /passes/);
});

test("wrap breaks at blanks only and loses no word", () => {
  const text = "one two three four five six";
  const wrapped = wrap(text, "  ", 12);
  assert.is(wrapped.map((line) => line.trim()).join(" "), text);
  assert.ok(wrapped.every((line) => line.startsWith("  ") && line.length <= 12));
});

test.run();
