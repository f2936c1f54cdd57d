/** Admission: each limit refuses with its own reason, and what was refused holds nothing. */
import type { Scenario, Step } from "./scenario";

/** A call of tenant duo up to its ACK. */
function answered(label: string): Step[] {
  return [
    {
      ...{ send: "INVITE", from: "phone", user: "alice@duo.example", uri: "sip:room@duo.example", as: label },
      relays: [{}],
    },
    { answer: 200, of: label, replies: [200] },
    { send: "ACK", within: label, relays: [{}] },
  ];
}

function ended(label: string): Step[] {
  return [
    { send: "BYE", within: label, relays: [{}] },
    { answer: 200, of: "bye", replies: [200] },
  ];
}

export const limits: readonly Scenario[] = [
  {
    name: "a tenant gets as many calls as it may have, and a BYE makes room at once",
    steps: [
      ...answered("one"),
      ...answered("two"),
      {
        ...{ send: "INVITE", from: "phone", user: "alice@duo.example", uri: "sip:room@duo.example" },
        replies: [{ status: 503, headers: { "Retry-After": "5", "X-Weir-Reason": "tenant-limit" } }],
        live: { duo: 2, main: 2, acme: 0 },
        counted: { "refused/duo/tenant-limit": 1, "admitted/duo": 2 },
      },
      ...ended("one"),
      ...answered("three"),
      { look: true, live: { duo: 2 } },
      ...ended("two"),
      ...ended("three"),
      { look: true, live: { duo: 0, main: 0 }, counted: { "refused/duo/tenant-limit": 1, "admitted/duo": 3 } },
    ],
  },
  {
    name: "one tenant at its limit leaves the others theirs",
    steps: [
      ...answered("one"),
      ...answered("two"),
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}], live: { acme: 1, duo: 2 } },
      { answer: 486, replies: [486] },
      ...ended("one"),
      ...ended("two"),
    ],
  },
  {
    name: "calls faster than the tenant's rate are told when to come again, and then admitted",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", user: "alice@slow.example", uri: "sip:a@slow.example", as: "one" },
        relays: [{}],
      },
      {
        ...{ send: "INVITE", from: "phone", user: "alice@slow.example", uri: "sip:a@slow.example", as: "two" },
        relays: [{}],
      },
      {
        ...{ send: "INVITE", from: "phone", user: "alice@slow.example", uri: "sip:a@slow.example" },
        replies: [{ status: 503, headers: { "Retry-After": /^[12]$/, "X-Weir-Reason": "rate-limit" } }],
        live: { slow: 2 },
        counted: { "refused/slow/rate-limit": 1 },
      },
      { answer: 486, of: "one", replies: [486] },
      { answer: 486, of: "two", replies: [486], live: { slow: 0 } },
      { waitMs: 2100 },
      {
        ...{ send: "INVITE", from: "phone", user: "alice@slow.example", uri: "sip:a@slow.example", as: "three" },
        relays: [{}],
        live: { slow: 1 },
      },
      { answer: 486, of: "three", replies: [486], live: { slow: 0 } },
    ],
  },
  {
    name: "when a pool's nodes are full, there is room for nobody",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", user: "alice@small.example", uri: "sip:a@small.example", as: "one" },
        relays: [{ at: "solo" }],
      },
      {
        ...{ send: "INVITE", from: "phone", user: "alice@small.example", uri: "sip:a@small.example", as: "two" },
        relays: [{ at: "solo" }],
        live: { small: 2, solo: 2, "media-solo": 2 },
      },
      {
        ...{ send: "INVITE", from: "phone", user: "alice@small.example", uri: "sip:a@small.example" },
        replies: [{ status: 503, headers: { "Retry-After": "5", "X-Weir-Reason": "pool-full" } }],
        live: { small: 2 },
        counted: { "refused/small/pool-full": 1 },
      },
      { answer: 486, of: "one", replies: [486] },
      {
        ...{ send: "INVITE", from: "phone", user: "alice@small.example", uri: "sip:a@small.example", as: "three" },
        relays: [{ at: "solo" }],
      },
      { answer: 486, of: "two", replies: [486] },
      { answer: 486, of: "three", replies: [486], live: { small: 0, solo: 0 } },
    ],
  },
  {
    name: "an emergency call passes its tenant's limit",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", user: "alice@closed.example", uri: "sip:113@closed.example" },
        replies: [{ status: 503, headers: { "X-Weir-Reason": "tenant-limit", "Retry-After": "5" } }],
      },
      {
        ...{ send: "INVITE", from: "phone", user: "alice@closed.example", uri: "sip:112@closed.example" },
        relays: [{}],
        live: { closed: 1, main: 1 },
      },
      { answer: 200, replies: [200] },
      { send: "ACK", within: "call", relays: [{}] },
      ...ended("call"),
      { look: true, live: { closed: 0 } },
    ],
  },
];
