/** The tm module: transactions, forwarding, replies, failure routes, CANCEL. Time is the mock's. */
import {
  type Branch,
  type Context,
  type MockRelay,
  type MockReply,
  newContext,
  requestUri,
  type Transaction,
} from "./context";
import { buildRelay } from "./forward";
import { headerOf, type MockMessage, parseAddress, parseVia } from "./message";
import type { World } from "./world";

/** How long a finished transaction still absorbs retransmissions: tm's wt_timer. */
const waitMs = 5000;

/** What a request belongs to. */
interface Found {
  transaction: Transaction;
  /** An ACK to a 2xx, which is forwarded, unlike the one to a failure. */
  endToEndAck: boolean;
}

/** Finds the transaction of a request: a retransmission, an ACK, or for CANCEL the INVITE it wants to end. */
export function findTransaction(world: World, message: MockMessage): Found | null {
  const method = message.method === "ACK" || message.method === "CANCEL" ? "INVITE" : message.method;
  const key = transactionKey(message, method);
  const callId = headerOf(message, "call-id");
  const cseq = cseqNumber(message);
  const fromTag = addressTag(message, "from");
  for (const transaction of world.transactions) {
    if (transaction.key === key) return { transaction, endToEndAck: false };
    const same = transaction.callId === callId && transaction.cseq === cseq && transaction.fromTag === fromTag;
    const answered = transaction.status >= 200 && transaction.status < 300;
    if (message.method === "ACK" && transaction.method === "INVITE" && same && answered) {
      return { transaction, endToEndAck: true };
    }
  }
  return null;
}

/** t_check_trans: 0 absorbed, 1 belongs to something, -1 new. */
export function checkTransaction(world: World, context: Context): number {
  if (context.routeType !== "request") return 1;
  if (context.transaction) return sameMessageAgain(world, context);
  const found = findTransaction(world, context.message);
  if (context.message.method === "CANCEL") return found ? 1 : -1;
  // An ACK to a 2xx that was relayed is nobody's; tm says no more of it than of a new request.
  if (!found || found.endToEndAck) return -1;
  context.transaction = found.transaction;
  return sameMessageAgain(world, context);
}

function sameMessageAgain(world: World, context: Context): number {
  if (context.message.method !== "ACK") resendReply(world, context.transaction as Transaction);
  return 0;
}

/** t_newtran: 1 made (or an ACK, which makes none), 0 a retransmission, -10 there is one already (tm's E_SCRIPT). */
export function newTransaction(world: World, context: Context): number {
  if (context.transaction) return -10;
  const found = findTransaction(world, context.message);
  if (found && context.message.method !== "CANCEL" && !found.endToEndAck) {
    if (context.message.method !== "ACK") resendReply(world, found.transaction);
    return 0;
  }
  if (context.message.method === "ACK") return 1;
  const own = findOwn(world, context.message);
  if (own) {
    resendReply(world, own);
    return 0;
  }
  const transaction: Transaction = {
    key: transactionKey(context.message, context.message.method),
    method: context.message.method,
    callId: headerOf(context.message, "call-id") || "",
    cseq: cseqNumber(context.message),
    fromTag: addressTag(context.message, "from"),
    context,
    branches: [],
    onFailure: context.onFailure,
    onReply: context.onReply,
    onBranch: context.onBranch,
    status: 0,
    lastReply: null,
    cancelled: false,
    picked: null,
    endedAt: 0,
    delayedError: null,
    timers: context.timers,
    noInternalReply: context.noInternalReply,
  };
  world.transactions.push(transaction);
  context.transaction = transaction;
  return 1;
}

