/** A home inside a real Kamailio whose script runs steps for HTTP requests (kamailio-runtime.ts). */
import { writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import path from "node:path";
import { build } from "../../src/build/build";
import { type Kamailio, type KamailioOptions, startKamailio } from "../../src/host/kamailio";
import { ownedDirectory, removeOwnedDirectory } from "../../src/host/process";
import type { Home } from "./home";
import { sleep } from "./redis-home";

/** Processes that run steps at the same time. */
const WORKERS = 4;

/** Seconds after its end until htable has surely removed an item (its timer runs every ten). */
const REMOVED_WITHIN = 60;

/** An item of an htable. */
export interface TableItem {
  readonly name: string;
  readonly value: string;
  /** Until it ends; a little below 0 when it waits to be removed, very far below for an item without an end. */
  readonly seconds: number;
}

/** A Kamailio home tells which processes have answered. */
export interface KamailioHome extends Home {
  readonly kamailio: Kamailio;
  /** Ids of Kamailio's processes that have run a step. */
  readonly workers: ReadonlySet<number>;
  /** Items of a table of shared memory. */
  table(name: string): Promise<TableItem[]>;
}

/** Builds the script and starts Kamailio with it. */
export async function kamailioHome(options: Partial<KamailioOptions> = {}): Promise<KamailioHome> {
  const folder = ownedDirectory();
  // The build's type check lets nothing outside kemi/ use kemi/; this runtime is checked with the tests.
  const runtime = path.join(__dirname, "kamailio-runtime.ts");
  const { script, dispatcherList } = await build({ runtime, out: null, typeCheck: false });
  writeFileSync(path.join(folder, "weir.js"), script);
  writeFileSync(path.join(folder, "dispatcher.list"), dispatcherList);
  const kamailio = await startKamailio({
    script: path.join(folder, "weir.js"),
    dispatcherList: path.join(folder, "dispatcher.list"),
    listen: ["udp:127.0.0.1:0"],
    http: "127.0.0.1:0",
    defines: { WEIR_TCP_WORKERS: WORKERS },
    ...options,
  });
  const port = kamailio.http?.port ?? 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 2 * WORKERS });
  const workers = new Set<number>();

  async function run(name: string, key: string, args: string, secondKey: string): Promise<string> {
    const answer = await post(agent, port, JSON.stringify([name, key, args, secondKey]));
    const [pid, text, error = "the store did not answer"] = JSON.parse(answer) as [number, string | null, string?];
    workers.add(pid);
    if (text === null) throw new Error(`${name}: ${error}\n${kamailio.log().slice(-2000)}`);
    return text;
  }
  async function table(name: string): Promise<TableItem[]> {
    const items = JSON.parse(await run("table", name, "", "")) as [string, string, number][];
    return items.map(([item, value, seconds]) => ({ name: item, value, seconds }));
  }

  return {
    kamailio,
    workers,
    table,
    step: (name, key, args, secondKey = "") => run(name, key, args, secondKey),
    pass: sleep,
    now: () => Date.now(),
    async stored(part) {
      const texts = (await table("weir")).map(({ name, seconds }) => ({ name, ends: seconds > -REMOVED_WITHIN }));
      // Leases and counts end by the calendar, not by themselves.
      const leases = (await table("weirlease")).map(({ name, value }) => ({ name: `${name} ${value}`, ends: false }));
      return [...texts, ...leases].filter(({ name }) => name.includes(part));
    },
    async close() {
      agent.destroy();
      await kamailio.stop();
      removeOwnedDirectory(folder);
    },
  };
}

function post(agent: Agent, port: number, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body);
    const outgoing = request(
      {
        ...{ host: "127.0.0.1", port, agent, method: "POST", path: "/step", timeout: 5000 },
        headers: { "Content-Type": "application/json", "Content-Length": bytes.length },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${response.statusCode} ${text}`));
        });
      },
    );
    outgoing
      .on("timeout", () => outgoing.destroy(new Error(`no answer to ${body.slice(0, 200)}`)))
      .on("error", reject)
      .end(bytes);
  });
}
