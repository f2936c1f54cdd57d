import { test } from "uvu";
import * as assert from "uvu/assert";
import { ensurePackages, findModule, findProgram, missingPackages } from "../../src/host/packages";

test("programs are found in PATH and in the system's directories", () => {
  assert.match(findProgram("sh") ?? "", /\/sh$/);
  assert.is(findProgram("weir-no-such-program"), null);
  assert.is(findModule("weir_no_such_module.so"), null);
});

test("nothing is asked and nothing said when all is there", () => {
  const there = (["kamailio", "redis-server", "sip-tester"] as const).filter(
    (name) => missingPackages([name]).length === 0,
  );
  const said: string[] = [];
  ensurePackages(there, (line) => said.push(line));
  assert.equal(said, []);
});

test.run();
