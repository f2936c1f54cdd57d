/** Every scenario, in the order in which they are good to read. */
import { cancel } from "./cancel";
import { dialog } from "./dialog";
import { direct } from "./direct";
import { failover } from "./failover";
import { hostile } from "./hostile";
import { limits } from "./limits";
import { options } from "./options";
import { pool } from "./pool";
import { refusals } from "./refusals";
import { registration } from "./registration";
import type { PolicyName, Scenario } from "./scenario";

export const topics: { readonly [topic: string]: readonly Scenario[] } = {
  registration,
  pool,
  limits,
  failover,
  cancel,
  direct,
  dialog,
  refusals,
  hostile,
  options,
};

/** Where a run keeps its ledger. */
export type LedgerHome = "embedded" | "redis";

export const homes: readonly LedgerHome[] = ["embedded", "redis"];
export const policyNames: readonly PolicyName[] = ["main", "hook"];

/** A scenario with the topic it belongs to. */
export interface Titled {
  readonly title: string;
  readonly scenario: Scenario;
  /** Unlike any other's, and part of all its identifiers. */
  readonly mark: string;
}

/** The scenarios of a policy. */
export function scenariosOf(policy: PolicyName): Titled[] {
  const found: Titled[] = [];
  for (const topic of Object.keys(topics)) {
    (topics[topic] || []).forEach((scenario, index) => {
      if ((scenario.policy || "main") === policy) {
        found.push({ title: topic + ": " + scenario.name, scenario, mark: topic + index });
      }
    });
  }
  return found;
}
