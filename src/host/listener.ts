/** Addresses as they are written on the command line: `udp:HOST:PORT`, `HOST:PORT`, `[::1]:5060`, `redis://…`. */

/** One socket that Kamailio listens on. `host` is without brackets. */
export interface Listener {
  protocol: "udp" | "tcp";
  host: string;
  port: number;
}

/** Host and port; `host` is without brackets. */
export interface HostPort {
  host: string;
  port: number;
}

/** Where Redis is: TCP or a Unix socket. */
export interface RedisAddress {
  host: string;
  port: number;
  /** Path of a Unix socket; host and port are then not used. */
  socketPath?: string;
  password?: string;
  database: number;
}

/** Reads `HOST:PORT`; IPv6 addresses stand in brackets. Port 0 means "any free port". Throws on anything else. */
export function parseHostPort(text: string): HostPort {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65535)) {
    throw new Error(`"${text}" is not an address: write HOST:PORT, an IPv6 address in brackets ([::1]:5060)`);
  }
  return { host, port };
}

/** Reads `udp:HOST:PORT` or `tcp:HOST:PORT`. Throws on anything else. */
export function parseListener(text: string): Listener {
  const match = /^(udp|tcp):(.+)$/.exec(text);
  if (match === null) {
    throw new Error(`"${text}" is not a listener: write udp:HOST:PORT or tcp:HOST:PORT`);
  }
  return { protocol: match[1] === "udp" ? "udp" : "tcp", ...parseHostPort(match[2] ?? "") };
}

/** `HOST:PORT` with brackets around IPv6 addresses, as SIP URIs and Kamailio want it. */
export function formatHostPort(address: HostPort): string {
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}

/** `udp:HOST:PORT`, the form of Kamailio's `-l`. */
export function formatListener(listener: Listener): string {
  return `${listener.protocol}:${formatHostPort(listener)}`;
}

/** Reads `redis://[:password@]HOST[:PORT][/database]` or `unix:///path[?db=N]`. Throws on anything else. */
export function parseRedisUrl(text: string): RedisAddress {
  const complaint = `"${text}" is not a Redis address: write redis://[:password@]HOST[:PORT][/database]`;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new Error(complaint);
  }
  const database = Number(url.protocol === "unix:" ? (url.searchParams.get("db") ?? 0) : url.pathname.slice(1) || 0);
  if (!Number.isInteger(database) || database < 0) {
    throw new Error(complaint);
  }
  if (url.protocol === "unix:" && url.pathname.startsWith("/")) {
    return { host: "", port: 0, socketPath: decodeURIComponent(url.pathname), database };
  }
  if (url.protocol !== "redis:" || url.hostname === "") {
    throw new Error(complaint);
  }
  if (url.username !== "") {
    throw new Error(`"${text}" names a Redis user; Kamailio's ndb_redis knows passwords only (redis://:password@HOST)`);
  }
  const address: RedisAddress = {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 6379 : Number(url.port),
    database,
  };
  if (url.password !== "") {
    address.password = decodeURIComponent(url.password);
  }
  return address;
}

/**
 * What Kamailio is told by environment about an address: WEIR_REDIS is the `server` parameter of ndb_redis, the rest is
 * for the script. The password is not in the parameter on purpose: ndb_redis sends AUTH before it sets its time-outs, so
 * a Redis that stalls would hold every worker that reconnects for as long as it stalls. The script authenticates when a
 * command is answered with NOAUTH. Throws when a value cannot be written in the parameter.
 */
export function redisEnvironment(address: RedisAddress): Record<string, string> {
  const parts = ["name=weir"];
  if (address.socketPath === undefined) {
    parts.push(`addr=${address.host}`, `port=${address.port}`);
  } else {
    parts.push(`unix=${address.socketPath}`);
  }
  parts.push(`db=${address.database}`);
  for (const part of parts) {
    // A value ends at a semicolon or blank, and has no escape for quotes.
    if (/[;"'\s\\]/.test(part)) {
      throw new Error(
        `the Redis address has "${part}": blanks, quotes, semicolons and backslashes cannot be passed on`,
      );
    }
  }
  const environment: Record<string, string> = { WEIR_REDIS: parts.join(";") };
  if (address.password !== undefined) {
    environment.WEIR_REDIS_PASSWORD = address.password;
    environment.WEIR_REDIS_DATABASE = `${address.database}`;
  }
  return environment;
}
