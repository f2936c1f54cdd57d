/** `npm start` */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../build/build";
import { Failure } from "../build/failure";
import { defaultPolicy, shown } from "../build/paths";
import { loadPolicy } from "../build/policy";
import { portTaken, startKamailio } from "../host/kamailio";
import {
  formatHostPort,
  formatListener,
  type Listener,
  parseHostPort,
  parseListener,
  parseRedisUrl,
} from "../host/listener";
import { ensurePackages } from "../host/packages";
import { bindError } from "../host/ports";
import { compilePolicy } from "../policy/compile";

const defaults = { workers: 4, memory: 512 };

export const help = `npm start -- --listen udp:HOST:PORT [--listen tcp:HOST:PORT ...] [OPTIONS]

Builds the policy and runs the router in the foreground until Ctrl-C. Kamailio's log goes to standard error.

  --policy FILE       the policy (default: src/policy.ts)
  --listen ADDRESS    udp:HOST:PORT or tcp:HOST:PORT, as often as needed; IPv6 in brackets (udp:[::1]:5060)
  --http HOST:PORT    metrics and control over HTTP; choose a loopback address
  --redis URL         redis://[:password@]HOST[:PORT][/database]: share the ledger with other proxies;
                      without it the ledger is in this Kamailio's memory
  --workers N         SIP worker processes for each UDP listener (default: ${defaults.workers})
  --memory MB         shared memory (default: ${defaults.memory}); transactions need about 10 KB each
  --secret-file FILE  the secret that signs Record-Route parameters; made when the file does not exist.
                      Proxies that share calls need the same secret. Default: ${shown(defaultSecretFile())}
  --log-level N       -1 errors, 0 warnings, 1 notices (default), 2 info, 3 debug

Exit code: 0 after Ctrl-C or SIGTERM, 1 when it cannot start or Kamailio ends by itself.`;

interface Settings {
  policy?: string;
  listen: Listener[];
  http?: string;
  redis?: string;
  workers: number;
  memory: number;
  secretFile?: string;
  logLevel: number;
}

export async function run(args: string[]): Promise<number> {
  const settings = readSettings(args);
  // What takes no time to find out comes first.
  await requireFreePorts(settings);
  ensurePackages(settings.redis === undefined ? ["kamailio"] : ["kamailio", "kamailio-redis-modules"]);
  const { script, dispatcherList } = await buildPolicy(settings.policy);
  const secret = readSecret(settings.secretFile, settings.redis !== undefined);

  let stopping = false;
  const stopRequested = new Promise<void>((requested) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        stopping = true;
        requested();
      });
    }
  });
  const { times } = compilePolicy(await loadPolicy(settings.policy ?? defaultPolicy));
  const kamailio = await startKamailio({
    script,
    dispatcherList,
    secret,
    listen: settings.listen.map(formatListener),
    http: settings.http,
    redis: settings.redis,
    workers: settings.workers,
    memoryMb: settings.memory,
    logLevel: settings.logLevel,
    // So that the script need not set them for each call.
    defines: {
      WEIR_FR_TIMER_MS: times.nodeAnswerMs,
      WEIR_FR_INV_TIMER_MS: times.ringMs,
      WEIR_MAX_INV_LIFETIME_MS: times.longestRingMs,
    },
    onLog: (text) => process.stderr.write(text),
  });
  console.log(`SIP:    ${kamailio.listen.map(formatListener).join("  ")}`);
  if (kamailio.http !== null) {
    console.log(`HTTP:   http://${formatHostPort(kamailio.http)}/`);
  }
  console.log(
    `ledger: ${settings.redis === undefined ? "this Kamailio's memory" : `Redis at ${redact(settings.redis)}`}`,
  );
  console.log(`RPC:    kamcmd -s unixs:${kamailio.rpcSocket} core.uptime`);
  console.log("Ctrl-C stops it.");

  await Promise.race([stopRequested, kamailio.exited]);
  if (stopping) {
    await kamailio.stop();
    console.log("stopped");
    return 0;
  }
  const { code, signal } = await kamailio.exited;
  console.error(`weir start: Kamailio ended by itself (${signal ?? `exit code ${code}`}); its log above says why`);
  return 1;
}

