import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How a process ended: `code` is null when a signal ended it. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface SpawnOptions {
  /** Added to this process's environment. */
  env?: Record<string, string>;
  cwd?: string;
  /** Sees stdout and stderr as they come. */
  onOutput?: (text: string) => void;
}

/** A child process in its own process group that does not outlive this one. */
export interface OwnedProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Null while it runs. */
  exit(): Exit | null;
  /** The last megabytes of stdout and stderr, as they came. */
  output(): string;
  /** Sends a signal to the whole group; silent when it is gone. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL to what is left after `graceMs`. */
  stop(graceMs?: number): Promise<Exit>;
}

const maxOutput = 8 * 1024 * 1024;
const groups = new Set<number>();
const directories = new Set<string>();
let guardian: ChildProcess | null = null;
let guarded = false;

/**
 * Starts a process that is ended with this one: on return from the event loop, `process.exit`, uncaught exceptions,
 * SIGINT, SIGTERM and SIGHUP by this process itself, on SIGKILL by a small shell that waits for the end of a pipe.
 * Throws when the program cannot be started.
 */
export async function spawnOwned(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<OwnedProcess> {
  guard();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chunks: string[] = [];
  let length = 0;
  const take = (chunk: string) => {
    chunks.push(chunk);
    length += chunk.length;
    while (length > maxOutput && chunks.length > 1) {
      length -= chunks.shift()?.length ?? 0;
    }
    options.onOutput?.(chunk);
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);

  let exit: Exit | null = null;
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => {
      if (child.pid !== undefined) {
        // Workers whose main process was killed would stay behind.
        signalGroup(child.pid, "SIGKILL");
        forget(child.pid);
      }
      exit = { code, signal };
    });
    child.once("close", (code, signal) => resolve(exit ?? { code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? new Error(`${command} is not installed`) : error),
    );
  });
  const pid = child.pid;
  if (pid === undefined) {
    throw new Error(`${command} did not start`);
  }
  groups.add(pid);
  tellGuardian(`add ${pid}`);
  return {
    pid,
    exited,
    exit: () => exit,
    output: () => chunks.join(""),
    signal: (signal) => signalGroup(pid, signal),
    async stop(graceMs = 5000) {
      // A stopped process (SIGSTOP) handles no SIGTERM.
      signalGroup(pid, "SIGTERM");
      signalGroup(pid, "SIGCONT");
      const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), graceMs);
      try {
        return await exited;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** A new directory under the system's temporary one, removed when this process ends. */
export function ownedDirectory(): string {
  guard();
  const path = mkdtempSync(join(tmpdir(), "weir-"));
  directories.add(path);
  return path;
}

/** Removes a directory made by `ownedDirectory`. */
export function removeOwnedDirectory(path: string): void {
  if (directories.delete(path)) {
    rmSync(path, { recursive: true, force: true });
  }
}

/** Ids of the process groups started here that still run. */
export function ownedProcesses(): number[] {
  return [...groups];
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  // Only groups known to be ours: after the end of one its id may belong to somebody else.
  if (!groups.has(pid)) {
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

function forget(pid: number): void {
  groups.delete(pid);
  tellGuardian(`del ${pid}`);
}

function endEverything(): void {
  for (const pid of groups) {
    signalGroup(pid, "SIGKILL");
  }
  for (const path of directories) {
    removeOwnedDirectory(path);
  }
}

function guard(): void {
  if (guarded) {
    return;
  }
  guarded = true;
  process.on("exit", endEverything);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const onSignal = () => {
      // A command with a handler of its own stops its processes in order.
      if (process.listenerCount(signal) > 1) {
        return;
      }
      endEverything();
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    };
    process.on(signal, onSignal);
  }
  const script = [
    "groups=",
    "while read -r action group; do",
    '  if [ "$action" = add ]; then groups="$groups $group"; continue; fi',
    '  rest=; for each in $groups; do [ "$each" = "$group" ] || rest="$rest $each"; done; groups=$rest',
    "done",
    'for each in $groups; do kill -KILL "-$each"; done',
  ].join("\n");
  guardian = spawn("sh", ["-c", script], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  guardian.on("error", () => {
    guardian = null;
  });
  guardian.stdin?.on("error", () => {
    guardian = null;
  });
  guardian.unref();
  // Typed as a stream; for a pipe it is a socket, which would keep the event loop alive.
  (guardian.stdin as Socket | null)?.unref();
}

function tellGuardian(line: string): void {
  guardian?.stdin?.write(`${line}\n`);
}
