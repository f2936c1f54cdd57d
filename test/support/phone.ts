import type { HostPort } from "../../src/host/listener";
import { type ReplyOptions, type SipMessage, SipSocket } from "../../src/host/sip-socket";
import { requestFrom } from "./requests";

/** A user agent for tests: sends through one proxy and keeps its dialogs' route sets (RFC 3261 section 12). */
export class Phone {
  private open = true;
  /** Set to false, it lets probes go unanswered, as a dead node does. */
  answersProbes = true;

  private constructor(
    readonly socket: SipSocket,
    readonly user: string,
    readonly domain: string,
  ) {}

  /** Answers OPTIONS from now on, as a living node does to Kamailio's probes. */
  async answerProbes(): Promise<void> {
    while (this.open) {
      const probe = await this.socket.nextRequest("OPTIONS", 200).catch(() => null);
      if (probe !== null && this.open && this.answersProbes) await this.socket.reply(probe, 200, "OK");
    }
  }

  static async open(user: string, domain: string, host = "127.0.0.1", protocol: "udp" | "tcp" = "udp", port = 0) {
    return new Phone(await SipSocket.open(protocol, host, port), user, domain);
  }

  get contact(): string {
    return `sip:${this.user}@${this.socket.hostPort}${this.socket.protocol === "tcp" ? ";transport=tcp" : ""}`;
  }

  close(): void {
    this.open = false;
    this.socket.close();
  }

  /** Sends a REGISTER and returns its answer. */
  async register(proxy: HostPort, headers: Record<string, string | null> = {}): Promise<SipMessage> {
    await this.socket.send(
      requestFrom(this.socket, {
        method: "REGISTER",
        uri: `sip:${this.domain}`,
        headers: {
          From: `<sip:${this.user}@${this.domain}>;tag=r${Math.random().toString(36).slice(2)}`,
          To: `<sip:${this.user}@${this.domain}>`,
          Contact: `<${this.contact}>`,
          ...headers,
        },
      }),
      proxy,
    );
    return this.socket.nextReply();
  }

  /** Sends an INVITE; what comes of it is asked of the call. */
  async invite(proxy: HostPort, uri: string, headers: Record<string, string | null> = {}): Promise<OutgoingCall> {
    const text = requestFrom(this.socket, {
      method: "INVITE",
      uri,
      headers: {
        From: `<sip:${this.user}@${this.domain}>;tag=c${Math.random().toString(36).slice(2)}`,
        To: `<${uri}>`,
        Contact: `<${this.contact}>`,
        ...headers,
      },
    });
    await this.socket.send(text, proxy);
    return new OutgoingCall(this, proxy, text);
  }

  /** The next INVITE for this phone. */
  async incoming(timeoutMs?: number): Promise<IncomingCall> {
    return new IncomingCall(this, await this.socket.nextRequest("INVITE", timeoutMs));
  }
}

function headerOf(text: string, name: string): string {
  const found = new RegExp(`^${name}: (.*)$`, "mi").exec(text);
  return (found?.[1] ?? "").trim();
}

function uriOf(value: string): string {
  return /<([^>]*)>/.exec(value)?.[1] ?? value;
}

/** The caller's side of a call. */
export class OutgoingCall {
  readonly callId: string;
  private answer: SipMessage | null = null;
  private cseq = 1;

  constructor(
    private readonly phone: Phone,
    private readonly proxy: HostPort,
    readonly text: string,
  ) {
    this.callId = headerOf(text, "Call-ID");
  }

  /** Next final reply to the INVITE; a refusal is acknowledged. */
  async final(timeoutMs = 5000): Promise<SipMessage> {
    const reply = await this.phone.socket.next(
      (message) =>
        (message.status ?? 0) >= 200 &&
        message.header("Call-ID") === this.callId &&
        (message.header("CSeq") ?? "").endsWith("INVITE"),
      timeoutMs,
    );
    if ((reply.status ?? 0) >= 300) {
      const ack = this.text
        .replace(/^INVITE /, "ACK ")
        .replace(/^CSeq: (\d+) INVITE/m, "CSeq: $1 ACK")
        .replace(/^To: .*$/m, `To: ${reply.header("To")}`);
      await this.phone.socket.send(ack, this.proxy);
    }
    return reply;
  }