/** t_relay: 1 sent or absorbed, 0 or below not sent. */
export function relay(world: World, context: Context): number {
  if (context.routeType === "failure") {
    return forward(world, context, context.transaction as Transaction) ? 1 : -1;
  }
  if (context.routeType !== "request") throw world.fault("KSR.tm.t_relay in a " + context.routeType + " route");
  const method = context.message.method;
  const invite = method === "CANCEL" ? findTransaction(world, context.message) : null;
  const made = newTransaction(world, context);
  if (made === 0) return 1;
  if (method === "ACK") {
    const sent = buildRelay(world, context, "z9hG4bKcydzigwkX", false);
    if (!sent) return -1;
    world.outcome.relays.push(sent);
    return 1;
  }
  const transaction = context.transaction as Transaction;
  if (invite) {
    cancelInvite(world, invite.transaction, transaction);
    return 1;
  }
  if (method === "INVITE" && transaction.status < 100) {
    transaction.status = 100;
    const trying = makeReply(transaction.context, 100, "trying -- your call is important to us", true, false);
    transaction.lastReply = trying;
    world.outcome.automatic.push(trying);
  }
  if (forward(world, context, transaction)) return 1;
  if (transaction.noInternalReply) return -4;
  transaction.delayedError = { code: 478, reason: "Unresolvable destination (478/TM)" };
  return -478;
}

/** t_reply and, with a transaction, send_reply. 1 sent, -1 there was a final reply already. */
export function replyInTransaction(world: World, context: Context, code: number, reason: string): number {
  const transaction = context.transaction;
  if (!transaction) return -1;
  if (transaction.status >= 200) return -1;
  const reply = makeReply(context, code, reason, true, false);
  reply.headers = context.replyHeaders.slice(0);
  reply.body = context.replyBody;
  sendUpstream(world, transaction, reply);
  context.replied = true;
  transaction.delayedError = null;
  if (code >= 200) cancelBranches(world, transaction);
  return 1;
}

/** After an entry function: answers what t_relay left unanswered. */
export function endOfScript(world: World, context: Context): void {
  const transaction = context.transaction;
  if (!transaction?.delayedError || transaction.status >= 200) return;
  const { code, reason } = transaction.delayedError;
  transaction.delayedError = null;
  sendUpstream(world, transaction, makeReply(transaction.context, code, reason, true, false));
}

/** A reply from downstream for one of our requests. Headers are lines without CRLF. */
export function receiveReply(
  world: World,
  sent: MockRelay,
  code: number,
  reason: string,
  headers: string[],
  body: string,
): void {
  const [transaction, branch] = findBranch(world, sent);
  if (branch.status >= 200 && !(transaction.method === "INVITE" && code < 300 && code >= 200)) return;
  if (transaction.method === "INVITE" && code >= 300) generate(world, transaction, branch, "ACK");
  branch.status = code;
  if (code >= 200) branch.deadlineMs = 0;
  else if (transaction.method === "INVITE") {
    // modparam restart_fr_on_each_reply is on.
    branch.deadlineMs = world.nowMs + (transaction.timers.ringMs || world.timers.ringMs);
  }
  if (branch.onReply !== "") {
    const context = replyContext(transaction.context, sent, code, reason, headers, body);
    context.transaction = transaction;
    world.run(branch.onReply, context);
  }
  if (code < 200) {
    // The first sign of life after a CANCEL is answered with it, and goes no further.
    if (branch.cancelPending) {
      sendCancel(world, transaction, branch);
      return;
    }
    branch.replied = true;
    if (code > 100 && transaction.status < 200)
      sendUpstream(world, transaction, forwarded(transaction, code, reason, headers, body));
    return;
  }
  if (code < 300) {
    sendUpstream(world, transaction, forwarded(transaction, code, reason, headers, body));
    cancelBranches(world, transaction);
    return;
  }
  branch.failure = forwarded(transaction, code, reason, headers, body);
  finishBranches(world, transaction);
  // The failure route does not see this mark for the reply it is about, only for provisional ones before.
  branch.replied = true;
}

/** No answer in time: 408 made by tm itself. */
export function timeOut(world: World, sent: MockRelay): void {
  const [transaction, branch] = findBranch(world, sent);
  if (branch.status >= 200) return;
  branch.timedOut = true;
  branch.deadlineMs = 0;
  if (transaction.method === "INVITE" && branch.status >= 100) sendCancel(world, transaction, branch);
  branch.status = 408;
  branch.failure = makeReply(transaction.context, 408, "Request Timeout", true, false);
  finishBranches(world, transaction);
}

/** The branch that tm gives up first, at `untilMs` or before; null when all can wait. */
export function nextToTimeOut(world: World, untilMs: number): Branch | null {
  let next: Branch | null = null;
  for (const transaction of world.transactions) {
    // A CANCEL or BYE that nobody answers matters to nobody after its own transaction.
    if (transaction.endedAt > 0) continue;
    for (const branch of transaction.branches) {
      if (branch.deadlineMs === 0 || branch.deadlineMs > untilMs) continue;
      if (next === null || branch.deadlineMs < next.deadlineMs) next = branch;
    }
  }
  return next;
}

