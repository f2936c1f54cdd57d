import { test } from "uvu";
import * as assert from "uvu/assert";
import { targetsOf } from "../../src/routing/targets";

function binding(contact: string, received = "") {
  return { contact, received, q: 1000, expiresInMs: 1000 };
}

test("each binding is a branch: its contact is the Request-URI, where it was seen the next hop", () => {
  assert.equal(targetsOf([binding("sip:a@192.0.2.1"), binding("sip:a@10.0.0.1", "sip:198.51.100.1:40000")]), [
    { uri: "sip:a@192.0.2.1", nextHop: "" },
    { uri: "sip:a@10.0.0.1", nextHop: "sip:198.51.100.1:40000" },
  ]);
});

test("a request is forked to ten at most, the most preferred ones (RFC 5393 section 5)", () => {
  const many = Array.from({ length: 100 }, (_, i) => binding(`sip:a@192.0.2.${i}`));
  assert.equal(
    targetsOf(many).map(({ uri }) => uri),
    many.slice(0, 10).map(({ contact }) => contact),
  );
});

test.run();
