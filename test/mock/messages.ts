/** SIP messages of the mock's tests, as latin1 text: one character a byte. */

/** Joins lines with CRLF and adds the empty line; the body follows as it is. */
export function sip(lines: string[], body = ""): string {
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** A request in a dialog, with everything the conformance probes ask for. */
export function probeRequest(proxyPort: number, clientPort: number): string {
  return sip(
    [
      "INVITE sip:bob@example.org:5066;line=42;transport=udp SIP/2.0",
      `Via: SIP/2.0/UDP 127.0.0.1:${clientPort};branch=z9hG4bKtop1;rport`,
      "Via: SIP/2.0/TCP 192.0.2.55:5090;branch=z9hG4bKlower",
      `Route: <sip:127.0.0.1:${proxyPort};lr;ftag=from1;w=1>`,
      "Route: <sip:192.0.2.77:5062;lr>, <sip:192.0.2.78;lr>",
      "Max-Forwards: 17",
      'From: "Alice A." <sip:alice@example.com:5077;x=1>;tag=from1',
      "To: Bob <sip:bob%20b@example.org>;tag=to1",
      "Call-ID: call-%d-1@127.0.0.1",
      "CSeq: 314 INVITE",
      `Contact: <sip:alice@127.0.0.1:${clientPort};ob>;expires=60, <sip:second@192.0.2.1>`,
      "User-Agent: probe/1.0",
      "X-One:   one value  ",
      "X-Two: first",
      "x-two: second",
      "X-Ff: \xff\xfe",
      "X-Mid: a\xffb",
      "X-Utf: \xc3\xa9",
      "X-Empty:",
      "Content-Type: application/sdp",
      "Content-Length: 11",
    ],
    "v=0\r\no=- 1\n",
  );
}
