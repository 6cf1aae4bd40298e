/**
 * A base tree in memory: for open(":memory:") and for simulations.
 *
 * MemoryTreeStorage plays the disk: it outlives the tree, so that a simulated crash is "forget the
 * tree, open another one on the same storage". What a slice wrote is durable when the slice is
 * done, as in the LMDB tree; a tree whose storage was opened by another one writes nothing more.
 */
import { assert } from "../../base/assert.ts";
import { CronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { LogIndex } from "../../base/ids.ts";
import type { Key } from "../../base/key.ts";
import { keyBytesMax } from "../base-tree.ts";
import type {
  BaseTree,
  BaseTreeStats,
  Mutation,
  RangeOptions,
  Row,
  Snapshot,
} from "../base-tree.ts";
import { OrderedTree, TreeCursor, treeGet } from "../ordered-tree.ts";
import type { TreeNode } from "../ordered-tree.ts";

/** Rows written without giving the event loop a turn: about 1 ms. */
const sliceRows = 2048;

export interface MemoryTreeFaults {
  /** Rows per slice; tests make it small. */
  readonly sliceRows?: number;
  /** Runs before each slice of a write (counted from 0): may wait, or throw what a disk would. */
  readonly beforeSlice?: (slice: number) => Promise<void> | void;
}

/** What survives a crash. */
export class MemoryTreeStorage {
  readonly rows = new OrderedTree<Uint8Array>();
  bytes = 0;
  appliedIndex: LogIndex = logIndex(0);
  owner: MemoryTree | undefined = undefined;
  /** Tests may set and change it at any time. */
  faults: MemoryTreeFaults = {};
}

/** Opens the tree that the storage holds, taking the storage away from any earlier tree. */
export function openMemoryTree(storage: MemoryTreeStorage = new MemoryTreeStorage()): MemoryTree {
  const tree = new MemoryTree(storage);
  storage.owner = tree;
  return tree;
}

export class MemoryTree implements BaseTree {
  readonly #storage: MemoryTreeStorage;
  #writing = false;

  constructor(storage: MemoryTreeStorage) {
    this.#storage = storage;
  }

  get appliedIndex(): LogIndex {
    return this.#storage.appliedIndex;
  }

  get(key: Key): Uint8Array | undefined {
    return this.#storage.rows.get(key);
  }

  range(start: Key, end: Key | undefined, options: RangeOptions = {}): Iterable<Row> {
    return treeRows(this.#storage.rows.capture(), { start, end, ...options });
  }

  async write(mutations: Iterable<Mutation>, appliedIndex: LogIndex): Promise<void> {
    assert(!this.#writing, "Only one write may run at a time");
    this.#writing = true;
    try {
      await this.#writeSlices(mutations);
      this.#storage.appliedIndex = appliedIndex;
    } finally {
      this.#writing = false;
    }
  }

  snapshot(): Snapshot {
    return new MemorySnapshot(this.#storage.rows.capture());
  }

  stats(): BaseTreeStats {
    const { bytes, rows } = this.#storage;
    return { bytesOnDisk: bytes, bytesUsed: bytes, rows: rows.size };
  }

  async close(): Promise<void> {
    if (this.#storage.owner === this) this.#storage.owner = undefined;
  }

  async #writeSlices(mutations: Iterable<Mutation>): Promise<void> {
    const iterator = mutations[Symbol.iterator]();
    let step = iterator.next();
    for (let slice = 0; slice === 0 || step.done !== true; slice++) {
      await this.#storage.faults.beforeSlice?.(slice);
      if (slice > 0) await new Promise<void>((resolve) => setImmediate(resolve));
      this.#checkOwner();
      const rows = this.#storage.faults.sliceRows ?? sliceRows;
      for (let i = 0; i < rows && step.done !== true; i++) {
        this.#apply(step.value);
        step = iterator.next();
      }
    }
  }

  #checkOwner(): void {
    if (this.#storage.owner === this) return;
    throw new CronosError("CLOSED", "Cannot write to the memory tree: it is closed");
  }

  #apply(mutation: Mutation): void {
    const { rows } = this.#storage;
    if (mutation.kind === "deleteRange") {
      rows.deleteRange(mutation.start, mutation.end, this.#forget);
    } else if (mutation.kind === "delete") {
      rows.deleteRange(mutation.key, mutation.key + "\0", this.#forget);
    } else {
      const { key } = mutation;
      assert(key.length >= 1 && key.length <= keyBytesMax, "Key must have 1 to keyBytesMax bytes");
      // Copied into the buffer pool: the value may be a small part of a large buffer.
      const value = Buffer.from(mutation.value);
      const replaced = rows.set(key, value);
      const keyBytes = replaced === undefined ? key.length : 0;
      this.#storage.bytes += keyBytes + value.length - (replaced?.length ?? 0);
    }
  }

  readonly #forget = (key: Key, value: Uint8Array): void => {
    this.#storage.bytes -= key.length + value.length;
  };
}

class MemorySnapshot implements Snapshot {
  #root: TreeNode<Uint8Array> | undefined;

  constructor(root: TreeNode<Uint8Array>) {
    this.#root = root;
  }

  get(key: Key): Uint8Array | undefined {
    return treeGet(this.#held(), key);
  }

  range(start: Key, end: Key | undefined, options: RangeOptions = {}): Iterable<Row> {
    return treeRows(this.#held(), { start, end, ...options });
  }

  release(): void {
    this.#root = undefined;
  }

  #held(): TreeNode<Uint8Array> {
    assert(this.#root !== undefined, "Snapshot must not be read after its release");
    return this.#root;
  }
}

interface RowsQuery extends RangeOptions {
  readonly start: Key;
  readonly end: Key | undefined;
}

function* treeRows(root: TreeNode<Uint8Array>, query: RowsQuery): IterableIterator<Row> {
  const { start, end, reverse = false } = query;
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  const cursor = new TreeCursor(root);
  if (reverse) cursor.seekBefore(end);
  else cursor.seek(start);
  for (; left > 0 && cursor.key !== undefined && cursor.value !== undefined; left--) {
    const { key, value } = cursor;
    if (reverse ? key < start : end !== undefined && key >= end) return;
    yield [key, value];
    if (reverse) cursor.previous();
    else cursor.next();
  }
}
