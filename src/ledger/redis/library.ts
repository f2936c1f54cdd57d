/**
 * The Redis Functions library (Redis 7): each step is a function `<library>_<step>`, called as
 * `FCALL <library>_<step> 1 <key> <args>`, for `reach` `2 <key> <binding key> <args>`. Keys beyond those named are
 * derived from the first one and share its hash tag.
 */

import {
  admitStep,
  confirmStep,
  lookUpStep,
  moveStep,
  placeStep,
  reachStep,
  releaseStep,
  type Step,
  saveStep,
  usageStep,
} from "../steps";
import { cells } from "./cells";

function register(name: string, step: Step): void {
  redis.register_function(`${LIBRARY}_${name}`, (keys, args) => {
    cells.begin();
    return step(cells, keys[0] ?? "", args[0] ?? "", keys[1] ?? "");
  });
}

register("admit", admitStep);
register("place", placeStep);
register("move", moveStep);
register("confirm", confirmStep);
register("release", releaseStep);
register("save", saveStep);
register("lookUp", lookUpStep);
register("reach", reachStep);
register("usage", usageStep);
