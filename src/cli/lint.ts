/** `npm run lint` */
import { spawn } from "node:child_process";
import path from "node:path";
import { root } from "../build/paths";

export const help = `npm run lint

Biome (style and suspicious code), and the TypeScript compiler over the realms: host (tsconfig.json), engine
(src/tsconfig.json), engine with Kamailio (kemi/tsconfig.json), ledger in Redis (src/ledger/redis/tsconfig.json). \`npm run format\` mends what can be mended.`;

interface Check {
  name: string;
  args: string[];
}

const tsc = path.join(root, "node_modules/typescript/bin/tsc");

const checks: Check[] = [
  {
    name: "biome",
    args: [
      path.join(root, "node_modules/@biomejs/biome/bin/biome"),
      "check",
      "--error-on-warnings",
      "--max-diagnostics=200",
    ],
  },
  { name: "host", args: [tsc, "-p", "."] },
  { name: "src", args: [tsc, "-p", "src"] },
  { name: "kemi", args: [tsc, "-p", "kemi"] },
  { name: "redis", args: [tsc, "-p", "src/ledger/redis"] },
];

function runCheck({ name, args }: Check): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => {
      console.log(`lint ${name}: ${code === 0 ? "ok" : "failed"}`);
      if (code !== 0) console.log(output.trimEnd());
      resolve(code === 0);
    });
  });
}

export async function run(args: string[]): Promise<number> {
  if (args.length > 0) {
    console.error(`lint takes no arguments.\n\n${help}`);
    return 2;
  }
  const results = await Promise.all(checks.map(runCheck));
  return results.every(Boolean) ? 0 : 1;
}
