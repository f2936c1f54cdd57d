/** Look-up tables whose keys come from packets: a name like `__proto__` is just a name in them. */

/** Text to value. */
export interface Table<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
}

/** An empty table. */
export function table<T>(): Table<T> {
  // Duktape has no Map. Without a prototype, only what was put in can be found.
  const entries = Object.create(null) as Record<string, T>;
  return {
    get: (key) => entries[key],
    set(key, value) {
      entries[key] = value;
    },
  };
}
