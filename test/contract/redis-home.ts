/** The compiled Lua, in a Redis or in what stands for one. */
import Redis from "ioredis";
import RedisMock from "ioredis-mock";
import { compileLedger, evalScript } from "../../src/build/ledger";
import { startRedis } from "../../src/host/redis";
import type { Home } from "./home";
import { STEPS, type StepName } from "./steps";

/** Connections that take turns, as proxies do. */
const CONNECTIONS = 4;

/** A little more than asked for: timers may fire a millisecond early. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms + 5));
}

/**
 * Answers TIME from the last two arguments. ioredis-mock's own TIME takes seconds from one clock, rounded, and
 * microseconds from another, so that it runs backwards now and then.
 */
const TIME_FROM_ARGUMENTS = `
local SERVER = redis
local redis = setmetatable({call = function(command, ...)
  if command == "TIME" then return {ARGV[#ARGV - 1], ARGV[#ARGV]} end
  return SERVER.call(command, ...)
end}, {__index = SERVER})
`;

/** ioredis-mock: Lua runs in JavaScript. Each call compiles the whole ledger, which takes 10 to 15 ms. */
export async function ioredisMockHome(): Promise<Home> {
  const redis = new RedisMock();
  const scripts = Object.fromEntries(
    Object.keys(STEPS).map((name) => [name, `${TIME_FROM_ARGUMENTS}${evalScript(name)}`]),
  ) as Record<StepName, string>;
  // The mock's expiry asks Date, so that is the clock to move.
  const { now } = Date;
  let ahead = 0;
  Date.now = () => now() + ahead;
  return {
    step(name, key, args, secondKey) {
      const time = Date.now();
      const clock = [`${Math.floor(time / 1000)}`, `${(time % 1000) * 1000}`];
      return text(redis.eval(scripts[name], ...keysAndArgs(key, args, secondKey), ...clock));
    },
    async pass(ms) {
      ahead += ms;
    },
    now: () => Date.now(),
    stored: (part) => stored(redis, part),
    async close() {
      Date.now = now;
      await redis.flushall();
      redis.disconnect();
    },
  };
}

/** A Redis home lets tests at the server as well. */
export interface RedisHome extends Home {
  readonly redis: Redis;
  /** As `npm start -- --redis` takes it. */
  readonly url: string;
  /** Loads the library, as a proxy does when Redis lacks it. */
  load(): Promise<void>;
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
  const load = async () => {
    await redis.call("FUNCTION", "LOAD", "REPLACE", code);
  };
  await load();
  let turn = 0;
  return {
    redis,
    url: server.url,
    load,
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