function readSettings(args: string[]): Settings {
  const remedy = "npm start -- --help tells the options.";
  try {
    const { values } = parseArgs({
      args,
      options: {
        policy: { type: "string" },
        listen: { type: "string", multiple: true, default: [] },
        http: { type: "string" },
        redis: { type: "string" },
        workers: { type: "string" },
        memory: { type: "string" },
        "secret-file": { type: "string" },
        "log-level": { type: "string" },
      },
    });
    const listen = (values.listen ?? []).map(parseListener);
    if (listen.length === 0) {
      throw new Error("nothing to listen on: give at least --listen udp:HOST:PORT");
    }
    if (values.http !== undefined) {
      parseHostPort(values.http);
    }
    if (values.redis !== undefined) {
      parseRedisUrl(values.redis);
    }
    return {
      policy: values.policy,
      listen,
      http: values.http,
      redis: values.redis,
      workers: wholeNumber("--workers", values.workers, 1, 256, defaults.workers),
      memory: wholeNumber("--memory", values.memory, 32, 1_048_576, defaults.memory),
      secretFile: values["secret-file"],
      logLevel: wholeNumber("--log-level", values["log-level"], -1, 3, 1),
    };
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error), remedy);
  }
}

function wholeNumber(name: string, text: string | undefined, least: number, most: number, otherwise: number): number {
  if (text === undefined) {
    return otherwise;
  }
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < least || value > most) {
    throw new Error(`${name} is ${text}; it has to be a whole number from ${least} to ${most}`);
  }
  return value;
}

async function buildPolicy(policy: string | undefined): Promise<{ script: string; dispatcherList: string }> {
  const { manifest, files } = await build({ policy });
  if (files === undefined) {
    throw new Error("the build wrote nothing");
  }
  console.log(`policy: ${manifest.policyFile} ${manifest.policyHash.slice(0, 12)}, version ${manifest.version}`);
  return files;
}

/** Says which port is taken before Kamailio says it in many lines. */
async function requireFreePorts(settings: Settings): Promise<void> {
  const http: Listener[] =
    settings.http === undefined ? [] : [{ protocol: "tcp" as const, ...parseHostPort(settings.http) }];
  for (const listener of [...settings.listen, ...http]) {
    const code = await bindError(listener);
    const name = formatListener(listener);
    if (code === "EADDRINUSE") {
      throw new Failure(portTaken(listener));
    }
    if (code === "EACCES") {
      throw new Failure(`${name}: this user may not use ports below 1024`, "Start it as root or choose a higher port.");
    }
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      throw new Failure(`${name}: ${listener.host} is not an address of this machine`, "`ip address` shows them.");
    }
    if (code !== null) {
      throw new Failure(`${name}: cannot listen there (${code})`);
    }
  }
}

function defaultSecretFile(): string {
  return join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local/state"), "weir/secret");
}

/**
 * Reads the secret, or makes one and keeps it, so that calls survive a restart. A single proxy whose file cannot be
 * written gets one for this run only; proxies that share a Redis would not understand each other's dialogs then.
 */
function readSecret(given: string | undefined, shared: boolean): string {
  const file = resolve(given ?? defaultSecretFile());
  let text: string | null = null;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new Failure(`cannot read the secret: ${(error as Error).message}`, "Give another one with --secret-file.");
    }
  }
  if (text !== null) {
    if (text.length < 16) {
      throw new Failure(`${file}: a secret has at least 16 characters`, `openssl rand -hex 32 > ${file}`);
    }
    return text;
  }
  const secret = randomBytes(32).toString("hex");
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // "wx": when two proxies start at once on one machine, the second one must not overwrite what the first uses.
    writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: "wx" });
    console.log(`secret: made ${file}${shared ? "; copy it to every proxy that uses the same Redis" : ""}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      return readSecret(given, shared);
    }
    if (shared || given !== undefined) {
      throw new Failure(
        `cannot write the secret: ${(error as Error).message}`,
        "Name a file with --secret-file; all proxies on one Redis need the same secret.",
      );
    }
    console.log(`secret: for this run only (${(error as Error).message}); calls will not survive a restart`);
  }
  return secret;
}

function redact(url: string): string {
  return url.replace(/:[^:@/]*@/, ":…@");
}
