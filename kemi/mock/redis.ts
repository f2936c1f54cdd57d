/**
 * The ndb_redis module over an injected function. The command string is taken apart as hiredis would, except that a
 * format other than %s bound to an argument throws: in Kamailio it would read stray memory.
 */

/** What a Redis server may answer. Texts are byte strings. */
export type MockRedisReply =
  | { type: "status"; text: string }
  | { type: "string"; text: string }
  | { type: "integer"; value: number }
  | { type: "array"; items: MockRedisReply[] }
  | { type: "nil" }
  /** An error reply: redis_cmd gives -1 and the text is in =>info. */
  | { type: "error"; text: string }
  /** No answer in time, or the connection is gone: -1 and the reply container is empty. */
  | { type: "timeout" }
  /** Never connected: -1, and the container keeps what it held. */
  | { type: "down" }
  /** The module's breaker is open: -2, and the container keeps what it held. */
  | { type: "disabled" };

/** Executes one command; args[0] is its name. */
export type MockRedis = (args: string[], server: string) => MockRedisReply;

/** REDIS_REPLY_* of hiredis. */
const typeNumbers: { [type: string]: number } = { string: 1, array: 2, integer: 3, nil: 4, status: 5, error: 6 };

export class RedisClient {
  private readonly containers: { [name: string]: MockRedisReply | null } = Object.create(null);

  constructor(
    private readonly execute: MockRedis | undefined,
    private readonly misuse: (text: string) => Error,
    private readonly log: (text: string) => void,
  ) {}

  /** 0, -1 or -2, as ndb_redis does it. */
  command(server: string, format: string, bound: string[], container: string): number {
    if (server === "" || format === "" || container === "") return -1;
    const args = this.split(format, bound);
    const reply: MockRedisReply = this.execute ? this.execute(args, server) : { type: "down" };
    if (reply.type === "down") {
      this.log("no redis context for server: " + server);
      return -1;
    }
    if (reply.type === "disabled") return -2;
    if (reply.type === "timeout") {
      this.containers[container] = null;
      return -1;
    }
    this.containers[container] = reply;
    if (reply.type === "error") {
      this.log("Redis error:" + reply.text);
      return -1;
    }
    return 0;
  }

  free(container: string): number {
    if (this.containers[container] === undefined) return -1;
    this.containers[container] = null;
    return 1;
  }

  /** $redis(container=>key), key one of value, value[i], info, type, type[i], size, and value[i]value[j]... chains. */
  read(inner: string): string | number | null {
    const match = /^([^=\s]+)\s*=>\s*(.*)$/.exec(inner);
    if (!match) throw this.misuse("$redis(" + inner + "): not of the form name=>key");
    let reply = this.containers[match[1] as string] || null;
    // Kamailio makes the container when the variable is first read.
    if (reply === null) {
      if (this.containers[match[1] as string] === undefined) this.containers[match[1] as string] = null;
      return null;
    }
    const keys = (match[2] as string).split("=>");
    let key = "";
    let index = -1;
    for (let i = 0; i < keys.length; i++) {
      const part = /^(value|info|size|type)(?:\[(-?\d+)\])?$/.exec(keys[i] as string);
      if (!part) throw this.misuse("$redis(" + inner + "): unknown key");
      key = part[1] as string;
      index = part[2] === undefined ? -1 : Number(part[2]);
      if (i < keys.length - 1) {
        if (reply.type !== "array" || index < 0 || index >= reply.items.length) return null;
        reply = reply.items[index] as MockRedisReply;
      }
    }
    return this.field(reply, key, index);
  }

  private field(reply: MockRedisReply, key: string, index: number): string | number | null {
    const inArray = reply.type === "array" && index >= 0 && index < reply.items.length;
    if (key === "value") {
      if (reply.type === "array") return inArray ? scalar(reply.items[index] as MockRedisReply) : null;
      return index === -1 ? scalar(reply) : null;
    }
    if (key === "info")
      return reply.type === "status" || reply.type === "error" || reply.type === "string" ? reply.text : null;
    if (key === "size") return reply.type === "array" ? reply.items.length : null;
    if (index === -1) return typeNumbers[reply.type] as number;
    return inArray && reply.type === "array"
      ? (typeNumbers[(reply.items[index] as MockRedisReply).type] as number)
      : null;
  }

  /** Words of the format; each %s takes the next bound argument whole. */
  private split(format: string, bound: string[]): string[] {
    const args: string[] = [];
    let next = 0;
    let word = "";
    let touched = false;
    for (let i = 0; i < format.length; i++) {
      const c = format.charAt(i);
      if (c === " ") {
        if (touched) args.push(word);
        word = "";
        touched = false;
      } else if (c === "%") {
        const kind = format.charAt(++i);
        if (kind !== "s") {
          throw this.misuse('KSR.ndb_redis: "%' + kind + '" in the command "' + format + '": only %s is safe');
        }
        if (next >= bound.length) {
          throw this.misuse('KSR.ndb_redis: more %s than arguments in "' + format + '"');
        }
        word += bound[next++] as string;
        touched = true;
      } else {
        word += c;
        touched = true;
      }
    }
    if (touched) args.push(word);
    if (next < bound.length) {
      throw this.misuse('KSR.ndb_redis: fewer %s than arguments in "' + format + '"');
    }
    return args;
  }
}

function scalar(reply: MockRedisReply): string | number | null {
  if (reply.type === "string") return reply.text;
  if (reply.type === "integer") return reply.value | 0;
  return null;
}
