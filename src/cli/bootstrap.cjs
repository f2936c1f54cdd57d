#!/usr/bin/env node
"use strict";

// The first file that runs: plain CommonJS for a bare Node.js 20. Sees to the npm packages, teaches Node.js
// TypeScript, and hands over to main.ts.

const { spawnSync } = require("node:child_process");
const { readFileSync } = require("node:fs");
const path = require("node:path");

const root = path.resolve(__dirname, "../..");

function fail(message, remedy) {
  process.stderr.write(`weir: ${message}\n${remedy ? `  ${remedy}\n` : ""}`);
  process.exit(1);
}

function packagesOf(file) {
  return JSON.parse(readFileSync(path.join(root, file), "utf8")).packages;
}

/** Whether node_modules holds what package-lock.json asks for. By content: a checkout changes times of files. */
function packagesAreThere() {
  let installed;
  try {
    installed = packagesOf("node_modules/.package-lock.json");
  } catch {
    return false;
  }
  const wanted = packagesOf("package-lock.json");
  return Object.entries(wanted).every(([name, { version, optional }]) => {
    if (name === "") return true;
    const found = installed[name];
    return found ? found.version === version : optional === true;
  });
}

if (Number(process.versions.node.split(".")[0]) < 20) {
  fail(`Node.js ${process.versions.node} is too old.`, "Install Node.js 20 or newer.");
}
if (!packagesAreThere()) {
  process.stderr.write("weir: installing npm packages (npm ci)\n");
  // No package needs its install script; esbuild's only makes its own command start faster.
  const { status, error } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) {
    const why = error ? ` (${error.message})` : "";
    fail(`the npm packages could not be installed${why}.`, `See to it that \`npm ci\` succeeds in ${root}.`);
  }
}

require("ts-node").register({ transpileOnly: true, cwd: root, project: path.join(root, "tsconfig.json") });

require("./main")
  .main(process.argv.slice(2))
  .then((code) => {
    process.exitCode = code;
    // Whatever a command left open must not keep it alive.
    setTimeout(() => process.exit(code), 2000).unref();
  });
