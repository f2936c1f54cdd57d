import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Redis from "ioredis";
import { build } from "../../../src/build/build";
import { weirConfiguration } from "../../../src/host/kamailio";
import { formatHostPort, type HostPort } from "../../../src/host/listener";
import { ownedDirectory } from "../../../src/host/process";
import type { RedisServer } from "../../../src/host/redis";

/** One way to route a call, with what it needs to start. */
export interface Candidate {
  /** Key in the results. */
  name: "weir-redis" | "weir-embedded" | "native-redis" | "native-redis-2" | "native-stack";
  title: string;
  /** Path of the Kamailio configuration. */
  cfg: string;
  redis: boolean;
  defines?: Readonly<Record<string, string | number | true>>;
  /** Builds the script for a node's address; answers its path. */
  script?: (node: HostPort) => Promise<string>;
  /** Puts into Redis what the candidate does not bring itself. */
  prepare?: (redis: RedisServer, node: HostPort) => Promise<void>;
}

/** All candidates, in the order in which they run. */
export const candidates: readonly Candidate[] = [
  {
    name: "weir-redis",
    title: "Weir, ledger in Redis",
    cfg: weirConfiguration,
    redis: true,
    script: weirScript,
  },
  {
    name: "native-redis",
    title: "native cfg, the same three Redis steps",
    cfg: join(__dirname, "native-redis.cfg"),
    redis: true,
    prepare: loadLibrary,
  },
  {
    name: "native-redis-2",
    title: "native cfg, no Redis step at ACK",
    cfg: join(__dirname, "native-redis.cfg"),
    redis: true,
    defines: { WITHOUT_CONFIRM: true },
    prepare: loadLibrary,
  },
  { name: "weir-embedded", title: "Weir, embedded ledger", cfg: weirConfiguration, redis: false, script: weirScript },
  {
    name: "native-stack",
    title: "native: call load + dialog profiles",
    cfg: join(__dirname, "native-stack.cfg"),
    redis: false,
  },
];

/** One tenant recognised by its trunk's address, one pool with one node that never fills up. */
async function weirScript(node: HostPort): Promise<string> {
  const directory = ownedDirectory();
  const policy = join(directory, "policy.ts");
  writeFileSync(
    policy,
    `import { definePolicy } from "weir";
export default definePolicy({
  pools: { main: { nodes: [{ id: "node-1", address: "sip:${formatHostPort(node)}", capacity: 100000 }] } },
  tenants: {
    acme: {
      domains: ["acme.example"],
      trunks: ["127.0.0.21"],
      pool: "main",
      calls: { max: 100000 },
    },
  },
  trusted: ["127.0.0.21"],
});
`,
  );
  // The file is written here and the runtime is checked by the build itself; a second type check tells nothing.
  const { files } = await build({ policy, out: directory, typeCheck: false });
  if (files === undefined) {
    throw new Error("the build wrote nothing");
  }
  return files.script;
}

async function loadLibrary(redis: RedisServer, node: HostPort): Promise<void> {
  const text = readFileSync(join(__dirname, "library.lua"), "utf8");
  const nodes = `{ { id = "node-1", uri = "sip:${formatHostPort(node)}" } }`;
  const client = new Redis({ host: redis.host, port: redis.port });
  try {
    await client.call("FUNCTION", "LOAD", "REPLACE", text.replace("NODES", nodes));
  } finally {
    client.disconnect();
  }
}
