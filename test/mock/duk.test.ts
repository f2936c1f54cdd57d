/** The mock inside Duktape gives what it gives in Node: the probes, lowered as the build lowers a policy. */
import path from "node:path";
import { build } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { lowerToEs5, resolveWeir } from "../../src/build/lower";
import { duk, hasDuk } from "../build/files";
import { runMock } from "./conformance";

const inDuk = hasDuk ? test : test.skip;

inDuk("every probe gives the same in Duktape as in Node", async () => {
  const { outputFiles } = await build({
    entryPoints: [path.join(__dirname, "duk-entry.ts")],
    bundle: true,
    write: false,
    format: "iife",
    target: "es5",
    logLevel: "silent",
    plugins: [resolveWeir(), lowerToEs5()],
  });
  const inDuktape = JSON.parse(duk(outputFiles[0]!.text));
  assert.equal(inDuktape, JSON.parse(JSON.stringify(runMock(5062, 5077))));
  assert.is(inDuktape["pv $hdr(X-Utf)"], "\u00e9");
});

test.run();
