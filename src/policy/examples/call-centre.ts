/**
 * A call centre: callers wait in queues on one pool, conferences and recordings run on servers that can do them, and
 * other companies share what is left. The route hook says what tables cannot.
 */

import {
  byDefault,
  type Call,
  type Destination,
  definePolicy,
  leastLoaded,
  minutes,
  refuse,
  toPool,
  toUser,
} from "weir";

/** Numbers of the service lines, without the country code. */
const SERVICE_LINES = ["8001000", "8001001", "8002000"];

function route(call: Call): Destination {
  // What a node sends is for a phone already; sent to a pool again it would go round.
  if (call.source.kind === "node" || call.emergency) return byDefault();

  const number = call.to.user;
  if (number.startsWith("conf-")) return toPool("conferences", { features: ["mixing"] });
  if (call.source.kind === "trunk") {
    if (SERVICE_LINES.indexOf(national(number)) >= 0) return toPool("queues");
    // A caller who hides his number may reach the service lines only.
    return call.from.user === "anonymous" ? refuse(433, "Anonymity Disallowed") : byDefault();
  }
  // Supervisors ring each other's desks directly, however busy the queues are.
  if (call.from.user.startsWith("lead-") && number.startsWith("lead-")) return toUser(number, call.to.domain);
  if (call.header("X-Record") === "yes") return toPool("queues", { features: ["recording"] });
  return byDefault();
}

/** +498001000, 00498001000 and 08001000 are one line. */
function national(number: string): string {
  for (const prefix of ["+49", "0049", "0"]) if (number.startsWith(prefix)) return number.substring(prefix.length);
  return number;
}

export default definePolicy({
  pools: {
    queues: {
      nodes: [
        { id: "queue-1", address: "sip:10.1.0.11:5080", capacity: 400, zone: "east", features: ["recording"] },
        { id: "queue-2", address: "sip:10.1.0.12:5080", capacity: 400, zone: "east" },
        { id: "queue-3", address: "sip:10.2.0.11:5080", capacity: 400, zone: "west", features: ["recording"] },
        // An older machine: takes as many calls, but is chosen half as often.
        { id: "queue-4", address: "sip:10.2.0.12:5080", capacity: 400, weight: 0.5, zone: "west" },
      ],
      choose: leastLoaded({ preferZone: "east" }),
    },
    conferences: {
      nodes: [
        { id: "mix-1", address: "sip:10.1.0.31:5080", capacity: 100, features: ["mixing", "video"] },
        { id: "mix-2", address: "sip:10.2.0.31:5080", capacity: 100, features: ["mixing"] },
      ],
    },
  },
  tenants: {
    centre: {
      domains: ["centre.example"],
      trunks: ["198.51.100.0/28"],
      pool: "queues",
      calls: { max: 1200 },
      rate: { perSecond: 40, burst: 120 },
    },
    guest: {
      domains: ["guest.example"],
      pool: "queues",
      calls: { max: 100 },
      rate: { perSecond: 2, burst: 5 },
      // Guests come last when nobody can count.
      whenStoreIsDown: "reject",
    },
  },
  registration: { minExpires: minutes(2), maxExpires: minutes(20), maxContacts: 5 },
  calls: { ringSeconds: 60, maxCallSeconds: 7200, nodeAnswerSeconds: 1, retryAfterSeconds: 3 },
  emergency: ["112", "110", "911"],
  trusted: ["10.0.0.0/8"],
  route,
});
