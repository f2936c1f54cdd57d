import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { freePorts } from "../../src/host/ports";
import { spawnOwned } from "../../src/host/process";
import { SipSocket } from "../../src/host/sip-socket";
import { eventually } from "../support/eventually";
import { requestFrom } from "../support/requests";

const bootstrap = join(__dirname, "../../src/cli/bootstrap.cjs");
const test = suite("npm start");
let home = "";

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), "weir-start-"));
});
test.after.each(() => rmSync(home, { recursive: true, force: true }));

/** Runs the command with a state directory of its own. */
function start(...args: string[]) {
  return spawnOwned(process.execPath, [bootstrap, "start", ...args], { env: { XDG_STATE_HOME: home } });
}

test("routes until SIGTERM, makes a secret once, ends with 0 and leaves nothing", async () => {
  const [sip = 0, http = 0] = await freePorts(2);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const command = await start("--listen", `udp:127.0.0.1:${sip}`, "--http", `127.0.0.1:${http}`, "--workers", "1");
    const socket = await SipSocket.open();
    try {
      await eventually(
        "ready",
        () => {
          assert.is(command.exit(), null, command.output());
          return command.output().includes("Ctrl-C stops it") ? true : null;
        },
        60_000,
      );
      assert.match(command.output(), new RegExp(`udp:127\\.0\\.0\\.1:${sip}`));
      await socket.send(requestFrom(socket, { uri: `sip:127.0.0.1:${sip}` }), { host: "127.0.0.1", port: sip });
      assert.is((await socket.nextReply()).status, 200);
      const page = await fetch(`http://127.0.0.1:${http}/`);
      assert.ok(page.status < 500, `HTTP ${page.status}`);
      await page.text();
      process.kill(command.pid, signal);
      assert.equal(await command.exited, { code: 0, signal: null });
      assert.match(command.output(), /stopped/);
    } finally {
      socket.close();
      await command.stop();
    }
    const secret = join(home, "weir/secret");
    assert.is(statSync(secret).mode & 0o777, 0o600);
    assert.is(readFileSync(secret, "utf8").trim().length, 64);
    assert.is(command.output().includes("secret: made"), signal === "SIGTERM");
  }
});

test("a taken port is named with its remedy, before anything starts", async () => {
  const holder = await SipSocket.open();
  try {
    const command = await start("--listen", `udp:${holder.hostPort}`);
    assert.is((await command.exited).code, 1);
    assert.match(command.output(), new RegExp(`udp:${holder.hostPort} is taken by another process`));
    assert.match(command.output(), /choose another port/);
    assert.not(existsSync(join(home, "weir/secret")));
  } finally {
    holder.close();
  }
});

test("wrong options are told", async () => {
  const cases: [string[], RegExp][] = [
    [[], /at least --listen udp:HOST:PORT/],
    [["--listen", "5060"], /write udp:HOST:PORT or tcp:HOST:PORT/],
    [["--listen", "udp:127.0.0.1:5060", "--workers", "0"], /--workers is 0; it has to be a whole number from 1/],
    [["--listen", "udp:127.0.0.1:5060", "--redis", "localhost"], /not a Redis address/],
    [["--listen", "udp:127.0.0.1:5060", "--no-such"], /no-such/],
  ];
  for (const [args, expected] of cases) {
    const command = await start(...args);
    assert.is((await command.exited).code, 1);
    assert.match(command.output(), expected);
  }
});

test.run();
