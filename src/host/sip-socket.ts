import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, createServer, type Server, type Socket as TcpSocket } from "node:net";
import { formatHostPort, type HostPort } from "./listener";

/** A SIP message, parsed just enough for tests. Header names are kept as sent and found without regard to case. */
export interface SipMessage {
  /** Exactly as it came; bytes as latin1 characters. */
  raw: string;
  startLine: string;
  /** Method of a request; null for a reply. */
  method: string | null;
  requestUri: string | null;
  /** Status of a reply; null for a request. */
  status: number | null;
  reason: string | null;
  body: string;
  /** First value of a header (short forms included); null when absent. */
  header(name: string): string | null;
  /** All lines of a header, in order. */
  headers(name: string): string[];
  /** Where it came from. */
  from: HostPort;
}

export interface ReplyOptions {
  /** Tag for To when the request has none. */
  toTag?: string;
  /** More header lines, without line ends. */
  headers?: readonly string[];
  body?: string;
}

const shortForms: Readonly<Record<string, string>> = {
  v: "via",
  f: "from",
  t: "to",
  i: "call-id",
  m: "contact",
  l: "content-length",
  c: "content-type",
  k: "supported",
  s: "subject",
};

/** Parses one complete message. Throws when there is no start line. */
export function parseSipMessage(raw: string, from: HostPort): SipMessage {
  const split = raw.indexOf("\r\n\r\n");
  const head = split < 0 ? raw : raw.slice(0, split);
  const [startLine = "", ...lines] = head.replace(/\r\n[ \t]+/g, " ").split("\r\n");
  const status = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(startLine);
  const request = /^(\S+) (\S+) SIP\/2\.0$/.exec(startLine);
  if (status === null && request === null) {
    throw new Error(`not a SIP message: ${JSON.stringify(startLine.slice(0, 80))}`);
  }
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim().toLowerCase();
    return { name: shortForms[name] ?? name, value: line.slice(colon + 1).trim() };
  });
  const headers = (name: string) =>
    fields.filter((field) => field.name === name.toLowerCase()).map((field) => field.value);
  return {
    raw,
    startLine,
    method: request?.[1] ?? null,
    requestUri: request?.[2] ?? null,
    status: status === null ? null : Number(status[1]),
    reason: status?.[2] ?? null,
    body: split < 0 ? "" : raw.slice(split + 4),
    header: (name) => headers(name)[0] ?? null,
    headers,
    from,
  };
}

/** A reply to a request: copies Via, From, To (with a tag), Call-ID, CSeq and Record-Route (RFC 3261 §8.2.6.2, §12.1.1). */
export function replyTo(request: SipMessage, status: number, reason: string, options: ReplyOptions = {}): string {
  const lines = [`SIP/2.0 ${status} ${reason}`];
  lines.push(...request.headers("Via").map((value) => `Via: ${value}`));
  lines.push(...request.headers("Record-Route").map((value) => `Record-Route: ${value}`));
  lines.push(`From: ${request.header("From") ?? ""}`);
  const to = request.header("To") ?? "";
  const needsTag = status > 100 && !/;\s*tag=/i.test(to);
  lines.push(`To: ${to}${needsTag ? `;tag=${options.toTag ?? "uas"}` : ""}`);
  lines.push(`Call-ID: ${request.header("Call-ID") ?? ""}`, `CSeq: ${request.header("CSeq") ?? ""}`);
  lines.push(...(options.headers ?? []));
  const body = options.body ?? "";
  return `${lines.join("\r\n")}\r\nContent-Length: ${Buffer.byteLength(body, "latin1")}\r\n\r\n${body}`;
}

type Waiter = { accept: (message: SipMessage) => boolean; resolve: (message: SipMessage) => void };

/**
 * A SIP end for tests. UDP: one bound socket. TCP: accepts connections on its address, and opens one to whoever it sends
 * to first. Text is sent byte for byte (latin1), so it can be as malformed as a test likes.
 */
export class SipSocket {
  private readonly received: SipMessage[] = [];
  private readonly waiters: Waiter[] = [];
  private readonly connections = new Map<string, TcpSocket>();
  private closed = false;

  private constructor(
    readonly protocol: "udp" | "tcp",
    private readonly socket: UdpSocket | Server,
    readonly address: HostPort,
  ) {}

