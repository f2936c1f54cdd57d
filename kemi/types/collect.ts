/**
 * Starts the machine's own Kamailio for a moment and asks it for its list of script functions. Host code.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiSnapshot, formatFunction, type RpcFunction } from "./snapshot";

/** Modules Weir uses or may come to use, in the order Kamailio wants to load them. */
export const wantedModules = [
  ..."kex jsonrpcs ctl sl tm tmx pv rr maxfwd sanity siputils textops textopsx htable mqueue rtimer xhttp".split(" "),
  ..."dispatcher dialog nathelper path usrloc registrar auth ipops cfgutils corex statsd pike keepalive".split(" "),
  ..."rtpengine uac xhttp_prom ndb_redis app_jsdt".split(" "),
];

/** What some modules need before they start. %DIR% is the temporary folder. */
const moduleParameters: { [module: string]: string[] } = {
  jsonrpcs: ['"transport", 2', '"fifo_name", "%DIR%/rpc"', '"dgram_socket", ""'],
  ctl: ['"binrpc", "unix:%DIR%/ctl"'],
  xhttp: ['"event_callback", "ksr_http"'],
  dispatcher: ['"list_file", "%DIR%/dispatcher.list"'],
  ndb_redis: ['"server", "name=none;addr=127.0.0.1;port=1;db=0"', '"init_without_redis", 1'],
  app_jsdt: ['"load", "%DIR%/script.js"'],
};

/** The list of functions of the Kamailio on this machine. Throws with the remedy when there is none. */
export async function collectSnapshot(): Promise<ApiSnapshot> {
  const version = kamailioVersion();
  const dir = mkdtempSync(join(tmpdir(), "weir-types-"));
  try {
    const modules: string[] = [];
    const missing: string[] = [];
    for (const module of wantedModules) {
      (canLoad(dir, module) ? modules : missing).push(module);
    }
    if (!modules.includes("app_jsdt")) {
      throw new Error(
        "this Kamailio cannot load app_jsdt: install the Debian package kamailio (it carries the module)",
      );
    }
    const functions = await ask(dir, modules);
    return { kamailio: version, modules: modules.sort(), missing: missing.sort(), functions: functions.sort() };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function kamailioVersion(): string {
  const run = spawnSync("kamailio", ["-v"], { encoding: "utf8", timeout: 10_000 });
  const match = /version: kamailio (\d+\.\d+\.\d+)/.exec(run.stdout ?? "");
  if (!match) {
    throw new Error(
      "kamailio is not installed: apt-get install kamailio kamailio-redis-modules; or use npm run types -- --offline",
    );
  }
  return match[1]!;
}

/** Lets Kamailio check a configuration that loads the module after those that others build on. */
function canLoad(dir: string, module: string): boolean {
  const base = ["kex", "sl", "tm", "rr", "pv", "usrloc", "xhttp"].filter((name) => name !== module);
  const names = module === "tm" || module === "sl" ? [module] : [...base, module];
  const file = join(dir, `check-${module}.cfg`);
  writeFileSync(file, `${names.map((name) => `loadmodule "${name}.so"`).join("\n")}\nrequest_route { exit; }\n`);
  return spawnSync("kamailio", ["-c", "-E", "-f", file], { timeout: 20_000 }).status === 0;
}

async function ask(dir: string, modules: string[]): Promise<string[]> {
  const port = await freePort();
  writeFileSync(join(dir, "dispatcher.list"), "1 sip:127.0.0.1:9\n");
  writeFileSync(join(dir, "script.js"), "function ksr_request_route() {}\n");
  writeFileSync(
    join(dir, "kamailio.cfg"),
    [
      "debug=1",
      "log_stderror=yes",
      "children=1",
      "tcp_children=1",
      `listen=udp:127.0.0.1:${port}`,
      `listen=tcp:127.0.0.1:${port}`,
      ...modules.map((name) => `loadmodule "${name}.so"`),
      ...modules.flatMap((name) =>
        (moduleParameters[name] ?? []).map((words) => `modparam("${name}", ${words.replace("%DIR%", dir)})`),
      ),
      'cfgengine "jsdt"',
      "",
    ].join("\n"),
  );
  mkdirSync(join(dir, "run"));
  const args = ["-DD", "-E", "-X", "fm", "-x", "fm", "-m", "32", "-M", "8", "-f", join(dir, "kamailio.cfg")];
  const child = spawn("kamailio", [...args, "-Y", join(dir, "run"), "-P", join(dir, "run", "pid")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    // A Kamailio that fails while starting can log without end; the beginning says why.
    if (log.length < 20_000) log += chunk.toString("latin1");
  });
  try {
    await until(() => existsSync(join(dir, "rpc")) || child.exitCode !== null, 10_000);
    if (child.exitCode !== null) throw new Error(`kamailio did not start:\n${log.slice(-2000)}`);
    return (await call(dir, child)).map(formatFunction);
  } finally {
    await stop(child);
  }
}

/** One JSON-RPC call through the named pipe of jsonrpcs: the answer comes in a pipe of ours below /tmp. */
async function call(dir: string, child: ChildProcess): Promise<RpcFunction[]> {
  const replyName = `weir-types-${process.pid}-${Date.now()}`;
  const replyPath = join("/tmp", replyName);
  if (spawnSync("mkfifo", ["-m", "666", replyPath]).status !== 0) throw new Error(`cannot make the pipe ${replyPath}`);
  const reader = spawn("cat", [replyPath], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const chunks: Buffer[] = [];
    reader.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    const request = { jsonrpc: "2.0", method: "app_jsdt.api_list", reply_name: replyName, id: 1 };
    writeFileSync(join(dir, "rpc"), `${JSON.stringify(request)}\n`);
    await until(() => reader.exitCode !== null || child.exitCode !== null, 10_000);
    const answer = JSON.parse(Buffer.concat(chunks).toString("utf8")) as {
      result: { msize: number; methods: { func: RpcFunction }[] };
    };
    if (answer.result.methods.length !== answer.result.msize) throw new Error("app_jsdt.api_list came incomplete");
    return answer.result.methods.map((entry) => entry.func);
  } finally {
    reader.kill("SIGKILL");
    rmSync(replyPath, { force: true });
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  try {
    await until(() => child.exitCode !== null || child.signalCode !== null, 8_000);
  } catch {
    child.kill("SIGKILL");
  }
}

async function until(condition: () => boolean, timeoutMs: number): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`kamailio did not answer within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Reads the committed snapshot. */
export function readSnapshot(file: string): ApiSnapshot {
  return JSON.parse(readFileSync(file, "utf8")) as ApiSnapshot;
}
