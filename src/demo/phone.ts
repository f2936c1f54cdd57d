/** A phone and a caller in one: just enough of a user agent (RFC 3261) to register, ring, call and ask. */

import { formatHostPort, type HostPort } from "../host/listener";
import { type SipMessage, SipSocket } from "../host/sip-socket";

/** How long an answer may take before it counts as missing (status 408). */
const ANSWER_MS = 3000;

let serial = 0;

/** One user's device. It answers calls and OPTIONS by itself for as long as it is open. */
export class DemoPhone {
  private running = true;
  private readonly answering: Promise<void>;

  private constructor(
    private readonly socket: SipSocket,
    private readonly user: string,
    private readonly domain: string,
    private readonly proxy: HostPort,
  ) {
    this.answering = this.answer();
  }

  static async open(user: string, domain: string, proxy: HostPort): Promise<DemoPhone> {
    return new DemoPhone(await SipSocket.open("udp", "127.0.0.1"), user, domain, proxy);
  }

  /** The address of record. */
  get uri(): string {
    return `sip:${this.user}@${this.domain}`;
  }

  async close(): Promise<void> {
    this.running = false;
    await this.answering;
    this.socket.close();
  }

  /** Registers for so many seconds; returns the status and what was granted. */
  async register(expiresSeconds: number): Promise<{ status: number; grantedSeconds: number }> {
    const reply = await this.ask("REGISTER", `sip:${this.domain}`, this.uri, [`Expires: ${expiresSeconds}`]);
    const granted = /;\s*expires=(\d+)/i.exec(reply?.header("Contact") ?? "")?.[1];
    return { status: reply?.status ?? 408, grantedSeconds: Number(granted ?? 0) };
  }

  /** Asks with OPTIONS whether a user can be reached; returns the status. */
  async reaches(uri: string): Promise<number> {
    return (await this.ask("OPTIONS", uri, uri))?.status ?? 408;
  }

  /** Calls, talks for `talkMs` when answered, hangs up; returns the final status of the INVITE. */
  async call(uri: string, talkMs: number): Promise<number> {
    const dialog = this.dialog(uri);
    const branch = newBranch();
    const reply = await this.transaction("INVITE", uri, dialog, 1, branch);
    if (reply?.status == null) return 408;
    const to = reply.header("To") ?? dialog.to;
    if (reply.status >= 300) {
      await this.send("ACK", uri, { ...dialog, to }, 1, branch);
      return reply.status;
    }
    const remote = /<([^>]*)>/.exec(reply.header("Contact") ?? "")?.[1] ?? uri;
    const routes = reply.headers("Record-Route").flatMap((line) => line.split(/,\s*/));
    const route = routes.length === 0 ? [] : [`Route: ${routes.reverse().join(", ")}`];
    await this.send("ACK", remote, { ...dialog, to }, 1, newBranch(), route);
    await new Promise((resolve) => setTimeout(resolve, talkMs));
    await this.transaction("BYE", remote, { ...dialog, to }, 2, newBranch(), route);
    return reply.status;
  }

  private ask(method: string, uri: string, to: string, headers: readonly string[] = []): Promise<SipMessage | null> {
    return this.transaction(method, uri, this.dialog(to), 1, newBranch(), headers);
  }

  private dialog(to: string): Dialog {
    serial++;
    return {
      callId: `demo-${process.pid}-${Date.now()}-${serial}`,
      from: `<${this.uri}>;tag=d${serial}`,
      to: `<${to}>`,
    };
  }

  /** Sends a request until something answers (RFC 3261 section 17.1.2); null when nothing final comes. */
  private async transaction(
    method: string,
    uri: string,
    dialog: Dialog,
    cseq: number,
    branch: string,
    headers: readonly string[] = [],
  ): Promise<SipMessage | null> {
    const final = this.socket
      .next(
        (message) =>
          (message.status ?? 0) >= 200 &&
          message.header("Call-ID") === dialog.callId &&
          message.header("CSeq") === `${cseq} ${method}`,
        ANSWER_MS,
      )
      .catch(() => null);
    let waiting = true;
    void final.then(() => {
      waiting = false;
    });
    for (let delayMs = 500; waiting; delayMs *= 2) {
      await this.send(method, uri, dialog, cseq, branch, headers);
      await Promise.race([final, new Promise((resolve) => setTimeout(resolve, delayMs).unref())]);
    }
    return final;
  }

  private async send(
    method: string,
    uri: string,
    dialog: Dialog,
    cseq: number,
    branch: string,
    headers: readonly string[] = [],
  ): Promise<void> {
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${this.socket.hostPort};rport;branch=${branch}`,
      `From: ${dialog.from}`,
      `To: ${dialog.to}`,
      `Call-ID: ${dialog.callId}`,
      `CSeq: ${cseq} ${method}`,
      "Max-Forwards: 70",
      `Contact: <sip:${this.user}@${this.socket.hostPort}>`,
      ...headers,
      "Content-Length: 0",
    ];
    await this.socket.send(`${lines.join("\r\n")}\r\n\r\n`, this.proxy);
  }

  private async answer(): Promise<void> {
    while (this.running) {
      // Short turns, so that closing needs no way to wake a sleeper.
      const request = await this.socket.nextRequest(undefined, 200).catch(() => null);
      if (request === null || request.method === "ACK") continue;
      const headers = [`Contact: <sip:${this.user}@${this.socket.hostPort}>`];
      await this.socket.reply(request, 200, "OK", { toTag: "phone", headers });
    }
  }
}

interface Dialog {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
}

function newBranch(): string {
  serial++;
  return `z9hG4bK-demo-${process.pid}-${serial}`;
}

/** The URI of a number at the proxy itself, as trunks and devices dial the outside world. */
export function numberAt(number: string, proxy: HostPort): string {
  return `sip:${number}@${formatHostPort(proxy)}`;
}
