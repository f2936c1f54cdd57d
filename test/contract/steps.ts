/** The ledger's steps by the names that all homes share. Runs in Node.js and inside Kamailio. */
import {
  admitStep,
  confirmStep,
  lookUpStep,
  moveStep,
  reachStep,
  releaseStep,
  type Step,
  saveStep,
  usageStep,
} from "../../src/ledger/steps";

/** A step's name, as the library registers it too. */
export type StepName = "admit" | "move" | "confirm" | "release" | "save" | "lookUp" | "reach" | "usage";

/** The steps as they are written, without a compiler between. */
export const STEPS: Readonly<Record<StepName, Step>> = {
  admit: admitStep,
  move: moveStep,
  confirm: confirmStep,
  release: releaseStep,
  save: saveStep,
  lookUp: lookUpStep,
  reach: reachStep,
  usage: usageStep,
};
