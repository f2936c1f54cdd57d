import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { callRpc, type RpcValue } from "./binrpc";
import {
  formatHostPort,
  formatListener,
  type HostPort,
  type Listener,
  parseHostPort,
  parseListener,
  parseRedisUrl,
  redisEnvironment,
} from "./listener";
import { bindError, freePort } from "./ports";
import { type Exit, type OwnedProcess, ownedDirectory, removeOwnedDirectory, spawnOwned } from "./process";

/** The configuration that goes with the Weir script. */
export const weirConfiguration = resolve(__dirname, "../../kamailio-cfg/weir.cfg");

export interface KamailioOptions {
  /** Path of the script (dist/weir.js); define WEIR_SCRIPT. */
  script?: string;
  /** `udp:HOST:PORT` or `tcp:HOST:PORT`; port 0 takes a free one. */
  listen: readonly string[];
  /** HTTP listener, `HOST:PORT`; port 0 takes a free one. */
  http?: string;
  /** `redis://…`: the shared home of the ledger. Without it the embedded one. */
  redis?: string;
  /** SIP worker processes for each UDP listener. */
  workers?: number;
  /** Shared memory. */
  memoryMb?: number;
  /** Private memory of each process. */
  privateMemoryMb?: number;
  /** More defines: true for a bare name; strings go in as they are, so quote what the configuration wants quoted. */
  defines?: Readonly<Record<string, string | number | true>>;
  /** The dispatcher list: path of the file, or its lines; empty when absent. */
  dispatcherList?: string | readonly string[];
  /** Another configuration file than Weir's own. */
  cfg?: string;
  /** Secret that signs Record-Route parameters; goes by environment, where `ps` does not show it. */
  secret?: string;
  env?: Readonly<Record<string, string>>;
  /** Kamailio's `debug`: -1 errors, 0 warnings, 1 notices, 2 info, 3 debug. */
  logLevel?: number;
  /** Sees the log as it comes. */
  onLog?: (text: string) => void;
  /** A program to run Kamailio under, e.g. `["valgrind", "--tool=callgrind"]`. */
  under?: readonly string[];
  /** How long it may take until it answers; 15 s, and five times that under another program. */
  startTimeoutMs?: number;
}

/** A running Kamailio of our own. */
export interface Kamailio {
  readonly pid: number;
  /** What it listens on, with real ports, without HTTP. */
  readonly listen: readonly Listener[];
  readonly http: HostPort | null;
  /** Path of the RPC socket (`kamcmd -s unixs:PATH`). */
  readonly rpcSocket: string;
  readonly exited: Promise<Exit>;
  running(): boolean;
  log(): string;
  /** Calls an RPC method; returns the values of its answer. Throws `RpcFault` on refusal. */
  rpc(method: string, ...params: (string | number)[]): Promise<RpcValue[]>;
  /** All its processes with Kamailio's own words for them. */
  processes(): Promise<{ pid: number; description: string }[]>;
  /** Ends it in order; resolves when every process is gone. */
  stop(): Promise<Exit>;
  /** Ends all its processes as a power cut would. */
  kill9(): Promise<void>;
}

/** Kamailio could not be started; the message says why and what to do. */
export class KamailioStartError extends Error {
  constructor(
    message: string,
    readonly log: string,
  ) {
    super(message);
  }
}

/** Starts Kamailio and waits until it answers. Throws `KamailioStartError`. */
export async function startKamailio(options: KamailioOptions): Promise<Kamailio> {
  const wanted = { listen: options.listen.map(parseListener), http: options.http ? parseHostPort(options.http) : null };
  const chooses = [...wanted.listen, ...(wanted.http ? [wanted.http] : [])].some(({ port }) => port === 0);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(
        options,
        await withPorts(wanted.listen),
        (await withPorts(wanted.http ? [wanted.http] : []))[0],
      );
    } catch (error) {
      // Between finding a free port and binding it somebody may have been quicker.
      const lostRace = error instanceof KamailioStartError && /is taken/.test(error.message);
      if (!chooses || !lostRace || attempt === 3) {
        throw error;
      }
    }
  }
}

/** One port for all listeners with port 0 on one host, so that UDP and TCP share it as SIP likes. */
async function withPorts<T extends HostPort>(addresses: readonly T[]): Promise<T[]> {
  const chosen = new Map<string, number>();
  const result: T[] = [];
  for (const address of addresses) {
    let port = address.port;
    if (port === 0) {
      port = chosen.get(address.host) ?? (await freePort(address.host));
      chosen.set(address.host, port);
    }
    result.push({ ...address, port });
  }
  return result;
}

