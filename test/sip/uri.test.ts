import { test } from "uvu";
import * as assert from "uvu/assert";
import { comparisonKey, parseSipUri, splitHostPort, unescapeUser, uriParam } from "../../src/sip/uri";
import { assertLinear, randomFrom, randomText, SIP_PIECES } from "./random";

function key(text: string): string {
  const uri = parseSipUri(text);
  if (uri === null) throw new Error(`not a URI: ${text}`);
  return comparisonKey(uri);
}

test("a URI has scheme, user, host, port, parameters and headers (RFC 3261 section 19.1.1)", () => {
  assert.equal(parseSipUri("sip:alice;day=tue@Atlanta.example:5070;transport=TCP;lr?Subject=x&Priority=y"), {
    scheme: "sip",
    user: "alice;day=tue",
    host: "atlanta.example",
    port: 5070,
    params: [
      { name: "transport", value: "TCP" },
      { name: "lr", value: "" },
    ],
    headers: "Subject=x&Priority=y",
  });
});

test("scheme and host are read whatever their case, and stand in lower case", () => {
  assert.equal(parseSipUri("SIPS:a@EXAMPLE.com"), {
    scheme: "sips",
    user: "a",
    host: "example.com",
    port: 0,
    params: [],
    headers: "",
  });
});

test("an IPv6 host keeps its brackets", () => {
  const uri = parseSipUri("sip:[2001:DB8::1]:5062");
  assert.is(uri?.host, "[2001:db8::1]");
  assert.is(uri?.port, 5062);
  assert.is(uri?.user, "");
});

test("what is no SIP URI is null", () => {
  const texts = [
    "",
    "alice",
    "tel:+49891",
    "http://example.com",
    "sip:",
    "sip:@example.com",
    "sip:alice@",
    "sip:a@b@example.com",
    "sip:a@host:0",
    "sip:a@host:65536",
    "sip:a@host:",
    "sip:a@host:5060x",
    "sip:a@ho st",
    "sip:a@host>",
    "sip:<a@host",
    'sip:"a"@host',
    "sip:a@host\r\nVia: x",
    "sip:a@host\0",
    "sip:a@[::1",
    "sip:a@[]",
    "sip:a@[x]",
    "sip:a@[::1]5060",
    "sip:a@[::1]:",
    "sip:a@ex*mple",
  ];
  for (const text of texts) assert.is(parseSipUri(text), null, JSON.stringify(text));
});

test("parameters are found by name in any case; an absent one is null, an empty one empty", () => {
  const uri = parseSipUri("sip:h;Transport=ws;;ob;x=a=b");
  if (uri === null) throw new Error("not a URI");
  assert.is(uriParam(uri, "transport"), "ws");
  assert.is(uriParam(uri, "ob"), "");
  assert.is(uriParam(uri, "x"), "a=b");
  assert.is(uriParam(uri, "lr"), null);
  assert.is(uriParam(uri, "constructor"), null);
});

test("host and port are split", () => {
  assert.equal(splitHostPort("Example.COM"), { host: "example.com", port: 0 });
  assert.equal(splitHostPort("192.0.2.1:5060"), { host: "192.0.2.1", port: 5060 });
  assert.equal(splitHostPort("[::1]:1"), { host: "[::1]", port: 1 });
  for (const text of ["", ":", ":5060", "a:", "a:b", "a:1:2", "a b", "::1"]) assert.is(splitHostPort(text), null, text);
});

test("escapes of characters that need none are resolved (RFC 3261 sections 10.3 step 5, 19.1.4)", () => {
  assert.is(unescapeUser("%61lice"), "alice");
  assert.is(unescapeUser("a%2Da%2d"), "a-a-");
  assert.is(unescapeUser("*21%23"), "*21#");
  assert.is(unescapeUser("alice"), "alice");
});

test("escapes of reserved characters, blanks and control characters stay, in upper case", () => {
  assert.is(unescapeUser("a%40b"), "a%40b");
  assert.is(unescapeUser("%3b%2f%3f%3a%26%3d%2b%24%2c"), "%3B%2F%3F%3A%26%3D%2B%24%2C");
  assert.is(unescapeUser("%00%1f%20%7f%ff"), "%00%1F%20%7F%FF");
});

test("what is resolved once stays the same when it is resolved again, broken escapes included", () => {
  assert.is(unescapeUser("%%361lice"), "%2561lice");
  assert.is(unescapeUser("%"), "%25");
  assert.is(unescapeUser("100%!"), "100%25!");
  const random = randomFrom(1);
  for (let i = 0; i < 2000; i++) {
    const text = randomText(random, ["%", "2", "5", "6", "1", "4", "f", "F", "a", "é", "%41", "%25"], 12);
    const once = unescapeUser(text);
    assert.is(unescapeUser(once), once, JSON.stringify(text));
  }
});

test("URIs that are equal under RFC 3261 section 19.1.4 have one key", () => {
  const same: [string, string][] = [
    ["sip:%61lice@atlanta.com;transport=TCP", "SIP:alice@AtLanTa.CoM;Transport=tcp"],
    ["sip:carol@chicago.com;newparam=5;security=on", "sip:carol@chicago.com;security=ON;newparam=5"],
  ];
  for (const [a, b] of same) assert.is(key(a), key(b), `${a} ${b}`);
});

test("URIs that differ under RFC 3261 section 19.1.4 have different keys", () => {
  const different: [string, string][] = [
    ["sip:alice@atlanta.com", "sip:ALICE@atlanta.com"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"],
    ["sip:bob@biloxi.com", "sips:bob@biloxi.com"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"],
    ["sip:a%40b@host", "sip:a@host"],
    ["sip:h;p=a", "sip:h;p=b"],
  ];
  for (const [a, b] of different) assert.is.not(key(a), key(b), `${a} ${b}`);
});

test("whatever the text, parsing throws nothing and a URI's key holds no separator of the ledger", () => {
  const random = randomFrom(2);
  let parsed = 0;
  for (let i = 0; i < 20_000; i++) {
    const text = (i % 2 === 0 ? "sip:" : "") + randomText(random, SIP_PIECES, 10);
    const uri = parseSipUri(text);
    if (uri === null) continue;
    parsed++;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    assert.not.match(comparisonKey(uri), /[\x00-\x20"<>\x7f]/);
  }
  assert.ok(parsed > 300, `only ${parsed} were URIs`);
});

test("60 kB are parsed in linear time, well-formed or not", () => {
  const long = 60_000;
  for (const piece of ["a", "%41", "%", ";a", ";", "=", "1", ":", "[", ".", "@", "?"]) {
    const fill = piece.repeat(long / piece.length);
    assertLinear((text) => parseSipUri(`sip:${text}`), fill);
    assertLinear((text) => parseSipUri(`sip:u@h;${text}`), fill);
    assertLinear((text) => splitHostPort(text), fill);
    assertLinear((text) => unescapeUser(text), fill);
  }
});

test.run();
