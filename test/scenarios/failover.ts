/** What happens when a node fails before the answer. */
import type { Scenario } from "./scenario";

export const failover: readonly Scenario[] = [
  {
    name: "a node's trouble is another node's chance, and the lease moves with the call",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:room@acme.example" },
        relays: [{ as: "first" }],
        live: { first: 1, acme: 1 },
      },
      {
        ...{ answer: 503, of: "first" },
        relays: [{ as: "call", notAt: ["first"], headers: { "Record-Route": /;w=/ } }],
        live: { first: 0, call: 1, acme: 1, main: 1 },
      },
      { answer: 180, replies: [180] },
      { answer: 200, replies: [200] },
      { send: "ACK", within: "call", relays: [{}], live: { call: 1 } },
      { send: "BYE", within: "call", relays: [{}], live: { acme: 0, call: 0, main: 0 } },
      { answer: 200, of: "bye", replies: [200], counted: { "admitted/acme": 1 } },
    ],
  },
  {
    name: "a node that rang and then failed is left as well",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{ as: "first" }] },
      { answer: 180, of: "first", replies: [180] },
      { answer: 500, of: "first", relays: [{ notAt: ["first"], as: "second" }] },
      { answer: 486, of: "second", replies: [486], live: { acme: 0 } },
    ],
  },
  {
    name: "when all nodes fail, the caller hears of the last failure and nothing is held",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{ as: "first" }] },
      { answer: 500, of: "first", relays: [{ notAt: ["first"], as: "second" }] },
      { answer: 502, of: "second", relays: [{ notAt: ["first", "second"], as: "third" }] },
      // A node's 503 is not the proxy's (RFC 3261 section 16.7).
      { answer: 503, of: "third", replies: [500], live: { acme: 0, main: 0 } },
    ],
  },
  {
    name: "what the called side answers is the answer, and is tried nowhere else",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}] },
      { answer: 404, replies: [404], live: { acme: 0 } },
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}] },
      { answer: 603, reason: "Decline", replies: [{ status: 603, reason: "Decline" }], live: { acme: 0 } },
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}] },
      {
        ...{ answer: 302, headers: { Contact: "<sip:elsewhere@127.0.0.99:20099>" } },
        replies: [{ status: 302, headers: { Contact: "<sip:elsewhere@127.0.0.99:20099>" } }],
        live: { acme: 0 },
      },
    ],
  },
  {
    name: "a pool's only node fails: the caller hears of it",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", user: "alice@small.example", uri: "sip:a@small.example" },
        relays: [{ at: "solo" }],
      },
      { answer: 500, replies: [500], live: { small: 0, solo: 0 } },
    ],
  },
  {
    name: "a call that needs a feature goes to no node that lacks it",
    policy: "hook",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:room@acme.example", headers: { "X-Video": "yes" } },
        relays: [{ at: "node2" }],
      },
      { answer: 500, replies: [500], live: { acme: 0 } },
    ],
  },
  {
    name: "a node that keeps silent is left after its time, and what it says later is heard by nobody",
    policy: "hook",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{ as: "first" }], live: { first: 1 } },
      { waitMs: 900, relays: [{ as: "second", notAt: ["first"] }], live: { first: 0, second: 1, acme: 1 } },
      { answer: 486, of: "second", replies: [486], live: { acme: 0 } },
    ],
  },
  {
    name: "a phone that rings too long gets a CANCEL, the caller 408",
    policy: "hook",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}] },
      { answer: 180, replies: [180] },
      { waitMs: 4000, live: { acme: 1 } },
      { waitMs: 1500, relays: [{ method: "CANCEL" }], replies: [408], live: { acme: 0 } },
      { answer: 487 },
    ],
  },
];
