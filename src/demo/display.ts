/** The demo's words: what is about to be seen, what is seen, what came of it. Texts of at most 80 columns. */

import type { PoolStatus } from "../host/status";
import type { Cast } from "./cast";
import type { Verdict } from "./judge";

const WIDTH = 80;
const BAR = 16;

/** Colours; without a terminal every function returns its text unchanged. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

/** Colours for a terminal, or none. */
export function paint(colours: boolean): Paint {
  const code = (number: number) => (text: string) => (colours ? `\x1b[${number}m${text}\x1b[0m` : text);
  return { bold: code(1), dim: code(2), good: code(32), bad: code(31) };
}

/** One moment of the demo. */
export interface Scene {
  readonly second: number;
  readonly seconds: number;
  readonly pool: PoolStatus;
  /** What the phone and the emergency call are doing; one line each. */
  readonly notes: readonly string[];
}

/** What is about to be seen, in one paragraph. */
export function introduction(cast: Cast, seconds: number, ttlSeconds: number, home: string): string {
  const { steady, flooding, nodes } = cast;
  const text = [
    `What you are about to see: one Kamailio that runs the policy, ${nodes.length} stand-in`,
    `${nodes.length === 1 ? "node" : "nodes"} of pool ${cast.pool}, and callers of two tenants for ${seconds} seconds.`,
    `${steady.tenant} makes ${steady.perSecond} calls a second and stays inside its limit of ${steady.max} at a time;`,
    `${flooding.tenant} makes ${flooding.perSecond} a second although only ${flooding.max} may be up at once, so`,
    "most of them are refused. Calls go to the node with the least load for its capacity. A phone",
    `of ${flooding.tenant} registers for ${ttlSeconds} s, less than a policy would allow, and is then forgotten.`,
    ...(cast.emergency === null ? [] : [`A call to ${cast.emergency} passes although ${flooding.tenant} is full.`]),
    `Leases and bindings are kept in ${home}.`,
  ];
  return wrap(text.join(" "), "").join("\n");
}

/** The table that a terminal shows, redrawn in place. */
export function table(scene: Scene, colours: Paint): string[] {
  const { pool, seconds } = scene;
  const second = Math.min(scene.second, seconds);
  const lines = [
    colours.bold(`${second.toFixed(0)} s of ${seconds}`.padEnd(12)) + progress(second / seconds, 40),
    "",
    colours.dim(
      `${cell("tenant", 14)}${right("limit", 7)}${right("now", 6)}  ${" ".repeat(BAR)}${right("admitted", 11)}${right("refused", 10)}`,
    ),
  ];
  for (const tenant of pool.tenants) {
    const refused = total(tenant.refused);
    const now = tenant.calls ?? 0;
    const full = now >= tenant.max;
    lines.push(
      `${cell(tenant.tenant, 14)}${right(tenant.max, 7)}${right(shown(tenant.calls), 6)}  ` +
        `${(full ? colours.bad : colours.good)(bar(now / tenant.max, BAR))}` +
        `${right(tenant.admitted, 11)}${refused > 0 ? colours.bad(right(refused, 10)) : right(refused, 10)}`,
    );
    const reasons = reasonsOf(tenant.refused);
    if (reasons !== "") lines.push(colours.dim(right(clip(`refused: ${reasons}`, 66), 66)));
  }
  lines.push(
    "",
    colours.dim(
      `${cell("node", 14)}${right("capacity", 9)}${right("now", 4)}  ${" ".repeat(BAR)}${right("load", 11)}${right("admitted", 10)}`,
    ),
  );
  for (const node of pool.nodes) {
    const load = (node.calls ?? 0) / node.capacity;
    const state = node.down ? colours.bad(right("down", 11)) : right(`${(load * 100).toFixed(1)} %`, 11);
    lines.push(
      `${cell(node.node, 14)}${right(node.capacity, 9)}${right(shown(node.calls), 4)}  ${colours.good(bar(load, BAR))}` +
        `${state}${right(node.admitted, 10)}`,
    );
  }
  lines.push("", ...scene.notes.map((note) => clip(note, WIDTH)));
  return lines;
}

/** The same where lines cannot be taken back: two lines every few seconds. */
export function lines(scene: Scene): string[] {
  const { pool } = scene;
  const tenants = pool.tenants
    .filter((tenant) => tenant.admitted > 0 || total(tenant.refused) > 0)
    .map((tenant) => {
      const reasons = reasonsOf(tenant.refused);
      const refused = total(tenant.refused);
      const how = reasons === "" ? "" : ` (${reasons.replace(/^(\S+) \d+$/, "$1")})`;
      return `${tenant.tenant} ${shown(tenant.calls)}/${tenant.max}, ${tenant.admitted} admitted, ${refused} refused${how}`;
    });
  const nodes = pool.nodes.map((node) => {
    const load = node.down ? "down" : `${(((node.calls ?? 0) / node.capacity) * 100).toFixed(0)} %`;
    return `${node.node} ${shown(node.calls)}/${node.capacity} = ${load}`;
  });
  const time = right(`${scene.second.toFixed(0)} s`, 5);
  return [
    ...tenants.map((text, i) => clip(`${i === 0 ? time : right("", 5)}  ${text}`, WIDTH)),
    ...wrap(nodes.join(", "), right("", 7)),
  ];
}

/** Promises, what was measured, and what to do next. */
export function summary(verdicts: readonly Verdict[], colours: Paint): string[] {
  const result = [colours.bold("What was promised, and what was measured"), ""];
  for (const { promise, measured, kept } of verdicts) {
    const mark = kept ? colours.good(cell("ok", 8)) : colours.bad(cell("FAILED", 8));
    wrap(promise, "", WIDTH - 8).forEach((line, i) => {
      result.push(`${i === 0 ? mark : " ".repeat(8)}${line}`);
    });
    result.push(...wrap(measured, " ".repeat(10)).map((line) => colours.dim(line)));
  }
  const failed = verdicts.filter(({ kept }) => !kept).length;
  const count =
    failed === 0
      ? `All ${verdicts.length} promises were kept.`
      : `${failed} of ${verdicts.length} promises were NOT kept.`;
  return [...result, "", (failed === 0 ? colours.good : colours.bad)(count)];
}

/** Where to go from here. */
export function nextSteps(policyFile: string): string[] {
  return [
    "Next:",
    `  edit ${policyFile}, then npm run demo again: it plays your policy`,
    "  npm run check                             reports every mistake in it",
    "  npm start -- --listen udp:HOST:PORT       runs the router for real",
  ];
}

/** Breaks a text at blanks so that no line is longer than `width`, indent included. */
export function wrap(text: string, indent: string, width = WIDTH): string[] {
  const result: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > width) {
      result.push(indent + line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  result.push(indent + line);
  return result;
}

function reasonsOf(refused: Readonly<Record<string, number>>): string {
  return Object.entries(refused)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(", ");
}

function bar(part: number, width: number): string {
  const filled = Math.max(0, Math.min(width, Math.round(part * width)));
  return "#".repeat(filled) + ".".repeat(width - filled);
}

function progress(part: number, width: number): string {
  return `[${bar(part, width).replace(/#/g, "=").replace(/\./g, " ")}]`;
}

function cell(text: string, width: number): string {
  return clip(text, width - 1).padEnd(width);
}

function right(text: string | number, width: number): string {
  return `${text}`.padStart(width);
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}~`;
}

function shown(count: number | null): string {
  return count === null ? "?" : `${count}`;
}

function total(refused: Readonly<Record<string, number>>): number {
  return Object.values(refused).reduce((sum, each) => sum + each, 0);
}