  /** Sends the INVITE again, as a lost answer makes a phone do. */
  async retransmit(): Promise<void> {
    await this.phone.socket.send(this.text, this.proxy);
  }

  /** Waits for 200 and acknowledges it. */
  async established(timeoutMs = 5000): Promise<SipMessage> {
    const reply = await this.final(timeoutMs);
    if (reply.status !== 200) throw new Error(`expected 200, got ${reply.startLine}`);
    this.answer = reply;
    await this.within("ACK", this.cseq);
    return reply;
  }

  /** Sends a request within the established dialog. */
  async within(method: string, cseq = ++this.cseq, to = this.proxy, headers: Record<string, string | null> = {}) {
    const answer = this.answer;
    if (answer === null) throw new Error("not established");
    const routes = answer
      .headers("Record-Route")
      .flatMap((line) => line.split(/,\s*/))
      .reverse();
    await this.phone.socket.send(
      requestFrom(this.phone.socket, {
        method,
        uri: uriOf(answer.header("Contact") ?? ""),
        headers: {
          From: headerOf(this.text, "From"),
          To: answer.header("To"),
          "Call-ID": this.callId,
          CSeq: `${cseq} ${method}`,
          Route: routes.length === 0 ? null : routes.join(", "),
          ...headers,
        },
      }),
      to,
    );
  }

  /** Ends the call; through another proxy when one is given. */
  async bye(proxy = this.proxy): Promise<SipMessage> {
    await this.within("BYE", undefined, proxy);
    return this.phone.socket.next(
      (message) => message.status !== null && (message.header("CSeq") ?? "").endsWith("BYE"),
    );
  }

  /** Sends CANCEL and returns its answer. */
  async cancel(): Promise<SipMessage> {
    const text = this.text.replace(/^INVITE /, "CANCEL ").replace(/^CSeq: (\d+) INVITE/m, "CSeq: $1 CANCEL");
    await this.phone.socket.send(text, this.proxy);
    return this.phone.socket.next(
      (message) => message.status !== null && (message.header("CSeq") ?? "").endsWith("CANCEL"),
    );
  }
}

/** The called side of a call. */
export class IncomingCall {
  private readonly tag = `u${Math.random().toString(36).slice(2)}`;
  private cseq = 0;

  constructor(
    private readonly phone: Phone,
    readonly request: SipMessage,
  ) {}

  async reply(status: number, reason: string, options: ReplyOptions = {}): Promise<void> {
    await this.phone.socket.reply(this.request, status, reason, {
      toTag: this.tag,
      ...options,
      headers: [`Contact: <${this.phone.contact}>`, ...(options.headers ?? [])],
    });
  }

  /** Answers 200 and waits for the ACK. */
  async answer(): Promise<SipMessage> {
    await this.reply(200, "OK");
    return this.phone.socket.nextRequest("ACK");
  }

  /** The caller's BYE, answered. */
  async ended(): Promise<SipMessage> {
    const bye = await this.phone.socket.nextRequest("BYE");
    await this.phone.socket.reply(bye, 200, "OK");
    return bye;
  }

  /** Ends the call from this side. */
  async bye(proxy: HostPort): Promise<SipMessage> {
    const from = this.request.header("From") ?? "";
    const routes = this.request.headers("Record-Route").flatMap((line) => line.split(/,\s*/));
    this.cseq++;
    await this.phone.socket.send(
      requestFrom(this.phone.socket, {
        method: "BYE",
        uri: uriOf(this.request.header("Contact") ?? ""),
        headers: {
          From: `${this.request.header("To")};tag=${this.tag}`,
          To: from,
          "Call-ID": this.request.header("Call-ID"),
          CSeq: `${this.cseq} BYE`,
          Route: routes.length === 0 ? null : routes.join(", "),
        },
      }),
      proxy,
    );
    return this.phone.socket.next(
      (message) => message.status !== null && (message.header("CSeq") ?? "").endsWith("BYE"),
    );
  }
}
