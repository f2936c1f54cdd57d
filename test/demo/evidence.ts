import type { Evidence } from "../../src/demo/judge";

/** Evidence of a demo in which all went well. */
export function goodEvidence(): Evidence {
  const quiet = { ended: 0, mostAtOnce: 0, refused: {}, withoutRetryAfter: 0 };
  return {
    steady: { ...quiet, tenant: "acme", max: 60, offered: 400, answered: 400, ended: 400, mostAtOnce: 30 },
    flooding: {
      tenant: "small",
      max: 5,
      offered: 200,
      answered: 60,
      ended: 60,
      mostAtOnce: 5,
      mostLeases: 5,
      refused: { "tenant-limit": 140 },
      withoutRetryAfter: 0,
      reasons: ["tenant-limit"],
    },
    nodes: [
      { node: "media-1", share: 0.5, calls: 231 },
      { node: "media-2", share: 0.25, calls: 115 },
      { node: "media-3", share: 0.25, calls: 115 },
    ],
    emergency: { number: "112", status: 200, used: 5 },
    phone: { status: 200, grantedSeconds: 10, called: 200, goneAfterSeconds: 10.1 },
    leases: { left: 0, seconds: 0.2 },
  };
}
