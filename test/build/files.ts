/** Sources for the tests of the build: written outside the repository, where an operator's policy lies too. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "../../src/build/paths";
import { findProgram } from "../../src/host/packages";
import { ownedDirectory } from "../../src/host/process";

/** Writes files into a new temporary folder and returns its path. */
export function folderWith(files: Record<string, string>): string {
  const folder = ownedDirectory();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

/** The smallest policy that makes sense; `more` is put into it. */
export function policyText(more = ""): string {
  return `import { definePolicy, minutes } from "weir";
export default definePolicy({
  pools: { main: { nodes: [
    { id: "media-1", address: "sip:192.0.2.11", capacity: 10 },
    { id: "media-2", address: "sip:[2001:db8::1]:5080", capacity: 10 },
  ] } },
  tenants: { acme: { domains: ["acme.example"], pool: "main", calls: { max: 5 } } },
  registration: { maxExpires: minutes(10) },
  trusted: ["127.0.0.0/8"],
  ${more}
});
`;
}

/** Stands in for kemi/main.ts: publishes the policy and what the build says about itself. */
export const runtimeText = `import type { Policy } from "weir";
export function start(policy: Policy, about: object): void {
  (globalThis as unknown as Record<string, unknown>).started = { policy, about };
}
`;

/** Whether `duk` is here. The offline tests that need it say so when it is not. */
export const hasDuk = findProgram("duk") !== null;

/** Runs a script in `duk` and returns what it prints. */
export function duk(script: string): string {
  const file = path.join(folderWith({ "script.js": script }), "script.js");
  const { stdout, stderr, status } = spawnSync("duk", [file], { encoding: "utf8", timeout: 20_000, cwd: root });
  if (status !== 0) throw new Error(`duk: ${stdout}${stderr}`);
  return stdout;
}
