/**
 * A Kamailio small enough to run anywhere: the KEMI functions Weir uses over a virtual clock, with real return codes,
 * nulls, symbols and arity errors (test/mock/conformance.real.test.ts compares them). Unknown functions and
 * pseudo-variables throw. Runs in Node and in Duktape.
 *
 * Read on: world.ts (state), functions.ts (KEMI functions), pv.ts, htable.ts, redis.ts, tm.ts, rr.ts, forward.ts.
 */
import type { Ksr } from "../types/ksr";
import { intArgument, textArgument, toScript } from "./bytes";
import { readRouting } from "./cfg";
import { type Context, type MockEndpoint, type MockRelay, newContext, type RouteType } from "./context";
import { implementations, type Result } from "./functions";
import { kemiTable } from "./kemi-table";
import { headersOf, type MockMessage, parseMessage } from "./message";
import { endOfScript, forgetOld, isForStatelessReply, nextToTimeOut, receiveReply, timeOut } from "./tm";
import { type MockOptions, type MockOutcome, newOutcome, World } from "./world";

export type { MockEndpoint, MockHttpReply, MockLog, MockRelay, MockReply } from "./context";
export type { TableOptions } from "./htable";
export type { MockRedis, MockRedisReply } from "./redis";
export type { MockOptions, MockOutcome, MockRpcReply } from "./world";

/** Functions the script has published, by name. */
export type MockGlobals = { [name: string]: unknown };

/** A datagram for the proxy. */
export interface MockDatagram {
  /** The message as bytes, one character each. */
  message: string;
  /** Default udp 192.0.2.100:5060. */
  from?: MockEndpoint;
  /** The proxy's socket. Default: the first of the sender's protocol. */
  to?: MockEndpoint;
}

/** A request for the HTTP entry. Texts are bytes. */
export interface MockHttpRequest {
  method?: string;
  url: string;
  headers?: { [name: string]: string };
  body?: string;
  from?: MockEndpoint;
  /** Name of the entry function. Default "ksr_http". */
  entry?: string;
}

/** A reply from downstream. Header lines without CRLF. */
export interface MockAnswer {
  reason?: string;
  headers?: string[];
  body?: string;
}

export interface Mock {
  /** The KSR to hand to the router. */
  readonly ksr: Ksr;
  /** Where the router publishes ksr_request_route and the others. */
  readonly globals: MockGlobals;
  /** Runs ksr_request_route for a message. Throws on misuse of KSR, even when the script caught the error. */
  receive(datagram: MockDatagram): MockOutcome;
  /** A reply to a request the proxy sent. */
  replyFrom(relay: MockRelay, code: number, answer?: MockAnswer): MockOutcome;
  /** No reply to that request in time: 408 of tm itself. */
  timeout(relay: MockRelay): MockOutcome;
  /** Runs the timer function. Default name "ksr_timer". */
  tick(entry?: string): MockOutcome;
  /** Runs an event function with the event's name as argument: dispatcher's, htable's. */
  event(entry: string, name: string): MockOutcome;
  http(request: MockHttpRequest): MockOutcome;
  /** Runs any code as if inside a request, for tests of adapters. Returns what it returns. */
  inside<T>(run: () => T, datagram?: MockDatagram): T;
  /** Lets time pass: expiry of table items and old transactions, second by second. tm's own timers stand still. */
  advance(milliseconds: number): void;
  /** Lets time pass as in a running proxy: tm's timers fire, and the timer function runs every second. */
  pass(milliseconds: number, timer?: string): MockOutcome;
  nowMs(): number;
  /** Items of an htable, with their expiry as Unix seconds (0 for ever). */
  table(name: string): { [key: string]: { value: string | number; expire: number } };
  /** Distinct names of pseudo-variables used so far. */
  names(): string[];
  /** Transactions that have not ended. */
  openTransactions(): number;
}

const defaultSource: MockEndpoint = { ip: "192.0.2.100", port: 5060, proto: "udp" };

/** What Kamailio hands to event functions when there is no message. */
const fakedMessage =
  "OPTIONS sip:you@kamailio.org SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nFrom: <sip:you@kamailio.org>;tag=123\r\n" +
  "To: <sip:you@kamailio.org>;tag=123\r\nCall-ID: 123\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

