import { request } from "node:http";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addressOf, type Kamailio, KamailioStartError, startKamailio } from "../../src/host/kamailio";
import { parseHostPort } from "../../src/host/listener";
import { ownedProcesses } from "../../src/host/process";
import { startRedis } from "../../src/host/redis";
import { type SipMessage, SipSocket } from "../../src/host/sip-socket";
import { eventually } from "../support/eventually";
import { requestFrom } from "../support/requests";

const script = join(__dirname, "../support/probe.js");
const nobody = "1 sip:127.0.0.1:9 0 0 duid=nobody";
const test = suite("Kamailio with weir.cfg");

/** Asks the probe script what it sees, over any protocol and address family. */
async function ask(kamailio: Kamailio, protocol: "udp" | "tcp" = "udp", host = "127.0.0.1") {
  const listener = kamailio.listen.find((each) => each.protocol === protocol && each.host === host);
  const socket = await SipSocket.open(protocol, host);
  try {
    await socket.send(requestFrom(socket), listener ?? parseHostPort(addressOf(kamailio, protocol)));
    const reply: SipMessage = await socket.nextReply();
    assert.is(reply.status, 200);
    return Object.fromEntries(reply.body.split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2)));
  } finally {
    socket.close();
  }
}

function get(url: string, method = "GET"): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, agent: false, timeout: 3000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    });
    outgoing.on("error", reject).end();
  });
}

test.after.each(async () => {
  assert.equal(ownedProcesses(), [], "every test stops what it starts");
});

test("answers over UDP and TCP, IPv4 and IPv6, and HTTP; the secret comes by environment", async () => {
  const kamailio = await startKamailio({
    script,
    listen: ["udp:127.0.0.1:0", "tcp:127.0.0.1:0", "udp:[::1]:0", "tcp:[::1]:0"],
    http: "127.0.0.1:0",
    secret: 'a"b;c $(x)',
    dispatcherList: [nobody],
  });
  try {
    for (const protocol of ["udp", "tcp"] as const) {
      for (const host of ["127.0.0.1", "::1"]) {
        const seen = await ask(kamailio, protocol, host);
        assert.is(seen.protocol, protocol);
        assert.is(seen.secret, 'a"b;c $(x)');
        assert.is(seen.httpPort, `${kamailio.http?.port}`);
        assert.is(seen.redis, "none");
      }
    }
    assert.is(await get(`http://127.0.0.1:${kamailio.http?.port}/metrics?a=1`), "xhttp:request GET /metrics?a=1");
    const descriptions = (await kamailio.processes()).map(({ description }) => description).join("\n");
    assert.match(descriptions, /RTIMER EXEC child=0 timer=weir/);
    const error = await kamailio.rpc("no.such").catch((each: Error) => each.message);
    assert.match(String(error), /RPC no\.such: 500|RPC no\.such: 404/);
  } finally {
    assert.is((await kamailio.stop()).code, 0);
  }
});

test("the timer runs once a second, and expiring cells of table weir expire", async () => {
  const kamailio = await startKamailio({ script, listen: ["udp:127.0.0.1:0"], dispatcherList: [nobody] });
  try {
    await eventually("first tick", async () => (Number((await ask(kamailio)).ticks) >= 1 ? true : null));
    const before = Number((await ask(kamailio)).ticks);
    await kamailio.rpc("htable.setxs", "weir", "short", "x", 1);
    assert.ok((await kamailio.rpc("htable.get", "weir", "short")).length > 0);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const ticks = Number((await ask(kamailio)).ticks) - before;
    assert.ok(ticks >= 2 && ticks <= 4, `${ticks} ticks in 3 s`);
    const dump = JSON.stringify(await kamailio.rpc("htable.listTables"));
    for (const table of ["weir", "weirlease", "weirlock", "weirhealth"]) {
      assert.ok(dump.includes(`"${table}"`), table);
    }
  } finally {
    await kamailio.stop();
  }
});

