/** Scenarios over the built bundles in Duktape, the engine inside Kamailio: what the build makes of the TypeScript. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { build as esbuild } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { build } from "../../src/build/build";
import { lowerToEs5, resolveWeir } from "../../src/build/lower";
import { weirConfiguration } from "../../src/host/kamailio";
import { duk, hasDuk } from "../build/files";
import { homes, policyNames, scenariosOf } from "./all";

if (!hasDuk) console.log("scenarios in Duktape are skipped: there is no program duk (apt-get install duktape)");

(hasDuk ? test : test.skip)("every scenario goes the same way in Duktape, on both homes", async () => {
  const bundles: Record<string, string> = {};
  for (const policy of policyNames) {
    const file = path.join(__dirname, "policies", `${policy}.ts`);
    bundles[policy] = (await build({ policy: file, out: null, typeCheck: false })).script;
  }
  const { outputFiles } = await esbuild({
    entryPoints: [path.join(__dirname, "duk-entry.ts")],
    bundle: true,
    write: false,
    format: "iife",
    target: "es5",
    charset: "ascii",
    logLevel: "silent",
    plugins: [resolveWeir(), lowerToEs5()],
  });
  const cfg = readFileSync(weirConfiguration, "utf8");
  const given = `BUNDLES = ${JSON.stringify(bundles)};\nCFG = ${JSON.stringify(cfg)};\n`;
  const printed = duk(`${given}${outputFiles[0]?.text ?? ""}`);
  const { played, failures } = JSON.parse(printed) as { played: number; failures: [string, string][] };
  assert.is(failures.map((failure) => failure.join("\n")).join("\n\n"), "");
  assert.is(played, homes.length * policyNames.flatMap(scenariosOf).length);
});

test.run();