/** Forgets transactions that ended long enough ago. */
export function forgetOld(world: World): void {
  for (let i = world.transactions.length - 1; i >= 0; i--) {
    const transaction = world.transactions[i] as Transaction;
    if (transaction.endedAt > 0 && transaction.endedAt + waitMs <= world.nowMs) world.transactions.splice(i, 1);
  }
}

/** A reply to the request of a context, with nothing added yet. */
export function makeReply(
  context: Context,
  code: number,
  reason: string,
  stateful: boolean,
  isForwarded: boolean,
): MockReply {
  return {
    code,
    reason,
    headers: [],
    body: "",
    stateful,
    forwarded: isForwarded,
    retransmission: false,
    method: context.message.method,
    callId: headerOf(context.message, "call-id") || "",
    to: context.source,
    toTag: addressTag(context.message, "to") || (stateful ? "tm" : STATELESS_TAG) + textHash(context.message.text),
  };
}

/** Front of the tags that sl gives, by which it knows the ACKs to its own replies again. */
const STATELESS_TAG = "sl";

/** sl takes the ACK of a failure that it has answered itself; no script sees it. */
export function isForStatelessReply(message: MockMessage): boolean {
  return message.method === "ACK" && /^sl\d+$/.test(addressTag(message, "to"));
}

function textHash(text: string): string {
  let hash = 5381;
  for (let i = 0; i < text.length; i++) hash = ((hash * 33) ^ text.charCodeAt(i)) >>> 0;
  return String(hash);
}

function forwarded(transaction: Transaction, code: number, reason: string, headers: string[], body: string): MockReply {
  // RFC 3261 §16.7 (6): a 503 of one next hop is not one of the whole proxy. tm's parameter remap_503_500 is on.
  const remapped = code === 503;
  const reply = makeReply(
    transaction.context,
    remapped ? 500 : code,
    remapped ? "Service Unavailable" : reason,
    true,
    true,
  );
  reply.headers = remapped ? [] : headers;
  for (const line of headers) {
    if (/^(to|t)[ \t]*:/i.test(line))
      reply.toTag = parseAddress(line.substring(line.indexOf(":") + 1)).params.tag || "";
  }
  reply.body = remapped ? "" : body;
  return reply;
}

function findOwn(world: World, message: MockMessage): Transaction | null {
  const key = transactionKey(message, message.method);
  for (const transaction of world.transactions) {
    if (transaction.key === key) return transaction;
  }
  return null;
}

/** RFC 3261 §17.2.3, with the branch when it is one of its kind, otherwise as RFC 2543 had it. */
function transactionKey(message: MockMessage, method: string): string {
  const via = parseVia(headerOf(message, "via") || "");
  const branch = via?.params.branch ? via.params.branch : "";
  if (via && branch.substring(0, 7).toLowerCase() === "z9hg4bk") {
    return [branch, via.host, via.port, method].join(" ");
  }
  return [headerOf(message, "call-id"), cseqNumber(message), addressTag(message, "from"), message.uri, method].join(
    " ",
  );
}

function cseqNumber(message: MockMessage): string {
  return (headerOf(message, "cseq") || "").split(" ")[0] as string;
}

function addressTag(message: MockMessage, header: string): string {
  const value = headerOf(message, header);
  const tag = value === null ? undefined : parseAddress(value).params.tag;
  return tag === undefined ? "" : tag;
}

/** Sends to the request-URI and to the appended branches. False when nothing could be sent. */
function forward(world: World, context: Context, transaction: Transaction): boolean {
  if (transaction.cancelled || transaction.status >= 200) return false;
  const onBranch = context.onBranch !== "" ? context.onBranch : transaction.onBranch;
  // Armed for one relay: a failure route that relays again has to arm it again.
  context.onBranch = "";
  transaction.onBranch = "";
  const targets = context.branches;
  context.branches = [];
  if (context.uriNew) {
    const own = { uri: requestUri(context), dstUri: context.dstUri, sendSocket: context.sendSocket };
    targets.unshift(own);
  }
  context.uriNew = false;
  let count = 0;
  for (const target of targets) {
    // What a branch route changes is for its branch alone.
    const sending = copyContext(context);
    sending.newUri = target.uri;
    sending.dstUri = target.dstUri;
    sending.sendSocket = target.sendSocket;
    if (onBranch !== "") {
      sending.routeType = "branch";
      world.run(onBranch, sending);
    }
    if (addBranch(world, context, transaction, sending)) count++;
  }
  return count > 0;
}

