/** OPTIONS: keep-alives, and questions to users. */
import type { Scenario } from "./scenario";

export const options: readonly Scenario[] = [
  {
    name: "the proxy answers for itself, phones, nodes and strangers alike",
    steps: [
      {
        ...{ send: "OPTIONS", from: "phone", uri: "sip:127.0.0.1:20001" },
        replies: [{ status: 200, headers: { Allow: /\bINVITE\b/, Accept: "application/sdp", "X-Weir-Reason": null } }],
      },
      { send: "OPTIONS", from: "node1", uri: "sip:acme.example", replies: [200] },
      { send: "OPTIONS", from: "stranger", uri: "sip:acme.example", replies: [200] },
    ],
  },
  {
    name: "a question to a user is the user's phone's to answer",
    steps: [
      { send: "REGISTER", from: "colleague", user: "o1@acme.example", replies: [200] },
      { send: "OPTIONS", from: "phone", uri: "sip:o1@acme.example", relays: [{ at: "colleague" }] },
      { answer: 486, replies: [486] },
      { send: "OPTIONS", from: "stranger", uri: "sip:o1@acme.example", replies: [403] },
    ],
  },
];
