/** Addresses of record. */

import { bindingsKey } from "../ledger/keys";
import { canonicalHost } from "../net/host";
import { unescapeUser } from "../sip/uri";

/** Key of the bindings of a user, under the canonical form of RFC 3261 section 10.3 step 5. */
export function userBindings(user: string, host: string): string {
  return bindingsKey(`${unescapeUser(user)}@${canonicalHost(host)}`);
}
