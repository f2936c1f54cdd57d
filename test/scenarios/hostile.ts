/** Packets that are made to hurt: each is answered or ignored, and what follows works. */
import type { Scenario, Step } from "./scenario";

/** First bytes by which Duktape takes a text for a symbol. */
const SYMBOLS = ["\xff", "\x80", "\x81", "\x82"];

/** Formats, delimiters, wild-cards, code: all of it plain text to a router. */
const AWKWARD = ["%99999999d", "%s%s%s%n", "$(var(x))", "{main}", "*", "'\"`", "a~b|c;d", "\xc3\xbc\xf0\x9f\x98\x80"];

const MALFORMED = [{ status: 400, headers: { "X-Weir-Reason": "malformed" } }];

/** The steps for each of some texts, one after the other. */
function each(texts: readonly string[], steps: (text: string) => Step[]): Step[] {
  return texts.reduce((all, text) => all.concat(steps(text)), [] as Step[]);
}

function callAgain(): Step[] {
  return [
    { send: "INVITE", from: "phone", uri: "sip:room@acme.example", as: "after", relays: [{}] },
    { answer: 486, of: "after", replies: [486], live: { acme: 0 } },
  ];
}

/** A request line and headers as they are, ended properly. */
function packet(...lines: string[]): string {
  return `${lines.join("\r\n")}\r\n\r\n`;
}

const VIA = "Via: SIP/2.0/UDP 127.0.0.31:20031;branch=z9hG4bKCALL";
const FROM = "From: <sip:alice@acme.example>;tag=f";
const TO = "To: <sip:room@acme.example>";

export const hostile: readonly Scenario[] = [
  {
    name: "a first byte that makes a symbol of a text is answered 400 where the text is needed",
    // A hook may look at anything, so nothing has a short way past the script.
    policy: "hook",
    steps: [
      ...SYMBOLS.map(
        (byte): Step => ({
          ...{ send: "INVITE", from: "phone", uri: "sip:room@acme.example", headers: { "Call-ID": `${byte}CALL` } },
          replies: MALFORMED,
        }),
      ),
      ...SYMBOLS.map(
        (byte): Step => ({ send: "MESSAGE", from: "phone", uri: `sip:${byte}x@acme.example`, replies: MALFORMED }),
      ),
      ...SYMBOLS.map(
        (byte): Step => ({
          ...{ send: "REGISTER", from: "phone", user: "h1@acme.example", headers: { Contact: `${byte}` } },
          replies: MALFORMED,
        }),
      ),
      ...SYMBOLS.map(
        (byte): Step => ({
          ...{ send: "REGISTER", from: "phone", user: "h1@acme.example", headers: { Require: `${byte}` } },
          replies: MALFORMED,
        }),
      ),
      ...callAgain(),
    ],
  },
  {
    name: "formats, delimiters and wild-cards in a Call-ID are just text",
    steps: each(AWKWARD, (text) => [
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:room@acme.example", headers: { "Call-ID": `${text}-CALL@x` } },
        relays: [{}],
        live: { acme: 1 },
      },
      { answer: 200, replies: [200] },
      { send: "ACK", within: "call", relays: [{}] },
      { send: "BYE", within: "call", relays: [{}], live: { acme: 0 } },
      { answer: 200, of: "bye", replies: [200] },
    ]),
  },
  {
    name: "they are just text in a user's name as well, and one user's wild-card is not another",
    steps: [
      { send: "REGISTER", from: "phone", user: "h2@direct.example", replies: [200] },
      ...each(["%25s%25n", "*", "$(var(x))", "h2%7c", "%7bdirect%7d", "h%c3%bc"], (user) => [
        {
          ...{ send: "REGISTER", from: "phone", user: `${user}@direct.example`, headers: { Contact: null } },
          replies: [{ status: 200, count: { Contact: 0 } }],
        },
        {
          ...{ send: "REGISTER", from: "colleague", user: `${user}@direct.example` },
          replies: [{ status: 200, count: { Contact: 1 } }],
        },
        {
          ...{ send: "INVITE", from: "phone", user: "a@direct.example", uri: `sip:${user}@direct.example` },
          relays: [{ at: "colleague", uri: `sip:${user}@127.0.0.32:20032` }],
        },
        { answer: 486, replies: [486], live: { direct: 0 } },
      ]),
      {
        ...{ send: "REGISTER", from: "phone", user: "h2@direct.example", headers: { Contact: null } },
        replies: [{ status: 200, count: { Contact: 1 } }],
      },
    ],
  },
  {
    name: "escapes that stand for no text are names like others, of nobody",
    steps: ["%zz", "%", "%ff", "%00", "%c3%28"].map(
      (user): Step => ({
        ...{ send: "MESSAGE", from: "phone", uri: `sip:${user}@acme.example` },
        replies: [{ status: 480, headers: { "X-Weir-Reason": "not-registered" } }],
      }),
    ),
  },
  {
    name: "what lacks the least that a request needs is answered by nobody",
    steps: [
      { packet: "\r\n\r\n", from: "stranger" },
      { packet: packet("nonsense"), from: "stranger" },
      { packet: packet("INVITE sip:room@acme.example SIP/2.0", VIA, FROM, TO, "CSeq: 1 INVITE"), from: "phone" },
      {
        packet: packet("INVITE sip:room@acme.example SIP/2.0", VIA, TO, "Call-ID: CALL", "CSeq: 1 INVITE"),
        from: "phone",
      },
      // Kamailio cannot make a reply to what it cannot parse.
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", headers: { "Content-Length": "x" } },
      ...callAgain(),
    ],
  },
  {
    name: "what is there but wrong is answered 400",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:room@acme.example", headers: { CSeq: "1 OPTIONS" } },
        replies: [{ status: 400, method: "OPTIONS" }],
      },
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:room@acme.example", headers: { "Content-Length": "99999" } },
        replies: [400],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "h3@acme.example", headers: { Expires: "soon" } },
        replies: [400],
      },
      ...callAgain(),
    ],
  },
  {
    name: "an exception in the policy's hook is answered 500, and the next call works",
    policy: "hook",
    steps: [
      ...[1, 2, 3].map(
        (): Step => ({
          ...{ send: "INVITE", from: "phone", uri: "sip:boom@acme.example" },
          replies: [{ status: 500, headers: { "X-Weir-Reason": "internal-error" } }],
          live: { acme: 0 },
        }),
      ),
      ...callAgain(),
    ],
  },
];
