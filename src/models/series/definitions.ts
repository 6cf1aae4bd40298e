/**
 * Things that are defined in a database by a statement and have a name there: continuous queries,
 * subscriptions, bindings of topics, API keys. Rows of the catalog (catalog-rows.ts), all in memory
 * too.
 *
 *   key    "Sc", kind u8, database id u32, name
 *   value  JSON: order u32, and what the kind has
 *
 * `order` grows with each definition of the kind: they are listed in the order they were made.
 */
import type { Key } from "../../base/key.ts";
import { keyU32, keyU8, readKeyU32 } from "../../base/key.ts";
import type { DerivedState } from "../../shard/shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { catalogPrefix, jsonBytes, nameKey, prefixEnd, readJson } from "./catalog-rows.ts";
import { seriesError } from "./series-error.ts";

/** Numbers of kinds in rows; never change one. */
export const definitionKind = {
  continuousQuery: 16,
  subscription: 17,
  binding: 18,
  apiKey: 19,
} as const;

/** Definitions of one kind in all databases. */
export const DEFINITIONS_MAX = 10_000;

const NAME_BYTES_MAX = 255;

/** A definition and where it is. */
export interface Defined<T> {
  readonly databaseId: number;
  readonly name: string;
  readonly content: T;
}

interface Row<T> {
  readonly order: number;
  readonly name: string;
  readonly content: T;
}

/** The definitions of one kind. `T` is what JSON can hold. */
export class Definitions<T extends object> implements DerivedState {
  readonly #prefix: Key;
  /** By row key. */
  readonly #rows = new Map<Key, Row<T> & { readonly databaseId: number }>();
  #lastOrder = 0;
  #version = 0;

  /** Attach it to the shard, so that it follows when the tip rolls back. */
  constructor(kind: (typeof definitionKind)[keyof typeof definitionKind], view: ReadView) {
    this.#prefix = catalogPrefix + keyU8(kind);
    this.rebuild(view);
  }

  /** Grows whenever something changes, or is taken back. */
  get version(): number {
    return this.#version;
  }

  rebuild(view: ReadView): void {
    this.#version++;
    this.#rows.clear();
    for (const [key, value] of view.range(this.#prefix, prefixEnd(this.#prefix))) {
      const databaseId = readKeyU32(key, this.#prefix.length);
      const row = readJson<Row<T>>(value);
      this.#rows.set(key, { ...row, databaseId });
      this.#lastOrder = Math.max(this.#lastOrder, row.order);
    }
  }

  /** In the order they were made; of one database or of all. */
  list(databaseId?: number): readonly Defined<T>[] {
    return [...this.#rows.values()]
      .filter((row) => databaseId === undefined || row.databaseId === databaseId)
      .toSorted((a, b) => a.order - b.order);
  }

  get(databaseId: number, name: string): T | undefined {
    return this.#rows.get(this.#key(databaseId, name))?.content;
  }

  /** Adds a definition, or changes the one that is there. */
  put(tx: Transaction, { databaseId, name, content }: Defined<T>): void {
    const key = this.#key(databaseId, name);
    const before = this.#rows.get(key);
    if (before === undefined) this.#checkRoom(name);
    const order = before?.order ?? ++this.#lastOrder;
    const row: Row<T> = { order, name, content };
    tx.put(key, jsonBytes(row));
    this.#rows.set(key, { ...row, databaseId });
    this.#version++;
    tx.onUndone(() => this.#restore(key, before));
  }

  /** Tells whether it was there. */
  remove(tx: Transaction, databaseId: number, name: string): boolean {
    const key = this.#key(databaseId, name);
    const before = this.#rows.get(key);
    if (before === undefined) return false;
    tx.delete(key);
    this.#rows.delete(key);
    this.#version++;
    tx.onUndone(() => this.#restore(key, before));
    return true;
  }

  /** For DROP DATABASE. */
  removeAll(tx: Transaction, databaseId: number): void {
    for (const { name } of this.list(databaseId)) this.remove(tx, databaseId, name);
  }

  #restore(key: Key, before: (Row<T> & { readonly databaseId: number }) | undefined): void {
    this.#version++;
    if (before === undefined) this.#rows.delete(key);
    else this.#rows.set(key, before);
  }

  #checkRoom(name: string): void {
    if (name === "") throw seriesError("INVALID_ARGUMENT", "invalid name");
    if (Buffer.byteLength(name) > NAME_BYTES_MAX) {
      throw seriesError("INVALID_ARGUMENT", "name too long");
    }
    if (this.#rows.size >= DEFINITIONS_MAX) {
      throw seriesError("TOO_LARGE", `definitions must be at most ${DEFINITIONS_MAX}`);
    }
  }

  #key(databaseId: number, name: string): Key {
    return this.#prefix + keyU32(databaseId) + nameKey(name);
  }
}
