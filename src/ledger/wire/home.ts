/** The shared home's side of the texts between it and a proxy: requests unpacked, answers packed (see client.ts). */

import type { Binding, ContactUpdate, SaveAnswer, SaveRequest } from "../bindings";
import type { AdmitAnswer, AdmitRequest, Candidate, MoveRequest, Usage } from "../calls";
import { FIELD, ROW } from "./separators";

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

/** `packMove` reversed. */
export function unpackMove(text: string): MoveRequest {
  const f = text.split(FIELD);
  return { lease: f[0] ?? "", tenant: f[1] ?? "", ringMs: Number(f[2] ?? "0"), groups: unpackGroups(f[3] ?? "") };
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

/** `outcome, node, used, allowed, retry after ms`. */
export function packAnswer(a: AdmitAnswer): string {
  return [a.outcome, a.node, `${a.used}`, `${a.allowed}`, `${a.retryAfterMs}`].join(FIELD);
}

/** `outcome` and a row per binding. */
export function packSaved(a: SaveAnswer): string {
  const bindings = packBindings(a.bindings);
  return bindings === "" ? a.outcome : `${a.outcome}${ROW}${bindings}`;
}

/** A row per binding: `contact, q, received, remaining ms`; "" when there is none. */
export function packBindings(bindings: readonly Binding[]): string {
  const rows: string[] = [];
  for (const b of bindings) rows.push([b.contact, `${b.q}`, b.received, `${b.expiresInMs}`].join(FIELD));
  return rows.join(ROW);
}

/** Names in one field, comma-separated (policy names hold no comma). */
export function unpackNames(text: string): string[] {
  return text === "" ? [] : text.split(",");
}

/** `total`, the tenants' counts, the nodes' counts. */
export function packUsage(u: Usage): string {
  return `${u.total}${FIELD}${u.tenants.join(",")}${FIELD}${u.nodes.join(",")}`;
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
