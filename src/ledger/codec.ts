/**
 * Texts between a proxy and the shared home: one packed text each way costs one argument and one read. The
 * separators are control characters, which the reader of messages lets nobody put into a field.
 */

import type { AdmitAnswer, AdmitOutcome, AdmitRequest, Candidate, MoveRequest, Usage } from "./calls";
import type { Binding, ContactUpdate, SaveAnswer, SaveOutcome, SaveRequest } from "./bindings";

/** Between the fields of a row. */
export const FIELD = "\x1f";
/** Between rows. */
export const ROW = "\x1e";

/** `packAdmit` reversed. */
export function unpackAdmit(text: string): AdmitRequest {
  const f = text.split(FIELD);
  const interval = Number(f[3] ?? "0");
  return {
    lease: f[0] ?? "",
    tenant: f[1] ?? "",
    max: Number(f[2] ?? "0"),
    rate: interval > 0 ? { intervalMicros: interval, burst: Number(f[4] ?? "1") } : null,
    emergency: f[5] === "1",
    ringMs: Number(f[6] ?? "0"),
    needsNode: f[7] === "1",
    groups: unpackGroups(f[8] ?? ""),
  };
}

/** `lease, tenant, max, rate interval in microseconds (0: none), burst, emergency, ring ms, needs node, groups`. */
export function packAdmit(r: AdmitRequest): string {
  const rate = r.rate === null ? `0${FIELD}1` : `${r.rate.intervalMicros}${FIELD}${r.rate.burst}`;
  return `${r.lease}${FIELD}${r.tenant}${FIELD}${r.max}${FIELD}${rate}${FIELD}${r.emergency ? "1" : "0"}${FIELD}${r.ringMs}${FIELD}${r.needsNode ? "1" : "0"}${FIELD}${packGroups(r.groups)}`;
}

/** `lease, tenant, ring ms, groups`. */
export function packMove(r: MoveRequest): string {
  return `${r.lease}${FIELD}${r.tenant}${FIELD}${r.ringMs}${FIELD}${packGroups(r.groups)}`;
}

/** `packMove` reversed. */
export function unpackMove(text: string): MoveRequest {
  const f = text.split(FIELD);
  return { lease: f[0] ?? "", tenant: f[1] ?? "", ringMs: Number(f[2] ?? "0"), groups: unpackGroups(f[3] ?? "") };
}

/** `outcome, node, used, allowed, retry after ms`. */
export function packAnswer(a: AdmitAnswer): string {
  return [a.outcome, a.node, `${a.used}`, `${a.allowed}`, `${a.retryAfterMs}`].join(FIELD);
}

/** `packAnswer` reversed. */
export function unpackAnswer(text: string): AdmitAnswer {
  const f = text.split(FIELD);
  return {
    outcome: (f[0] ?? "") as AdmitOutcome,
    node: f[1] ?? "",
    used: Number(f[2] ?? "0"),
    allowed: Number(f[3] ?? "0"),
    retryAfterMs: Number(f[4] ?? "0"),
  };
}

/** `call-id, cseq, max contacts, remove all` and a row per contact: `key, contact, expires, q, received`. */
export function packSave(r: SaveRequest): string {
  const rows = [[r.callId, `${r.cseq}`, `${r.maxContacts}`, r.removeAll ? "1" : "0"].join(FIELD)];
  for (const c of r.contacts) rows.push([c.key, c.contact, `${c.expiresSeconds}`, `${c.q}`, c.received].join(FIELD));
  return rows.join(ROW);
}

/** `packSave` reversed. */
export function unpackSave(text: string): SaveRequest {
  const rows = text.split(ROW);
  const head = (rows[0] ?? "").split(FIELD);
  const contacts: ContactUpdate[] = [];
  for (let i = 1; i < rows.length; i++) {
    const f = (rows[i] ?? "").split(FIELD);
    contacts.push({
      key: f[0] ?? "",
      contact: f[1] ?? "",
      expiresSeconds: Number(f[2] ?? "0"),
      q: Number(f[3] ?? "0"),
      received: f[4] ?? "",
    });
  }
  return {
    callId: head[0] ?? "",
    cseq: Number(head[1] ?? "0"),
    maxContacts: Number(head[2] ?? "0"),
    removeAll: head[3] === "1",
    contacts,
  };
}

/** `outcome` and a row per binding. */
export function packSaved(a: SaveAnswer): string {
  const bindings = packBindings(a.bindings);
  return bindings === "" ? a.outcome : `${a.outcome}${ROW}${bindings}`;
}

/** `packSaved` reversed. */
export function unpackSaved(text: string): SaveAnswer {
  const at = text.indexOf(ROW);
  if (at < 0) return { outcome: text as SaveOutcome, bindings: [] };
  return { outcome: text.substring(0, at) as SaveOutcome, bindings: unpackBindings(text.substring(at + 1)) };
}

/** A row per binding: `contact, q, received, remaining ms`; "" when there is none. */
export function packBindings(bindings: readonly Binding[]): string {
  const rows: string[] = [];
  for (const b of bindings) rows.push([b.contact, `${b.q}`, b.received, `${b.expiresInMs}`].join(FIELD));
  return rows.join(ROW);
}

/** `packBindings` reversed. */
export function unpackBindings(text: string): Binding[] {
  const bindings: Binding[] = [];
  if (text === "") return bindings;
  for (const row of text.split(ROW)) {
    const f = row.split(FIELD);
    bindings.push({
      contact: f[0] ?? "",
      q: Number(f[1] ?? "0"),
      received: f[2] ?? "",
      expiresInMs: Number(f[3] ?? "0"),
    });
  }
  return bindings;
}

/** Names in one field, comma-separated (policy names hold no comma). */
export function unpackNames(text: string): string[] {
  return text === "" ? [] : text.split(",");
}

/** `total`, the tenants' counts, the nodes' counts. */
export function packUsage(u: Usage): string {
  return `${u.total}${FIELD}${u.tenants.join(",")}${FIELD}${u.nodes.join(",")}`;
}

/** `packUsage` reversed. */
export function unpackUsage(text: string): Usage {
  const f = text.split(FIELD);
  return { total: Number(f[0] ?? "0"), tenants: unpackNumbers(f[1] ?? ""), nodes: unpackNumbers(f[2] ?? "") };
}

function unpackNumbers(text: string): number[] {
  const numbers: number[] = [];
  for (const name of unpackNames(text)) numbers.push(Number(name));
  return numbers;
}

// "id:capacity:share,id:capacity:share;…" — policy names hold none of these separators.
function packGroups(groups: readonly (readonly Candidate[])[]): string {
  let text = "";
  for (let g = 0; g < groups.length; g++) {
    if (g > 0) text += ";";
    const group = groups[g] ?? [];
    for (let i = 0; i < group.length; i++) {
      const c = group[i];
      if (c !== undefined) text += `${i > 0 ? "," : ""}${c.id}:${c.capacity}:${c.share}`;
    }
  }
  return text;
}

function unpackGroups(text: string): Candidate[][] {
  const groups: Candidate[][] = [];
  for (const groupText of text.split(";")) {
    const group: Candidate[] = [];
    if (groupText !== "") {
      for (const one of groupText.split(",")) {
        const f = one.split(":");
        group.push({ id: f[0] ?? "", capacity: Number(f[1] ?? "0"), share: Number(f[2] ?? "0") });
      }
    }
    groups.push(group);
  }
  return groups;
}
