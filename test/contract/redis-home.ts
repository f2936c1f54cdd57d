/** The compiled Lua, in a Redis or in what stands for one. */
import Redis from "ioredis";
import RedisMock from "ioredis-mock";
import { compileLedger, evalScript } from "../../src/build/ledger";
import { startRedis } from "../../src/host/redis";
import { type Home, STEP_NAMES, type StepName } from "./home";

/** Connections that take turns, as proxies do. */
const CONNECTIONS = 4;

/** A little more than asked for: timers may fire a millisecond early. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms + 5));
}

/** ioredis-mock: Lua runs in JavaScript, each call compiles the whole ledger. */
export async function ioredisMockHome(): Promise<Home> {
  const redis = new RedisMock();
  const scripts = Object.fromEntries(STEP_NAMES.map((name) => [name, evalScript(name)])) as Record<StepName, string>;
  return {
    step: (name, key, args, secondKey) => text(redis.eval(scripts[name], ...keysAndArgs(key, args, secondKey))),
    pass: sleep,
    now: () => Date.now(),
    stored: (part) => stored(redis, part),
    async close() {
      await redis.flushall();
      redis.disconnect();
    },
  };
}

/** A Redis home lets tests at the server as well. */
export interface RedisHome extends Home {
  readonly redis: Redis;
}

/** A Redis server of its own with the library loaded, and several connections to it. */
export async function redisHome(): Promise<RedisHome> {
  const { name: library, text: code } = compileLedger();
  const server = await startRedis();
  const connections = Array.from(
    { length: CONNECTIONS },
    () => new Redis(server.port, server.host, { maxRetriesPerRequest: 0 }),
  );
  const [redis] = connections;
  if (redis === undefined) throw new Error("no connection");
  await redis.call("FUNCTION", "LOAD", "REPLACE", code);
  let turn = 0;
  return {
    redis,
    step(name, key, args, secondKey) {
      turn++;
      const connection = connections[turn % CONNECTIONS] ?? redis;
      return text(connection.call("FCALL", `${library}_${name}`, ...keysAndArgs(key, args, secondKey)));
    },
    pass: sleep,
    now: () => Date.now(),
    stored: (part) => stored(redis, part),
    async close() {
      for (const connection of connections) connection.disconnect();
      await server.stop();
    },
  };
}

function keysAndArgs(key: string, args: string, secondKey: string | undefined): [number, ...string[]] {
  return secondKey === undefined ? [1, key, args] : [2, key, secondKey, args];
}

async function text(answer: Promise<unknown>): Promise<string> {
  const value = await answer;
  if (typeof value !== "string") throw new Error(`not a text: ${JSON.stringify(value)}`);
  return value;
}

async function stored(redis: Redis, part: string) {
  const names = (await redis.keys("*")).filter((name) => name.includes(part));
  return Promise.all(names.map(async (name) => ({ name, ends: (await redis.pttl(name)) >= 0 })));
}
