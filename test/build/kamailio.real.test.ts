/** What the build relies on, asked of the engine inside a real Kamailio. */
import { createSocket } from "node:dgram";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { build } from "../../src/build/build";
import { banned } from "../../src/build/engine-rules";
import { trace } from "../../src/build/trace";
import { freePort } from "../../src/host/ports";
import { type OwnedProcess, spawnOwned } from "../../src/host/process";
import { declaredNames } from "./declared";
import { folderWith, policyText } from "./files";

/** Starts Kamailio with nothing but a script. */
async function kamailioWith(script: string, port: number): Promise<OwnedProcess> {
  const file = path.join(folderWith({ "script.js": script }), "script.js");
  const folder = folderWith({
    "kamailio.cfg": `children=1
disable_tcp=yes
listen=udp:127.0.0.1:${port}
loadmodule "app_jsdt.so"
modparam("app_jsdt", "load", "${file}")
cfgengine "jsdt"
`,
  });
  const cfg = path.join(folder, "kamailio.cfg");
  return spawnOwned("kamailio", ["-DD", "-E", "-m", "32", "-M", "8", "-f", cfg, "-w", folder, "-Y", folder]);
}

async function untilOutput(child: OwnedProcess, wanted: RegExp): Promise<string> {
  const end = Date.now() + 15_000;
  while (!wanted.test(child.output())) {
    if (Date.now() > end || child.exit()) throw new Error(`no ${wanted} in: ${child.output().slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child.output();
}

test("Kamailio's engine has every name the typings declare, and lacks what is banned", async () => {
  const declared = declaredNames();
  // While a script is being loaded it can speak only by failing.
  const script = `var there = [], missing = [];
${declared.map(({ name, exists }) => `(${exists} ? there : missing).push(${JSON.stringify(name)});`).join("\n")}
throw new Error("MISSING[" + missing.join(" ") + "] THERE[" + there.length + "]");`;
  const kamailio = await kamailioWith(script, await freePort());
  const exited = await Promise.race([kamailio.exited, new Promise((resolve) => setTimeout(resolve, 10_000).unref())]);
  await kamailio.stop();
  const found = /MISSING\[(.*?)\] THERE\[(\d+)\]/.exec(kamailio.output());
  assert.ok(found, `no answer: ${exited} ${kamailio.output().slice(-1000)}`);
  assert.equal((found?.[1] ?? "").split(" ").sort(), [...banned].sort());
  assert.is(Number(found?.[2]), declared.length - banned.size);
});

test("a stack in Kamailio's log leads to the TypeScript line", async () => {
  const runtime = `function hostOf(message: { host?: { name: string } }): string {
  const host = message.host as { name: string };
  const name = host.name; // line 3
  return name + "!";
}
export function start(policy: object, about: object): void {
  (globalThis as unknown as Record<string, unknown>).ksr_request_route = () => {
    const host = hostOf({}); // line 8
    return host === String(policy) + String(about) ? 1 : 0;
  };
}
`;
  const folder = folderWith({ "policy.ts": policyText(), "runtime.ts": runtime });
  const bundle = await build({
    policy: path.join(folder, "policy.ts"),
    runtime: path.join(folder, "runtime.ts"),
    out: null,
  });
  const port = await freePort();
  const kamailio = await kamailioWith(bundle.script, port);
  const socket = createSocket("udp4");
  const timer = setInterval(() => {
    const request = `OPTIONS sip:127.0.0.1:${port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt\r\nFrom: <sip:a@127.0.0.1>;tag=t\r\nTo: <sip:b@127.0.0.1>\r\nCall-ID: trace\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`;
    socket.send(request, port, "127.0.0.1");
  }, 100);
  let log: string;
  try {
    log = await untilOutput(kamailio, /error stack from js:.*\(eval:\d+\).*\n.*\n/s);
  } finally {
    clearInterval(timer);
    socket.close();
    await kamailio.stop();
  }
  const traced = trace(log, bundle);
  assert.match(
    traced,
    /TypeError: cannot read property 'name' of undefined\n {4}at \S*runtime\.ts:3 hostOf\n {4}at \S*runtime\.ts:8 /,
  );
});

test.run();
