/** One text per host, so that hosts can be compared. */

import { ipKey, parseIp } from "./cidr";

/**
 * A name in lower case without a trailing dot; an IP address in one form whatever way it was written (`[::1]`,
 * `0:0:0:0:0:0:0:1`).
 */
export function canonicalHost(host: string): string {
  // Names are the common case, and telling them from addresses must not cost a parse.
  const last = host.charCodeAt(host.length - 1);
  if (host.indexOf(":") < 0 && (last < 0x30 || last > 0x39)) {
    const lower = host.toLowerCase();
    return last === 0x2e ? lower.slice(0, -1) : lower;
  }
  const ip = parseIp(host);
  return ip === null ? host.toLowerCase() : ipKey(ip);
}
