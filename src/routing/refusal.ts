/**
 * Every refusal that Weir makes itself, once: its SIP answer, and the one name under which the reply's `X-Weir-Reason`
 * header field, the log line and the counter speak of it.
 */

/** SIP status and reason phrase by name. */
export const REFUSALS = {
  "tenant-limit": [503, "Tenant Call Limit Reached"],
  "rate-limit": [503, "Tenant Call Rate Exceeded"],
  "pool-full": [503, "All Nodes Are Full"],
  "no-node": [503, "No Node Available"],
  "store-down": [503, "Store Unavailable"],
  untrusted: [403, "Forbidden"],
  "unknown-tenant": [403, "Unknown Tenant"],
  "unknown-domain": [404, "Unknown Domain"],
  "not-registered": [480, "Temporarily Unavailable"],
  unreachable: [480, "Temporarily Unavailable"],
  "method-not-allowed": [405, "Method Not Allowed"],
  "bad-scheme": [416, "Unsupported URI Scheme"],
  "bad-extension": [420, "Bad Extension"],
  "interval-too-brief": [423, "Interval Too Brief"],
  "no-dialog": [481, "Call/Transaction Does Not Exist"],
  "loop-detected": [482, "Loop Detected"],
  "too-many-hops": [483, "Too Many Hops"],
  malformed: [400, "Bad Request"],
  "bad-contact": [400, "Malformed Contact"],
  "bad-star": [400, "Contact * Needs Expires 0"],
  "too-many-contacts": [403, "Too Many Contacts"],
  "out-of-order": [500, "CSeq Out Of Order"],
  "policy-refused": [403, "Refused By Policy"],
  "internal-error": [500, "Server Internal Error"],
} as const;

/** Name of a refusal. */
export type RefusalReason = keyof typeof REFUSALS;
