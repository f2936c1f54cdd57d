import { connect } from "node:net";
import { join } from "node:path";
import { bindError, freePort } from "./ports";
import { type OwnedProcess, ownedDirectory, removeOwnedDirectory, spawnOwned } from "./process";

export interface RedisOptions {
  /** TCP port on 127.0.0.1; a free one when absent. */
  port?: number;
  password?: string;
  /** More lines for `redis-server`, e.g. `["--maxmemory", "64mb"]`. */
  args?: readonly string[];
}

/** A Redis server of our own: loopback only, nothing on disk. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** Path of its Unix socket. */
  readonly socketPath: string;
  /** `redis://…`, as `npm start --redis` takes it. */
  readonly url: string;
  readonly pid: number;
  log(): string;
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill9(): Promise<void>;
  /** Stalls it: connections stay open, nothing is answered until `resume`. */
  pause(): void;
  resume(): void;
}

/** Starts Redis and waits until it answers. Throws with its own last lines when it does not. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const host = "127.0.0.1";
  const tries = options.port === undefined ? 3 : 1;
  let failure = new Error("Redis did not start");
  for (let attempt = 0; attempt < tries; attempt++) {
    const port = options.port ?? (await freePort(host));
    const directory = ownedDirectory();
    const socketPath = join(directory, "redis.sock");
    const password = options.password === undefined ? [] : ["--requirepass", options.password];
    const settings = ["--bind", host, "--port", `${port}`, "--unixsocket", socketPath, "--dir", directory];
    const child = await spawnOwned("redis-server", [
      ...settings,
      ...["--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "notice"],
      ...password,
      ...(options.args ?? []),
    ]);
    try {
      await waitForAnswer(child, host, port);
    } catch (error) {
      await child.stop(0);
      removeOwnedDirectory(directory);
      const taken = (await bindError({ protocol: "tcp", host, port })) === "EADDRINUSE";
      failure = taken
        ? new Error(`Redis did not start: ${host}:${port} is taken; choose another port`)
        : new Error(`${error instanceof Error ? error.message : error}\n${lastLines(child.output())}`);
      continue;
    }
    const end = async (action: () => Promise<unknown>) => {
      await action();
      removeOwnedDirectory(directory);
    };
    return {
      host,
      port,
      socketPath,
      url: `redis://${options.password === undefined ? "" : `:${encodeURIComponent(options.password)}@`}${host}:${port}`,
      pid: child.pid,
      log: child.output,
      stop: () => end(() => child.stop()),
      kill9: () =>
        end(async () => {
          child.signal("SIGKILL");
          await child.exited;
        }),
      pause: () => child.signal("SIGSTOP"),
      resume: () => child.signal("SIGCONT"),
    };
  }
  throw failure;
}

async function waitForAnswer(child: OwnedProcess, host: string, port: number): Promise<void> {
  const end = Date.now() + 10_000;
  while (Date.now() < end) {
    if (child.exit() !== null) {
      throw new Error("Redis ended at once:");
    }
    // Somebody else's Redis on this port would answer too, so ours has to have said that it listens.
    if (child.output().includes("Ready to accept connections") && (await answers(host, port))) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("Redis did not answer within 10 s:");
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.setTimeout(500, () => socket.destroy());
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("error", () => socket.destroy());
    socket.once("close", () => resolve(false));
  });
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-5).join("\n");
}
