/** Everything that outlives one message: clock, sockets, tables, variables, transactions, and what was observed. */
import type {
  Context,
  MockEndpoint,
  MockHttpReply,
  MockLog,
  MockRelay,
  MockReply,
  Timers,
  Transaction,
} from "./context";
import { HashTables, type TableOptions } from "./htable";
import { parseUri } from "./message";
import { type MockRedis, RedisClient } from "./redis";

/** Answer of the management interface to one JSON-RPC call. */
export type MockRpcReply = { result: unknown } | { error: { code: number; message: string } };

/** Settings of createMock. Everything has a default. */
export interface MockOptions {
  /** Clock at the start, milliseconds since 1970. Default 2026-01-01. */
  nowMs?: number;
  /** Where the script publishes its functions: pass globalThis for a whole bundle. Default: a new object. */
  globals?: { [name: string]: unknown };
  /** Sockets Kamailio listens on. Default udp and tcp 192.0.2.1:5060. */
  listen?: MockEndpoint[];
  /** A kamailio.cfg whose routing blocks run instead of the script's functions (cfg.ts); defines are set. */
  cfg?: string;
  /** Names that are Kamailio's own, without port. */
  aliases?: string[];
  /** htable's tables by name. */
  tables?: { [name: string]: TableOptions };
  /** $shv variables declared by modparam; others are 0 and cannot be set. */
  shared?: { [name: string]: string | number };
  redis?: MockRedis;
  /** Answers KSR.jsonrpcs.exec; null for an unknown method. */
  rpc?: (method: string, params: unknown) => MockRpcReply | null;
  /** Addresses of a host name, for KSR.ipops.dns_query. */
  dns?: (name: string) => string[];
  /** Texts of the configuration's #!define, for $def. */
  defines?: { [name: string]: string };
  /** Environment variables, for $env. */
  environment?: { [name: string]: string };
  /** Modules that kamailio.cfg does not load: the script finds no such member of KSR. */
  absent?: string[];
  /** modparams tm/fr_timer and tm/fr_inv_timer. Default 30 s and 120 s, as tm's own. */
  timers?: Timers;
  /** modparam rr/enable_full_lr: "lr=on" for "lr". Default false. */
  fullLr?: boolean;
  /** modparam sanity/noreply: sanity_check stays silent and sanity_reply answers. Default false. */
  sanityNoReply?: boolean;
  /** Dispatcher sets: destinations and whether each is active. */
  dispatcher?: { [set: number]: { uri: string; active: boolean }[] };
}

/** What one stimulus brought about. */
export interface MockOutcome {
  replies: MockReply[];
  relays: MockRelay[];
  /** Provisional answers tm sent by itself: 100 for an INVITE. */
  automatic: MockReply[];
  /** Requests tm made by itself: CANCEL and the ACK to a failed INVITE. */
  generated: MockRelay[];
  logs: MockLog[];
  /** True when an exception left an entry function, or the message was so malformed that no script ran. */
  dropped: boolean;
  /** The exception. */
  error: unknown;
  /** Names of the entry functions that ran. */
  ran: string[];
  http: MockHttpReply | null;
}

export function newOutcome(): MockOutcome {
  return {
    replies: [],
    relays: [],
    automatic: [],
    generated: [],
    logs: [],
    dropped: false,
    error: null,
    ran: [],
    http: null,
  };
}

export class World {
  nowMs: number;
  readonly listen: MockEndpoint[];
  readonly aliases: string[];
  readonly tables: HashTables;
  readonly redis: RedisClient;
  readonly options: MockOptions;
  readonly timers: Timers;
  /** $var: one set for the process, as in Kamailio. */
  readonly variables: { [name: string]: string | number } = Object.create(null);
  readonly shared: { [name: string]: string | number } = Object.create(null);
  readonly transactions: Transaction[] = [];
  /** $dns containers by name. */
  readonly resolved: { [container: string]: string[] } = Object.create(null);
  /** Distinct names of pseudo-variables used so far; Kamailio caches each for ever. */
  readonly names: { [name: string]: boolean } = Object.create(null);
  nameCount = 0;
  readonly rpcReply: { code: number; text: string | null; body: string | null } = { code: 0, text: null, body: null };
  /** The run in progress; null outside of entry functions. */
  context: Context | null = null;
  outcome: MockOutcome = newOutcome();
  /** Mistakes that must not be hidden by a guard of the script: thrown again when the entry function has ended. */
  faults: Error[] = [];
  relayCount = 0;
  /** Runs a published function in a context; set by createMock. False when there is none with this name. */
  run: (name: string, context: Context, argument?: string) => boolean = () => false;
  /** Whether the script has published such a function; set by createMock. */
  has: (name: string) => boolean = () => false;

  constructor(options: MockOptions) {
    this.options = options;
    this.nowMs = options.nowMs === undefined ? 1767225600000 : options.nowMs;
    this.listen = options.listen || [
      { ip: "192.0.2.1", port: 5060, proto: "udp" },
      { ip: "192.0.2.1", port: 5060, proto: "tcp" },
    ];
    this.aliases = options.aliases || [];
    this.timers = options.timers || { answerMs: 30000, ringMs: 120000 };
    const misuse = (text: string) => this.fault(text);
    this.tables = new HashTables(() => this.nowMs, misuse);
    this.redis = new RedisClient(options.redis, misuse, (text) => this.log("err", text));
    const tables = options.tables || {};
    for (const name of Object.keys(tables)) this.tables.define(name, tables[name] as TableOptions);
    const shared = options.shared || {};
    for (const name of Object.keys(shared)) this.shared[name] = shared[name] as string | number;
  }

  log(level: MockLog["level"], text: string): void {
    this.outcome.logs.push({ level, text });
  }

  /** Notes a mistake of the script or a gap of the mock; the caller throws the result. */
  fault(text: string): Error {
    const error = new Error(text);
    this.faults.push(error);
    return error;
  }

  /** Kamailio's check_self: port 0 and proto "" match any. Host with brackets when it is IPv6. */
  isSelf(host: string, port: number, proto: string): boolean {
    const plain = host.toLowerCase().replace(/^\[|\]$/g, "");
    for (const alias of this.aliases) {
      if (alias.toLowerCase() === plain) return true;
    }
    for (const socket of this.listen) {
      const same = socket.ip.toLowerCase() === plain && (port === 0 || port === socket.port);
      if (same && (proto === "" || proto === (socket.proto || "udp"))) return true;
    }
    return false;
  }

  /** KSR.is_myself: a URI or a host. */
  isMyself(uriOrHost: string): boolean {
    if (!/^sips?:/i.test(uriOrHost)) return this.isSelf(uriOrHost, 0, "");
    const uri = parseUri(uriOrHost);
    return uri !== null && this.isSelf(uri.host, uri.port === "" ? 0 : Number(uri.port), "");
  }
}
