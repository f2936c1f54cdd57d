/**
 * Plays one scenario: says what to send, and judges what arrives. Knows neither sockets nor clocks; a runner carries
 * datagrams and asks what is still missing. Engine code.
 */
import { headerOf, headersOf, type MockMessage, parseAddress, splitList } from "../../kemi/mock/message";
import type { Status } from "../../src/host/status";
import { PARTIES, type Party, PROXY, partyAt } from "./parties";
import type { ExpectedRelay, ExpectedReply, Headers, Scenario, Send, Step, Wanted, Within } from "./scenario";

/** A datagram of a party for the proxy. */
export interface Datagram {
  readonly from: Party;
  readonly text: string;
}

/** A message that a party has got from the proxy. */
export interface Arrival {
  readonly at: Party;
  readonly message: MockMessage;
}

/** Something that was sent, with all that later steps need of it. */
interface Request {
  readonly label: string;
  readonly from: Party;
  readonly text: string;
  readonly method: string;
  readonly uri: string;
  readonly callId: string;
  readonly headers: { [name: string]: string };
  /** Of the answered dialog, as this side sees it; null before. */
  dialog: { remote: string; target: string; routes: string[] } | null;
  cseq: number;
}

/** A request that somebody got. */
interface Received {
  readonly at: Party;
  readonly message: MockMessage;
  /** The request it was before the proxy. */
  readonly origin: Request;
  cseq: number;
}

interface Expectation {
  readonly words: string;
  readonly kind: "reply" | "relay";
  readonly to: Party | "a node";
  readonly reply: ExpectedReply | null;
  readonly relay: ExpectedRelay | null;
  readonly method: string;
  readonly label: string;
}

const NODES: readonly Party[] = ["node1", "node2", "node3"];

/** Plays a scenario in a world. */
export class Play {
  /** What was wrong; the first thing matters. */
  readonly complaints: string[] = [];
  private readonly sent: { [label: string]: Request } = {};
  private readonly got: { [label: string]: Received } = {};
  private readonly branches: { [branch: string]: boolean } = {};
  private readonly acknowledged: { [key: string]: boolean } = {};
  private readonly callIds: { [callId: string]: boolean } = {};
  private expected: Expectation[] = [];
  private step: Step = { look: true };
  private origin: Request | null = null;
  private serial = 0;

  /**
   * @param mark goes into all identifiers, so that scenarios can share a proxy
   */
  constructor(
    readonly scenario: Scenario,
    private readonly mark: string,
  ) {}

  /** Begins a step; returns what has to be sent, null when time passes or nothing happens. */
  begin(step: Step): Datagram | null {
    this.step = step;
    const datagram = this.datagramOf(step);
    this.expected = this.expectationsOf(step);
    return datagram;
  }

  /** What has not come yet, in words. */
  missing(): string[] {
    return this.expected.map((each) => each.words);
  }

  /** Whether a message belongs to this scenario. */
  knows(message: MockMessage): boolean {
    return this.callIds[headerOf(message, "call-id") || ""] === true;
  }

  /** Judges a message; returns what its receiver sends by itself, as its transaction layer does. */
  take(arrival: Arrival): Datagram[] {
    return arrival.message.status > 0 ? this.takeReply(arrival) : this.takeRequest(arrival);
  }

  /** What GET /status should say and does not; `before` is how it was when the scenario began. */
  wrongNumbers(status: Status, before: Status): string[] {
    const wrong: string[] = [];
    const live = this.step.live || {};
    for (const name of Object.keys(live)) {
      const found = this.liveCalls(status, name);
      const wanted = live[name] as number | readonly [number, number];
      const [least, most] = typeof wanted === "number" ? [wanted, wanted] : wanted;
      const fits = found !== null && found >= least && found <= most;
      if (!fits) wrong.push(name + " has " + found + " live calls, not " + wanted);
    }
    const counted = this.step.counted || {};
    for (const name of Object.keys(counted)) {
      const found = counter(status, name) - counter(before, name);
      if (found !== counted[name]) wrong.push(name + " has counted " + found + ", not " + counted[name]);
    }
    return wrong;
  }

  /** Whether the step says anything about GET /status. */
  asksNumbers(): boolean {
    return this.step.live !== undefined || this.step.counted !== undefined;
  }

  complain(text: string): void {
    this.complaints.push(text);
  }