test("a node that stops answering is marked and the script told; and again when it is back", async () => {
  const node = await SipSocket.open();
  let answering = true;
  const loop = setInterval(() => {
    for (const message of [...node.waiting()]) {
      void node.next((each) => each === message).then((each) => (answering ? node.reply(each, 200, "OK") : undefined));
    }
  }, 20);
  const uri = `sip:${node.hostPort}`;
  const kamailio = await startKamailio({
    script,
    listen: ["udp:127.0.0.1:0"],
    dispatcherList: [`1 ${uri} 0 0 duid=media-1`],
    defines: { WEIR_PING_INTERVAL: 1, WEIR_PING_FAILURES: 1, WEIR_PING_SUCCESSES: 1, WEIR_FR_TIMER_MS: 500 },
  });
  const flags = async () => /"FLAGS":"(\w+)"/.exec(JSON.stringify(await kamailio.rpc("dispatcher.list")))?.[1] ?? "";
  try {
    await eventually("first probe", async () => ((await flags()) === "AP" ? true : null));
    answering = false;
    await eventually("inactive", async () => ((await flags()) === "IP" ? true : null));
    assert.is((await ask(kamailio)).events, `dispatcher:dst-down ${uri} 408`);
    answering = true;
    await eventually("active again", async () => ((await flags()) === "AP" ? true : null));
    assert.is((await ask(kamailio)).events, `dispatcher:dst-down ${uri} 408, dispatcher:dst-up ${uri} 200`);
  } finally {
    clearInterval(loop);
    node.close();
    await kamailio.stop();
  }
});

test("two at once, one on Redis with a password; each has its own", async () => {
  const redis = await startRedis({ password: "let-me-in" });
  const one = await startKamailio({
    script,
    listen: ["udp:127.0.0.1:0"],
    workers: 1,
    redis: redis.url,
    dispatcherList: [nobody],
  });
  const two = await startKamailio({ script, listen: ["udp:127.0.0.1:0"], dispatcherList: [nobody] });
  try {
    assert.is((await ask(one)).redis, "0");
    assert.is((await ask(two)).redis, "none");
    redis.pause();
    const start = Date.now();
    assert.is((await ask(one)).redis, "-1");
    assert.ok(Date.now() - start < 1500, "a stalled Redis costs at most the time-outs");
    redis.resume();
  } finally {
    await one.stop();
    await two.stop();
    await redis.stop();
  }
});

test("starts without Redis, and finds it when it comes", async () => {
  const redis = await startRedis();
  await redis.stop();
  const kamailio = await startKamailio({
    script,
    listen: ["udp:127.0.0.1:0"],
    redis: redis.url,
    dispatcherList: [nobody],
    workers: 1,
  });
  let later: Awaited<ReturnType<typeof startRedis>> | null = null;
  try {
    assert.is.not((await ask(kamailio)).redis, "0");
    later = await startRedis({ port: redis.port });
    await eventually("Redis again", async () => ((await ask(kamailio)).redis === "0" ? true : null), 8000);
  } finally {
    await kamailio.stop();
    await later?.stop();
  }
});

test("kill9 leaves no worker and the port free", async () => {
  const kamailio = await startKamailio({ script, listen: ["udp:127.0.0.1:0"], dispatcherList: [nobody] });
  const pids = (await kamailio.processes()).map(({ pid }) => pid);
  assert.ok(pids.length > 5);
  await kamailio.kill9();
  const left = () => pids.filter((pid) => isRunning(pid));
  await eventually("their end", () => (left().length === 0 ? true : null));
  const again = await startKamailio({
    script,
    listen: [`udp:${addressOf(kamailio, "udp")}`],
    dispatcherList: [nobody],
  });
  await again.stop();
});

test("what cannot start says why and what to do", async () => {
  const holder = await SipSocket.open();
  try {
    const taken = await failure({ listen: [`udp:${holder.hostPort}`] });
    assert.match(taken, new RegExp(`udp:${holder.hostPort} is taken by another process`));
    assert.match(await failure({ listen: ["udp:192.0.2.1:5060"] }), /not all of these are addresses of this machine/);
    assert.match(await failure({ script: "/nonexistent/weir.js" }), /weir\.js/);
    assert.match(await failure({ dispatcherList: "/nonexistent/nodes.list" }), /nodes\.list/);
    assert.match(await failure({ cfg: __filename }), /parse error|CRITICAL/);
  } finally {
    holder.close();
  }
});

async function failure(options: Partial<Parameters<typeof startKamailio>[0]>): Promise<string> {
  try {
    const kamailio = await startKamailio({ script, listen: ["udp:127.0.0.1:0"], dispatcherList: [nobody], ...options });
    await kamailio.stop();
    return "it started";
  } catch (error) {
    assert.instance(error, KamailioStartError);
    return error instanceof Error ? error.message : "";
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test.run();
