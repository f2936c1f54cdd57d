import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCallerLog, readNodeLog } from "../../src/demo/sipp-log";

const test = suite("logs of the SIPp scenarios");

const limit = "refused | X-Weir-Reason: tenant-limit | Retry-After: 5";

test("callers: the most calls at once is counted from answer to the moment before BYE", () => {
  const log = readCallerLog(
    ["answered", "answered", "ending", "answered", "ended", "ending", "ending", "answered"].join("\n"),
  );
  assert.is(log.mostAtOnce, 2);
  assert.is(log.answered, 4);
  assert.is(log.ended, 1);
});

test("callers: refusals by reason", () => {
  const rate = "refused | X-Weir-Reason: rate-limit | Retry-After: 1";
  assert.equal(readCallerLog(`${limit}\n${limit}\n${rate}\n`).refused, { "tenant-limit": 2, "rate-limit": 1 });
});

test("callers: a refusal without reason or Retry-After is told apart", () => {
  const log = readCallerLog(`${limit}\nrefused |  | \nrefused | X-Weir-Reason: tenant-limit | Retry-After: 0\n`);
  assert.equal(log.refused, { "tenant-limit": 2, "": 1 });
  assert.is(log.withoutRetryAfter, 2);
});

test("a log that does not exist yet is an empty text", () => {
  assert.equal(readCallerLog(""), { answered: 0, ended: 0, mostAtOnce: 0, refused: {}, withoutRetryAfter: 0 });
  assert.is(readNodeLog(""), 0);
});

test("nodes: a line for each call", () => {
  assert.is(readNodeLog("call\ncall\n"), 2);
});

test.run();