  private datagramOf(step: Step): Datagram | null {
    this.origin = null;
    if ("packet" in step) {
      const callId = this.mark;
      this.callIds[callId] = true;
      const text = step.packet.replace(/CALL/g, callId);
      const own = /^(?:call-id|i)[ \t]*:[ \t]*([^\r\n]*)/im.exec(text);
      if (own) this.callIds[(own[1] as string).replace(/[ \t]+$/, "")] = true;
      this.origin = this.plainRequest(step.from, text);
      return { from: step.from, text };
    }
    if ("within" in step) return this.keep(this.withinDialog(step), step.from);
    if ("send" in step) return this.keep(this.newRequest(step));
    if ("cancel" in step) return this.keep(this.cancelOf(this.request(step.cancel)));
    if ("again" in step) {
      this.origin = this.request(step.again);
      return { from: this.origin.from, text: this.origin.text };
    }
    if ("answer" in step) {
      const received = this.received(step.of || "call");
      this.origin = received.origin;
      return { from: received.at, text: answerTo(received, step.answer, step.reason, step.headers || {}) };
    }
    return null;
  }

  private keep(request: Request, from?: Party): Datagram {
    const real = from === undefined ? request : { ...request, from };
    this.sent[request.label] = real;
    this.callIds[request.callId] = true;
    this.origin = real;
    return { from: real.from, text: real.text };
  }

  private plainRequest(from: Party, text: string): Request {
    const start = text.split(" ");
    const uri = start[1] || "";
    return {
      ...{ label: "packet", from, text, method: start[0] as string, uri, callId: "", headers: {} },
      ...{ dialog: null, cseq: 1 },
    };
  }

  private newRequest(step: Send): Request {
    const serial = ++this.serial;
    const user = step.user || "alice@acme.example";
    const uri = step.uri || "sip:" + user.substring(user.indexOf("@") + 1);
    const contact = "<sip:" + user.substring(0, user.indexOf("@")) + "@" + PARTIES[step.from] + ">";
    const headers: Headers = {
      Via: this.via(step.from),
      From: "<sip:" + user + ">;tag=" + this.mark + "f" + serial,
      To: step.send === "REGISTER" ? "<sip:" + user + ">" : "<" + uri + ">",
      "Call-ID": this.mark + "-" + serial,
      CSeq: "1 " + step.send,
      "Max-Forwards": "70",
      Contact: contact,
    };
    return this.compose(step.as || "call", step.from, step.send, uri, headers, step.headers || {}, step.body || "");
  }

  private withinDialog(step: Within): Request {
    const call = this.request(step.within);
    const received = this.received(step.within);
    const byCallee = step.by === "callee";
    const side = byCallee ? calleeSide(received) : callerSide(call);
    if (side === null) throw new Error("the call " + step.within + " is not answered");
    const at = byCallee ? received.at : call.from;
    const cseq = step.send === "ACK" ? call.cseq : byCallee ? ++received.cseq : ++call.cseq;
    const headers: Headers = {
      Via: this.via(step.from || at),
      Route: side.routes.length === 0 ? null : side.routes.join(", "),
      From: side.local,
      To: side.remote,
      "Call-ID": call.callId,
      CSeq: cseq + " " + step.send,
      "Max-Forwards": "70",
      Contact: "<sip:" + at + "@" + PARTIES[at] + ">",
    };
    const label = step.as || step.send.toLowerCase();
    return this.compose(label, step.from || at, step.send, step.uri || side.target, headers, step.headers || {}, "");
  }

  private compose(
    label: string,
    from: Party,
    method: string,
    uri: string,
    usual: Headers,
    changed: Headers,
    body: string,
  ): Request {
    const all: Headers = {
      ...usual,
      ...changed,
      ...("Content-Length" in changed ? {} : { "Content-Length": "" + body.length }),
    };
    const headers: { [name: string]: string } = {};
    let text = method + " " + uri + " SIP/2.0\r\n";
    for (const name of Object.keys(all)) {
      const value = all[name];
      if (value === null || value === undefined) continue;
      const values: readonly string[] = typeof value === "string" ? [value] : value;
      const written = values.map((each) => each.replace(/CALL/g, this.mark));
      headers[name] = written[0] || "";
      for (const each of written) text += name + ": " + each + "\r\n";
    }
    const cseq = Number((headers.CSeq || "1").split(" ")[0]);
    return {
      ...{ label, from, text: text + "\r\n" + body, method, uri, callId: headers["Call-ID"] || "", headers },
      ...{ dialog: null, cseq },
    };
  }

