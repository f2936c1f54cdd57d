/** The world of a scenario around the mock: nodes, phones, a store, and a clock that only scenarios move. Engine code. */
import {
  createMock,
  type Mock,
  type MockOptions,
  type MockOutcome,
  type MockRedis,
  type MockRelay,
  type MockReply,
} from "../../kemi/mock";
import { headerOf, headersOf, parseMessage } from "../../kemi/mock/message";
import type { Status } from "../../src/host/status";
import { plainCells } from "../../src/ledger/plain";
import * as steps from "../../src/ledger/steps";
import type { LedgerHome, Titled } from "./all";
import { PARTIES, type Party, PROXY } from "./parties";
import { type Arrival, type Datagram, heldCalls, Play, partyOf } from "./play";

/** What kamailio-cfg/weir.cfg says; its routing blocks are run as they are. */
function options(home: LedgerHome, cfg: string, globals: { [name: string]: unknown } | undefined): MockOptions {
  const [ip, port] = PROXY.split(":");
  const made: MockOptions = {
    cfg,
    defines: { WEIR_FR_TIMER_MS: "2000", WEIR_FR_INV_TIMER_MS: "120000", WEIR_MAX_INV_LIFETIME_MS: "126000" },
    listen: [{ ip: ip as string, port: Number(port), proto: "udp" }],
    tables: {
      weir: { size: 4, autoexpire: 604800 },
      weirlease: { size: 4 },
      weirlock: { size: 4 },
      weirhealth: { size: 4 },
      weirstat: { size: 4 },
    },
    environment: { WEIR_SECRET: "a secret that is long enough for tests" },
    timers: { answerMs: 2000, ringMs: 120000 },
    sanityNoReply: true,
    fullLr: true,
    absent: home === "embedded" ? ["ndb_redis"] : [],
  };
  if (globals !== undefined) made.globals = globals;
  return made;
}

/** A Redis that begins empty, knows FUNCTION LOAD, and runs the ledger's steps as they are written. */
function store(now: () => number): MockRedis {
  const cells = plainCells(now);
  let library = "";
  const known = steps as unknown as { [name: string]: steps.Step };
  return (args) => {
    if (args[0] === "FUNCTION") {
      const name = /^#!lua name=(\w+)\n/.exec(args[3] || "");
      if (name === null) return { type: "error", text: "ERR Missing library metadata" };
      library = name[1] as string;
      return { type: "string", text: library };
    }
    const [, fcall = "", keys = "", key = ""] = args;
    const step = known[fcall.substring(library.length + 1) + "Step"];
    if (library === "" || args[0] !== "FCALL" || fcall.indexOf(library + "_") !== 0 || step === undefined) {
      return { type: "error", text: "ERR Function not found" };
    }
    const second = keys === "2" ? args[4] || "" : "";
    return { type: "string", text: step(cells, key, args[keys === "2" ? 5 : 4] || "", second) };
  };
}

/** A proxy on the mock with everybody around it. */
export class MockWorld {
  readonly mock: Mock;
  /** What the proxy logged. */
  readonly logs: string[] = [];
  private readonly requests: { [key: string]: { from: Party; text: string } } = {};
  private readonly relays: { [branch: string]: MockRelay } = {};

  /**
   * @param cfg text of weir.cfg
   * @param start publishes the script's entry points
   * @param globals where a whole bundle publishes them; default: where `start` puts them
   */
  constructor(home: LedgerHome, cfg: string, start: (mock: Mock) => void, globals?: { [name: string]: unknown }) {
    let now = () => 0;
    this.mock = createMock({ ...options(home, cfg, globals), redis: store(() => now()) });
    now = this.mock.nowMs;
    start(this.mock);
  }

  send(datagram: Datagram): Arrival[] {
    const { from, text } = datagram;
    const [ip, port] = PARTIES[from].split(":");
    if (text.indexOf("SIP/2.0 ") === 0) return this.sendReply(text);
    const message = parseMessage(text);
    if (message !== null)
      this.requests[[PARTIES[from], message.method, headerOf(message, "call-id") || ""].join(" ")] = { from, text };
    return this.arrivals(
      this.mock.receive({ message: text, from: { ip: ip as string, port: Number(port), proto: "udp" } }),
    );
  }

  pass(milliseconds: number): Arrival[] {
    return this.arrivals(this.mock.pass(milliseconds));
  }

