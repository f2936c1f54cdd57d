import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "./call/bench";

/** The short version of `npm run bench -- call`: the price that a whole call may have. */
const test = suite("bench call");

test("a whole call costs at most 1.25 times what a native configuration with the same Redis steps costs", async () => {
  const lines: string[] = [];
  const print = console.log;
  console.log = (text: string) => lines.push(text);
  let code: number;
  try {
    const two = ["--only", "weir-redis", "--only", "native-redis"];
    code = await run(["--calls", "60", "--rate", "15", ...two, "--assert", "1.25"]);
  } finally {
    console.log = print;
  }
  assert.is(code, 0, lines.join("\n"));
});

test.run();