  /** Binds to a free port (or the one given) of a local address. */
  static async open(protocol: "udp" | "tcp" = "udp", host = "127.0.0.1", port = 0): Promise<SipSocket> {
    if (protocol === "udp") {
      const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
      await new Promise<void>((resolve, reject) => {
        socket.once("error", reject);
        socket.bind({ port, address: host, exclusive: true }, resolve);
      });
      const result = new SipSocket("udp", socket, { host, port: socket.address().port });
      socket.on("message", (data, from) =>
        result.take(data.toString("latin1"), { host: from.address, port: from.port }),
      );
      socket.on("error", () => undefined);
      return result;
    }
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host, exclusive: true }, resolve);
    });
    const bound = server.address();
    const result = new SipSocket("tcp", server, {
      host,
      port: typeof bound === "object" && bound !== null ? bound.port : port,
    });
    server.on("connection", (connection) => result.adopt(connection));
    return result;
  }

  /** `HOST:PORT` for use in headers. */
  get hostPort(): string {
    return formatHostPort(this.address);
  }

  /** Sends text as it is. TCP: over the connection that is open to this address, else a new one. */
  async send(text: string, to: HostPort): Promise<void> {
    const bytes = Buffer.from(text, "latin1");
    if ("send" in this.socket) {
      const socket = this.socket;
      await new Promise<void>((resolve, reject) =>
        socket.send(bytes, to.port, to.host, (error) => (error ? reject(error) : resolve())),
      );
      return;
    }
    let connection = this.connections.get(formatHostPort(to));
    if (connection === undefined) {
      connection = connect({ host: to.host, port: to.port });
      const opening = connection;
      await new Promise<void>((resolve, reject) => {
        opening.once("connect", resolve);
        opening.once("error", reject);
      });
      this.adopt(connection);
    }
    connection.write(bytes);
  }

  /** Answers a request where it came from. */
  reply(request: SipMessage, status: number, reason: string, options: ReplyOptions = {}): Promise<void> {
    return this.send(replyTo(request, status, reason, options), request.from);
  }

  /**
   * The oldest message not yet taken that `accept` wants. Throws after `timeoutMs`, with the start lines of what came
   * instead.
   */
  next(
    accept: (message: SipMessage) => boolean = () => true,
    timeoutMs = 10_000,
    what = "nothing that fits",
  ): Promise<SipMessage> {
    const index = this.received.findIndex(accept);
    const [found] = index < 0 ? [] : this.received.splice(index, 1);
    if (found !== undefined) {
      return Promise.resolve(found);
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        accept,
        resolve: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
      };
      const timer = setTimeout(() => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        const others = this.received.map((message) => message.startLine).join(" | ");
        reject(new Error(`${this.hostPort}: ${what} within ${timeoutMs} ms; waiting: [${others}]`));
      }, timeoutMs);
      this.waiters.push(waiter);
    });
  }

  /** Next request, of this method when given. */
  nextRequest(method?: string, timeoutMs?: number): Promise<SipMessage> {
    const fits = (each: SipMessage) => each.method !== null && (method === undefined || each.method === method);
    return this.next(fits, timeoutMs, `no ${method ?? "request"}`);
  }

  /** Next reply with this status; without one the next final reply. */
  nextReply(status?: number, timeoutMs?: number): Promise<SipMessage> {
    return this.next(
      (each) => each.status !== null && (status === undefined ? each.status >= 200 : each.status === status),
      timeoutMs,
    );
  }

  /** Messages that nobody has taken yet. */
  waiting(): readonly SipMessage[] {
    return this.received;
  }

  /** Closes the socket and its connections. */
  close(): void {
    if (this.closed) {
      return;
    }
    this.closed = true;
    for (const connection of this.connections.values()) {
      connection.destroy();
    }
    this.socket.close();
  }

  private adopt(connection: TcpSocket): void {
    const from: HostPort = { host: connection.remoteAddress ?? "", port: connection.remotePort ?? 0 };
    const key = formatHostPort(from);
    this.connections.set(key, connection);
    let buffered = "";
    connection.setEncoding("latin1");
    connection.on("data", (data: string) => {
      buffered += data;
      for (let length = completeLength(buffered); length > 0; length = completeLength(buffered)) {
        this.take(buffered.slice(0, length), from);
        buffered = buffered.slice(length);
      }
    });
    connection.on("error", () => undefined);
    connection.on("close", () => this.connections.delete(key));
  }

  private take(raw: string, from: HostPort): void {
    // Keep-alives of blank lines are no messages.
    if (raw.trim() === "") {
      return;
    }
    const message = parseSipMessage(raw, from);
    const index = this.waiters.findIndex((waiter) => waiter.accept(message));
    const [waiter] = index < 0 ? [] : this.waiters.splice(index, 1);
    if (waiter === undefined) {
      this.received.push(message);
    } else {
      waiter.resolve(message);
    }
  }
}

/** Length of the first complete message in a TCP stream; 0 while more bytes are needed. */
function completeLength(text: string): number {
  const start = /^(?:\r\n)+/.exec(text)?.[0].length ?? 0;
  if (start > 0 && start === text.length) {
    return 0;
  }
  const split = text.indexOf("\r\n\r\n", start);
  if (split < 0) {
    return 0;
  }
  const length = /(?:^|\r\n)(?:Content-Length|l)[ \t]*:[ \t]*(\d+)/i.exec(text.slice(start, split));
  const end = split + 4 + Number(length?.[1] ?? 0);
  return text.length < end ? 0 : end;
}
