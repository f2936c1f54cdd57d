/** What a policy's route hook sees of a call, and the answers it can give. */

/** A party of a call, from the request's headers; no header proves who somebody is. */
export interface Party {
  /** User part of the URI, escapes resolved; empty when it has none. */
  readonly user: string;
  /** Host part, lower case. */
  readonly domain: string;
}

/** A new call (INVITE outside a dialog) of a recognised tenant. */
export interface Call {
  readonly tenant: string;
  /** From header. */
  readonly from: Party;
  /** Request-URI: whom the call is for. */
  readonly to: Party;
  /** Who sent it to this proxy. */
  readonly source: {
    readonly kind: "device" | "trunk" | "node";
    readonly address: string;
    readonly port: number;
    readonly transport: string;
  };
  /** The called number is one of the policy's emergency numbers. */
  readonly emergency: boolean;
  /** First value of a header field, or null. */
  header(name: string): string | null;
}

/** Where a call goes. */
export type Destination =
  | { readonly kind: "pool"; readonly pool: string; readonly features: readonly string[] }
  | { readonly kind: "user"; readonly user: string; readonly domain: string }
  | { readonly kind: "refuse"; readonly code: number; readonly reason: string }
  | { readonly kind: "default" };

/** To the best node of a pool that has all of `features`. */
export function toPool(pool: string, options?: { features?: readonly string[] }): Destination {
  return { kind: "pool", pool, features: options?.features ?? [] };
}

/** To the phones registered as `user@domain`. */
export function toUser(user: string, domain: string): Destination {
  return { kind: "user", user, domain };
}

/** Refused with a SIP final status of 400 to 699 and its reason phrase. */
export function refuse(code: number, reason: string): Destination {
  return { kind: "refuse", code, reason };
}

/** As the tables say. */
export function byDefault(): Destination {
  return { kind: "default" };
}
