/** Runs probes inside a real Kamailio on free loopback ports. Host code for the conformance test. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ts from "typescript";
import { decodeText } from "../../kemi/mock/bytes";
import { tables } from "./conformance";

/** What one run of the probes gave. */
export interface RealRun {
  /** Result by probe name. */
  results: { [name: string]: unknown };
  /** Ports, so that the mock can be given the same ones. */
  proxyPort: number;
  clientPort: number;
  /** Datagrams the client received, as latin1 text. */
  received: string[];
}

const modules =
  "kex sl tm tmx pv rr maxfwd sanity siputils textops textopsx htable corex jsonrpcs ndb_redis app_jsdt".split(" ");

/** Lowers an engine-code module to a plain ES5 script that leaves its exports in a global of the given name. */
export function lower(file: string, globalName: string): string {
  const out = ts.transpileModule(readFileSync(file, "utf8"), {
    compilerOptions: { target: ts.ScriptTarget.ES5, module: ts.ModuleKind.CommonJS },
  });
  return `var ${globalName} = (function () { var exports = {}; ${out.outputText}\nreturn exports; })();\n`;
}

/** A running Kamailio. */
export interface RunningKamailio {
  /** What it logged so far, up to a bound. */
  log(): string;
  exited(): boolean;
  stop(): Promise<void>;
}

/** Starts a Kamailio with the given script on udp 127.0.0.1:port, and waits until it answers. */
export async function startKamailio(port: number, script: string): Promise<RunningKamailio> {
  const dir = mkdtempSync(join(tmpdir(), "weir-conformance-"));
  writeConfiguration(dir, port, script);
  const args = ["-DD", "-E", "-X", "fm", "-x", "fm", "-m", "32", "-M", "8", "-f", join(dir, "kamailio.cfg")];
  const child = spawn("kamailio", [...args, "-Y", join(dir, "run"), "-P", join(dir, "pid")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    if (log.length < 1_000_000) log += chunk.toString("latin1");
  });
  const running: RunningKamailio = {
    log: () => log,
    exited: () => child.exitCode !== null,
    stop: async () => {
      await stop(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  // The pid file comes before the workers, which need a moment more.
  for (let i = 0; i < 60 && !existsSync(join(dir, "pid")) && !running.exited(); i++) await sleep(100);
  await sleep(500);
  if (running.exited()) {
    await running.stop();
    throw new Error(`kamailio did not start:\n${log.slice(0, 6000)}`);
  }
  return running;
}

/** Sends one request through a real Kamailio whose script runs all probes. `message` gets the two ports. */
export async function runReal(message: (proxyPort: number, clientPort: number) => string): Promise<RealRun> {
  const dir = mkdtempSync(join(tmpdir(), "weir-probes-"));
  const result = join(dir, "result.json");
  const client = createSocket("udp4");
  let kamailio: RunningKamailio | undefined;
  try {
    const proxyPort = await freePort();
    await new Promise<void>((resolve) => client.bind(0, "127.0.0.1", resolve));
    const clientPort = client.address().port;
    const received: string[] = [];
    client.on("message", (data) => received.push(data.toString("latin1")));
    kamailio = await startKamailio(proxyPort, probeScript(result));
    client.send(Buffer.from(message(proxyPort, clientPort), "latin1"), proxyPort, "127.0.0.1");
    for (let i = 0; i < 50 && !existsSync(result); i++) await sleep(100);
    if (!existsSync(result)) throw new Error(`no result from kamailio:\n${kamailio.log().slice(0, 6000)}`);
    await sleep(200);
    const results = decodeAll(JSON.parse(readFileSync(result, "latin1")));
    return { results, proxyPort, clientPort, received };
  } finally {
    client.close();
    if (kamailio) await kamailio.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function probeScript(result: string): string {
  return [
    lower(join(__dirname, "probes.ts"), "P"),
    "function ksr_request_route() {",
    "  var out = {};",
    "  for (var i = 0; i < P.probes.length; i++) out[P.probes[i].name] = P.runProbe(P.probes[i], KSR);",
    `  KSR.corex.file_write(${JSON.stringify(result)}, JSON.stringify(out));`,
    "}",
  ].join("\n");
}

/** The file holds the bytes of Duktape's strings; the mock's way of writing them makes both comparable. */
function decodeAll(results: { [name: string]: unknown }): { [name: string]: unknown } {
  const decode = (value: unknown): unknown => {
    if (typeof value === "string") return decodeText(value);
    return Array.isArray(value) ? value.map(decode) : value;
  };
  const out: { [name: string]: unknown } = {};
  for (const name of Object.keys(results)) out[decodeText(name)] = decode(results[name]);
  return out;
}

function writeConfiguration(dir: string, port: number, script: string): void {
  writeFileSync(join(dir, "script.js"), script);
  mkdirSync(join(dir, "run"));
  writeFileSync(
    join(dir, "kamailio.cfg"),
    [
      "#!KAMAILIO",
      "#!define DEFINED 17",
      "debug=2",
      "log_stderror=yes",
      "children=1",
      "disable_tcp=yes",
      "auto_aliases=no",
      'alias="proxy.example"',
      `listen=udp:127.0.0.1:${port}`,
      ...modules.map((name) => `loadmodule "${name}.so"`),
      ...tables.map((table) => `modparam("htable", "htable", "${table}")`),
      'modparam("pv", "shvset", "counter=i:3")',
      'modparam("sanity", "noreply", 1)',
      'modparam("jsonrpcs", "transport", 8)',
      'modparam("ndb_redis", "server", "name=down;addr=127.0.0.1;port=1;db=0")',
      'modparam("ndb_redis", "init_without_redis", 1)',
      `modparam("app_jsdt", "load", "${join(dir, "script.js")}")`,
      'cfgengine "jsdt"',
      "",
    ].join("\n"),
  );
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  for (let i = 0; i < 40 && child.exitCode === null && child.signalCode === null; i++) await sleep(100);
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
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
