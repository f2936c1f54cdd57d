/**
 * The rules of bindings (RFC 3261 section 10.3): all bindings of one address of record are one text cell, so that
 * a REGISTER is applied whole or not at all, and the cell vanishes with its last binding.
 */

import type { Cells } from "./cells";
import { FIELD, ROW } from "./wire/separators";

/** One contact of a REGISTER. */
export interface ContactUpdate {
  /** Equal for contacts that are equal under RFC 3261 section 19.1.4. */
  readonly key: string;
  /** The URI as the device wrote it. */
  readonly contact: string;
  /** Granted seconds; 0 removes the binding. */
  readonly expiresSeconds: number;
  /** Preference in thousandths. */
  readonly q: number;
  /** Where the request came from as a SIP URI, when the contact does not say so itself; else "". */
  readonly received: string;
}

/** A REGISTER, checked against the policy. */
export interface SaveRequest {
  readonly callId: string;
  readonly cseq: number;
  /** Contacts allowed per address of record. */
  readonly maxContacts: number;
  /** `Contact: *`: all bindings go. */
  readonly removeAll: boolean;
  readonly contacts: readonly ContactUpdate[];
}

/** A live binding. */
export interface Binding {
  readonly contact: string;
  readonly q: number;
  readonly received: string;
  /** Remaining life, milliseconds, more than 0. */
  readonly expiresInMs: number;
}

/** What became of a REGISTER. */
export type SaveOutcome = "saved" | "out-of-order" | "too-many-contacts";

/** The ledger's answer to a REGISTER; unless "saved", nothing has changed. */
export interface SaveAnswer {
  readonly outcome: SaveOutcome;
  readonly bindings: readonly Binding[];
}

interface StoredBinding {
  key: string;
  contact: string;
  q: number;
  received: string;
  callId: string;
  cseq: number;
  expiresAt: number;
}

/**
 * Applies a REGISTER to the bindings stored under `key`. Without contacts and without `removeAll` it is a query.
 *
 * A request whose Call-ID and CSeq a binding already carries is a retransmission (the 200 was lost, or the store's
 * client sent it twice): it refreshes nothing and succeeds. The same or a lower CSeq that would remove the binding,
 * and any lower CSeq, came out of order and fails the request (step 7).
 */
export function save(cells: Cells, key: string, request: SaveRequest): SaveAnswer {
  const now = cells.now();
  const before = readBindings(cells, key, now);
  const after: StoredBinding[] = [];

  for (const binding of before) {
    const update = request.removeAll ? null : updateFor(request.contacts, binding.key);
    const removed = request.removeAll || (update !== null && update.expiresSeconds === 0);
    if (update === null && !removed) {
      after.push(binding);
      continue;
    }
    if (binding.callId === request.callId) {
      if (request.cseq < binding.cseq) return { outcome: "out-of-order", bindings: [] };
      if (request.cseq === binding.cseq) {
        if (removed) return { outcome: "out-of-order", bindings: [] };
        after.push(binding);
        continue;
      }
    }
    if (update !== null && !removed) after.push(bound(update, request, now));
  }
  for (const contact of request.contacts) {
    const update = updateFor(request.contacts, contact.key);
    if (update === null || update.expiresSeconds === 0 || isBound(after, update.key)) continue;
    after.push(bound(update, request, now));
  }
  // An address that is over a lowered limit may still refresh what it has.
  if (after.length > request.maxContacts && after.length > before.length) {
    return { outcome: "too-many-contacts", bindings: [] };
  }
  if (request.removeAll || request.contacts.length > 0) writeBindings(cells, key, after);
  return { outcome: "saved", bindings: shown(after, now) };
}

/** Live bindings of an address of record, the most preferred first, among equals the youngest. */
export function lookUp(cells: Cells, key: string): Binding[] {
  const now = cells.now();
  return shown(readBindings(cells, key, now), now);
}

function bound(update: ContactUpdate, request: SaveRequest, now: number): StoredBinding {
  return {
    key: update.key,
    contact: update.contact,
    q: update.q,
    received: update.received,
    callId: request.callId,
    cseq: request.cseq,
    expiresAt: now + update.expiresSeconds * 1000,
  };
}

function updateFor(contacts: readonly ContactUpdate[], key: string): ContactUpdate | null {
  let found: ContactUpdate | null = null;
  // A contact that is named twice in one request: the later one counts.
  for (const contact of contacts) if (contact.key === key) found = contact;
  return found;
}

function isBound(bindings: readonly StoredBinding[], key: string): boolean {
  for (const binding of bindings) if (binding.key === key) return true;
  return false;
}

function shown(stored: StoredBinding[], now: number): Binding[] {
  const bindings: Binding[] = [];
  // Youngest first, then a stable insertion by preference: Lua's own sort is not stable.
  for (let i = stored.length - 1; i >= 0; i--) {
    const binding = stored[i];
    if (binding === undefined) continue;
    const shownOne = {
      contact: binding.contact,
      q: binding.q,
      received: binding.received,
      expiresInMs: binding.expiresAt - now,
    };
    let at = bindings.length;
    bindings.push(shownOne);
    while (at > 0 && (bindings[at - 1]?.q ?? 0) < binding.q) {
      bindings[at] = bindings[at - 1] ?? shownOne;
      at--;
    }
    bindings[at] = shownOne;
  }
  return bindings;
}

function readBindings(cells: Cells, key: string, now: number): StoredBinding[] {
  const text = cells.read(key);
  const bindings: StoredBinding[] = [];
  if (text === null) return bindings;
  for (const row of text.split(ROW)) {
    const fields = row.split(FIELD);
    const expiresAt = Number(fields[6] ?? "0");
    if (expiresAt <= now) continue;
    bindings.push({
      key: fields[0] ?? "",
      contact: fields[1] ?? "",
      q: Number(fields[2] ?? "0"),
      received: fields[3] ?? "",
      callId: fields[4] ?? "",
      cseq: Number(fields[5] ?? "0"),
      expiresAt,
    });
  }
  return bindings;
}

function writeBindings(cells: Cells, key: string, bindings: readonly StoredBinding[]): void {
  if (bindings.length === 0) {
    cells.erase(key);
    return;
  }
  let last = 0;
  const rows: string[] = [];
  for (const b of bindings) {
    if (b.expiresAt > last) last = b.expiresAt;
    rows.push([b.key, b.contact, `${b.q}`, b.received, b.callId, `${b.cseq}`, `${b.expiresAt}`].join(FIELD));
  }
  cells.write(key, rows.join(ROW), last);
}
