/** Requests within a dialog follow its Record-Route; the signed lease in it is the permit. */
import type { Scenario, Step } from "./scenario";

const BEGUN: Step[] = [
  { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}] },
  { answer: 200, replies: [200] },
  { send: "ACK", within: "call", relays: [{}], live: { acme: 1 } },
];

const ENDED: Step[] = [
  { send: "BYE", within: "call", relays: [{}], live: { acme: 0 } },
  { answer: 200, of: "bye", replies: [200] },
];

/** A lease that looks right and that nobody has signed. */
const FORGED = "s~acme~main~0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

export const dialog: readonly Scenario[] = [
  {
    name: "both sides may send whatever they like within their dialog",
    steps: [
      ...BEGUN,
      { send: "INFO", within: "call", relays: [{}] },
      { answer: 200, of: "info", replies: [200] },
      { send: "INVITE", within: "call", as: "hold", relays: [{}], live: { acme: 1 } },
      { answer: 200, of: "hold", replies: [200] },
      { send: "ACK", within: "call", headers: { CSeq: "3 ACK" }, relays: [{}] },
      { send: "UPDATE", within: "call", by: "callee", relays: [{ at: "phone" }] },
      { answer: 200, of: "update", replies: [200], live: { acme: 1 }, counted: { "admitted/acme": 1 } },
      { send: "REFER", within: "call", by: "callee", relays: [{ at: "phone" }] },
      { answer: 202, of: "refer", replies: [202] },
      { send: "MESSAGE", within: "call", relays: [{}] },
      { answer: 200, of: "message", replies: [200] },
      ...ENDED,
    ],
  },
  {
    name: "a refused re-INVITE leaves the call as it was",
    steps: [
      ...BEGUN,
      { send: "INVITE", within: "call", as: "hold", relays: [{}] },
      { answer: 488, of: "hold", replies: [488], live: { acme: 1 } },
      { send: "INVITE", within: "call", as: "again", relays: [{}] },
      // Only new calls are tried elsewhere.
      { answer: 503, of: "again", replies: [500], live: { acme: 1 } },
      ...ENDED,
    ],
  },
  {
    name: "a BYE that comes twice is one BYE",
    steps: [
      ...BEGUN,
      { send: "BYE", within: "call", relays: [{}], live: { acme: 0 } },
      { answer: 200, of: "bye", replies: [200] },
      { again: "bye", replies: [200], live: { acme: 0 } },
    ],
  },
  {
    name: "a phone that comes from a new address is known by its lease",
    steps: [
      ...BEGUN,
      { send: "INFO", within: "call", from: "stranger", relays: [{}] },
      { answer: 200, of: "info", replies: [200] },
      { send: "BYE", within: "call", from: "stranger", relays: [{}], live: { acme: 0 } },
      { answer: 200, of: "bye", replies: [200] },
    ],
  },
  {
    name: "a stranger without a lease, with a forged one or with one of another call is not let in",
    steps: [
      ...BEGUN,
      {
        ...{ send: "BYE", within: "call", from: "stranger", as: "none", headers: { Route: null } },
        replies: [{ status: 403, headers: { "X-Weir-Reason": "untrusted" } }],
      },
      {
        ...{ send: "BYE", within: "call", from: "stranger", as: "forged" },
        headers: { Route: `<sip:127.0.0.1:20001;lr;w=${FORGED}>` },
        replies: [{ status: 403, headers: { "X-Weir-Reason": "untrusted" } }],
      },
      {
        ...{ send: "BYE", within: "call", from: "stranger", as: "stolen", headers: { "Call-ID": "CALL-another" } },
        replies: [{ status: 403, headers: { "X-Weir-Reason": "untrusted" } }],
        live: { acme: 1 },
      },
      { send: "ACK", within: "call", from: "stranger", as: "ack2", headers: { Route: null } },
      ...ENDED,
    ],
  },
  {
    name: "a phone that lost its Route cannot lead the call anywhere, and the other side can still end it",
    steps: [
      ...BEGUN,
      {
        ...{ send: "INFO", within: "call", headers: { Route: null } },
        replies: [{ status: 481, headers: { "X-Weir-Reason": "no-dialog" } }],
        live: { acme: 1 },
      },
      { send: "BYE", within: "call", by: "callee", relays: [{ at: "phone" }], live: { acme: 0 } },
      { answer: 200, of: "bye", replies: [200] },
    ],
  },
  {
    name: "a made-up To tag leads neither past admission nor to anywhere",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:room@127.0.0.99", headers: { To: "<sip:x@acme.example>;tag=1" } },
        replies: [{ status: 481, headers: { "X-Weir-Reason": "no-dialog" } }],
      },
      {
        ...{ send: "MESSAGE", from: "phone", uri: "sip:x@127.0.0.99", headers: { To: "<sip:x@acme.example>;tag=1" } },
        replies: [{ status: 481, headers: { "X-Weir-Reason": "no-dialog" } }],
        live: { acme: 0 },
      },
    ],
  },
  {
    name: "requests of no dialog are told so, and an ACK of none is nobody's",
    steps: [
      {
        ...{ send: "BYE", from: "phone", uri: "sip:room@acme.example" },
        replies: [{ status: 481, headers: { "X-Weir-Reason": "no-dialog" } }],
      },
      { send: "UPDATE", from: "phone", uri: "sip:room@acme.example", replies: [481] },
      { send: "ACK", from: "phone", uri: "sip:room@acme.example" },
      { send: "ACK", from: "stranger", uri: "sip:room@acme.example" },
      {
        ...{ send: "INFO", from: "phone", uri: "sip:127.0.0.1:20001", headers: { To: "<sip:x@acme.example>;tag=1" } },
        replies: [{ status: 481, headers: { "X-Weir-Reason": "no-dialog" } }],
      },
    ],
  },
];
