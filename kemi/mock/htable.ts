/**
 * Kamailio's htable module: tables of slots with a lock each, items with an expiry of one second's granularity. Slots
 * and order follow Kamailio's own hash, so that iterators go the same way and two keys share a lock where they do there.
 */

/** What a table is made with; the names are those of the modparam. */
export interface TableOptions {
  /** Two to this power is the number of slots. Default 4. */
  size?: number;
  /** Seconds; 0 (the default) makes the table ignore every expiry. */
  autoexpire?: number;
  /** Default 1: a plain set or increment starts the expiry anew, with autoexpire. */
  updateexpire?: number;
  /** Value of missing items; makes inc and dec work on them. */
  initval?: number;
}

interface Item {
  key: string;
  hash: number;
  value: string | number;
  /** Unix second until whose end the item lives; 0 for ever. */
  expire: number;
}

interface Slot {
  items: Item[];
  /** How often the one process of the mock holds the lock. */
  locked: number;
}

interface Table {
  name: string;
  size: number;
  autoexpire: number;
  updateexpire: boolean;
  initval: number | null;
  slots: Slot[];
}

interface TableIterator {
  table: Table | null;
  slot: number;
  item: Item | null;
}

/** Result of a failed increment. */
const noNumber = -255;

export class HashTables {
  private readonly tables: { [name: string]: Table } = Object.create(null);
  private readonly iterators: { [name: string]: TableIterator } = Object.create(null);

  /** nowMs is the mock's clock; misuse reports a lock used wrongly and throws. */
  constructor(
    private readonly nowMs: () => number,
    private readonly misuse: (text: string) => Error,
  ) {}

  define(name: string, options: TableOptions): void {
    const power = options.size === undefined ? 4 : options.size;
    const size = power <= 1 ? 8 : power > 14 ? 1 << 14 : 1 << power;
    const slots: Slot[] = [];
    for (let i = 0; i < size; i++) slots.push({ items: [], locked: 0 });
    this.tables[name] = {
      name,
      size,
      autoexpire: options.autoexpire || 0,
      updateexpire: options.updateexpire !== 0,
      initval: options.initval === undefined ? null : options.initval,
      slots,
    };
  }

  get(tableName: string, key: string): string | number | null {
    const table = this.tables[tableName];
    if (!table) return null;
    const item = this.live(table, key);
    return item ? item.value : table.initval;
  }

  isNull(tableName: string, key: string): number {
    const table = this.tables[tableName];
    if (!table) return 2;
    if (table.initval !== null) return -2;
    return this.live(table, key) ? -1 : 1;
  }

  /** ttlSeconds 0 or below: as a plain set. False without such a table. */
  set(tableName: string, key: string, value: string | number, ttlSeconds: number): boolean {
    const table = this.tables[tableName];
    if (!table) return false;
    const now = table.autoexpire > 0 ? this.now() : 0;
    const item = this.find(table, key);
    if (!item) {
      this.insert(table, key, value, now + (ttlSeconds > 0 ? ttlSeconds : table.autoexpire));
      return true;
    }
    // Kamailio 5.6 makes a new item when a text grows or replaces a number, and sets the expiry of the old one.
    const replaced = typeof value === "string" && (typeof item.value !== "string" || value.length > item.value.length);
    if (ttlSeconds > 0) item.expire = replaced ? 0 : now + ttlSeconds;
    else if (table.updateexpire) item.expire = now + table.autoexpire;
    item.value = value;
    return true;
  }

  /** False without such a table; a missing item is no error. */
  setExpire(tableName: string, key: string, ttlSeconds: number): boolean {
    const table = this.tables[tableName];
    if (!table) return false;
    const item = this.find(table, key);
    if (item && table.autoexpire > 0) item.expire = ttlSeconds > 0 ? this.now() + ttlSeconds : 0;
    return true;
  }

  /** $shtex: seconds left; 0 for a missing item or a table without expiry, null without such a table. */
  expiry(tableName: string, key: string): number | null {
    const table = this.tables[tableName];
    if (!table) return null;
    const item = table.autoexpire > 0 ? this.find(table, key) : null;
    return item ? (item.expire - this.now()) | 0 : 0;
  }

