import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A Debian package and what to look for to see that it is there: a program in PATH or a Kamailio module. */
const packages = {
  kamailio: { module: "app_jsdt.so" },
  "kamailio-redis-modules": { module: "ndb_redis.so" },
  "redis-server": { program: "redis-server" },
  "sip-tester": { program: "sipp" },
  sipsak: { program: "sipsak" },
  duktape: { program: "duk" },
  valgrind: { program: "valgrind" },
  "linux-perf": { program: "perf" },
} as const satisfies Record<string, { program: string } | { module: string }>;

export type DebianPackage = keyof typeof packages;

/** Which of these packages are not installed, judged by their program or module. */
export function missingPackages(names: readonly DebianPackage[]): DebianPackage[] {
  return names.filter((name) => {
    const mark: { program?: string; module?: string } = packages[name];
    return mark.program !== undefined ? findProgram(mark.program) === null : findModule(mark.module ?? "") === null;
  });
}

/**
 * Makes sure that Debian packages are installed. Installs what is missing when this process is root or sudo asks for
 * no password; the packages' own services are not started by that. Throws an error that says what to type otherwise.
 */
export function ensurePackages(names: readonly DebianPackage[], say: (line: string) => void = console.error): void {
  const missing = missingPackages(names);
  if (missing.length === 0) {
    return;
  }
  if (!isDebian()) {
    throw new Error(
      `these Debian packages are missing, and this is not Debian: ${missing.join(", ")}. ` +
        "Install what your distribution calls them (Kamailio 5.6 or newer with app_jsdt and ndb_redis, Redis 7).",
    );
  }
  const prefix = rootPrefix();
  const line = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (prefix === null) {
    throw new Error(`Debian packages are missing and this user may not install them. As root, run:\n  ${line}`);
  }
  say(`installing Debian packages: ${missing.join(" ")}`);
  const [command = "sh", ...args] = [...prefix, "sh", "-c", installScript, "install", ...missing];
  const result = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const left = missingPackages(missing);
  if (result.status !== 0 || left.length > 0) {
    const report = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`.trim().split("\n");
    throw new Error(
      `could not install ${(left.length > 0 ? left : missing).join(" ")}. apt-get said:\n` +
        `${report.slice(-8).join("\n")}\nWhen that is mended, run as root:\n  ${line}`,
    );
  }
}

/** Full path of a program in PATH or the system's own directories; null when it is not there. */
export function findProgram(name: string): string | null {
  const directories = [...(process.env.PATH ?? "").split(":"), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"];
  for (const directory of directories) {
    const path = join(directory, name);
    try {
      if (directory !== "") {
        accessSync(path, constants.X_OK);
        return path;
      }
    } catch {
      // Not here; the next directory may have it.
    }
  }
  return null;
}

/** Full path of a Kamailio module (`name.so`); null when it is not installed. */
export function findModule(file: string): string | null {
  const roots = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"];
  for (const root of roots) {
    const below = existsSync(root) ? readdirSync(root).filter((name) => name.endsWith("-linux-gnu")) : [];
    for (const directory of ["", ...below]) {
      const path = join(root, directory, "kamailio", "modules", file);
      if (existsSync(path)) {
        return path;
      }
    }
  }
  return null;
}

// Debian starts a package's service while it is installed unless policy-rc.d says no; its absence means yes, so one is
// put there for the time of the installation. One that is there already is the administrator's and stays as it is.
const installScript = `
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ] && [ ! -L "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=300 update
apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"
`;

function isDebian(): boolean {
  try {
    return /^ID(_LIKE)?=.*\bdebian\b/m.test(readFileSync("/etc/os-release", "utf8")) && findProgram("apt-get") !== null;
  } catch {
    return false;
  }
}

function rootPrefix(): string[] | null {
  if (process.getuid?.() === 0) {
    return [];
  }
  const sudo = findProgram("sudo");
  return sudo !== null && spawnSync(sudo, ["-n", "true"], { stdio: "ignore" }).status === 0 ? [sudo, "-n"] : null;
}
