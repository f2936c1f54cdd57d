/** Addresses of record. */

import { bindingsKey } from "../ledger/keys";
import { canonicalHost } from "../net/host";
import { clean } from "../sip/text";

/**
 * Key of the bindings of a user, under the canonical form of RFC 3261 section 10.3 step 5.
 * @param user escapes resolved
 * @throws Malformed when either is no text that can be stored
 */
export function userBindings(user: string, host: string): string {
  return bindingsKey(`${clean(user, "user")}@${canonicalHost(clean(host, "domain"))}`);
}
