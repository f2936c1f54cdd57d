/** What Redis gives to Lua, as far as the ledger uses it. Exists only in this folder's program. */

declare const redis: {
  /** Runs a command; `nil` comes back as false, whole numbers as numbers, texts as texts. */
  call(this: void, command: string, ...args: (string | number)[]): string | number | boolean | readonly string[];
  /** Redis 7 and later, while a library is being loaded. */
  register_function(this: void, name: string, callback: (this: void, keys: string[], args: string[]) => string): void;
};

/** Name of this library, set by the build: it carries a hash of the text, so versions live side by side. */
declare const LIBRARY: string;
