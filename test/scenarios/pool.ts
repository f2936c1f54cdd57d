/** Calls that a pool's nodes take. */
import type { Scenario, Step } from "./scenario";

const NODE = /^sip:room@acme\.example$/;

const SIX = ["one", "two", "three", "four", "five", "six"];

export const pool: readonly Scenario[] = [
  {
    name: "a call is admitted, answered and ended by the caller",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:room@acme.example", body: "v=0\r\n" },
        relays: [{ at: "a node", uri: NODE, headers: { "Max-Forwards": "69" } }],
        live: { acme: 1, main: 1, call: 1 },
        counted: { "admitted/acme": 1 },
      },
      { answer: 180, replies: [180], live: { acme: 1 } },
      { answer: 200, replies: [{ status: 200, headers: { Contact: /^<sip:node[123]@127\.0\.0\.1[123]:200/ } }] },
      {
        send: "ACK",
        within: "call",
        relays: [{ uri: /^sip:node[123]@/, headers: { Route: null } }],
        live: { acme: 1 },
      },
      { send: "BYE", within: "call", relays: [{ headers: { Route: null } }] },
      { answer: 200, of: "bye", replies: [200], live: { acme: 0, main: 0, call: 0 } },
    ],
  },
  {
    name: "the called side may hang up as well",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}] },
      { answer: 200, replies: [200] },
      { send: "ACK", within: "call", relays: [{}] },
      { send: "BYE", within: "call", by: "callee", relays: [{ at: "phone", uri: "sip:alice@127.0.0.31:20031" }] },
      { answer: 200, of: "bye", replies: [200], live: { acme: 0 } },
    ],
  },
  {
    name: "crossing BYEs end a call once and take nobody else's place",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:other@acme.example", as: "other", relays: [{}] },
      { answer: 200, of: "other", replies: [200] },
      { send: "ACK", within: "other", relays: [{}] },
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}], live: { acme: 2 } },
      { answer: 200, replies: [200] },
      { send: "ACK", within: "call", relays: [{}] },
      { send: "BYE", within: "call", as: "there", relays: [{}] },
      { send: "BYE", within: "call", by: "callee", as: "back", relays: [{}] },
      { answer: 200, of: "there", replies: [200] },
      { answer: 200, of: "back", replies: [200], live: { acme: 1, other: 1 } },
      { send: "BYE", within: "other", relays: [{}], live: { acme: 0 } },
      { answer: 200, of: "bye", replies: [200] },
    ],
  },
  {
    name: "a trunk is known by its address, whatever it writes into From",
    steps: [
      {
        ...{ send: "INVITE", from: "trunk", user: "+49301234567@carrier.example", uri: "sip:+4930999@127.0.0.1:20001" },
        relays: [{ uri: "sip:+4930999@127.0.0.1:20001" }],
        live: { acme: 1 },
      },
      { answer: 486, replies: [486], live: { acme: 0, main: 0 } },
    ],
  },
  {
    // Workers take turns each for itself, so one node may be up to two calls ahead of another.
    name: "calls spread over nodes of the same size",
    steps: [
      ...SIX.map(
        (label): Step => ({ send: "INVITE", from: "phone", uri: "sip:room@acme.example", as: label, relays: [{}] }),
      ),
      { look: true, live: { main: 6, acme: 6, "media-1": [1, 3], "media-2": [1, 3], "media-3": [1, 3] } },
      ...SIX.map((label): Step => ({ answer: 486, of: label, replies: [486] })),
      { look: true, live: { acme: 0, main: 0 } },
    ],
  },
  {
    name: "an INVITE that comes twice is one call",
    steps: [
      { send: "INVITE", from: "phone", uri: "sip:room@acme.example", relays: [{}] },
      { again: "call", live: { acme: 1 } },
      { answer: 183, replies: [183] },
      { again: "call", replies: [183], live: { acme: 1 }, counted: { "admitted/acme": 1 } },
      { answer: 486, replies: [486], live: { acme: 0 } },
      { again: "call", replies: [486], live: { acme: 0 }, counted: { "admitted/acme": 1 } },
    ],
  },
  {
    name: "somebody else's Call-ID neither uses nor frees its call's place",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:room@acme.example", headers: { "Call-ID": "CALL-shared" } },
        relays: [{}],
        live: { acme: 1 },
      },
      {
        ...{ send: "INVITE", from: "colleague", uri: "sip:room@acme.example", as: "copy" },
        ...{ headers: { "Call-ID": "CALL-shared", CSeq: "2 INVITE" }, relays: [{}] },
        live: { acme: 2 },
      },
      { answer: 486, of: "copy", replies: [486], live: { acme: 1 } },
      { answer: 486, replies: [486], live: { acme: 0 } },
    ],
  },
  {
    name: "a Route of the caller's own decides nothing",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:room@acme.example" },
        headers: { Route: "<sip:127.0.0.1:20001;lr>, <sip:127.0.0.99:20099;lr>" },
        relays: [{ at: "a node" }],
      },
      { answer: 486, replies: [486], live: { acme: 0 } },
    ],
  },
  {
    name: "the policy's hook sends calls to nodes with a feature, to users, or nowhere",
    policy: "hook",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:room@acme.example", headers: { "X-Video": "yes" } },
        relays: [{ at: "node2" }],
        live: { acme: 1, "media-2": 1 },
      },
      { answer: 486, replies: [486], live: { acme: 0 } },
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:no-teapots@acme.example" },
        replies: [{ status: 603, reason: "Decline", headers: { "X-Weir-Reason": "policy-refused" } }],
        counted: { "refused/acme/policy-refused": 1 },
      },
      { send: "REGISTER", from: "colleague", user: "desk4@acme.example", replies: [200] },
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:reception@acme.example", headers: { "X-Desk": "desk4" } },
        relays: [{ at: "colleague", uri: "sip:desk4@127.0.0.32:20032" }],
        live: { acme: 1, "media-1": 0, "media-2": 0, "media-3": 0 },
      },
      { answer: 486, replies: [486], live: { acme: 0 } },
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:reception@acme.example" },
        replies: [{ status: 480, headers: { "X-Weir-Reason": "not-registered" } }],
        live: { acme: 0 },
      },
    ],
  },
];
