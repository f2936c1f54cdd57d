/** Calls as steps, played on the mock and on a real Kamailio, and what each step brings about. */
import { sip } from "./messages";

/** One stimulus. */
export type Step = RequestStep | { answer: 1 | 2; code: number; reason: string };

/** A request of the caller. */
export interface RequestStep {
  send: string;
  cseq?: number;
  toTag?: string;
  branch?: string;
  route?: boolean;
  /** Route header lines; PROXY stands for the proxy's port. */
  routes?: string[];
  /** Text of the finished message and what to put in its place. */
  change?: [string, string];
  /** Request-URI instead of the usual one; PROXY as above. */
  uri?: string;
}

export interface Call {
  name: string;
  /** User part of the request-URI, which the script looks at. */
  user: string;
  steps: Step[];
}

const invite: Step = { send: "INVITE" };

export const calls: Call[] = [
  {
    name: "answered, then ACK and BYE",
    user: "plain",
    steps: [
      invite,
      { answer: 1, code: 180, reason: "Ringing" },
      { answer: 1, code: 200, reason: "OK" },
      { send: "ACK", toTag: "callee", branch: "ack" },
      { send: "BYE", toTag: "callee", cseq: 2, branch: "bye", route: true },
      { send: "BYE", toTag: "callee", cseq: 2, branch: "bye", route: true },
    ],
  },
  {
    name: "retransmitted before and after the answer",
    user: "plain",
    steps: [
      invite,
      invite,
      { answer: 1, code: 180, reason: "Ringing" },
      invite,
      { answer: 1, code: 200, reason: "OK" },
    ],
  },
  {
    name: "refused, the ACK absorbed",
    user: "plain",
    steps: [invite, { answer: 1, code: 486, reason: "Busy Here" }, { send: "ACK", toTag: "callee" }, invite],
  },
  { name: "503 leaves as 500", user: "plain", steps: [invite, { answer: 1, code: 503, reason: "Full" }] },
  {
    name: "failover to the second node",
    user: "again",
    steps: [invite, { answer: 1, code: 500, reason: "Broken" }, { answer: 2, code: 200, reason: "OK" }],
  },
  {
    name: "both nodes fail after one rang",
    user: "again",
    steps: [
      invite,
      { answer: 1, code: 503, reason: "Full" },
      { answer: 2, code: 180, reason: "Ringing" },
      { answer: 2, code: 486, reason: "Busy Here" },
    ],
  },
  {
    name: "both nodes fail, and the last failure counts",
    user: "again",
    steps: [invite, { answer: 1, code: 404, reason: "Not Found" }, { answer: 2, code: 500, reason: "Broken" }],
  },
  {
    name: "forked; one refuses, one answers",
    user: "fork",
    steps: [
      invite,
      { answer: 1, code: 486, reason: "Busy Here" },
      { answer: 2, code: 180, reason: "Ringing" },
      { answer: 2, code: 200, reason: "OK" },
    ],
  },
  {
    name: "forked; the answer cancels the other",
    user: "fork",
    steps: [
      invite,
      { answer: 1, code: 180, reason: "Ringing" },
      { answer: 2, code: 200, reason: "OK" },
      { answer: 1, code: 487, reason: "Request Terminated" },
    ],
  },
  {
    name: "forked; both refuse and the lower code wins",
    user: "fork",
    steps: [invite, { answer: 2, code: 404, reason: "Not Found" }, { answer: 1, code: 486, reason: "Busy Here" }],
  },
  {
    name: "a failure route that sets no new target",
    user: "same",
    steps: [invite, { answer: 1, code: 500, reason: "Broken" }],
  },
  {
    name: "the first node declines for all",
    user: "again",
    steps: [invite, { answer: 1, code: 603, reason: "Decline" }],
  },
  {
    name: "the failure route answers itself",
    user: "reply",
    steps: [invite, { answer: 1, code: 500, reason: "Broken" }],
  },
  {
    name: "the failure route throws",
    user: "throw",
    steps: [invite, { answer: 1, code: 502, reason: "Broken" }],
  },
  {
    name: "cancelled while ringing; a cancelled call is not relayed again",
    user: "plain",
    steps: [
      invite,
      { answer: 1, code: 180, reason: "Ringing" },
      { send: "CANCEL" },
      { answer: 1, code: 487, reason: "Request Terminated" },
    ],
  },
  {
    name: "cancelled before any answer",
    user: "plain",
    steps: [
      invite,
      { send: "CANCEL" },
      { answer: 1, code: 180, reason: "Ringing" },
      { answer: 1, code: 487, reason: "Request Terminated" },
    ],
  },
  { name: "CANCEL of nothing", user: "plain", steps: [{ send: "CANCEL" }] },
  { name: "a destination that is no URI", user: "nowhere", steps: [invite] },
  { name: "stateful reply", user: "plain", steps: [{ send: "OPTIONS" }, { send: "OPTIONS" }] },
  ...(
    [
      ["no Route", [], "t", undefined],
      ["our preloaded Route", ["<sip:127.0.0.1:PROXY;lr>"], undefined, undefined],
      ["ours and another, preloaded", ["<sip:127.0.0.1:PROXY;lr>, <sip:127.0.0.9;lr>"], undefined, undefined],
      ["somebody else's", ["<sip:127.0.0.9;lr>"], "t", undefined],
      ["ours by name", ["<sip:proxy.example;lr;w=3>"], "t", undefined],
      ["ours with another port", ["<sip:127.0.0.1:1;lr>"], "t", undefined],
      [
        "double",
        ["<sip:127.0.0.1:PROXY;r2=on;lr>", "<sip:127.0.0.1:PROXY;r2=on;lr>", "<sip:127.0.0.9;lr>"],
        "t",
        undefined,
      ],
      ["a strict router after us", ["<sip:127.0.0.1:PROXY;lr>, <sip:127.0.0.9>"], "t", undefined],
      ["a strict router before us", ["<sip:127.0.0.8;lr>, <sip:x@127.0.0.9>"], "t", "sip:127.0.0.1:PROXY;lr;w=4"],
      ["a strict router before us, last one", ["<sip:x@127.0.0.9>"], "t", "sip:127.0.0.1:PROXY;lr;w=4"],
      ["upstream", ["<sip:127.0.0.1:PROXY;lr;ftag=other>"], "t", undefined],
      ["unreadable", ["<nonsense>"], "t", undefined],
      ["unreadable after ours", ["<sip:127.0.0.1:PROXY;lr>, <nonsense>"], "t", undefined],
    ] as [string, string[], string | undefined, string | undefined][]
  ).map(([name, routes, toTag, uri]): Call => ({ name, user: "plain", steps: [{ send: "INFO", routes, toTag, uri }] })),
  ...(
    [
      ["sound", "Max", "Max"],
      ["two Call-IDs", "Max-Forwards", "Call-ID: other\r\nMax-Forwards"],
      ["two To", "Max-Forwards", "To: <sip:x@y>\r\nMax-Forwards"],
      ["two CSeq", "Max-Forwards", "CSeq: 9 MESSAGE\r\nMax-Forwards"],
      ["CSeq without number", "CSeq: 1 MESSAGE", "CSeq: MESSAGE"],
      ["CSeq too large", "CSeq: 1 ", "CSeq: 4294967296 "],
      ["Content-Length too large", "Content-Length: 0", "Content-Length: 5"],
      ["Content-Length no number", "Content-Length: 0", "Content-Length: x"],
      ["Expires no number", "Max-Forwards", "Expires: soon\r\nMax-Forwards"],
      ["Proxy-Require", "Max-Forwards", "Proxy-Require: magic, tricks\r\nMax-Forwards"],
      ["From without URI", "<sip:alice@example.com>", "<nonsense>"],
      ["To without URI", "<sip:plain@example.com>", "<nonsense>"],
      ["no From", "From:", "X-From:"],
      ["no Call-ID", "Call-ID:", "X-Call-ID:"],
      ["two From", "Max-Forwards", "From: <sip:x@y>;tag=2\r\nMax-Forwards"],
      ["unknown scheme", "MESSAGE sip:", "MESSAGE foo:"],
      ["Request-URI without host", "MESSAGE sip:plain@127.0.0.1", "MESSAGE sip:"],
      ["Request-URI with a bad port", "MESSAGE sip:plain@127.0.0.1:", "MESSAGE sip:plain@127.0.0.1:9"],
    ] as [string, string, string][]
  ).map(([name, from, to]): Call => ({ name, user: "plain", steps: [{ send: "MESSAGE", change: [from, to] }] })),
  {
    name: "reply route",
    user: "replies",
    steps: [invite, { answer: 1, code: 183, reason: "Progress" }, { answer: 1, code: 404, reason: "Not Found" }],
  },
];

