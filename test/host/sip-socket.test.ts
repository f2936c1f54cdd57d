import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseSipMessage, replyTo, SipSocket } from "../../src/host/sip-socket";
import { requestFrom } from "../support/requests";

const here = { host: "127.0.0.1", port: 5060 };

test("requests and replies are told apart; short forms and folded lines are understood", () => {
  const request = parseSipMessage("BYE sip:a@b SIP/2.0\r\nv: one\r\nVia: two\r\nSubject: a\r\n b\r\n\r\nbody", here);
  assert.is(request.method, "BYE");
  assert.is(request.requestUri, "sip:a@b");
  assert.equal(request.headers("via"), ["one", "two"]);
  assert.is(request.header("subject"), "a b");
  assert.is(request.body, "body");
  const reply = parseSipMessage("SIP/2.0 486 Busy Here\r\n\r\n", here);
  assert.is(reply.status, 486);
  assert.is(reply.reason, "Busy Here");
  assert.throws(() => parseSipMessage("hello\r\n\r\n", here), /not a SIP message/);
});

test("a reply copies what RFC 3261 wants copied, and adds a tag to To once", () => {
  const head =
    "INVITE sip:a@b SIP/2.0\r\nVia: v1\r\nVia: v2\r\nRecord-Route: r1\r\nRecord-Route: r2\r\nFrom: f;tag=1\r\n";
  const request = parseSipMessage(`${head}To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n`, here);
  const reply = parseSipMessage(replyTo(request, 200, "OK", { toTag: "x", body: "hi" }), here);
  assert.equal(reply.headers("Via"), ["v1", "v2"]);
  assert.equal(reply.headers("Record-Route"), ["r1", "r2"]);
  assert.is(reply.header("To"), "<sip:a@b>;tag=x");
  assert.is(reply.header("Content-Length"), "2");
  assert.is(parseSipMessage(replyTo(request, 100, "Trying"), here).header("To"), "<sip:a@b>");
  const inDialog = parseSipMessage(`${head}To: <sip:a@b>;tag=y\r\n\r\n`, here);
  assert.is(parseSipMessage(replyTo(inDialog, 200, "OK"), here).header("To"), "<sip:a@b>;tag=y");
});

for (const [protocol, host] of [
  ["udp", "127.0.0.1"],
  ["tcp", "127.0.0.1"],
  ["udp", "::1"],
  ["tcp", "::1"],
] as const) {
  test(`${protocol} on ${host}: a request and its reply`, async () => {
    const caller = await SipSocket.open(protocol, host);
    const answerer = await SipSocket.open(protocol, host);
    try {
      await caller.send(requestFrom(caller, { body: "ÿ\0x" }), answerer.address);
      const request = await answerer.nextRequest("OPTIONS");
      assert.is(request.body, "ÿ\0x");
      await answerer.reply(request, 200, "OK");
      const reply = await caller.nextReply();
      assert.is(reply.header("call-id"), request.header("call-id"));
      await assertRejects(
        caller.next(() => true, 50),
        /nothing that fits within 50 ms/,
      );
    } finally {
      caller.close();
      answerer.close();
    }
  });
}

test("tcp: two messages in one segment and one in two segments", async () => {
  const caller = await SipSocket.open("tcp");
  const answerer = await SipSocket.open("tcp");
  try {
    const [first, second] = [requestFrom(caller, { body: "1" }), requestFrom(caller, { body: "22" })];
    await caller.send(first + second.slice(0, 40), answerer.address);
    assert.is((await answerer.nextRequest()).raw, first);
    assert.is(answerer.waiting().length, 0);
    await caller.send(second.slice(40), answerer.address);
    assert.is((await answerer.nextRequest()).raw, second);
  } finally {
    caller.close();
    answerer.close();
  }
});

async function assertRejects(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  const message = await promise.then(
    () => "no rejection",
    (error: Error) => error.message,
  );
  assert.match(message, pattern);
}

test.run();