async function startOnce(
  options: KamailioOptions,
  listen: readonly Listener[],
  http: HostPort | undefined,
): Promise<Kamailio> {
  const directory = ownedDirectory();
  const rpcSocket = join(directory, "ctl");
  let list = join(directory, "dispatcher.list");
  if (typeof options.dispatcherList === "string") {
    list = resolve(options.dispatcherList);
  } else {
    writeFileSync(list, `${(options.dispatcherList ?? []).join("\n")}\n`);
  }

  const defines: Record<string, string | number | true> = {
    WEIR_CTL: `"unixs:${rpcSocket}"`,
    WEIR_DISPATCHER_LIST: `"${list}"`,
    WEIR_WORKERS: options.workers ?? 2,
    WEIR_TCP_WORKERS: 2,
    ...(options.script === undefined ? {} : { WEIR_SCRIPT: `"${resolve(options.script)}"` }),
    ...(http === undefined ? {} : { WEIR_HTTP_PORT: http.port }),
    ...(options.logLevel === undefined ? {} : { WEIR_DEBUG: options.logLevel }),
    ...options.defines,
  };
  const env: Record<string, string> = { ...options.env };
  if (options.secret !== undefined) {
    env.WEIR_SECRET = options.secret;
  }
  if (options.redis !== undefined) {
    Object.assign(env, redisEnvironment(parseRedisUrl(options.redis)));
  }
  const all: Listener[] = [...listen, ...(http === undefined ? [] : [{ protocol: "tcp" as const, ...http }])];
  const args = [
    ...["-DD", "-E", "-X", "fm", "-x", "fm"],
    ...["-m", `${options.memoryMb ?? 256}`, "-M", `${options.privateMemoryMb ?? 16}`],
    ...["-Y", directory, "-f", options.cfg ?? weirConfiguration],
    ...Object.entries(defines).flatMap(([name, value]) => ["-A", value === true ? name : `${name}=${value}`]),
    ...all.flatMap((listener) => ["-l", formatListener(listener)]),
  ];
  const [command = "kamailio", ...rest] = [...(options.under ?? []), "kamailio", ...args];
  const child = await spawnOwned(command, rest, { env, onOutput: options.onLog });
  const timeoutMs = options.startTimeoutMs ?? (options.under === undefined ? 15_000 : 75_000);
  try {
    await waitUntilReady(
      child,
      rpcSocket,
      all.some(({ protocol }) => protocol === "tcp"),
      timeoutMs,
    );
  } catch (error) {
    await child.stop(1000);
    removeOwnedDirectory(directory);
    const log = child.output();
    const reason = error instanceof Error ? error.message : String(error);
    throw new KamailioStartError(await explain(reason, log, all), log);
  }
  void child.exited.then(() => removeOwnedDirectory(directory));
  const rpc = (method: string, ...params: (string | number)[]) => callRpc(rpcSocket, method, params);
  return {
    pid: child.pid,
    listen,
    http: http ?? null,
    rpcSocket,
    exited: child.exited,
    running: () => child.exit() === null,
    log: child.output,
    rpc,
    processes: async () => processes(await rpc("core.ps")),
    stop: () => child.stop(options.under === undefined ? 8000 : 60_000),
    async kill9() {
      child.signal("SIGKILL");
      await child.exited;
    },
  };
}

async function waitUntilReady(child: OwnedProcess, socket: string, tcp: boolean, timeoutMs: number): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    if (child.exit() !== null) {
      throw new Error("Kamailio ended while starting");
    }
    try {
      const list = processes(await callRpc(socket, "core.ps", [], 1000));
      // The TCP main process is the last to start.
      if (!tcp || list.some(({ description }) => description.includes("tcp main"))) {
        return;
      }
    } catch {
      // Not yet; the socket appears late in the start.
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`Kamailio did not answer within ${timeoutMs / 1000} s`);
}

function processes(values: readonly RpcValue[]): { pid: number; description: string }[] {
  const result = [];
  for (let index = 0; index + 1 < values.length; index += 2) {
    result.push({ pid: Number(values[index]), description: String(values[index + 1]) });
  }
  return result;
}

/** Turns a failed start into a message with its remedy. */
async function explain(reason: string, log: string, listeners: readonly Listener[]): Promise<string> {
  const complaints = log
    .split("\n")
    .filter((line) => /\b(ERROR|CRITICAL|BUG|ALERT|EMERGENCY)\b|^ERROR|parse error/.test(line))
    // Each process says the same; its index and id make the lines different.
    .map((line) => line.trim().replace(/^\d+\(\d+\) /, ""))
    .filter((line, index, lines) => lines.indexOf(line) === index);
  const text = complaints.join("\n");
  const taken = /bind\(.*Address already in use|Address already in use/.test(text);
  if (taken) {
    for (const listener of listeners) {
      if ((await bindError(listener)) === "EADDRINUSE") {
        return portTaken(listener);
      }
    }
    return `an address of ${listeners.map(formatListener).join(", ")} is taken; choose other ports`;
  }
  const quoted = complaints.slice(0, 6).join("\n") || log.trim().split("\n").slice(-6).join("\n");
  const missing = /could not find module <([^>]+)>|failed to open module <?([^>\s]+)>?|load_module.*?([\w]+\.so)/.exec(
    text,
  );
  if (missing !== null) {
    const name = missing[1] ?? missing[2] ?? missing[3];
    return `Kamailio lacks module ${name}: apt-get install kamailio kamailio-redis-modules\n${quoted}`;
  }
  if (/Cannot assign requested address/.test(text)) {
    return `${listeners.map(formatListener).join(", ")}: not all of these are addresses of this machine\n${quoted}`;
  }
  return `${reason}. It said:\n${quoted}`;
}

/** The message for a listener that cannot be had because somebody else has it. */
export function portTaken(listener: Listener): string {
  return (
    `${formatListener(listener)} is taken by another process: stop that one ` +
    `(ss -lnp${listener.protocol === "udp" ? "u" : "t"} 'sport = :${listener.port}' shows it) or choose another port`
  );
}

/** `HOST:PORT` of the first listener of a protocol, for clients. Throws when there is none. */
export function addressOf(kamailio: Kamailio, protocol: "udp" | "tcp"): string {
  const listener = kamailio.listen.find((each) => each.protocol === protocol);
  if (listener === undefined) {
    throw new Error(`this Kamailio has no ${protocol} listener`);
  }
  return formatHostPort(listener);
}
