import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "../../src/build/build";
import { type Kamailio, type KamailioOptions, startKamailio } from "../../src/host/kamailio";
import { type RedisServer, startRedis } from "../../src/host/redis";
import { readStatus, type Status } from "../../src/host/status";

/** The same secret for all proxies of a test. */
export const SECRET = "a secret that is long enough for tests";

/** A built policy. */
export interface BuiltRouter {
  readonly script: string;
  readonly dispatcherList: string;
  /** Removes what was built. */
  remove(): void;
}

/**
 * Builds a policy given as the text of an object literal (so that it may hold functions and calls such as
 * `leastLoaded()`), or as a value.
 */
export async function buildRouter(policy: string | object): Promise<BuiltRouter> {
  const directory = mkdtempSync(join(tmpdir(), "weir-router-"));
  const file = join(directory, "policy.ts");
  const text = typeof policy === "string" ? policy : JSON.stringify(policy, null, 2);
  const imports = ["byDefault", "definePolicy", "leastLoaded", "refuse", "toPool", "toUser"].filter(
    (name) => name === "definePolicy" || text.includes(`${name}(`),
  );
  writeFileSync(file, `import { ${imports.join(", ")} } from "weir";\n\nexport default definePolicy(${text});\n`);
  const out = join(directory, "dist");
  await build({ policy: file, out });
  return {
    script: resolve(out, "weir.js"),
    dispatcherList: resolve(out, "dispatcher.list"),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** A proxy under test. */
export interface RunningProxy extends Kamailio {
  status(): Promise<Status>;
}

/** Starts a proxy that runs a built policy. */
export async function startProxy(router: BuiltRouter, options: Partial<KamailioOptions> = {}): Promise<RunningProxy> {
  const kamailio = await startKamailio({
    script: router.script,
    dispatcherList: router.dispatcherList,
    listen: ["udp:127.0.0.1:0", "tcp:127.0.0.1:0"],
    http: "127.0.0.1:0",
    secret: SECRET,
    ...options,
  });
  const status = () => readStatus(kamailio.http ?? { host: "127.0.0.1", port: 0 }, 5000);
  return Object.assign(kamailio, { status });
}

/** Where a test's ledger lives. */
export type Home = "embedded" | "redis";

/** Runs `body` with what a home needs running beside the proxies. */
export async function withHome(
  home: Home,
  body: (options: Partial<KamailioOptions>, redis: RedisServer | null) => Promise<void>,
): Promise<void> {
  if (home === "embedded") {
    await body({}, null);
    return;
  }
  const redis = await startRedis();
  try {
    await body({ redis: redis.url }, redis);
  } finally {
    await redis.stop();
  }
}
