/**
 * Who takes part in scenarios, by fixed addresses, so that a scenario is plain text to read. Ports have five digits,
 * as free ones have: a runner with real sockets puts others in their place without changing a message's length.
 */

/** The proxy's address. */
export const PROXY = "127.0.0.1:20001";

/** Everybody else's. */
export const PARTIES = {
  /** The nodes of pool "main". */
  node1: "127.0.0.11:20011",
  node2: "127.0.0.12:20012",
  node3: "127.0.0.13:20013",
  /** The only node of pool "solo". */
  solo: "127.0.0.14:20014",
  /** A trunk of tenant acme. */
  trunk: "127.0.0.21:20021",
  /** Phones in a trusted network. */
  phone: "127.0.0.31:20031",
  colleague: "127.0.0.32:20032",
  mobile: "127.0.0.33:20033",
  /** Nobody whom the policies know. */
  stranger: "127.0.0.99:20099",
};

export type Party = keyof typeof PARTIES;

export const EVERYBODY = Object.keys(PARTIES) as Party[];

/** Who has an address (`host:port`); null for nobody. */
export function partyAt(address: string): Party | null {
  for (const party of EVERYBODY) if (PARTIES[party] === address) return party;
  return null;
}