  private cancelOf(invite: Request): Request {
    const { Via, From, To, Route = null } = invite.headers;
    const headers: Headers = {
      ...{ Via: Via || "", Route, From: From || "", To: To || "", "Call-ID": invite.callId },
      ...{ CSeq: "1 CANCEL", "Max-Forwards": "70" },
    };
    return this.compose("cancel", invite.from, "CANCEL", invite.uri, headers, {}, "");
  }

  private via(from: Party): string {
    return "SIP/2.0/UDP " + PARTIES[from] + ";branch=z9hG4bK" + this.mark + "b" + ++this.serial;
  }

  private request(label: string): Request {
    const request = this.sent[label];
    if (request === undefined) throw new Error("nothing was sent as " + label);
    return request;
  }

  private received(label: string): Received {
    const received = this.got[label];
    if (received === undefined) throw new Error("nobody has got " + label);
    return received;
  }

  private expectationsOf(step: Step): Expectation[] {
    const expected: Expectation[] = [];
    const origin = this.origin;
    for (const each of step.replies || []) {
      const reply: ExpectedReply = typeof each === "number" ? { status: each } : each;
      const to = reply.to || (origin ? origin.from : "phone");
      const method = reply.method || (origin ? origin.method : "INVITE");
      expected.push({ words: reply.status + " to " + to, kind: "reply", to, reply, relay: null, method, label: "" });
    }
    for (const relay of step.relays || []) {
      const method = relay.method || ("send" in step ? step.send : "cancel" in step ? "CANCEL" : "INVITE");
      const to = this.receiverOf(step, relay);
      const label = relay.as || ("answer" in step ? step.of || "call" : origin ? origin.label : "call");
      expected.push({ words: method + " at " + to, kind: "relay", to, reply: null, relay, method, label });
    }
    return expected;
  }

  private receiverOf(step: Step, relay: ExpectedRelay): Party | "a node" {
    const at = relay.at || ("within" in step ? (step.by === "callee" ? "caller" : "callee") : "a node");
    if (at !== "caller" && at !== "callee") return at;
    const call = "within" in step ? step.within : "call";
    return at === "caller" ? this.request(call).from : this.received(call).at;
  }

  private takeReply(arrival: Arrival): Datagram[] {
    const { message, at } = arrival;
    if (message.status === 100) return [];
    const method = (headerOf(message, "cseq") || "").split(" ")[1] || "";
    const words = message.status + " " + message.reason + " (" + method + ") to " + at;
    const index = this.find((each) => each.kind === "reply" && each.to === at && fitsReply(each, message, method));
    const expectation = this.expected[index];
    if (expectation === undefined) this.complain("unexpected: " + words + reasonOf(message));
    else {
      this.expected.splice(index, 1);
      this.judgeReply(words, message, expectation.reply as ExpectedReply);
    }
    const request = this.sentBy(at, message, method);
    if (method !== "INVITE" || request === null || message.status < 200) return [];
    if (message.status < 300) {
      request.dialog = {
        remote: headerOf(message, "to") || "",
        target: parseAddress(headerOf(message, "contact") || "").uri,
        routes: routesOf(message).reverse(),
      };
      return [];
    }
    return this.acknowledge(request, headerOf(message, "to") || "");
  }

  /** The ACK of a failure belongs to the caller's transaction (RFC 3261 section 17.1.1.3). */
  private acknowledge(request: Request, to: string): Datagram[] {
    if (this.acknowledged[request.text]) return [];
    this.acknowledged[request.text] = true;
    const text = request.text
      .replace(/^INVITE /, "ACK ")
      .replace(/^CSeq: (\d+) INVITE/m, "CSeq: $1 ACK")
      .replace(/^To: .*$/m, () => "To: " + to);
    return [{ from: request.from, text }];
  }

  private sentBy(at: Party, message: MockMessage, method: string): Request | null {
    const callId = headerOf(message, "call-id");
    const cseq = (headerOf(message, "cseq") || "").split(" ")[0];
    for (const label of Object.keys(this.sent)) {
      const request = this.sent[label] as Request;
      const same = request.callId === callId && request.method === method && request.from === at;
      if (same && (request.headers.CSeq || "").split(" ")[0] === cseq) return request;
    }
    return null;
  }