/** Makes an independent proxy process with its own shared memory. */
export function createMock(options: MockOptions = {}): Mock {
  const world = new World(options);
  const globals: MockGlobals = options.globals || {};
  const ksr = buildKsr(world);

  const routing =
    options.cfg === undefined
      ? null
      : readRouting(world, options.cfg, Object.keys(options.defines || {}), (name, args) => {
          const entry = globals[name];
          world.outcome.ran.push(name);
          try {
            if (typeof entry !== "function") throw new Error("no such function in the script");
            entry(...args.map(toScript));
            return true;
          } catch (error) {
            world.log("err", "error executing: " + name + ": " + String(error));
            return false;
          }
        });

  /** The block that Kamailio runs where it would run a function of the script with cfgengine "jsdt". */
  function blockFor(name: string, context: Context, argument: string | undefined): string {
    if (context.routeType === "failure") return "failure_route[" + name + "]";
    if (context.routeType === "request") return "request_route";
    return argument === "rtimer" ? "route[" + name + "]" : "event_route[" + argument + "]";
  }

  world.has = (name) => (routing ? routing.has("failure_route[" + name + "]") : typeof globals[name] === "function");
  world.run = (name, context, argument) => {
    if (routing) {
      const outer = world.context;
      world.context = context;
      routing.run(blockFor(name, context, argument));
      world.context = outer;
      if (context.http) world.outcome.http = context.http;
      return true;
    }
    const entry = globals[name];
    if (typeof entry !== "function") return false;
    const outer = world.context;
    world.context = context;
    world.outcome.ran.push(name);
    try {
      if (argument === undefined) entry();
      else entry(argument);
    } catch (error) {
      world.outcome.dropped = true;
      world.outcome.error = error;
      world.log("err", "error executing: " + name + ": " + String(error));
    }
    world.context = outer;
    if (context.http) world.outcome.http = context.http;
    return true;
  };

  /** Collects what one stimulus does, and brings mistakes to light that a guard of the script has caught. */
  function observe(stimulus: () => void): MockOutcome {
    world.outcome = newOutcome();
    world.faults = [];
    stimulus();
    const held = world.tables.lockedTables();
    if (held.length > 0) {
      world.tables.releaseAll();
      world.fault("the script ended with a lock of htable " + held.join(", ") + " held: every other worker would hang");
    }
    const fault = world.faults[0];
    if (fault) throw fault;
    return world.outcome;
  }

  function contextOf(datagram: MockDatagram, routeType: RouteType, message: MockMessage): Context {
    const source = datagram.from || defaultSource;
    return newContext(routeType, message, source, datagram.to || socketFor(world, source));
  }

  function runEntry(entry: string, argument: string): boolean {
    const message = parseMessage(fakedMessage) as MockMessage;
    // The address is what Kamailio makes of its own faked message, bytes reversed.
    const from = { ip: "1.0.0.127", port: 5060, proto: "udp" as const };
    return world.run(entry, contextOf({ message: fakedMessage, from }, "event", message), argument);
  }

  function runEvent(entry: string, argument: string): MockOutcome {
    return observe(() => {
      if (!runEntry(entry, argument)) throw new Error("mock: the script has no function " + entry);
    });
  }

  function runTimer(entry: string): void {
    if (routing ? routing.has("route[" + entry + "]") : world.has(entry)) runEntry(entry, "rtimer");
  }

  function advanceTo(end: number, everySecond: () => void): void {
    for (;;) {
      const next = (Math.floor(world.nowMs / 1000) + 1) * 1000;
      if (next > end) break;
      world.nowMs = next;
      world.tables.expire();
      forgetOld(world);
      everySecond();
    }
    if (end > world.nowMs) world.nowMs = end;
  }

  return {
    ksr,
    globals,
    receive: (datagram) =>
      observe(() => {
        const message = parseMessage(datagram.message);
        if (!message || message.method === "" || !hasRequiredHeaders(message)) {
          world.outcome.dropped = true;
          world.log("err", "message cannot be parsed; no script runs");
          return;
        }
        if (isForStatelessReply(message)) return;
        const context = contextOf(datagram, "request", message);
        if (!world.run("ksr_request_route", context)) throw new Error("mock: ksr_request_route is not published");
        endOfScript(world, context);
      }),
    replyFrom: (relay, code, answer) =>
      observe(() => {
        const given = answer || {};
        receiveReply(world, relay, code, given.reason || "Reason", given.headers || [], given.body || "");
      }),
    timeout: (relay) => observe(() => timeOut(world, relay)),
    tick: (entry) => runEvent(entry || "ksr_timer", "rtimer"),
    event: runEvent,
    http: (request) =>
      observe(() => {
        const from = request.from || { ip: "127.0.0.1", port: 40000, proto: "tcp" as const };
        const headers = request.headers || {};
        const lines = [(request.method || "GET") + " " + request.url + " HTTP/1.1"];
        // xhttp gives the request a Via, so that the core takes it for a SIP message.
        lines.push("Via: SIP/2.0/TCP " + from.ip + ":" + from.port);
        for (const name of Object.keys(headers)) lines.push(name + ": " + headers[name]);
        const body = request.body || "";
        if (body !== "") lines.push("Content-Length: " + body.length);
        const text = lines.join("\r\n") + "\r\n\r\n" + body;
        const message = parseMessage(text);
        if (!message) throw new Error("mock: malformed HTTP request");
        const context = contextOf({ message: text, from }, "event", message);
        if (!world.run(request.entry || "ksr_http", context, "xhttp:request")) {
          throw new Error("mock: the script has no HTTP entry");
        }
      }),
    inside: (run, datagram) => {
      const text = datagram ? datagram.message : fakedMessage;
      const message = parseMessage(text);
      if (!message) throw new Error("mock: malformed message");
      const outer = world.context;
      world.context = contextOf(datagram || { message: text }, "request", message);
      try {
        return run();
      } finally {
        world.context = outer;
      }
    },
    advance: (milliseconds) => advanceTo(world.nowMs + milliseconds, () => undefined),
    pass: (milliseconds, timer) =>
      observe(() => {
        const end = world.nowMs + milliseconds;
        const everySecond = () => runTimer(timer || "ksr_timer");
        for (let due = nextToTimeOut(world, end); due !== null; due = nextToTimeOut(world, end)) {
          advanceTo(due.deadlineMs, everySecond);
          timeOut(world, due.relay);
        }
        advanceTo(end, everySecond);
      }),
    nowMs: () => world.nowMs,
    table: (name) => world.tables.dump(name),
    names: () => Object.keys(world.names),
    openTransactions: () => world.transactions.filter((transaction) => transaction.endedAt === 0).length,
  };
}

