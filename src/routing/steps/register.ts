import type { Binding, ContactUpdate } from "../../ledger/bindings";
import { type Contact, parseContacts, parseExpires } from "../../sip/contact";
import { clean } from "../../sip/text";
import { comparisonKey, uriParam } from "../../sip/uri";
import { userBindings } from "../aor";
import type { Context } from "../context";
import { type Decision, refusal, reply } from "../decision";
import type { Step } from "../pipeline";
import type { SipRequest } from "../request";
import { domainTenant } from "./identify";

/** Longest contact that is stored: what fits comfortably into a UDP request with ten of them. */
const LONGEST_CONTACT = 512;
/** Contacts of one request: the most that a policy may allow, so more could never be stored. */
const MOST_CONTACTS = 100;

/** The registrar (RFC 3261 section 10.3); step numbers are that section's. */
export const register: Step = (request, context, findings): Decision | null => {
  const tenant = findings.tenant?.id ?? "";

  // Step 2: no extension is required of a registrar that this one offers.
  const required = request.header("Require");
  if (required !== null) return refusal("bad-extension", `Unsupported: ${required}\r\n`, tenant);

  // Step 5: whom the request asks must be responsible for whom it names.
  const asked = domainTenant(context.policy, request.requestHost);
  if (asked !== undefined && asked !== findings.tenant) return refusal("unknown-domain", "", tenant);
  if (request.toUser === "") return refusal("malformed", "", tenant, "no user in To");

  // Step 6.
  const contacts = parseContacts(request.header("Contact"));
  const header = request.header("Expires");
  const headerSeconds = header === null ? null : parseExpires(header.trim());
  if (contacts.kind === "malformed") return refusal("bad-contact", "", tenant);
  if (contacts.kind === "star" && headerSeconds !== 0) return refusal("bad-star", "", tenant);

  // Step 7, what can be known before the bindings are.
  const updates: ContactUpdate[] = [];
  if (contacts.kind === "list") {
    // Before any work per contact: comparing each with each, in one step of the ledger, would keep others waiting.
    if (contacts.contacts.length > MOST_CONTACTS) return refusal("too-many-contacts", "", tenant);
    const { minExpires, maxExpires, defaultExpires } = context.policy.registration;
    for (const contact of contacts.contacts) {
      if (contact.address.length > LONGEST_CONTACT) return refusal("bad-contact", "", tenant, "too long");
      const wish = contact.expiresSeconds ?? headerSeconds ?? defaultExpires;
      if (wish > 0 && wish < minExpires) {
        return refusal("interval-too-brief", `Min-Expires: ${minExpires}\r\n`, tenant);
      }
      updates.push({
        key: comparisonKey(contact.uri),
        contact: contact.address,
        expiresSeconds: Math.min(wish, maxExpires),
        q: contact.q,
        received: receivedFrom(request, contact),
      });
    }
  }

  const saved = context.ledger.save(userBindings(request.toUser, request.toHost), {
    callId: clean(request.callId, "Call-ID"),
    cseq: request.cseq,
    maxContacts: context.policy.registration.maxContacts,
    removeAll: contacts.kind === "star",
    contacts: updates,
  });
  if (saved === null) return refusal("store-down", retryAfter(context), tenant);
  if (saved.outcome !== "saved") return refusal(saved.outcome, "", tenant);
  // Step 8.
  return reply(200, "OK", contactHeaders(saved.bindings));
};

/** Where to send to when the contact's own address is not where the request came from (behind NAT); else "". */
function receivedFrom(request: SipRequest, contact: Contact): string {
  const address = request.sourceAddress;
  const host = address.indexOf(":") < 0 || address.charAt(0) === "[" ? address : `[${address}]`;
  const port = contact.uri.port === 0 ? 5060 : contact.uri.port;
  const transport = (uriParam(contact.uri, "transport") ?? "udp").toLowerCase();
  if (contact.uri.host === host && port === request.sourcePort && transport === request.transport) return "";
  return `sip:${host}:${request.sourcePort};transport=${request.transport}`;
}

function contactHeaders(bindings: readonly Binding[]): string {
  let headers = "";
  for (const binding of bindings) {
    const q = binding.q === 1000 ? "" : `;q=${binding.q / 1000}`;
    // Rounded up: a device that refreshes when told so still finds its binding.
    headers += `Contact: <${binding.contact}>${q};expires=${Math.ceil(binding.expiresInMs / 1000)}\r\n`;
  }
  return headers;
}

function retryAfter(context: Context): string {
  return `Retry-After: ${context.policy.times.retryAfterSeconds}\r\n`;
}
