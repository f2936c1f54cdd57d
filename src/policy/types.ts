/**
 * The words of a policy file. `definePolicy` gives them to the editor, `validatePolicy` holds a file to them,
 * `compilePolicy` turns them into the tables that the router looks things up in.
 */

import type { Call, Destination } from "../routing/call";

/** One customer: how its calls are recognised, where they go and how many it may have. */
export interface TenantPolicy {
  /** SIP domains of this tenant (host names or addresses, no port); a domain belongs to one tenant. */
  domains?: readonly string[];
  /** Source addresses of the tenant's trunks: an IP address, a network in CIDR notation, or a host name. */
  trunks?: readonly string[];
  /** The pool that takes the tenant's calls. Without it the tenant's users can only call each other. */
  pool?: string;
  /** Concurrent calls. */
  calls: {
    /** The ceiling, over all proxies. */
    max: number;
  };
  /** New calls per second (generic cell rate algorithm). */
  rate?: {
    /** Sustained rate; fractions are allowed (0.5 is one call in two seconds). */
    perSecond: number;
    /** Calls that may arrive at once before the rate applies; default: one second's worth, at least 1. */
    burst?: number;
  };
  /**
   * Where a call from one of the tenant's devices to one of the tenant's own users goes: through the pool
   * (`"pool"`, the default where the tenant has one), or straight to the user's phone (`"direct"`).
   */
  callsBetweenUsers?: "pool" | "direct";
  /** What happens to new calls while the shared store is unreachable; default `"local"`. */
  whenStoreIsDown?: "local" | "admit" | "reject";
}

/** One SIP server that takes calls. */
export interface NodePolicy {
  /** Short name, unique in its pool: letters, digits, `_`, `-`, `.`. */
  id: string;
  /** Where it listens: `sip:host[:port][;transport=tcp]`, host being an IPv4, `[IPv6]` or a name. */
  address: string;
  /** Concurrent calls it can carry. */
  capacity: number;
  /** Its share relative to its capacity: 0.5 is chosen half as often as its capacity alone would have it. */
  weight?: number;
  /** Where it stands; see `leastLoaded({ preferZone })`. */
  zone?: string;
  /** What it can do (`"video"`, `"opus"`); a route hook can ask for these. */
  features?: readonly string[];
}

/** How a pool's nodes are ranked. */
export interface LeastLoaded {
  readonly strategy: "least-loaded";
  /** Nodes of this zone are used as long as one of them has room. */
  readonly preferZone?: string;
}

/** Nodes that share capacity: a Kamailio dispatcher set. */
export interface PoolPolicy {
  nodes: readonly NodePolicy[];
  /** Default: `leastLoaded()`. */
  choose?: LeastLoaded;
}

/** What the registrar grants. */
export interface RegistrationPolicy {
  /** Shortest binding, seconds; a shorter wish is answered 423 (RFC 3261 section 10.3). Default 60. */
  minExpires?: number;
  /** Longest binding, seconds; a longer wish is shortened. Default 3600. */
  maxExpires?: number;
  /** What a device gets that names no expiry, seconds. Default 3600, at most `maxExpires`. */
  defaultExpires?: number;
  /** Contacts per address of record. Default 10. */
  maxContacts?: number;
}

/** Bounds that hold for every call. */
export interface CallTimes {
  /** How long a phone may ring before the next node is tried or the caller gets 408, seconds. Default 120. */
  ringSeconds?: number;
  /** The longest call; an answered call's lease ends after it, seconds. Default 14400 (4 hours). */
  maxCallSeconds?: number;
  /** How long a node may take to its first answer (100 or later) before another is tried, seconds. Default 2. */
  nodeAnswerSeconds?: number;
  /** Retry-After of a refusal whose end cannot be computed, seconds. Default 5. */
  retryAfterSeconds?: number;
}

/** The whole policy file. */
export interface Policy {
  pools?: Readonly<Record<string, PoolPolicy>>;
  tenants: Readonly<Record<string, TenantPolicy>>;
  registration?: RegistrationPolicy;
  calls?: CallTimes;
  /** Called numbers (the user part of the request URI) that bypass tenant limits while the pool has any room. */
  emergency?: readonly string[];
  /**
   * Networks whose REGISTER and calls are accepted (addresses, CIDR networks, host names), besides the nodes and
   * trunks named elsewhere. Everybody else gets 403.
   */
  trusted: readonly string[];
  /** Anything the tables cannot say: typed, without side effects, tested on a laptop. */
  route?: (call: Call) => Destination;
}
