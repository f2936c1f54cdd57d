/**
 * The proxy's side of the texts between it and the shared home: requests packed, answers unpacked. One packed text
 * each way costs one argument and one read.
 */

import type { Binding, SaveAnswer, SaveOutcome, SaveRequest } from "../bindings";
import type { AdmitAnswer, AdmitOutcome, AdmitRequest, AdmitTerms, Candidate, MoveRequest, Usage } from "../calls";
import { FIELD, ROW } from "./separators";

/** `lease, tenant, max, rate interval in microseconds (0: none), burst, emergency, ring ms, needs node, groups`. */
export function packAdmit(r: AdmitRequest): string {
  return `${r.lease}${packTerms(r)}${packGroups(r.groups)}`;
}

/** What stands between lease and groups in `packAdmit`, separators included: the same for many calls. */
export function packTerms(t: AdmitTerms): string {
  const rate = t.rate === null ? ["0", "1"] : [`${t.rate.intervalMicros}`, `${t.rate.burst}`];
  const fields = [
    "",
    t.tenant,
    `${t.max}`,
    ...rate,
    t.emergency ? "1" : "0",
    `${t.ringMs}`,
    t.needsNode ? "1" : "0",
    "",
  ];
  return fields.join(FIELD);
}

/** `lease, tenant, ring ms, groups`. */
export function packMove(r: MoveRequest): string {
  return `${r.lease}${FIELD}${r.tenant}${FIELD}${r.ringMs}${FIELD}${packGroups(r.groups)}`;
}

/** `call-id, cseq, max contacts, remove all` and a row per contact: `key, contact, expires, q, received`. */
export function packSave(r: SaveRequest): string {
  const rows = [[r.callId, `${r.cseq}`, `${r.maxContacts}`, r.removeAll ? "1" : "0"].join(FIELD)];
  for (const c of r.contacts) rows.push([c.key, c.contact, `${c.expiresSeconds}`, `${c.q}`, c.received].join(FIELD));
  return rows.join(ROW);
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

/** `packSaved` reversed. */
export function unpackSaved(text: string): SaveAnswer {
  const at = text.indexOf(ROW);
  if (at < 0) return { outcome: text as SaveOutcome, bindings: [] };
  return { outcome: text.substring(0, at) as SaveOutcome, bindings: unpackBindings(text.substring(at + 1)) };
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

/** `packUsage` reversed. */
export function unpackUsage(text: string): Usage {
  const f = text.split(FIELD);
  return { total: Number(f[0] ?? "0"), tenants: unpackNumbers(f[1] ?? ""), nodes: unpackNumbers(f[2] ?? "") };
}

function unpackNumbers(text: string): number[] {
  const numbers: number[] = [];
  if (text !== "") for (const number of text.split(",")) numbers.push(Number(number));
  return numbers;
}

/** `id:capacity:share,id:capacity:share,…`; policy names hold none of these separators. */
export function packGroup(group: readonly Candidate[]): string {
  return group.map((c) => `${c.id}:${c.capacity}:${c.share}`).join(",");
}

/** Groups, separated by semicolons. */
function packGroups(groups: readonly (readonly Candidate[])[]): string {
  return groups.map(packGroup).join(";");
}
