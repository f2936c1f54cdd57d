/** Scenarios in a real Kamailio with real sockets, on both homes: one proxy for all scenarios of a policy. */
import { createSocket, type Socket } from "node:dgram";
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { parseMessage } from "../../kemi/mock/message";
import { build } from "../../src/build/build";
import { freePort } from "../../src/host/ports";
import type { Status } from "../../src/host/status";
import { folderWith } from "../build/files";
import { type BuiltRouter, type RunningProxy, startProxy, withHome } from "../support/router";
import { realSuite } from "../support/scene";
import { homes, policyNames, scenariosOf, type Titled } from "./all";
import { EVERYBODY, PARTIES, type Party, PROXY } from "./parties";
import { type Arrival, type Datagram, heldCalls, Play } from "./play";
import type { PolicyName } from "./scenario";

/** How long something that has to come may take. */
const PATIENCE_MS = 2000;
/** How long to wait for what must not come: between processes of one machine everything takes less. */
const QUIET_MS = 60;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Real ports for those in scenarios, and back. */
class Addresses {
  private constructor(private readonly real: ReadonlyMap<string, string>) {}

  static async find(): Promise<Addresses> {
    const real = new Map<string, string>();
    for (const address of [PROXY, ...Object.values(PARTIES)]) {
      const [host = ""] = address.split(":");
      real.set(address, `${host}:${await freePort(host)}`);
    }
    return new Addresses(real);
  }

  of(address: string): { host: string; port: number } {
    const [host = "", port = ""] = (this.real.get(address) ?? "").split(":");
    return { host, port: Number(port) };
  }

  toReal(text: string): string {
    return [...this.real].reduce((done, [written, real]) => done.replaceAll(written, real), text);
  }

  toWritten(text: string): string {
    return [...this.real].reduce((done, [written, real]) => done.replaceAll(real, written), text);
  }
}

async function buildWith(policy: PolicyName, addresses: Addresses): Promise<BuiltRouter & { out: string }> {
  const text = readFileSync(`${__dirname}/policies/${policy}.ts`, "utf8");
  const folder = folderWith({ "policy.ts": addresses.toReal(text) });
  const { files } = await build({ policy: `${folder}/policy.ts`, out: `${folder}/dist`, typeCheck: false });
  if (files === undefined) throw new Error("nothing was written");
  return { script: files.script, dispatcherList: files.dispatcherList, out: folder, remove: () => undefined };
}

/** Everybody's sockets, open for as long as a proxy runs. */
class RealWorld {
  private readonly sockets = new Map<Party, Socket>();
  private arrived: Arrival[] = [];
  private known = new Set<string>();
  private wake: () => void = () => undefined;

  constructor(
    private readonly addresses: Addresses,
    private readonly proxy: RunningProxy,
  ) {}

  async open(): Promise<void> {
    for (const party of EVERYBODY) {
      const socket = createSocket("udp4");
      this.sockets.set(party, socket);
      const { host, port } = this.addresses.of(PARTIES[party]);
      await new Promise<void>((resolve, reject) => {
        socket.once("error", reject);
        socket.bind({ address: host, port, exclusive: true }, resolve);
      });
      socket.on("message", (data) => this.take(party, this.addresses.toWritten(data.toString("latin1"))));
    }
  }

  close(): void {
    for (const socket of this.sockets.values()) socket.close();
  }

  send({ from, text }: Datagram): void {
    const { host, port } = this.addresses.of(PROXY);
    this.sockets.get(from)?.send(Buffer.from(this.addresses.toReal(text), "latin1"), port, host);
  }

  status(): Promise<Status> {
    return this.proxy.status();
  }

  /** What somebody gets a second time counts again from now on. */
  forget(): void {
    this.known = new Set();
  }

