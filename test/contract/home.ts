/** One place where the ledger can live, as narrow as a test needs it, and typed steps on top. */
import type { Binding, SaveAnswer, SaveRequest } from "../../src/ledger/bindings";
import type { AdmitAnswer, AdmitRequest, MoveRequest, Usage } from "../../src/ledger/calls";
import {
  packAdmit,
  packMove,
  packSave,
  unpackAnswer,
  unpackBindings,
  unpackSaved,
  unpackUsage,
} from "../../src/ledger/wire/client";
import { FIELD, ROW } from "../../src/ledger/wire/separators";
import type { StepName } from "./steps";

/** Something that a home still stores. */
export interface StoredThing {
  readonly name: string;
  /** Whether the home itself ends it without being asked. */
  readonly ends: boolean;
}

/** A running home. */
export interface Home {
  /** Runs one step; arguments and answer are packed texts (src/ledger/wire). */
  step(name: StepName, key: string, args: string, secondKey?: string): Promise<string>;
  /** Lets that much time pass on the home's clock; where the clock is real, by waiting. */
  pass(ms: number): Promise<void>;
  /** The home's clock, milliseconds since 1970. */
  now(): number;
  /** All that is stored under names that contain `part`; null where the home lets nobody look inside. */
  stored(part: string): Promise<readonly StoredThing[] | null>;
  close(): Promise<void>;
}

/** What `reach` answers. */
export interface Reached {
  readonly admission: AdmitAnswer | null;
  readonly bindings: readonly Binding[];
}

/** The ledger in a home, with values instead of packed texts. */
export interface LedgerIn {
  readonly home: Home;
  admit(scope: string, request: AdmitRequest): Promise<AdmitAnswer>;
  move(scope: string, request: MoveRequest): Promise<AdmitAnswer>;
  confirm(scope: string, lease: string, callMs: number): Promise<boolean>;
  release(scope: string, lease: string): Promise<boolean>;
  save(key: string, request: SaveRequest): Promise<SaveAnswer>;
  lookUp(key: string): Promise<Binding[]>;
  reach(scope: string, key: string, request: AdmitRequest): Promise<Reached>;
  usage(scope: string, tenants: readonly string[], nodes: readonly string[]): Promise<Usage>;
}

/** Packs and unpacks as a proxy does. */
export function ledgerIn(home: Home): LedgerIn {
  return {
    home,
    admit: async (scope, request) => unpackAnswer(await home.step("admit", scope, packAdmit(request))),
    move: async (scope, request) => unpackAnswer(await home.step("move", scope, packMove(request))),
    confirm: async (scope, lease, callMs) => yesOrNo(await home.step("confirm", scope, `${lease}${FIELD}${callMs}`)),
    release: async (scope, lease) => yesOrNo(await home.step("release", scope, lease)),
    save: async (key, request) => unpackSaved(await home.step("save", key, packSave(request))),
    lookUp: async (key) => unpackBindings(await home.step("lookUp", key, "")),
    async reach(scope, key, request) {
      const text = await home.step("reach", scope, packAdmit(request), key);
      const at = text.indexOf(ROW);
      if (at < 0) return { admission: null, bindings: [] };
      return { admission: unpackAnswer(text.slice(0, at)), bindings: unpackBindings(text.slice(at + 1)) };
    },
    usage: async (scope, tenants, nodes) =>
      unpackUsage(await home.step("usage", scope, `${tenants.join(",")}${FIELD}${nodes.join(",")}`)),
  };
}

function yesOrNo(text: string): boolean {
  if (text !== "0" && text !== "1") throw new Error(`neither 0 nor 1: ${JSON.stringify(text)}`);
  return text === "1";
}