  status(): Status {
    const { http } = this.mock.http({ url: "/status" });
    if (http === null || http.code !== 200) throw new Error("no /status");
    return JSON.parse(http.body) as Status;
  }

  private sendReply(text: string): Arrival[] {
    const reply = parseMessage(text);
    if (reply === null) throw new Error("not a reply: " + text);
    const relay = this.relays[transactionOf(text)];
    if (relay === undefined) throw new Error("a reply to nothing: " + text);
    // The mock's CANCEL has no transaction of its own that an answer could end.
    if (relay.method === "CANCEL") return [];
    const headers: string[] = [];
    for (const { name, value } of reply.headers) if (name !== "Via") headers.push(name + ": " + value);
    return this.arrivals(this.mock.replyFrom(relay, reply.status, { reason: reply.reason, headers, body: reply.body }));
  }

  private arrivals(outcome: MockOutcome): Arrival[] {
    const found: Arrival[] = [];
    for (const { level, text } of outcome.logs) this.logs.push(level + ": " + text);
    for (const relay of outcome.relays.concat(outcome.generated)) {
      const at = partyOf(relay.destination);
      const message = parseMessage(relay.text);
      if (at === null || message === null) throw new Error("sent to nobody: " + relay.destination + "\n" + relay.text);
      if (relay.method !== "ACK") this.relays[transactionOf(relay.text)] = relay;
      found.push({ at, message });
    }
    for (const reply of outcome.replies) found.push(this.asArrival(reply));
    return found;
  }

  private asArrival(reply: MockReply): Arrival {
    const request = this.requests[[reply.to.ip + ":" + reply.to.port, reply.method, reply.callId].join(" ")];
    const asked = request === undefined ? null : parseMessage(request.text);
    if (request === undefined || asked === null) throw new Error("a reply to nobody: " + JSON.stringify(reply));
    const message = parseMessage(
      "SIP/2.0 " +
        reply.code +
        " " +
        reply.reason +
        "\r\n" +
        reply.headers.map((line) => line + "\r\n").join("") +
        "\r\n" +
        reply.body,
    );
    if (message === null) throw new Error("not a reply: " + JSON.stringify(reply));
    for (const name of ["From", "To", "Call-ID", "CSeq"]) {
      if (headerOf(message, name) !== null) continue;
      const value = headersOf(asked, name)[0] || "";
      const tag = name === "To" && !/;tag=/.test(value) ? ";tag=" + reply.toTag : "";
      message.headers.push({ name, value: value + tag });
    }
    return { at: request.from, message };
  }
}

/** A CANCEL has its INVITE's branch (RFC 3261 section 9.1). */
function transactionOf(text: string): string {
  const branch = /^Via: [^\r]*?;branch=([^;,\r]+)/m.exec(text);
  const method = /^CSeq: \d+ (\w+)/m.exec(text);
  return (branch ? branch[1] : "") + " " + (method ? method[1] : "");
}

/** Plays a scenario; returns what was wrong, the step's number in front, null when all was right. */
export function playOn(world: MockWorld, { scenario, mark }: Titled): string | null {
  const play = new Play(scenario, mark);
  const before = world.status();
  const said = world.logs.length;
  const wrong = (number: number, text: string) =>
    "step " + number + ": " + text + "\n" + world.logs.slice(said).join("\n");
  for (let i = 0; i < scenario.steps.length; i++) {
    const step = scenario.steps[i] as Titled["scenario"]["steps"][number];
    const datagram = play.begin(step);
    const queue = datagram !== null ? world.send(datagram) : "waitMs" in step ? world.pass(step.waitMs) : [];
    while (queue.length > 0) {
      for (const reaction of play.take(queue.shift() as Arrival)) {
        for (const arrival of world.send(reaction)) queue.push(arrival);
      }
    }
    for (const each of play.missing()) play.complain("missing: " + each);
    const wrongNumbers = play.asksNumbers() ? play.wrongNumbers(world.status(), before) : [];
    for (const each of wrongNumbers) play.complain(each);
    if (play.complaints.length > 0) return wrong(i + 1, play.complaints.join("; "));
  }
  const held = heldCalls(world.status());
  return held.length > 0 ? wrong(scenario.steps.length, "still held at the end: " + held.join(", ")) : null;
}
