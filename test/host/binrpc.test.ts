import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodePacket, encodeRequest } from "../../src/host/binrpc";

/** A reply packet with one-byte length and cookie around a body. */
function reply(body: readonly number[], type = 1): Buffer {
  return Buffer.from([0xa1, type << 4, body.length, 7, ...body]);
}

const text = (value: string): number[] => [...Buffer.from(`${value}\0`)];

test("a request reads back as its own values", () => {
  const packet = decodePacket(encodeRequest(["dispatcher.list", "a longer text than seven bytes", -5, 70000]));
  assert.equal(packet, { fault: false, values: ["dispatcher.list", "a longer text than seven bytes", -5, 70000] });
});

test("integers of every size, null and empty text", () => {
  const body = [0x00, 0x10, 0xff, 0x20, 0x12, 0x34, 0x40, 0xff, 0xff, 0xff, 0xfe, 0x01, 0x11, 0x00];
  assert.equal(decodePacket(reply(body))?.values, [0, 255, 0x1234, -2, null, ""]);
});

test("structs hold arrays and structs, repeated names become lists", () => {
  const body = [
    ...[0x03, 0x25, ...text("n"), 0x10, 7],
    ...[0x25, ...text("d"), 0x10, 1, 0x25, ...text("d"), 0x10, 2, 0x25, ...text("d"), 0x10, 3],
    ...[0x25, ...text("a"), 0x04, 0x10, 4, 0x41, ...text("abc"), 0x84],
    ...[0x25, ...text("s"), 0x03, 0x25, ...text("x"), 0x00, 0x83, 0x83],
    ...[0x10, 9],
  ];
  const values = decodePacket(reply(body))?.values;
  assert.equal(JSON.parse(JSON.stringify(values)), [{ n: 7, d: [1, 2, 3], a: [4, "abc"], s: { x: 0 } }, 9]);
});

test("a fault is told apart, an incomplete packet waited for, a foreign one refused", () => {
  assert.equal(decodePacket(reply([0x20, 1, 0x94], 3))?.fault, true);
  const whole = reply([0x10, 1, 0x10, 2]);
  for (let length = 0; length < whole.length; length++) {
    assert.is(decodePacket(whole.subarray(0, length)), null);
  }
  assert.throws(() => decodePacket(Buffer.from("HTTP/1.1 200 OK")), /not a binary RPC packet/);
  assert.throws(() => decodePacket(reply([0x41, 0x61])), /cut short/);
});

test.run();
