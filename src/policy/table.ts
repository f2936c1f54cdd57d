/** Look-up tables whose keys come from packets: a name like `__proto__` is just a name in them. */

/** Text to value. */
export type Table<T> = Record<string, T>;

/** An empty table. */
export function table<T>(): Table<T> {
  // Duktape has no Map. Without a prototype, only what was put in can be found.
  return Object.create(null) as Table<T>;
}