function addBranch(world: World, context: Context, transaction: Transaction, sending: Context): boolean {
  const number = world.transactions.indexOf(transaction) + "." + transaction.branches.length + "." + world.relayCount;
  const sent = buildRelay(world, sending, "z9hG4bK" + number, true);
  if (!sent) return false;
  transaction.branches.push({
    relay: sent,
    uri: requestUri(sending),
    status: 0,
    timedOut: false,
    replied: false,
    cancelPending: false,
    cancelled: false,
    onReply: context.onReply !== "" ? context.onReply : transaction.onReply,
    superseded: false,
    deadlineMs: world.nowMs + (transaction.timers.answerMs || world.timers.answerMs),
    failure: null,
  });
  transaction.delayedError = null;
  world.outcome.relays.push(sent);
  return true;
}

function findBranch(world: World, sent: MockRelay): [Transaction, Branch] {
  for (const transaction of world.transactions) {
    for (const branch of transaction.branches) {
      if (branch.relay.id === sent.id) return [transaction, branch];
    }
  }
  throw new Error("mock: relay " + sent.id + " (" + sent.method + ") has no transaction, or it is over for long");
}

/** A branch failed: waits for the others, then runs the failure route, then answers with the best reply. */
function finishBranches(world: World, transaction: Transaction): void {
  for (const branch of transaction.branches) {
    if (branch.status < 200) return;
  }
  if (transaction.status >= 200) return;
  const before = transaction.branches.length;
  const name = transaction.onFailure;
  if (name !== "") {
    // tm disarms the route first: one that relays again must arm itself again.
    transaction.onFailure = "";
    const picked = bestBranch(transaction);
    transaction.picked = picked;
    const context = copyContext(transaction.context);
    context.routeType = "failure";
    context.transaction = transaction;
    // The request-URI is the branch's, but $du is still that of the first relay.
    context.newUri = picked.uri;
    context.uriNew = false;
    context.replyHeaders = [];
    context.onBranch = "";
    context.onReply = "";
    world.run(name, context);
    transaction.picked = null;
    if (transaction.branches.length > before) {
      for (let i = 0; i < before; i++) (transaction.branches[i] as Branch).superseded = true;
    }
  }
  if (transaction.branches.length > before || transaction.status >= 200) return;
  sendUpstream(world, transaction, bestBranch(transaction).failure as MockReply);
}

/** The branch whose failure counts: 6xx before 3xx, 4xx, 5xx, then the lowest code. */
function bestBranch(transaction: Transaction): Branch {
  const order = [9, 9, 9, 1, 2, 3, 0];
  const rank = (branch: Branch) => (order[Math.floor(branch.status / 100)] as number) * 1000 + branch.status;
  const counted = transaction.branches.filter((branch) => !branch.superseded);
  let best = counted[0] as Branch;
  for (const branch of counted) {
    if (rank(branch) < rank(best)) best = branch;
  }
  return best;
}

function sendUpstream(world: World, transaction: Transaction, reply: MockReply): void {
  transaction.status = reply.code;
  transaction.lastReply = reply;
  if (reply.code >= 200 && transaction.endedAt === 0) transaction.endedAt = world.nowMs;
  world.outcome.replies.push(reply);
}

function resendReply(world: World, transaction: Transaction): void {
  const last = transaction.lastReply;
  if (!last) return;
  const copy: MockReply = makeReply(transaction.context, last.code, last.reason, true, last.forwarded);
  copy.headers = last.headers;
  copy.body = last.body;
  copy.retransmission = true;
  (last.code === 100 ? world.outcome.automatic : world.outcome.replies).push(copy);
}

