import { test } from "uvu";
import * as assert from "uvu/assert";
import { contains, ipKey, parseIp, parseNetwork } from "../../src/net/cidr";
import { assertLinear, randomFrom, randomText } from "../sip/random";

function inNetwork(network: string, address: string): boolean {
  const parsed = parseNetwork(network);
  const ip = parseIp(address);
  if (parsed === null || ip === null) throw new Error(`${network} or ${address} cannot be read`);
  return contains(parsed, ip);
}

test("an IPv4 address is two groups", () => {
  assert.equal(parseIp("192.0.2.1"), [0xc000, 0x0201]);
  assert.equal(parseIp("0.0.0.0"), [0, 0]);
  assert.equal(parseIp("255.255.255.255"), [0xffff, 0xffff]);
});

test("an IPv6 address is eight groups, however it is written", () => {
  const one = [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1];
  for (const text of ["2001:db8::1", "[2001:DB8::1]", "2001:0db8:0:0:0:0:0:1", "2001:db8::0.0.0.1"]) {
    assert.equal(parseIp(text), one, text);
  }
  assert.equal(parseIp("::"), [0, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(parseIp("1:2:3:4:5:6:7::"), [1, 2, 3, 4, 5, 6, 7, 0]);
});

test("an IPv4 address mapped into IPv6 is the IPv4 address", () => {
  assert.equal(parseIp("::ffff:192.0.2.1"), parseIp("192.0.2.1"));
  assert.equal(parseIp("[::FFFF:c000:201]"), parseIp("192.0.2.1"));
});

test("what is no address is null", () => {
  const texts = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4 ",
    "a.b.c.d",
    ":",
    ":::",
    "::1::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "12345::",
    "g::",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "fe80::1%eth0",
    "[::1",
    "example.com",
  ];
  for (const text of texts) assert.is(parseIp(text), null, text);
});

test("a network has a length; an address alone is a network of one", () => {
  assert.equal(parseNetwork("10.0.0.0/8"), { groups: [0x0a00, 0], bits: 8 });
  assert.equal(parseNetwork("10.1.2.3"), { groups: [0x0a01, 0x0203], bits: 32 });
  assert.is(parseNetwork("2001:db8::/32")?.bits, 32);
  assert.is(parseNetwork("::1")?.bits, 128);
});

test("a network with bits behind its prefix is a typing mistake", () => {
  for (const text of ["10.0.0.1/8", "192.0.2.128/24", "2001:db8::1/64", "0.0.0.1/0"]) {
    assert.is(parseNetwork(text), null, text);
  }
});

test("what is no network is null", () => {
  for (const text of [
    "",
    "/",
    "/8",
    "10.0.0.0/",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/8/8",
    "10.0.0.0/-1",
    "10/8",
    "a/8",
  ]) {
    assert.is(parseNetwork(text), null, text);
  }
});

test("an address is in a network when its leading bits are the network's", () => {
  assert.ok(inNetwork("10.0.0.0/8", "10.255.0.1"));
  assert.not(inNetwork("10.0.0.0/8", "11.0.0.1"));
  assert.ok(inNetwork("192.0.2.128/25", "192.0.2.255"));
  assert.not(inNetwork("192.0.2.128/25", "192.0.2.127"));
  assert.ok(inNetwork("192.0.2.7", "192.0.2.7"));
  assert.ok(inNetwork("0.0.0.0/0", "203.0.113.9"));
  assert.ok(inNetwork("2001:db8::/33", "2001:db8:7fff::1"));
  assert.not(inNetwork("2001:db8::/33", "2001:db8:8000::1"));
});

test("an IPv4 address is in no IPv6 network, and the other way round", () => {
  assert.not(inNetwork("::/0", "192.0.2.1"));
  assert.not(inNetwork("0.0.0.0/0", "2001:db8::1"));
});

test("every address is in each network that is cut from it, and in none when a bit within differs", () => {
  const random = randomFrom(4);
  for (let i = 0; i < 500; i++) {
    const size = i % 2 === 0 ? 2 : 8;
    const groups = Array.from({ length: size }, () => Math.floor(random() * 65536));
    const bits = Math.floor(random() * (size * 16 + 1));
    const cut = groups.map((group, at) => {
      const kept = Math.max(0, Math.min(16, bits - at * 16));
      return Math.floor(group / 2 ** (16 - kept)) * 2 ** (16 - kept);
    });
    const network = { groups: cut, bits };
    assert.ok(contains(network, groups), `${groups} in ${cut}/${bits}`);
    if (bits === 0) continue;
    const bit = Math.floor(random() * bits);
    const other = groups.slice();
    const at = Math.floor(bit / 16);
    other[at] = (other[at] ?? 0) ^ (0x8000 >> (bit % 16));
    assert.not(contains(network, other), `${other} in ${cut}/${bits}`);
  }
});

test("one address has one key, and different ones have different keys", () => {
  const key = (text: string) => ipKey(parseIp(text) ?? []);
  assert.is(key("[::1]"), key("0:0:0:0:0:0:0:1"));
  assert.is.not(key("1.2.3.4"), key("1.2.3.5"));
  assert.is.not(key("0.0.0.1"), key("::1"));
});

test("whatever the text, nothing is thrown, in linear time", () => {
  const random = randomFrom(5);
  const pieces = [..."0123456789abcdef:./[]%- ", "::", "255", "ffff", "/8", "\0", "é"];
  for (let i = 0; i < 20_000; i++) parseNetwork(randomText(random, pieces, 12));
  for (const piece of ["1", ":", ".", "::", "1:", "1.", "[", "/"]) {
    assertLinear(parseNetwork, piece.repeat(60_000 / piece.length));
  }
});

test.run();
