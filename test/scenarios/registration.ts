/** REGISTER: RFC 3261 section 10.3. */
import type { Scenario } from "./scenario";

export const registration: readonly Scenario[] = [
  {
    name: "a phone registers, refreshes, asks and removes",
    steps: [
      {
        ...{ send: "REGISTER", from: "phone", user: "reg1@acme.example", headers: { Expires: "120" } },
        replies: [{ status: 200, headers: { Contact: "<sip:reg1@127.0.0.31:20031>;expires=120" } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg1@acme.example", headers: { Expires: "240" } },
        replies: [{ status: 200, headers: { Contact: /;expires=240$/ }, count: { Contact: 1 } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg1@acme.example", headers: { Contact: null } },
        replies: [{ status: 200, headers: { Contact: /expires=(240|239)$/ } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg1@acme.example", headers: { Contact: "*", Expires: "0" } },
        replies: [{ status: 200, headers: { Contact: null } }],
      },
    ],
  },
  {
    name: "what a phone asks for is granted between the policy's bounds",
    steps: [
      {
        ...{ send: "REGISTER", from: "phone", user: "reg2@acme.example", headers: { Expires: "59" } },
        replies: [{ status: 423, headers: { "Min-Expires": "60", "X-Weir-Reason": "interval-too-brief" } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg2@acme.example", headers: { Contact: null } },
        replies: [{ status: 200, headers: { Contact: null } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg2@acme.example", headers: { Expires: "7200" } },
        replies: [{ status: 200, headers: { Contact: /;expires=600$/ } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg2@acme.example" },
        replies: [{ status: 200, headers: { Contact: /;expires=300$/ } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg2@acme.example" },
        headers: { Contact: "<sip:reg2@127.0.0.31:20031>;expires=90", Expires: "7200" },
        replies: [{ status: 200, headers: { Contact: /;expires=90$/ } }],
      },
    ],
  },
  {
    name: "contacts come back with their q, the same one is kept once, and one too many changes nothing",
    steps: [
      {
        ...{ send: "REGISTER", from: "phone", user: "reg3@acme.example" },
        headers: { Contact: "<sip:reg3@127.0.0.31:20031>;q=0.5" },
        replies: [{ status: 200, headers: { Contact: "<sip:reg3@127.0.0.31:20031>;q=0.5;expires=300" } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg3@acme.example" },
        headers: { Contact: ["<sip:reg3@127.0.0.31:20031>;q=0.7", "<sip:reg3@127.0.0.32:20032>;expires=100"] },
        replies: [{ status: 200, count: { Contact: 2 } }],
      },
      {
        ...{ send: "REGISTER", from: "mobile", user: "reg3@acme.example" },
        replies: [{ status: 403, headers: { "X-Weir-Reason": "too-many-contacts" } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg3@acme.example", headers: { Contact: null } },
        replies: [{ status: 200, count: { Contact: 2 } }],
      },
    ],
  },
  {
    name: "a request with a mistake in one contact changes none",
    steps: [
      { send: "REGISTER", from: "phone", user: "reg4@acme.example", replies: [200] },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg4@acme.example" },
        headers: { Contact: "<sip:reg4@127.0.0.31:20031>;expires=0, <nonsense", Expires: "120" },
        replies: [{ status: 400, headers: { "X-Weir-Reason": "bad-contact" } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg4@acme.example", headers: { Contact: "*" } },
        replies: [{ status: 400, headers: { "X-Weir-Reason": "bad-star" } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg4@acme.example" },
        headers: { Contact: "*, <sip:reg4@127.0.0.31:20031>", Expires: "0" },
        replies: [{ status: 400, headers: { "X-Weir-Reason": /^bad-(star|contact)$/ } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg4@acme.example", headers: { Contact: null } },
        replies: [{ status: 200, count: { Contact: 1 } }],
      },
    ],
  },
  {
    name: "an older request of the same Call-ID is out of order",
    steps: [
      {
        ...{ send: "REGISTER", from: "phone", user: "reg5@acme.example" },
        headers: { "Call-ID": "CALL-order", CSeq: "7 REGISTER" },
        replies: [200],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg5@acme.example" },
        headers: { "Call-ID": "CALL-order", CSeq: "6 REGISTER", Expires: "0" },
        replies: [{ status: 500, headers: { "X-Weir-Reason": "out-of-order" } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg5@acme.example", headers: { Contact: null } },
        replies: [{ status: 200, count: { Contact: 1 } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg5@acme.example" },
        headers: { "Call-ID": "CALL-order", CSeq: "8 REGISTER", Expires: "0" },
        replies: [{ status: 200, count: { Contact: 0 } }],
      },
    ],
  },
  {
    name: "a user is the same however its name is escaped, and another in another domain",
    steps: [
      { send: "REGISTER", from: "phone", user: "reg6@acme.example", replies: [200] },
      {
        ...{ send: "REGISTER", from: "phone", user: "%72eg6@ACME.example", headers: { Contact: null } },
        replies: [{ status: 200, count: { Contact: 1 } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "REG6@acme.example", headers: { Contact: null } },
        replies: [{ status: 200, count: { Contact: 0 } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg6@duo.example", headers: { Contact: null } },
        replies: [{ status: 200, count: { Contact: 0 } }],
      },
    ],
  },
  {
    name: "who may not register, may not",
    steps: [
      {
        ...{ send: "REGISTER", from: "stranger", user: "reg7@acme.example" },
        replies: [{ status: 403, headers: { "X-Weir-Reason": "untrusted" } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg7@elsewhere.example" },
        replies: [{ status: 404, headers: { "X-Weir-Reason": "unknown-domain" } }],
      },
      {
        ...{ send: "REGISTER", from: "trunk", user: "reg7@duo.example" },
        replies: [{ status: 404, headers: { "X-Weir-Reason": "unknown-domain" } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg7@acme.example", uri: "sip:duo.example" },
        replies: [{ status: 404, headers: { "X-Weir-Reason": "unknown-domain" } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg7@acme.example", headers: { Require: "outbound" } },
        replies: [{ status: 420, headers: { Unsupported: "outbound" } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg7@acme.example", headers: { Contact: null } },
        replies: [{ status: 200, headers: { Contact: null } }],
      },
    ],
  },
  {
    name: "a binding ends when its time is over",
    policy: "hook",
    steps: [
      {
        ...{ send: "REGISTER", from: "phone", user: "reg8@acme.example", headers: { Expires: "1" } },
        replies: [{ status: 200, headers: { Contact: /;expires=1$/ } }],
      },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg8@acme.example", headers: { Contact: null } },
        replies: [{ status: 200, count: { Contact: 1 } }],
      },
      { waitMs: 1500 },
      {
        ...{ send: "REGISTER", from: "phone", user: "reg8@acme.example", headers: { Contact: null } },
        replies: [{ status: 200, count: { Contact: 0 } }],
      },
    ],
  },
];
