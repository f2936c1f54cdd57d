/** Everything that is not done is answered, with the status of RFC 3261 and the reason's name. */
import type { Party } from "./parties";
import type { Headers, Scenario, Step, Wanted } from "./scenario";

/** Status and reason; a request from alice's phone unless said otherwise. */
function refused(
  [method, uri, status, reason]: [string, string, number, Wanted],
  more: { from?: Party; headers?: Headers; wanted?: { [name: string]: Wanted } } = {},
): Step {
  return {
    ...{ send: method, from: more.from ?? "phone", uri, headers: more.headers },
    replies: [{ status, headers: { "X-Weir-Reason": reason, ...more.wanted } }],
  };
}

export const refusals: readonly Scenario[] = [
  {
    name: "whoever is not known gets 403, whatever is asked",
    steps: ["INVITE", "MESSAGE", "SUBSCRIBE", "REFER"].map((method) =>
      refused([method, "sip:room@acme.example", 403, "untrusted"], { from: "stranger" }),
    ),
  },
  {
    name: "a tenant that nobody knows",
    steps: [
      {
        ...{ send: "INVITE", from: "phone", user: "x@elsewhere.example", uri: "sip:room@elsewhere.example" },
        replies: [{ status: 403, headers: { "X-Weir-Reason": "unknown-tenant" } }],
      },
      refused(["MESSAGE", "sip:bob@elsewhere.example", 404, "unknown-domain"]),
      refused(["SUBSCRIBE", "sip:bob@duo.example", 404, "unknown-domain"]),
    ],
  },
  {
    name: "methods that are not routed are answered with those that are",
    steps: ["PUBLISH", "FROBNICATE"].map((method) =>
      refused([method, "sip:alice@acme.example", 405, "method-not-allowed"], {
        wanted: { Allow: /\bINVITE\b.*\bREGISTER\b/ },
      }),
    ),
  },
  {
    name: "URIs of other schemes and extensions that are required",
    steps: [
      refused(["INVITE", "mailto:alice@acme.example", 416, "bad-scheme"]),
      refused(["INVITE", "sip:room@acme.example", 420, null], {
        headers: { "Proxy-Require": "teleport" },
        wanted: { Unsupported: "teleport" },
      }),
    ],
  },
  {
    name: "no hop left",
    steps: [
      refused(["INVITE", "sip:room@acme.example", 483, "too-many-hops"], { headers: { "Max-Forwards": "0" } }),
      refused(["MESSAGE", "sip:room@acme.example", 483, "too-many-hops"], {
        ...{ from: "stranger", headers: { "Max-Forwards": "0" } },
      }),
      {
        ...{ send: "INVITE", from: "phone", uri: "sip:room@acme.example", headers: { "Max-Forwards": "1" } },
        relays: [{ headers: { "Max-Forwards": "0" } }],
      },
      { answer: 486, replies: [486] },
    ],
  },
];
