/** The ledger's steps by name, packed text in and out: what a shared home runs and its client calls. */

import { lookUp, save } from "./bindings";
import { type AdmitAnswer, admit, confirm, move, release, usage } from "./calls";
import type { Cells } from "./cells";
import {
  packAnswer,
  packBindings,
  packSaved,
  packUsage,
  unpackAdmit,
  unpackMove,
  unpackNames,
  unpackSave,
} from "./wire/home";
import { FIELD, ROW } from "./wire/separators";

/** Runs a step over cells; `key` is the step's scope or binding key, `args` and the result are packed (codec.ts). */
export type Step = (cells: Cells, key: string, args: string, secondKey: string) => string;

/** New call: `AdmitRequest` → `AdmitAnswer`. */
export const admitStep: Step = (cells, key, args) => packAnswer(admitPacked(cells, key, args));

/**
 * New call, as a proxy that only needs to know where to: `=` and the node of an admitted one, else as `admitStep`. The
 * few answers there are need no unpacking.
 */
export const placeStep: Step = (cells, key, args) => {
  const answer = admitPacked(cells, key, args);
  return answer.outcome === "admitted" ? `=${answer.node}` : packAnswer(answer);
};

function admitPacked(cells: Cells, key: string, args: string): AdmitAnswer {
  const request = unpackAdmit(args);
  return admit(cells, key, request.lease, request, request.groups);
}

/** Call that leaves its node: `MoveRequest` → `AdmitAnswer`. */
export const moveStep: Step = (cells, key, args) => packAnswer(move(cells, key, unpackMove(args)));

/** Answered call: `lease, ms` → "1" or "0". */
export const confirmStep: Step = (cells, key, args) => {
  const fields = args.split(FIELD);
  return confirm(cells, key, fields[0] ?? "", Number(fields[1] ?? "0")) ? "1" : "0";
};

/** Ended call: `lease` → "1" or "0". */
export const releaseStep: Step = (cells, key, args) => (release(cells, key, args) ? "1" : "0");

/** REGISTER: `SaveRequest` → `SaveAnswer`. */
export const saveStep: Step = (cells, key, args) => packSaved(save(cells, key, unpackSave(args)));

/** Live bindings of an address. */
export const lookUpStep: Step = (cells, key) => packBindings(lookUp(cells, key));

/**
 * A call to a user: bindings under `secondKey` and, only when there are some, admission: `AdmitAnswer`, and behind
 * a row separator the bindings; "" when nobody is registered.
 */
export const reachStep: Step = (cells, key, args, secondKey) => {
  const bindings = packBindings(lookUp(cells, secondKey));
  if (bindings === "") return "";
  return `${packAnswer(admitPacked(cells, key, args))}${ROW}${bindings}`;
};

/** Live calls: `tenant names, node names` → `Usage`. */
export const usageStep: Step = (cells, key, args) => {
  const fields = args.split(FIELD);
  return packUsage(usage(cells, key, unpackNames(fields[0] ?? ""), unpackNames(fields[1] ?? "")));
};