  private takeRequest(arrival: Arrival): Datagram[] {
    const { message, at } = arrival;
    const { method } = message;
    const branch = topBranch(message);
    if (method === "ACK" && this.branches[branch]) return [];
    const words = method + " " + message.uri + " at " + at;
    const index = this.find((each) => each.kind === "relay" && each.method === method && fitsPlace(each.to, at));
    const expectation = this.expected[index];
    if (expectation === undefined) this.complain("unexpected: " + words);
    else {
      this.expected.splice(index, 1);
      this.judgeRelay(words, arrival, expectation.relay as ExpectedRelay);
    }
    if (method === "CANCEL") {
      const cancelled: Received = { at, message, origin: this.origin as Request, cseq: 0 };
      return [{ from: at, text: answerTo(cancelled, 200, "OK", {}) }];
    }
    if (method === "INVITE") this.branches[branch] = true;
    const origin = this.originOf(message);
    if (expectation !== undefined && origin !== null && method !== "ACK") {
      this.got[expectation.label] = { at, message, origin, cseq: 0 };
    }
    return [];
  }

  /** What a relayed request was before the proxy; also when only time has passed. */
  private originOf(message: MockMessage): Request | null {
    if (this.origin !== null) return this.origin;
    const callId = headerOf(message, "call-id");
    for (const label of Object.keys(this.sent)) {
      const request = this.sent[label] as Request;
      if (request.callId === callId && request.method === message.method) return request;
    }
    return null;
  }

  private find(fits: (expectation: Expectation) => boolean): number {
    for (let i = 0; i < this.expected.length; i++) if (fits(this.expected[i] as Expectation)) return i;
    return -1;
  }

  private judgeReply(words: string, message: MockMessage, wanted: ExpectedReply): void {
    if (wanted.reason !== undefined && wanted.reason !== message.reason) {
      this.complain(words + " instead of " + wanted.reason);
    }
    this.judgeHeaders(words, message, wanted.headers || {});
    const count = wanted.count || {};
    for (const name of Object.keys(count)) {
      const found = headersOf(message, name).length;
      if (found !== count[name]) this.complain(words + " has " + found + " times " + name + ", not " + count[name]);
    }
  }

  private judgeRelay(words: string, arrival: Arrival, wanted: ExpectedRelay): void {
    const { message, at } = arrival;
    if (wanted.uri !== undefined && !isAs(wanted.uri, message.uri)) {
      this.complain(words + ": the Request-URI is not " + wanted.uri);
    }
    for (const label of wanted.notAt || []) {
      if (this.received(label).at === at) this.complain(words + ", which had " + label + " before");
    }
    this.judgeHeaders(words, message, wanted.headers || {});
    this.judgeRouting(words, message);
  }

  /** What holds for every request that the proxy sends on. */
  private judgeRouting(words: string, message: MockMessage): void {
    if (message.method === "CANCEL") return;
    for (const route of headersOf(message, "route")) {
      if (route.indexOf(PROXY) >= 0) this.complain(words + " has a Route that leads back: " + route);
    }
    if (message.method === "ACK") return;
    const hops = Number(headerOf(message, "max-forwards"));
    if (!(hops < 70)) this.complain(words + " has Max-Forwards: " + hops);
    const inDialog = parseAddress(headerOf(message, "to") || "").params.tag !== undefined;
    const routes = headersOf(message, "record-route");
    if (inDialog) {
      if (routes.length > 0) this.complain(words + " has a Record-Route within its dialog: " + routes.join(", "));
      return;
    }
    // A Route of the sender's never decides where a new request goes.
    if (headersOf(message, "route").length > 0) this.complain(words + " has still a Route");
    if (
      routes.length !== 1 ||
      !/^<sip:127\.0\.0\.1:20001;lr=on;ftag=[^;>]+;w=[A-Za-z0-9_.~-]{50,}>$/.test(routes[0] || "")
    ) {
      this.complain(words + " has not one Record-Route with a lease: " + routes.join(", "));
    }
  }

  private judgeHeaders(words: string, message: MockMessage, wanted: { readonly [name: string]: Wanted }): void {
    for (const name of Object.keys(wanted)) {
      const found = headerOf(message, name);
      const want = wanted[name] as Wanted;
      const fits = want === null || found === null ? want === found : isAs(want, found);
      if (!fits) this.complain(words + " has " + name + ": " + found + ", not " + want);
    }
  }