/** The message of a step. */
export function requestOf(call: Call, index: number, step: RequestStep, ports: Ports): string {
  const fill = (text: string) => text.replace(/PROXY/g, String(ports.proxy));
  const routes = (step.routes ?? []).map((route) => `Route: ${fill(route)}`);
  const route = step.route ? [`Route: <sip:127.0.0.1:${ports.proxy};lr;ftag=f1;w=x>`] : [];
  const target = step.route ? `sip:callee@127.0.0.1:${ports.nodes[0]}` : `sip:${call.user}@127.0.0.1:${ports.nodes[1]}`;
  const text = sip([
    `${step.send} ${step.uri === undefined ? target : fill(step.uri)} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${ports.client};branch=z9hG4bK-${index}-${step.branch ?? "top"}`,
    ...route,
    ...routes,
    "Max-Forwards: 70",
    "From: <sip:alice@example.com>;tag=f1",
    `To: <sip:${call.user}@example.com>${step.toTag ? `;tag=${step.toTag}` : ""}`,
    `Call-ID: call-${index}`,
    `CSeq: ${step.cseq ?? 1} ${step.send}`,
    "Content-Length: 0",
  ]);
  return step.change ? text.replace(step.change[0], step.change[1]) : text;
}

export interface Ports {
  proxy: number;
  client: number;
  nodes: [number, number];
}
