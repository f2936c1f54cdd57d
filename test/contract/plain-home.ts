import { plainCells } from "../../src/ledger/plain";
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
import type { Home, StepName } from "./home";

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

/** A moment that is not on a whole second, so that rounding shows. */
export const START_MS = Date.UTC(2026, 0, 1) + 437;

/** Plain cells with a virtual clock. */
export function plainHome(): Home {
  let time = START_MS;
  const cells = plainCells(() => time);
  return {
    step: async (name, key, args, secondKey = "") => STEPS[name](cells, key, args, secondKey),
    async pass(ms) {
      time += ms;
    },
    now: () => time,
    stored: async () => null,
    async close() {},
  };
}