/** CANCEL for a known INVITE: 200 for it, CANCEL downstream where something was heard, 487 when nothing is open. */
function cancelInvite(world: World, invite: Transaction, cancel: Transaction): void {
  invite.cancelled = true;
  let open = 0;
  for (const branch of invite.branches) {
    if (branch.status >= 200) continue;
    open++;
    if (branch.status >= 100) sendCancel(world, invite, branch);
    else branch.cancelPending = true;
  }
  if (open === 0 && invite.status < 200) {
    sendUpstream(world, invite, makeReply(invite.context, 487, "Request canceled", true, false));
  }
  sendUpstream(
    world,
    cancel,
    makeReply(cancel.context, 200, open === 0 ? "ok -- no more pending branches" : "canceling", true, false),
  );
}

function cancelBranches(world: World, transaction: Transaction): void {
  if (transaction.method !== "INVITE") return;
  for (const branch of transaction.branches) {
    if (branch.status >= 200) continue;
    if (branch.status >= 100) sendCancel(world, transaction, branch);
    else branch.cancelPending = true;
  }
}

function sendCancel(world: World, transaction: Transaction, branch: Branch): void {
  branch.cancelPending = false;
  if (branch.cancelled) return;
  branch.cancelled = true;
  generate(world, transaction, branch, "CANCEL");
}

/** CANCEL and hop-by-hop ACK carry the request's own URI, Via and Route (RFC 3261 §9.1, §17.1.1.3). */
function generate(world: World, transaction: Transaction, branch: Branch, method: string): void {
  const kept = ["via", "route", "from", "to", "call-id", "max-forwards"];
  const headers: string[] = [];
  let viaSeen = false;
  for (const line of branch.relay.headers) {
    const name = (line.split(":")[0] as string).toLowerCase();
    if (name === "via" && viaSeen) continue;
    if (name === "via") viaSeen = true;
    if (kept.indexOf(name) >= 0) headers.push(line);
  }
  headers.push("CSeq: " + transaction.cseq + " " + method);
  world.outcome.generated.push({
    id: ++world.relayCount,
    method,
    ruri: branch.relay.ruri,
    destination: branch.relay.destination,
    duri: branch.relay.duri,
    headers,
    body: "",
    text: method + " " + branch.relay.ruri + " SIP/2.0\r\n" + headers.join("\r\n") + "\r\n\r\n",
    stateful: true,
    callId: branch.relay.callId,
  });
}

function copyContext(context: Context): Context {
  const copy = newContext(context.routeType, context.message, context.source, context.received);
  copy.newUri = context.newUri;
  copy.dstUri = context.dstUri;
  copy.sendSocket = context.sendSocket;
  copy.edits = context.edits.slice(0);
  copy.recordRoutes = context.recordRoutes.slice(0);
  copy.rrParams = context.rrParams;
  copy.routes = context.routes;
  copy.routedParams = context.routedParams;
  copy.maxForwards = context.maxForwards;
  copy.avps = context.avps;
  copy.flags = context.flags;
  copy.transaction = context.transaction;
  return copy;
}

function replyContext(
  request: Context,
  sent: MockRelay,
  code: number,
  reason: string,
  headers: string[],
  body: string,
): Context {
  const context = newContext(
    "onreply",
    request.message,
    { ip: "192.0.2.254", port: 5060, proto: "udp" },
    request.received,
  );
  const copied = ["via", "from", "to", "call-id", "cseq"];
  const lines = sent.headers.filter((line) => copied.indexOf((line.split(":")[0] as string).toLowerCase()) >= 0);
  const reply: MockMessage = { method: "", uri: "", status: code, reason, headers: [], body, text: "" };
  const replaced: { [name: string]: boolean } = {};
  for (const line of headers) replaced[(line.split(":")[0] as string).toLowerCase()] = true;
  for (const line of lines.filter((text) => !replaced[(text.split(":")[0] as string).toLowerCase()]).concat(headers)) {
    const colon = line.indexOf(":");
    reply.headers.push({ name: line.substring(0, colon), value: line.substring(colon + 1).replace(/^[ \t]+/, "") });
  }
  reply.text = "SIP/2.0 " + code + " " + reason + "\r\n" + lines.concat(headers).join("\r\n") + "\r\n\r\n" + body;
  context.reply = reply;
  context.avps = request.avps;
  return context;
}
