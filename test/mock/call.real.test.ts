/** Whole calls: tm and rr of the mock and of a real Kamailio, step by step. Needs Kamailio. */
import { createSocket, type Socket } from "node:dgram";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createMock, type Mock, type MockOutcome, type MockRelay } from "../../kemi/mock";
import { callScript } from "./call-script";
import { type Call, calls, type Ports, requestOf, type Step } from "./call-steps";
import { freePort, lower, startKamailio } from "./kamailio";

/** What happened in one step, in no particular order: "up" to the caller, "1" and "2" to the nodes, "seen" by the script. */
type Events = string[];

function describeRequest(node: number, text: string): string {
  const lines = text.split("\r\n");
  const kept = lines.filter((line) => /^(record-route|route|x-kept|x-branch|max-forwards):/i.test(line));
  return `${node} ${lines[0]} | ${kept.join(" | ")}`;
}

function playMock(call: Call, index: number, ports: Ports): Events[] {
  const mock: Mock = createMock({
    listen: [{ ip: "127.0.0.1", port: ports.proxy, proto: "udp" }],
    aliases: ["proxy.example"],
    sanityNoReply: true,
  });
  const [first, second] = ports.nodes.map((port) => `sip:127.0.0.1:${port}`) as [string, string];
  Object.assign(mock.globals, callScript(mock.ksr, first, second));
  const sent: { [node: number]: MockRelay } = {};
  return call.steps.map((step) => {
    let outcome: MockOutcome;
    if ("send" in step) {
      const from = { ip: "127.0.0.1", port: ports.client, proto: "udp" as const };
      outcome = mock.receive({ message: requestOf(call, index, step, ports), from });
    } else {
      outcome = mock.replyFrom(sent[step.answer] as MockRelay, step.code, { reason: step.reason });
    }
    const events: Events = [];
    for (const relay of outcome.relays.concat(outcome.generated)) {
      const node = relay.destination.includes(`:${ports.nodes[1]}`) ? 2 : 1;
      if (relay.method === "INVITE") sent[node] = relay;
      events.push(describeRequest(node, relay.text));
    }
    for (const reply of outcome.replies.concat(outcome.automatic)) {
      const extra = reply.headers.filter((line) => line.startsWith("X-") || line.startsWith("Unsupported:"));
      events.push(`up ${reply.code} ${reply.reason} ${reply.method} ${extra.join(" ")}`);
    }
    for (const log of outcome.logs) if (log.text.startsWith("SEEN ")) events.push(log.text.trim());
    return events.sort();
  });
}

/** Sockets around a real Kamailio. Nodes answer CANCEL by themselves, and repeated datagrams count once. */
class RealWorld {
  events: Events = [];
  private callId = "";
  private readonly lastInvite: { [node: number]: string } = {};
  private readonly known = new Set<string>();

  constructor(
    readonly ports: Ports,
    private readonly client: Socket,
    private readonly nodes: [Socket, Socket],
    private readonly log: () => string,
  ) {
    client.on("message", (data) => {
      const text = data.toString("latin1");
      // Final replies that nobody acknowledges are repeated into the next call.
      if (!text.includes(`\r\nCall-ID: ${this.callId}\r\n`)) return;
      const status = /^SIP\/2\.0 (\d+ .*)\r\n/.exec(text);
      const method = /\r\nCSeq: \d+ (\w+)/i.exec(text);
      const extra = text.split("\r\n").filter((line) => line.startsWith("X-") || line.startsWith("Unsupported:"));
      this.events.push(`up ${status?.[1]} ${method?.[1]} ${extra.join(" ")}`);
    });
    nodes.forEach((socket, index) => {
      socket.on("message", (data) => this.atNode(index + 1, data.toString("latin1")));
    });
  }

  private atNode(node: number, text: string): void {
    if (this.known.has(text)) return;
    this.known.add(text);
    if (text.startsWith("INVITE ")) this.lastInvite[node] = text;
    const callId = `\r\nCall-ID: ${this.callId}\r\n`;
    if (text.startsWith("CANCEL ") && this.lastInvite[node]?.includes(callId)) this.reply(node, text, 200, "OK");
    this.events.push(describeRequest(node, text));
  }

  private reply(node: number, request: string, code: number, reason: string): void {
    const kept = request.split("\r\n").filter((line) => /^(via|from|call-id|cseq|record-route):/i.test(line));
    const to = request.split("\r\n").find((line) => /^to:/i.test(line)) as string;
    const lines = [`SIP/2.0 ${code} ${reason}`, ...kept, to.includes("tag=") ? to : `${to};tag=callee`];
    const text = `${lines.concat("Content-Length: 0").join("\r\n")}\r\n\r\n`;
    (this.nodes[node - 1] as Socket).send(Buffer.from(text, "latin1"), this.ports.proxy, "127.0.0.1");
  }

  async play(call: Call, index: number): Promise<Events[]> {
    const out: Events[] = [];
    this.callId = `call-${index}`;
    for (const step of call.steps) out.push(await this.step(call, index, step));
    return out;
  }

  private async step(call: Call, index: number, step: Step): Promise<Events> {
    this.events = [];
    const before = this.log().length;
    if ("send" in step) {
      const text = requestOf(call, index, step, this.ports);
      this.client.send(Buffer.from(text, "latin1"), this.ports.proxy, "127.0.0.1");
    } else {
      this.reply(step.answer, this.lastInvite[step.answer] as string, step.code, step.reason);
    }
    await quiet(() => this.events.length + this.log().length);
    for (const line of this.log().slice(before).split("\n")) {
      const seen = /SEEN .*/.exec(line);
      if (seen) this.events.push(seen[0].trim());
    }
    return this.events.sort();
  }
}

/** Waits until a count has not changed for a while. */
async function quiet(count: () => number): Promise<void> {
  let last = -1;
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 90));
    const now = count();
    if (now === last && i > 1) return;
    last = now;
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return socket;
}

test("calls go the same way on the mock and in Kamailio", async () => {
  const client = await bound();
  const nodes: [Socket, Socket] = [await bound(), await bound()];
  const ports: Ports = {
    proxy: await freePort(),
    client: client.address().port,
    nodes: [nodes[0].address().port, nodes[1].address().port],
  };
  const script = [
    lower(path.join(__dirname, "call-script.ts"), "C"),
    `var S = C.callScript(KSR, "sip:127.0.0.1:${ports.nodes[0]}", "sip:127.0.0.1:${ports.nodes[1]}");`,
    ..."ksr_request_route ksr_failure_invite ksr_branch_invite ksr_onreply_invite"
      .split(" ")
      .map((name) => `var ${name} = S.${name};`),
  ].join("\n");
  const kamailio = await startKamailio(ports.proxy, script);
  try {
    const real = new RealWorld(ports, client, nodes, kamailio.log);
    const differences: unknown[] = [];
    for (const [index, call] of calls.entries()) {
      const expected = await real.play(call, index);
      const actual = playMock(call, index, ports);
      call.steps.forEach((step, at) => {
        if (JSON.stringify(expected[at]) !== JSON.stringify(actual[at])) {
          differences.push({ call: call.name, step, kamailio: expected[at], mock: actual[at] });
        }
      });
    }
    assert.is(JSON.stringify(differences, null, 1), "[]");
  } finally {
    client.close();
    for (const socket of nodes) socket.close();
    await kamailio.stop();
  }
});

test.run();
