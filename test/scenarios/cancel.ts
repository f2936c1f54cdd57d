/** CANCEL: RFC 3261 sections 9 and 16.10. */
import type { Scenario } from "./scenario";

export const cancel: readonly Scenario[] = [
  {
    name: "a ringing call is cancelled and holds nothing any more",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}] },
      { answer: 180, replies: [180], live: { acme: 1 } },
      { cancel: "call", replies: [200], relays: [{}] },
      { answer: 487, replies: [487], live: { acme: 0, main: 0 } },
    ],
  },
  {
    name: "before any answer the CANCEL waits for one",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}] },
      { cancel: "call", replies: [200] },
      { answer: 180, relays: [{ method: "CANCEL" }] },
      { answer: 487, replies: [487], live: { acme: 0 } },
    ],
  },
  {
    name: "a cancelled call is tried at no other node",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}] },
      { answer: 180, replies: [180] },
      { cancel: "call", replies: [200], relays: [{}] },
      { answer: 503, replies: [500], live: { acme: 0 } },
    ],
  },
  {
    name: "a CANCEL that comes after the answer ends nothing",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}] },
      { answer: 200, replies: [200] },
      { cancel: "call", replies: [200], live: { acme: 1 } },
      { send: "ACK", within: "call", relays: [{}] },
      { send: "BYE", within: "call", relays: [{}], live: { acme: 0 } },
      { answer: 200, of: "bye", replies: [200] },
    ],
  },
  {
    name: "the second node of a call is cancelled like the first",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{ as: "first" }] },
      { answer: 500, of: "first", relays: [{ notAt: ["first"], as: "call" }] },
      { answer: 180, replies: [180] },
      { cancel: "call", replies: [200], relays: [{ notAt: ["first"] }] },
      { answer: 487, replies: [487], live: { acme: 0 } },
    ],
  },
  {
    name: "a CANCEL of no call is told so",
    steps: [
      {
        ...{ send: "CANCEL", from: "phone", uri: "sip:room@acme.example" },
        replies: [{ status: 481, headers: { "X-Weir-Reason": "no-dialog" } }],
      },
      { send: "CANCEL", from: "stranger", uri: "sip:room@acme.example", replies: [481] },
    ],
  },
];
