import { connect } from "node:net";

/**
 * Client for Kamailio's binary RPC (module ctl) over a Unix socket. A packet is a two-byte head (magic and version,
 * type and lengths), total length, cookie, then values; each value has a byte with a three-bit size and a type.
 */

/** A value of an RPC answer. */
export type RpcValue = number | string | null | RpcValue[] | { [name: string]: RpcValue };

/** A fault that Kamailio itself answered, for instance 404 for an unknown method. */
export class RpcFault extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    method: string,
  ) {
    super(`RPC ${method}: ${code} ${reason}`);
  }
}

const type = { int: 0, string: 1, double: 2, struct: 3, array: 4, name: 5, bytes: 6 } as const;
const packetFault = 3;

/**
 * Calls an RPC method. Returns the list of values of the answer (most methods answer exactly one). Throws `RpcFault`
 * when Kamailio refuses, an Error when the socket fails or nothing comes within `timeoutMs`.
 */
export function callRpc(
  socketPath: string,
  method: string,
  params: readonly (string | number)[] = [],
  timeoutMs = 5000,
): Promise<RpcValue[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let received = Buffer.alloc(0);
    const finish = (action: () => void) => {
      clearTimeout(timer);
      socket.destroy();
      action();
    };
    const timer = setTimeout(
      () => finish(() => reject(new Error(`RPC ${method}: no answer within ${timeoutMs} ms`))),
      timeoutMs,
    );
    socket.on("connect", () => socket.write(encodeRequest([method, ...params])));
    socket.on("error", (error) => finish(() => reject(error)));
    socket.on("close", () => finish(() => reject(new Error(`RPC ${method}: connection closed before the answer`))));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      try {
        const answer = decodePacket(received);
        if (answer !== null) {
          const [code, reason] = answer.values;
          finish(() =>
            answer.fault ? reject(new RpcFault(Number(code), String(reason), method)) : resolve(answer.values),
          );
        }
      } catch (error) {
        finish(() => reject(error));
      }
    });
  });
}

/** Encodes a request: method and parameters are values like any other. */
export function encodeRequest(values: readonly (string | number)[]): Buffer {
  const body = Buffer.concat(values.map(encodeValue));
  const head = Buffer.alloc(10);
  head[0] = 0xa1;
  head[1] = (3 << 2) | 3;
  head.writeUInt32BE(body.length, 2);
  head.writeUInt32BE(1, 6);
  return Buffer.concat([head, body]);
}

/** Decodes an answer; null while bytes are missing. Throws when it is none. */
export function decodePacket(packet: Buffer): { fault: boolean; values: RpcValue[] } | null {
  const flags = packet[1];
  if (flags === undefined) {
    return null;
  }
  if (packet[0] !== 0xa1) {
    throw new Error("not a binary RPC packet");
  }
  const lengthBytes = ((flags >> 2) & 3) + 1;
  const start = 2 + lengthBytes + (flags & 3) + 1;
  if (packet.length < start) {
    return null;
  }
  const end = start + packet.readUIntBE(2, lengthBytes);
  if (packet.length < end) {
    return null;
  }
  const reader = new Reader(packet.subarray(start, end));
  return { fault: flags >> 4 === packetFault, values: reader.values() };
}

function encodeValue(value: string | number): Buffer {
  if (typeof value === "number") {
    const bytes = Buffer.alloc(5);
    bytes[0] = (4 << 4) | type.int;
    bytes.writeInt32BE(value, 1);
    return bytes;
  }
  const text = Buffer.from(`${value}\0`);
  const head = Buffer.alloc(5);
  head[0] = 0x80 | (4 << 4) | type.string;
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, text]);
}

const endOfGroup = Symbol("end");

class Reader {
  private offset = 0;
  constructor(private readonly bytes: Buffer) {}

  /** Values up to the end of the packet or of the array. */
  values(): RpcValue[] {
    const values: RpcValue[] = [];
    while (this.offset < this.bytes.length) {
      const value = this.value();
      if (value === endOfGroup) {
        break;
      }
      values.push(value);
    }
    return values;
  }

  private value(): RpcValue | typeof endOfGroup {
    const { kind, size, long } = this.record();
    switch (kind) {
      case type.struct:
      case type.array:
        if (long) {
          return endOfGroup;
        }
        return kind === type.array ? this.values() : this.struct();
      case type.int:
        return this.int(size);
      case type.double:
        return this.int(size) / 1000;
      case type.string:
      case type.name:
        return size === 0 ? null : this.take(size).toString("utf8", 0, size - 1);
      case type.bytes:
        return this.take(size).toString("latin1");
      default:
        throw new Error(`binary RPC value of unknown type ${kind}`);
    }
  }

  /** Names may repeat (lists inside a struct); the values of a repeated name become an array. */
  private struct(): RpcValue {
    const result: { [name: string]: RpcValue } = Object.create(null);
    const counts = new Map<string, number>();
    for (;;) {
      const name = this.value();
      if (typeof name !== "string") {
        return result;
      }
      const value = this.value();
      if (value === endOfGroup) {
        return result;
      }
      const count = counts.get(name) ?? 0;
      const before = result[name];
      if (count === 0) {
        result[name] = value;
      } else if (count > 1 && Array.isArray(before)) {
        before.push(value);
      } else {
        result[name] = [before ?? null, value];
      }
      counts.set(name, count + 1);
    }
  }

  private record(): { kind: number; size: number; long: boolean } {
    const first = this.take(1)[0] ?? 0;
    const long = (first & 0x80) !== 0;
    const kind = first & 0x0f;
    const size = (first >> 4) & 7;
    if (!long || kind === type.struct || kind === type.array) {
      return { kind, size, long };
    }
    return { kind, size: this.int(size), long };
  }

  private int(size: number): number {
    if (size === 0) {
      return 0;
    }
    const bytes = this.take(size);
    // Four bytes are a signed 32-bit number, fewer are its low bytes.
    return size === 4 ? bytes.readInt32BE(0) : bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  }

  private take(size: number): Buffer {
    if (this.offset + size > this.bytes.length) {
      throw new Error("binary RPC packet is cut short");
    }
    this.offset += size;
    return this.bytes.subarray(this.offset - size, this.offset);
  }
}