  remove(tableName: string, key: string): boolean {
    const table = this.tables[tableName];
    if (!table) return false;
    const item = this.find(table, key);
    if (item) this.unlink(this.slotOf(table, item.hash), item);
    return true;
  }

  /** The new value, or -255. */
  add(tableName: string, key: string, delta: number): number {
    const table = this.tables[tableName];
    if (!table) return noNumber;
    const now = table.autoexpire > 0 ? this.now() : 0;
    const item = this.find(table, key);
    if (!item) {
      if (table.initval === null) return noNumber;
      return this.insert(table, key, (table.initval + delta) | 0, now + table.autoexpire).value as number;
    }
    if (now > 0 && item.expire !== 0 && item.expire < now) {
      if (table.initval === null) return noNumber;
      item.value = table.initval;
    }
    if (typeof item.value === "string") return noNumber;
    item.value = (item.value + delta) | 0;
    if (table.updateexpire) item.expire = now + table.autoexpire;
    return item.value;
  }

  reset(tableName: string): boolean {
    const table = this.tables[tableName];
    if (!table) return false;
    for (const slot of table.slots) slot.items = [];
    return true;
  }

  /** sht_rm_name_re (byName) and sht_rm_value_re; patterns without case. */
  removeMatching(tableName: string, pattern: string, byName: boolean): boolean {
    const table = this.tables[tableName];
    if (!table || pattern === "") return false;
    const regex = new RegExp(pattern, "im");
    for (const slot of table.slots) {
      slot.items = slot.items.filter((item) => {
        const subject = byName ? item.key : item.value;
        return typeof subject !== "string" || !regex.test(subject);
      });
    }
    return true;
  }

  lock(tableName: string, key: string): boolean {
    const table = this.tables[tableName];
    if (!table) return false;
    this.slotOf(table, hashKey(key)).locked++;
    return true;
  }

  unlock(tableName: string, key: string): boolean {
    const table = this.tables[tableName];
    if (!table) return false;
    const slot = this.slotOf(table, hashKey(key));
    if (slot.locked === 0) throw this.misuse("KSR.htable.sht_unlock(" + tableName + ", " + key + "): it is not locked");
    slot.locked--;
    return true;
  }

  /** Names of tables with a slot still locked, by sht_lock or by an iterator that was not ended. */
  lockedTables(): string[] {
    const out: string[] = [];
    for (const name of Object.keys(this.tables)) {
      const table = this.tables[name] as Table;
      let locked = false;
      for (const slot of table.slots) locked = locked || slot.locked > 0;
      if (locked) out.push(name);
    }
    return out;
  }

  /** Frees every lock and iterator: what a new process would start with. */
  releaseAll(): void {
    for (const name of Object.keys(this.tables)) {
      for (const slot of (this.tables[name] as Table).slots) slot.locked = 0;
    }
    for (const name of Object.keys(this.iterators)) delete this.iterators[name];
  }

  iteratorStart(name: string, tableName: string): boolean {
    const old = this.iterators[name];
    if (old) this.leaveSlot(old);
    const table = this.tables[tableName] || null;
    this.iterators[name] = { table, slot: 0, item: null };
    return table !== null;
  }

  /** True while there is an item. Expired items that the timer has not met yet are seen too. */
  iteratorNext(name: string): boolean {
    const iterator = this.iterators[name];
    if (!iterator?.table) return false;
    if (iterator.item) {
      const items = (iterator.table.slots[iterator.slot] as Slot).items;
      iterator.item = items[items.indexOf(iterator.item) + 1] || null;
      if (iterator.item) return true;
      (iterator.table.slots[iterator.slot] as Slot).locked--;
      iterator.slot++;
    } else {
      iterator.slot = 0;
    }
    return this.enterNextSlot(iterator);
  }

  iteratorEnd(name: string): boolean {
    const iterator = this.iterators[name];
    if (!iterator) return false;
    this.leaveSlot(iterator);
    delete this.iterators[name];
    return true;
  }

  /** 1 removed and moved to the next item, -2 removed and there is no next, -1 there was none to remove. */
  iteratorRemove(name: string): number {
    const iterator = this.iterators[name];
    if (!iterator?.table || !iterator.item) return -1;
    const slot = iterator.table.slots[iterator.slot] as Slot;
    const next = slot.items[slot.items.indexOf(iterator.item) + 1] || null;
    this.unlink(slot, iterator.item);
    iterator.item = next;
    if (next) return 1;
    slot.locked--;
    iterator.slot++;
    return this.enterNextSlot(iterator) ? 1 : -2;
  }

