/** The compiled Lua, in a Redis or in what stands for one. */
import Redis from "ioredis";
import RedisMock from "ioredis-mock";
import { compileLedger, evalScript } from "../../src/build/ledger";
import { startRedis } from "../../src/host/redis";
import type { Home } from "./home";

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

/** The part of fengari, the Lua inside ioredis-mock, that makes and ends its machines. */
interface Fengari {
  lua: { lua_close(state: object): void; lua_settop(state: object, top: number): void };
  lauxlib: { luaL_newstate(): object };
}

/**
 * ioredis-mock makes a new Lua machine for each script. One that stays is closer to Redis, where a library is loaded
 * once and its own variables live on; and the ledger, which takes 10 ms to compile, is compiled once.
 * @returns puts everything back
 */
function keepOneMachine(): () => void {
  const { lua, lauxlib } = require(require.resolve("fengari", { paths: [require.resolve("ioredis-mock")] })) as Fengari;
  const { luaL_newstate } = lauxlib;
  const { lua_close } = lua;
  const machine = luaL_newstate();
  lauxlib.luaL_newstate = () => {
    lua.lua_settop(machine, 0);
    return machine;
  };
  lua.lua_close = () => undefined;
  return () => {
    Object.assign(lauxlib, { luaL_newstate });
    Object.assign(lua, { lua_close });
    lua.lua_close(machine);
  };
}

/** Leaves the ledger's functions where later scripts find them, instead of calling one. */
function loadScript(): string {
  const text = evalScript("lookUp");
  const call = /\nreturn STEPS\["\w+_lookUp"\]\(KEYS, ARGV\)\n$/.exec(text);
  if (call === null) throw new Error(`the ledger's script for EVAL ends otherwise: ${text.slice(-100)}`);
  return `${TIME_FROM_ARGUMENTS}${text.slice(0, call.index)}\nLEDGER = STEPS\n`;
}

/** ioredis-mock: Lua runs in JavaScript, a millisecond or two a step. */
export async function ioredisMockHome(): Promise<Home> {
  const redis = new RedisMock();
  const putBack = keepOneMachine();
  const { name: library } = compileLedger();
  await redis.eval(loadScript(), 0);
  // The mock's expiry asks Date, so that is the clock to move.
  const { now } = Date;
  let ahead = 0;
  Date.now = () => now() + ahead;
  return {
    step(name, key, args, secondKey) {
      const time = Date.now();
      const clock = [`${Math.floor(time / 1000)}`, `${(time % 1000) * 1000}`];
      const script = `return LEDGER["${library}_${name}"](KEYS, ARGV)`;
      return text(redis.eval(script, ...keysAndArgs(key, args, secondKey), ...clock));
    },
    async pass(ms) {
      ahead += ms;
    },
    now: () => Date.now(),
    stored: (part) => stored(redis, part),
    async close() {
      Date.now = now;
      putBack();
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