  private liveCalls(status: Status, name: string): number | null {
    const received = this.got[name];
    const node = received === undefined ? name : nodeNames[received.at];
    for (const pool of status.pools) {
      if (pool.pool === name) return pool.calls;
      for (const tenant of pool.tenants) if (tenant.tenant === name) return tenant.calls;
      for (const each of pool.nodes) if (each.node === node) return each.calls;
    }
    throw new Error("nothing in /status and no label is called " + name);
  }
}

const nodeNames: { [party: string]: string } = {
  node1: "media-1",
  node2: "media-2",
  node3: "media-3",
  solo: "media-solo",
};

/** What is held according to /status, in words; empty when nothing is. */
export function heldCalls(status: Status): string[] {
  const held: string[] = [];
  for (const pool of status.pools) {
    if (pool.calls !== 0) held.push("pool " + pool.pool + ": " + pool.calls);
    for (const tenant of pool.tenants)
      if (tenant.calls !== 0) held.push("tenant " + tenant.tenant + ": " + tenant.calls);
    for (const node of pool.nodes) if (node.calls !== 0) held.push("node " + node.node + ": " + node.calls);
  }
  return held;
}

function counter(status: Status, name: string): number {
  const [kind, tenantName = "", reason = ""] = name.split("/");
  if (tenantName === "") return status.refused[reason] || 0;
  for (const pool of status.pools) {
    for (const tenant of pool.tenants) {
      if (tenant.tenant === tenantName) return kind === "admitted" ? tenant.admitted : tenant.refused[reason] || 0;
    }
  }
  throw new Error("no tenant of a pool is called " + tenantName);
}

function fitsPlace(to: Party | "a node", at: Party): boolean {
  return to === "a node" ? NODES.indexOf(at) >= 0 : to === at;
}

/** A packet has no method of its own that could be trusted. */
function fitsReply(expectation: Expectation, message: MockMessage, method: string): boolean {
  const { reply } = expectation;
  return reply !== null && reply.status === message.status && (method === expectation.method || method === "");
}

function isAs(wanted: string | RegExp, found: string): boolean {
  return typeof wanted === "string" ? wanted === found : wanted.test(found);
}

function reasonOf(message: MockMessage): string {
  const reason = headerOf(message, "x-weir-reason");
  return reason === null ? "" : ", " + reason;
}

function topBranch(message: MockMessage): string {
  const found = /;branch=([^;,]+)/.exec(headersOf(message, "via")[0] || "");
  return found ? (found[1] as string) : "";
}

/** Record-Route values, topmost first. */
function routesOf(message: MockMessage): string[] {
  const routes: string[] = [];
  for (const line of headersOf(message, "record-route")) for (const route of splitList(line)) routes.push(route);
  return routes;
}

interface Side {
  readonly local: string;
  readonly remote: string;
  readonly target: string;
  readonly routes: readonly string[];
}

function callerSide(call: Request): Side | null {
  if (call.dialog === null) return null;
  const { remote, target, routes } = call.dialog;
  return { local: call.headers.From || "", remote, target, routes };
}

function calleeSide(received: Received): Side {
  const { message } = received;
  return {
    local: tagged(headerOf(message, "to") || "", received.at),
    remote: headerOf(message, "from") || "",
    target: parseAddress(headerOf(message, "contact") || "").uri,
    routes: routesOf(message),
  };
}

function tagged(to: string, party: Party): string {
  return /;tag=/.test(to) ? to : to + ";tag=" + party;
}

/** A reply as its receiver's user agent makes it (RFC 3261 sections 8.2.6.2 and 12.1.1). */
function answerTo(received: Received, status: number, reason: string | undefined, changed: Headers): string {
  const { message, at } = received;
  let text = "SIP/2.0 " + status + " " + (reason || "As The Scenario Says") + "\r\n";
  for (const name of ["Via", "Record-Route"]) {
    for (const value of headersOf(message, name)) text += name + ": " + value + "\r\n";
  }
  for (const name of ["From", "Call-ID", "CSeq"]) text += name + ": " + headerOf(message, name) + "\r\n";
  text += "To: " + tagged(headerOf(message, "to") || "", at) + "\r\n";
  const headers: Headers = { Contact: "<sip:" + at + "@" + PARTIES[at] + ">", ...changed };
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (typeof value === "string") text += name + ": " + value + "\r\n";
  }
  return text + "Content-Length: 0\r\n\r\n";
}

/** The party that a URI of a relayed request leads to. */
export function partyOf(uri: string): Party | null {
  const found = /(\d+\.\d+\.\d+\.\d+:\d+)/.exec(uri);
  return found ? partyAt(found[1] as string) : null;
}
