import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { KamailioOptions } from "../../src/host/kamailio";
import type { Listener } from "../../src/host/listener";
import { freePort } from "../../src/host/ports";
import { ownedProcesses } from "../../src/host/process";
import type { RedisServer } from "../../src/host/redis";
import { eventually } from "./eventually";
import { Phone } from "./phone";
import { buildRouter, type Home, type RunningProxy, startProxy, withHome } from "./router";

/** A proxy with nodes and a caller around it. */
export interface Scene {
  readonly proxy: RunningProxy;
  /** Starts one more proxy on the same policy and store. */
  another(options?: Partial<KamailioOptions>): Promise<RunningProxy>;
  readonly nodes: readonly Phone[];
  readonly node: Phone;
  /** alice@acme.example on 127.0.0.5: not the proxy's own address, so her calls take the short way too. */
  readonly caller: Phone;
  readonly redis: RedisServer | null;
  /** Opens a phone that is closed with the scene. */
  phone(user: string, domain?: string, host?: string, protocol?: "udp" | "tcp", port?: number): Promise<Phone>;
}

/** What differs from the usual scene: one node of capacity 100, tenant acme with max 5, 127.0.0.1 trusted. */
export interface SceneOptions {
  home: Home;
  /** A node on 127.0.0.11, .12 … for each capacity. */
  capacities?: readonly number[];
  /** Merged over the policy. */
  policy?: Record<string, unknown>;
  /** Text of the route hook. */
  route?: string;
  /** Merged over tenant acme. */
  acme?: Record<string, unknown>;
  kamailio?: Partial<KamailioOptions>;
}

/** Sets a scene, plays it, and clears everything away; what the proxies logged is shown when the play fails. */
export async function withScene(options: SceneOptions, play: (scene: Scene) => Promise<void>): Promise<void> {
  const phones: Phone[] = [];
  const proxies: RunningProxy[] = [];
  const phone: Scene["phone"] = async (
    user,
    domain = "acme.example",
    host = "127.0.0.1",
    protocol = "udp",
    port = 0,
  ) => {
    const opened = await Phone.open(user, domain, host, protocol, port);
    phones.push(opened);
    return opened;
  };
  const capacities = options.capacities ?? [100];
  const nodes: Phone[] = [];
  for (let i = 0; i < capacities.length; i++) {
    const host = `127.0.0.${11 + i}`;
    const node = await phone(`media-${i + 1}`, host, host, "udp", await freePort(host));
    void node.answerProbes();
    nodes.push(node);
  }
  const policy = {
    pools: {
      main: {
        nodes: nodes.map((node, i) => ({
          id: `media-${i + 1}`,
          address: `sip:${node.socket.hostPort}`,
          capacity: capacities[i],
        })),
      },
    },
    tenants: {
      acme: { domains: ["acme.example"], pool: "main", calls: { max: 5 }, ...options.acme },
    },
    registration: { minExpires: 1 },
    trusted: ["127.0.0.1", "127.0.0.5"],
    ...options.policy,
  };
  const text = JSON.stringify(policy, null, 2);
  const router = await buildRouter(
    options.route === undefined ? text : `${text.replace(/\n}$/, "")},\n  route: ${options.route},\n}`,
  );
  try {
    await withHome(options.home, async (store, redis) => {
      const another: Scene["another"] = async (more = {}) => {
        const proxy = await startProxy(router, { logLevel: 2, ...store, ...options.kamailio, ...more });
        proxies.push(proxy);
        return proxy;
      };
      try {
        const proxy = await another();
        const [node] = nodes;
        if (node === undefined) throw new Error("a scene has at least one node");
        await play({
          proxy,
          another,
          nodes,
          node,
          caller: await phone("alice", "acme.example", "127.0.0.5"),
          redis,
          phone,
        });
      } catch (error) {
        for (const proxy of proxies) process.stderr.write(`${noteworthy(proxy.log())}\n`);
        throw error;
      } finally {
        for (const proxy of proxies) if (proxy.running()) await proxy.stop();
      }
    });
  } finally {
    for (const each of phones) each.close();
    router.remove();
  }
}

function noteworthy(log: string): string {
  return log
    .split("\n")
    .filter((line) => !/INFO: (<core> \[core\/(sctp|tcp|udp)|rr|rtimer|ctl)/.test(line))
    .slice(-60)
    .join("\n");
}

/** A suite that checks after each test that nothing is left running. */
export function realSuite(name: string) {
  const test = suite(name);
  test.after.each(() => {
    assert.equal(ownedProcesses(), [], "every test stops what it starts");
  });
  return test;
}

/** Address of a proxy's listener. */
export function at(proxy: RunningProxy, protocol: "udp" | "tcp" = "udp", host = "127.0.0.1"): Listener {
  const listener = proxy.listen.find((each) => each.protocol === protocol && each.host === host);
  if (listener === undefined) throw new Error(`no ${protocol} listener on ${host}`);
  return listener;
}

/** Waits until the pool has this many live calls. */
export async function liveCalls(proxy: RunningProxy, expected: number, timeoutMs = 5000): Promise<void> {
  let seen: number | null = null;
  await eventually(
    `${expected} live calls`,
    async () => {
      seen = (await proxy.status()).pools[0]?.calls ?? null;
      return seen === expected ? true : null;
    },
    timeoutMs,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; there are ${seen}`);
  });
}
