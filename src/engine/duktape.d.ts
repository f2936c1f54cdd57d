/**
 * What Duktape 2.7.0 offers to a script inside Kamailio beyond `lib.es5.d.ts`.
 *
 * This file and `"lib": ["es5"]` are the whole world of engine code. Everything below was found by asking the engine;
 * `test/build/engine.test.ts` asks it again for every name. What `lib.es5.d.ts` declares but the engine lacks cannot
 * be taken away by a declaration: `src/build/engine-rules.ts` lists and refuses it.
 *
 * Left out on purpose: `require` (Kamailio's own loader, no modules at run time), `Buffer` (deprecated in the engine),
 * and the Annex B leftovers (`__proto__`, `getYear` ...). The `duk` command adds `print` and `console`; Kamailio lacks
 * both.
 */

interface SymbolConstructor {
  readonly prototype: symbol;
  readonly hasInstance: unique symbol;
  readonly isConcatSpreadable: unique symbol;
  readonly iterator: unique symbol;
  readonly toPrimitive: unique symbol;
  readonly toStringTag: unique symbol;
  (description?: string | number): symbol;
  for(key: string): symbol;
  keyFor(symbol: symbol): string | undefined;
}
// biome-ignore lint/suspicious/noShadowRestrictedNames: this is the declaration of the global itself
declare var Symbol: SymbolConstructor;

interface ObjectConstructor {
  assign<T extends object, U>(target: T, source: U): T & U;
  assign<T extends object, U, V>(target: T, source1: U, source2: V): T & U & V;
  assign(target: object, ...sources: unknown[]): unknown;
  getOwnPropertySymbols(value: object): symbol[];
  /** SameValue: unlike `===`, NaN is NaN and -0 is not 0. */
  is(left: unknown, right: unknown): boolean;
  setPrototypeOf<T extends object>(value: T, prototype: object | null): T;
}

interface String {
  codePointAt(index: number): number | undefined;
  endsWith(searchString: string, endPosition?: number): boolean;
  includes(searchString: string, position?: number): boolean;
  repeat(count: number): string;
  startsWith(searchString: string, position?: number): boolean;
}

interface StringConstructor {
  fromCodePoint(...codePoints: number[]): string;
}

interface NumberConstructor {
  readonly EPSILON: number;
  readonly MAX_SAFE_INTEGER: number;
  readonly MIN_SAFE_INTEGER: number;
  isFinite(value: unknown): boolean;
  isInteger(value: unknown): boolean;
  isNaN(value: unknown): boolean;
  isSafeInteger(value: unknown): boolean;
  parseFloat(text: string): number;
  parseInt(text: string, radix?: number): number;
}

interface Math {
  cbrt(x: number): number;
  /** Leading zero bits of the 32-bit representation. */
  clz32(x: number): number;
  hypot(...values: number[]): number;
  /** 32-bit integer product. */
  imul(x: number, y: number): number;
  log10(x: number): number;
  log2(x: number): number;
  sign(x: number): number;
  trunc(x: number): number;
}

interface RegExp {
  /** Only `g`, `i` and `m` exist. */
  readonly flags: string;
}

interface Error {
  /** Duktape: the file of the topmost frame; `eval` inside Kamailio. */
  readonly fileName?: string;
  /** Duktape: the line of the topmost frame. Stacks have no columns. */
  readonly lineNumber?: number;
}

interface ProxyHandler<T extends object> {
  apply?(target: T, self: unknown, args: unknown[]): unknown;
  construct?(target: T, args: unknown[]): object;
  deleteProperty?(target: T, key: string | symbol): boolean;
  get?(target: T, key: string | symbol, receiver: unknown): unknown;
  has?(target: T, key: string | symbol): boolean;
  ownKeys?(target: T): ArrayLike<string | symbol>;
  set?(target: T, key: string | symbol, value: unknown, receiver: unknown): boolean;
}
/** Duktape has no `Proxy.revocable` and knows only the traps of `ProxyHandler`. */
interface ProxyConstructor {
  new <T extends object>(target: T, handler: ProxyHandler<T>): T;
}
// biome-ignore lint/suspicious/noShadowRestrictedNames: this is the declaration of the global itself
declare var Proxy: ProxyConstructor;

declare namespace Reflect {
  // biome-ignore lint/complexity/noBannedTypes: any callable, as the specification has it
  function apply(target: Function, self: unknown, args: ArrayLike<unknown>): unknown;
  // biome-ignore lint/complexity/noBannedTypes: any constructor, as the specification has it
  function construct(target: Function, args: ArrayLike<unknown>): object;
  function defineProperty(target: object, key: string | symbol, attributes: PropertyDescriptor): boolean;
  function deleteProperty(target: object, key: string | symbol): boolean;
  function get(target: object, key: string | symbol, receiver?: unknown): unknown;
  function getOwnPropertyDescriptor(target: object, key: string | symbol): PropertyDescriptor | undefined;
  function getPrototypeOf(target: object): object | null;
  function has(target: object, key: string | symbol): boolean;
  function isExtensible(target: object): boolean;
  function ownKeys(target: object): (string | symbol)[];
  function preventExtensions(target: object): boolean;
  function set(target: object, key: string | symbol, value: unknown, receiver?: unknown): boolean;
  function setPrototypeOf(target: object, prototype: object | null): boolean;
}

interface TextEncoder {
  readonly encoding: string;
  encode(text?: string): Uint8Array;
}
declare var TextEncoder: { readonly prototype: TextEncoder; new (): TextEncoder };

interface TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(bytes?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string;
}
declare var TextDecoder: {
  readonly prototype: TextDecoder;
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
};

declare namespace performance {
  /** Milliseconds with microsecond resolution from a monotonic clock; only differences mean something. */
  function now(): number;
}

/** Concise Binary Object Representation (RFC 8949). */
declare namespace CBOR {
  function encode(value: unknown): ArrayBuffer;
  function decode(bytes: ArrayBuffer | ArrayBufferView): unknown;
}

declare namespace Duktape {
  /** Major * 10000 + minor * 100 + patch: 20700. */
  const version: number;
  const env: string;
  /** Describes a call stack level (-1 is the caller of `act`), undefined past the end. */
  function act(level: number): { lineNumber: number; pc: number; function: unknown } | undefined;
  function compact<T>(value: T): T;
  function dec(format: "hex" | "base64", text: string): unknown;
  function enc(format: "hex" | "base64" | "jx" | "jc", value: unknown): string;
  /** Runs a full garbage collection. */
  function gc(): boolean;
  function info(value: unknown): object;
}
