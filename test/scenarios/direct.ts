/** Calls that end at registered phones. */
import type { Scenario } from "./scenario";

export const direct: readonly Scenario[] = [
  {
    name: "users of one tenant call each other without a node, within the tenant's limit",
    steps: [
      { send: "REGISTER", from: "colleague", user: "d1@direct.example", replies: [200] },
      {
        ...{ send: "INVITE", from: "phone", user: "a@direct.example", uri: "sip:d1@direct.example" },
        relays: [{ at: "colleague", uri: "sip:d1@127.0.0.32:20032" }],
        live: { direct: 1, main: 1, "media-1": 0, "media-2": 0, "media-3": 0 },
        counted: { "admitted/direct": 1 },
      },
      { answer: 180, replies: [180] },
      { answer: 200, replies: [200] },
      { send: "ACK", within: "call", relays: [{ at: "colleague" }] },
      {
        ...{ send: "INVITE", from: "mobile", user: "m@direct.example", uri: "sip:d1@direct.example", as: "second" },
        replies: [{ status: 503, headers: { "X-Weir-Reason": "tenant-limit" } }],
      },
      { send: "BYE", within: "call", by: "callee", relays: [{ at: "phone" }], live: { direct: 0 } },
      { answer: 200, of: "bye", replies: [200] },
    ],
  },
  {
    name: "whom nobody has registered nobody reaches",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", user: "a@direct.example", uri: "sip:nobody@direct.example" },
        replies: [{ status: 480, headers: { "X-Weir-Reason": "not-registered" } }],
        live: { direct: 0 },
      },
      { send: "REGISTER", from: "colleague", user: "d2@direct.example", replies: [200] },
      {
        ...{ send: "REGISTER", from: "colleague", user: "d2@direct.example", headers: { Contact: "*", Expires: "0" } },
        replies: [200],
      },
      {
        ...{ send: "INVITE", from: "phone", user: "a@direct.example", uri: "sip:d2@direct.example" },
        replies: [480],
      },
    ],
  },
  {
    name: "all phones of a user ring, and the first answer silences the others",
    steps: [
      { send: "REGISTER", from: "colleague", user: "d3@direct.example", replies: [200] },
      {
        send: "REGISTER",
        from: "mobile",
        user: "d3@direct.example",
        replies: [{ status: 200, count: { Contact: 2 } }],
      },
      {
        ...{ send: "INVITE", from: "phone", user: "a@direct.example", uri: "sip:d3@direct.example" },
        relays: [
          { at: "colleague", as: "call", uri: "sip:d3@127.0.0.32:20032" },
          { at: "mobile", as: "mobile", uri: "sip:d3@127.0.0.33:20033" },
        ],
        live: { direct: 1 },
      },
      { answer: 180, of: "mobile", replies: [180] },
      { answer: 200, replies: [200], relays: [{ at: "mobile", method: "CANCEL", as: "cancelled" }] },
      { answer: 487, of: "mobile", live: { direct: 1 } },
      { send: "ACK", within: "call", relays: [{ at: "colleague" }] },
      { send: "BYE", within: "call", relays: [{ at: "colleague" }], live: { direct: 0 } },
      { answer: 200, of: "bye", replies: [200] },
    ],
  },
  {
    name: "when all phones refuse, the caller hears it once and nothing is held",
    steps: [
      { send: "REGISTER", from: "colleague", user: "d4@direct.example", replies: [200] },
      { send: "REGISTER", from: "mobile", user: "d4@direct.example", replies: [200] },
      {
        ...{ send: "INVITE", from: "phone", user: "a@direct.example", uri: "sip:d4@direct.example" },
        relays: [
          { at: "colleague", as: "call" },
          { at: "mobile", as: "mobile" },
        ],
      },
      { answer: 486, live: { direct: 1 } },
      { answer: 480, of: "mobile", replies: [480], live: { direct: 0 } },
    ],
  },
  {
    name: "a phone behind a NAT is reached where it registered from, under its own name",
    steps: [
      {
        ...{ send: "REGISTER", from: "colleague", user: "d5@direct.example" },
        headers: { Contact: "<sip:d5@192.0.2.77:5062;x=y>" },
        replies: [{ status: 200, headers: { Contact: /^<sip:d5@192\.0\.2\.77:5062;x=y>;/ } }],
      },
      {
        ...{ send: "INVITE", from: "phone", user: "a@direct.example", uri: "sip:d5@direct.example" },
        relays: [{ at: "colleague", uri: "sip:d5@192.0.2.77:5062;x=y" }],
      },
      { answer: 486, replies: [486], live: { direct: 0 } },
    ],
  },
  {
    name: "a node's call to a phone is the second half of a call, and holds nothing of its own",
    steps: [
      { send: "REGISTER", from: "phone", user: "d6@acme.example", replies: [200] },
      {
        ...{ send: "INVITE", from: "node1", user: "conference@acme.example", uri: "sip:d6@acme.example" },
        relays: [{ at: "phone", uri: "sip:d6@127.0.0.31:20031" }],
        live: { acme: 0, main: 0 },
        counted: { "admitted/acme": 0 },
      },
      { answer: 200, replies: [200] },
      { send: "ACK", within: "call", relays: [{ at: "phone" }], live: { acme: 0 } },
      { send: "BYE", within: "call", by: "callee", relays: [{ at: "node1" }], live: { acme: 0 } },
      { answer: 200, of: "bye", replies: [200] },
      {
        ...{ send: "INVITE", from: "node1", user: "conference@acme.example", uri: "sip:nobody@acme.example" },
        replies: [{ status: 480, headers: { "X-Weir-Reason": "not-registered" } }],
      },
      {
        ...{ send: "INVITE", from: "node1", user: "conference@acme.example", uri: "sip:d6@elsewhere.example" },
        replies: [{ status: 404, headers: { "X-Weir-Reason": "unknown-domain" } }],
      },
    ],
  },
  {
    name: "a tenant without a pool has its users alone",
    steps: [
      { send: "REGISTER", from: "colleague", user: "d7@nodeless.example", replies: [200] },
      {
        ...{ send: "INVITE", from: "phone", user: "a@nodeless.example", uri: "sip:d7@nodeless.example" },
        relays: [{ at: "colleague" }],
      },
      { answer: 486, replies: [486] },
      {
        ...{ send: "INVITE", from: "phone", user: "a@nodeless.example", uri: "sip:room@acme.example" },
        replies: [{ status: 404, headers: { "X-Weir-Reason": "unknown-domain" } }],
      },
    ],
  },
  {
    name: "a message reaches the phones of the user it names, and nobody is charged a call",
    steps: [
      { send: "REGISTER", from: "colleague", user: "d8@acme.example", replies: [200] },
      {
        ...{ send: "MESSAGE", from: "phone", uri: "sip:d8@acme.example", body: "hello" },
        relays: [{ at: "colleague", uri: "sip:d8@127.0.0.32:20032" }],
        live: { acme: 0 },
      },
      { answer: 200, replies: [200] },
      {
        ...{ send: "MESSAGE", from: "phone", uri: "sip:nobody@acme.example", body: "hello" },
        replies: [{ status: 480, headers: { "X-Weir-Reason": "not-registered" } }],
      },
    ],
  },
];
