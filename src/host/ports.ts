import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import type { HostPort, Listener } from "./listener";

/** Below Linux's range for outgoing connections (32768–60999), so that no client takes a port between look and bind. */
const firstPort = 20000;
const lastPort = 31999;
const given = new Set<number>();

/**
 * Finds ports that are free for UDP and TCP on an address. Each is given once per process; another process can
 * still be quicker, so who binds one has to be ready to ask again. Throws when none is found.
 */
export async function freePorts(count: number, host = "127.0.0.1"): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries > 1000) {
      throw new Error(`no free port between ${firstPort} and ${lastPort} on ${host}`);
    }
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1));
    if (given.has(port)) {
      continue;
    }
    const taken =
      (await bindError({ protocol: "udp", host, port })) ?? (await bindError({ protocol: "tcp", host, port }));
    if (taken === null) {
      given.add(port);
      ports.push(port);
    } else if (taken === "EADDRNOTAVAIL" || taken === "ENOTFOUND") {
      throw new Error(`${host} is not an address of this machine`);
    }
  }
  return ports;
}

/** One port as by `freePorts`. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  const [port] = await freePorts(1, host);
  if (port === undefined) {
    throw new Error(`no free port on ${host}`);
  }
  return port;
}

/** Tries to bind: null when that works, else the error's code (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, …). */
export function bindError(listener: Listener): Promise<string | null> {
  return listener.protocol === "udp" ? udpBindError(listener) : tcpBindError(listener);
}

function udpBindError({ host, port }: HostPort): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4" });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? error.message);
    });
    socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(null)));
  });
}

function tcpBindError({ host, port }: HostPort): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
