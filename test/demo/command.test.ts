import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Failure } from "../../src/build/failure";
import { run } from "../../src/cli/demo";

const test = suite("demo's command line");

for (const args of [
  ["--seconds", "7"],
  ["--seconds", "ten"],
  ["--seconds", "9.5"],
  ["--seconds", "3601"],
  ["--second", "9"],
]) {
  test(`refuses ${args.join(" ")} with a remedy`, async () => {
    try {
      await run(args);
      assert.unreachable("it ran");
    } catch (error) {
      assert.instance(error, Failure);
      assert.match((error as Failure).message, /from 8 to 3600|--second/);
      assert.match((error as Failure).remedy, /--help/);
    }
  });
}

test.run();
