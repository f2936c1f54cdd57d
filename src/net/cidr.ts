/** IP addresses and networks, IPv4 and IPv6, for deciding who sent a request. */

/** A network: an address as `parseIp` gives it and how many of its leading bits count. */
export interface Network {
  /** Eight or two 16-bit groups (IPv6 or IPv4). */
  readonly groups: readonly number[];
  readonly bits: number;
}

/**
 * Parses an IP address into 16-bit groups: two for IPv4, eight for IPv6 (brackets allowed). An IPv4-mapped IPv6
 * address (`::ffff:192.0.2.1`) gives the IPv4 groups, because sockets report IPv4 peers either way.
 * @returns null when it is no address
 */
export function parseIp(text: string): number[] | null {
  const bare = text.charAt(0) === "[" && text.charAt(text.length - 1) === "]" ? text.slice(1, -1) : text;
  return bare.indexOf(":") < 0 ? parseIpv4(bare) : parseIpv6(bare);
}

function parseIpv4(text: string): number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  const bytes: number[] = [];
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part)) return null;
    const byte = Number(part);
    if (byte > 255) return null;
    bytes.push(byte);
  }
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return [a * 256 + b, c * 256 + d];
}

function parseIpv6(text: string): number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? "", true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = head.slice();
  for (let i = 0; i < missing; i++) groups.push(0);
  for (const group of tail) groups.push(group);
  const mapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  return mapped ? groups.slice(6) : groups;
}

/** @param last whether these groups end the address, where alone it may be written as an IPv4 address */
function parseGroups(text: string, last: boolean): number[] | null {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? "";
    if (last && i === parts.length - 1 && part.indexOf(".") >= 0) {
      const v4 = parseIpv4(part);
      if (v4 === null) return null;
      groups.push(v4[0] ?? 0, v4[1] ?? 0);
    } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(parseInt(part, 16));
    else return null;
  }
  return groups;
}

/**
 * Parses `address` or `address/bits`.
 * @returns null when it is neither, or when bits behind the prefix are set (`10.0.0.1/8` is a typing mistake)
 */
export function parseNetwork(text: string): Network | null {
  const slash = text.indexOf("/");
  const groups = parseIp(slash < 0 ? text : text.substring(0, slash));
  if (groups === null) return null;
  const width = groups.length * 16;
  let bits = width;
  if (slash >= 0) {
    const bitsText = text.substring(slash + 1);
    if (!/^[0-9]{1,3}$/.test(bitsText)) return null;
    bits = Number(bitsText);
    if (bits > width) return null;
  }
  for (let i = 0; i < groups.length; i++) if ((groups[i] ?? 0) !== maskGroup(groups[i] ?? 0, i, bits)) return null;
  return { groups, bits };
}

/** Whether an address (as `parseIp` gives it) lies in a network. */
export function contains(network: Network, address: readonly number[]): boolean {
  if (address.length !== network.groups.length) return false;
  for (let i = 0; i * 16 < network.bits; i++) {
    if (maskGroup(address[i] ?? 0, i, network.bits) !== network.groups[i]) return false;
  }
  return true;
}

function maskGroup(group: number, index: number, bits: number): number {
  const kept = Math.max(0, Math.min(16, bits - index * 16));
  return group & (0xffff << (16 - kept)) & 0xffff;
}

/** One text per address (`parseIp` groups in hexadecimal), for use as a table key. */
export function ipKey(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}