  iteratorSet(name: string, value: string | number): boolean {
    const iterator = this.iterators[name];
    if (!iterator?.table || !iterator.item) return false;
    iterator.item.value = value;
    if (iterator.table.updateexpire) iterator.item.expire = this.now() + iterator.table.autoexpire;
    return true;
  }

  iteratorSetExpire(name: string, ttlSeconds: number): boolean {
    const iterator = this.iterators[name];
    if (!iterator?.item) return false;
    iterator.item.expire = this.now() + ttlSeconds;
    return true;
  }

  /** The item an iterator stands on, for $shtitkey and $shtitval. */
  iteratorItem(name: string): { key: string; value: string | number } | null {
    const iterator = this.iterators[name];
    return iterator ? iterator.item : null;
  }

  /** What the module's timer does each second: forgets expired items. */
  expire(): void {
    const now = this.now();
    for (const name of Object.keys(this.tables)) {
      const table = this.tables[name] as Table;
      if (table.autoexpire === 0) continue;
      for (const slot of table.slots) {
        slot.items = slot.items.filter((item) => item.expire === 0 || item.expire >= now);
      }
    }
  }

  /** All items of a table with their expiry, for tests. */
  dump(tableName: string): { [key: string]: { value: string | number; expire: number } } {
    const out: { [key: string]: { value: string | number; expire: number } } = Object.create(null);
    const table = this.tables[tableName];
    if (!table) return out;
    for (const slot of table.slots) {
      for (const item of slot.items) out[item.key] = { value: item.value, expire: item.expire };
    }
    return out;
  }

  private now(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  private slotOf(table: Table, hash: number): Slot {
    return table.slots[(hash & (table.size - 1)) >>> 0] as Slot;
  }

  private find(table: Table, key: string): Item | null {
    const hash = hashKey(key);
    for (const item of this.slotOf(table, hash).items) {
      if (item.key === key) return item;
    }
    return null;
  }

  private live(table: Table, key: string): Item | null {
    const item = this.find(table, key);
    if (item && table.autoexpire > 0 && item.expire !== 0 && item.expire < this.now()) return null;
    return item;
  }

  private insert(table: Table, key: string, value: string | number, expire: number): Item {
    const hash = hashKey(key);
    const items = this.slotOf(table, hash).items;
    const item: Item = { key, hash, value, expire };
    let at = 0;
    while (at < items.length && (items[at] as Item).hash <= hash) at++;
    items.splice(at, 0, item);
    return item;
  }

  private unlink(slot: Slot, item: Item): void {
    slot.items = slot.items.filter((other) => other !== item);
  }

  private enterNextSlot(iterator: TableIterator): boolean {
    const table = iterator.table as Table;
    for (; iterator.slot < table.size; iterator.slot++) {
      const slot = table.slots[iterator.slot] as Slot;
      if (slot.items.length > 0) {
        slot.locked++;
        iterator.item = slot.items[0] as Item;
        return true;
      }
    }
    return false;
  }

  private leaveSlot(iterator: TableIterator): void {
    if (iterator.table && iterator.item) (iterator.table.slots[iterator.slot] as Slot).locked--;
  }
}

/** Kamailio's hash of a key, which ignores the case of A to Z. Unsigned 32 bits. */
export function hashKey(key: string): number {
  let hash = 0;
  let position = 0;
  for (; position + 4 <= key.length; position += 4) {
    hash = mix(hash, word(key, position, position + 4));
  }
  hash = mix(hash, word(key, position, key.length));
  return (hash + (hash >>> 11) + ((hash >>> 13) + (hash >>> 23))) >>> 0;
}

function mix(hash: number, value: number): number {
  return (hash + ((value ^ (value >>> 3)) >>> 0)) >>> 0;
}

/** Characters as C's signed char, shifted into one unsigned word. */
function word(key: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    let code = key.charCodeAt(i);
    if (code >= 65 && code <= 90) code |= 32;
    value = (value * 256 + (code > 127 ? code - 256 : code)) >>> 0;
  }
  return value;
}
