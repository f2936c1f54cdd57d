import { request } from "node:http";
import type { HostPort } from "./listener";

/** What `GET /status` of a running router tells (kemi/status.ts). Counts are null while the store is down. */
export interface Status {
  version: string;
  policyHash: string;
  home: "embedded" | "redis";
  storeUp: boolean;
  /** Refusals that concern no tenant, by reason. */
  refused: Record<string, number>;
  pools: PoolStatus[];
}

/** One pool's part of it. */
export interface PoolStatus {
  pool: string;
  calls: number | null;
  nodes: { node: string; calls: number | null; capacity: number; down: boolean; admitted: number }[];
  tenants: { tenant: string; calls: number | null; max: number; admitted: number; refused: Record<string, number> }[];
}

/** Asks a router for its status. Throws when it does not answer 200 within `timeoutMs`. */
export function readStatus(http: HostPort, timeoutMs = 2000): Promise<Status> {
  return new Promise((resolve, reject) => {
    const { host, port } = http;
    const outgoing = request({ host, port, path: "/status", agent: false, timeout: timeoutMs }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode !== 200) {
          reject(new Error(`GET /status: ${response.statusCode} ${text.trim()}`));
          return;
        }
        try {
          resolve(JSON.parse(text) as Status);
        } catch (error) {
          reject(error);
        }
      });
    });
    outgoing
      .on("timeout", () => outgoing.destroy(new Error(`GET /status: no answer within ${timeoutMs} ms`)))
      .on("error", reject)
      .end();
  });
}