  /** The next message, or null after that time. */
  async next(timeoutMs: number): Promise<Arrival | null> {
    if (this.arrived.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.arrived.shift() ?? null;
  }

  private take(at: Party, text: string): void {
    if (text.startsWith("OPTIONS ") && text.includes("probe@weir.invalid")) {
      this.answerProbe(at, text);
      return;
    }
    // Over UDP whatever is not answered comes again.
    if (this.known.has(`${at} ${text}`)) return;
    this.known.add(`${at} ${text}`);
    const message = parseMessage(text);
    if (message === null) throw new Error(`not SIP: ${text}`);
    this.arrived.push({ at, message });
    this.wake();
  }

  /** As a living node does. */
  private answerProbe(at: Party, text: string): void {
    const lines = text.split("\r\n").filter((line) => /^(via|from|to|call-id|cseq):/i.test(line));
    this.send({ from: at, text: ["SIP/2.0 200 OK", ...lines, "Content-Length: 0", "", ""].join("\r\n") });
  }
}

/** Plays a scenario; throws with what was wrong. */
async function playIn(world: RealWorld, { scenario, mark }: Titled): Promise<void> {
  const play = new Play(scenario, mark);
  const before = await world.status();

  async function takeUntil(end: number, enough: () => boolean): Promise<void> {
    while (!enough() && Date.now() < end) {
      const arrival = await world.next(end - Date.now());
      // What comes late belongs to a scenario that is over.
      if (arrival === null || !play.knows(arrival.message)) continue;
      for (const reaction of play.take(arrival)) world.send(reaction);
    }
  }

  for (const [index, step] of scenario.steps.entries()) {
    if ("again" in step) world.forget();
    const datagram = play.begin(step);
    if (datagram !== null) world.send(datagram);
    if ("waitMs" in step) await takeUntil(Date.now() + step.waitMs, () => false);
    else if (play.missing().length === 0 && datagram !== null) await takeUntil(Date.now() + QUIET_MS, () => false);
    else await takeUntil(Date.now() + PATIENCE_MS, () => play.missing().length === 0 || play.complaints.length > 0);
    for (const each of play.missing()) play.complain(`missing: ${each}`);
    await numbers(play, world, before);
    assert.equal(play.complaints, [], `step ${index + 1}: ${JSON.stringify(step)}`);
  }
  await takeUntil(Date.now() + QUIET_MS, () => false);
  assert.equal(play.complaints, [], "after the last step");
  assert.equal(heldCalls(await world.status()), [], "still held at the end");
}

/** The ledger is told of an ended call after the BYE has gone on, so its numbers may take a moment. */
async function numbers(play: Play, world: RealWorld, before: Status): Promise<void> {
  if (!play.asksNumbers()) return;
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const wrong = play.wrongNumbers(await world.status(), before);
    if (wrong.length === 0) return;
    if (Date.now() > end) {
      for (const each of wrong) play.complain(each);
      return;
    }
    await sleep(10);
  }
}

for (const home of homes) {
  for (const policy of policyNames) {
    const test = realSuite(`scenarios in Kamailio, ${home} home, policy ${policy}`);
    test("every scenario", async () => {
      const addresses = await Addresses.find();
      const router = await buildWith(policy, addresses);
      const failures: string[] = [];
      await withHome(home, async (store) => {
        const { host, port } = addresses.of(PROXY);
        const proxy = await startProxy(router, { ...store, listen: [`udp:${host}:${port}`], logLevel: 1 });
        const world = new RealWorld(addresses, proxy);
        try {
          await world.open();
          for (const titled of scenariosOf(policy)) {
            if (!titled.title.includes(process.env.WEIR_SCENARIO ?? "")) continue;
            // What a failed one has left behind makes others fail.
            if (failures.length > 3) break;
            const logged = proxy.log().length;
            try {
              await playIn(world, titled);
            } catch (error) {
              const message =
                error instanceof Error
                  ? `${error.message}\n${(error as { details?: string }).details ?? ""}`
                  : `${error}`;
              failures.push(`${titled.title}\n${message}\n${proxy.log().slice(logged).slice(-2000)}`);
            }
          }
          assert.not.match(proxy.log(), /exited by a signal|core dumped/);
        } finally {
          world.close();
          await proxy.stop();
        }
      });
      assert.is(failures.join("\n\n"), "");
    });
    test.run();
  }
}