/** Kamailio's core lets no request through to a script without these, or with one of the first three twice. */
function hasRequiredHeaders(message: MockMessage): boolean {
  for (const name of ["from", "to", "call-id"]) {
    if (headersOf(message, name).length !== 1) return false;
  }
  return /^\d+\s+\S/.test(headersOf(message, "cseq")[0] || "");
}

function socketFor(world: World, source: MockEndpoint): MockEndpoint {
  const proto = source.proto || "udp";
  for (const socket of world.listen) {
    if ((socket.proto || "udp") === proto) return socket;
  }
  return world.listen[0] as MockEndpoint;
}

/** One KSR object: every function of the table, and nothing else. */
function buildKsr(world: World): Ksr {
  const root = buildModule(world, "");
  const absent = world.options.absent || [];
  for (const name of absent) {
    if (kemiTable[name] === undefined || name === "") throw new Error("mock: there is no module " + name);
  }
  for (const name of Object.keys(kemiTable)) {
    if (name !== "" && absent.indexOf(name) < 0) root[name] = guard(world, buildModule(world, name), "KSR." + name);
  }
  // KSR.x is the only member that is not in Kamailio's list.
  root.x = guard(world, {}, "KSR.x");
  return guard(world, root, "KSR", absent) as unknown as Ksr;
}

function buildModule(world: World, module: string): { [name: string]: unknown } {
  const out: { [name: string]: unknown } = {};
  const words = (kemiTable[module] as string).split(" ");
  for (const word of words) {
    const [name, ret, params] = word.split(":") as [string, string, string];
    out[name] = buildFunction(world, module === "" ? name : module + "." + name, ret, params);
  }
  return out;
}

/** Reading a member that Kamailio lacks throws; there it would be undefined and fail when called. */
function guard(
  world: World,
  target: { [name: string]: unknown },
  path: string,
  absent: readonly string[] = [],
): { [name: string]: unknown } {
  return new Proxy(target, {
    get: (object, name) => {
      if (typeof name === "string" && absent.indexOf(name) >= 0) return undefined;
      if (typeof name === "string" && object[name] === undefined && name !== "then" && name !== "toJSON") {
        throw world.fault(path + "." + name + " does not exist in Kamailio, or is not modelled by the mock");
      }
      return object[name as string];
    },
  });
}

function buildFunction(world: World, name: string, ret: string, params: string): unknown {
  return (...given: unknown[]): unknown => {
    const context = world.context;
    if (!context) {
      world.log("err", "invalid JS environment attributes or parameters");
      return false;
    }
    const count = given.length;
    if (params.length === 0 ? count > 0 : count === 0 || count > 6) {
      world.log("err", "invalid number of parameters for: KSR." + name);
      return false;
    }
    const args: (string | number)[] = [];
    for (let i = 0; i < params.length; i++) {
      if (i >= count) throw new RangeError("invalid stack index " + i);
      args.push(params.charAt(i) === "i" ? intArgument(given[i]) : textArgument(given[i]));
    }
    const implementation = implementations[name];
    if (!implementation) throw world.fault("KSR." + name + " is not modelled by the mock");
    return resultOf(ret, implementation(world, context, args));
  };
}

function resultOf(ret: string, result: Result): unknown {
  if (ret === "none") return false;
  if (ret === "bool") return result === true || (typeof result === "number" && result > 0);
  if (ret === "int") return typeof result === "boolean" ? (result ? 1 : -1) : result;
  return typeof result === "string" ? toScript(result) : result;
}
