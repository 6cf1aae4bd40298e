/**
 * The store: what a shard reads and writes. A stack of layers over a base tree:
 *
 *   active memtable    takes every write; its newest state is the tip
 *   frozen memtables   wait for their flush, oldest first
 *   row cache          rows of the base tree that were read lately (row-cache.ts)
 *   base tree          on disk
 *
 * A mark is the tip at a record boundary, kept as it was. The shard takes one per record: the
 * newest durable one is what other connections read, and what the tip rolls back to when an append
 * fails.
 *
 *   put, delete, deleteRange ──► tip ──mark()──► mark ──view()────► reads, in the same turn
 *                                 │                  ──snapshot()─► reads, until release()
 *                                 │                  ──rollback()─► the tip is the mark again
 *                             freeze(index) ──► frozen ──flush(durable)──► base tree
 *
 * Rules
 * - freeze(index) is called at a record boundary: the active memtable holds nothing of records
 *   after `index`. That record need not be durable yet; flush() leaves the layer alone until it is.
 * - A view of a mark is read in the turn of the event loop in which view() was called. A flush may
 *   write rows of newer records under an older mark, so a mark older than a layer whose flush has
 *   begun cannot be viewed or rolled back to (asserted). The newest durable mark is never that old.
 * - Whatever must be read later is read from a snapshot(): it pins the base tree.
 * - A mark holds the memtable it was taken of. Freeze first, then mark: then a mark that stays for
 *   long holds no rows that were flushed in the meantime.
 *
 * Versions: each write at the tip gets the next number. A mark carries that of the newest write in
 * it, a frozen layer likewise; "mark older than layer" compares the two, and equal means that the
 * mark is the boundary at which the layer was frozen.
 *
 * Invariant: layers hold writes of records after appliedIndex only. Otherwise a crash in the middle
 * of a flush could leave a deleted range of an old record in the base tree and its rows nowhere,
 * since replay begins after appliedIndex.
 */
import { assert } from "../base/assert.ts";
import { CronosError } from "../base/errors.ts";
import type { LogIndex } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import { keyBytesMax } from "./base-tree.ts";
import type { BaseTree, Mutation, RangeOptions, ReadView, Row, Snapshot } from "./base-tree.ts";
import { getBelow, Layer, LayeredView } from "./layered-view.ts";
import { imageMutations, Memtable } from "./memtable.ts";
import type { MemtableImage } from "./memtable.ts";
import { RowCache } from "./row-cache.ts";

/** Memory for rows of the base tree that were read lately. */
const CACHE_BYTES_MAX = 128 * 1024 * 1024;

/** The tip at some moment. Opaque: read it through view() or snapshot(). */
export interface TipMark {
  readonly version: number;
}

export interface StoreStats {
  /** Estimated memory of the memtables, in bytes. */
  readonly activeBytes: number;
  readonly frozenBytes: number;
  readonly frozenCount: number;
  readonly snapshotCount: number;
  readonly appliedIndex: LogIndex;
}

class Mark extends LayeredView implements TipMark {
  readonly version: number;

  constructor(version: number, layers: LayeredView) {
    super(layers.top, layers.layers, layers.base);
    this.version = version;
  }
}

class FrozenLayer extends Layer {
  readonly index: LogIndex;
  readonly version: number;

  constructor(image: MemtableImage, boundary: { index: LogIndex; version: number }) {
    super(image);
    this.index = boundary.index;
    this.version = boundary.version;
  }
}

class StoreSnapshot implements Snapshot {
  #view: LayeredView | undefined;
  readonly #onRelease: () => void;

  constructor(view: LayeredView, onRelease: () => void) {
    this.#view = view;
    this.#onRelease = onRelease;
  }

  get(key: Key): Uint8Array | undefined {
    return this.#held().get(key);
  }

  range(start: Key, end: Key | undefined, options?: RangeOptions): Iterable<Row> {
    return this.#held().range(start, end, options);
  }

  release(): void {
    if (this.#view === undefined) return;
    this.#view = undefined;
    this.#onRelease();
  }

  #held(): LayeredView {
    assert(this.#view !== undefined, "Snapshot must not be read after its release");
    return this.#view;
  }
}

export class Store {
  readonly tip: ReadView;
  readonly #base: BaseTree;
  readonly #cache: RowCache;
  /** The base tree through the cache. */
  readonly #cachedBase: ReadView;
  #active = new Memtable();
  /** Newest first. The array is replaced, never changed: marks share it. */
  #frozen: readonly FrozenLayer[] = [];
  #version = 0;
  /** Version of the newest layer whose flush has begun. */
  #flushedVersion = 0;
  #flushing: Promise<void> | undefined = undefined;
  #snapshotCount = 0;

  /** Takes the base tree over: close() closes it. */
  constructor(base: BaseTree, cacheBytesMax = CACHE_BYTES_MAX) {
    this.#base = base;
    this.#cache = new RowCache(cacheBytesMax);
    this.#cachedBase = {
      get: (key) => this.#baseGet(key),
      range: (start, end, options) => base.range(start, end, options),
    };
    this.tip = {
      get: (key) => this.#tipGet(key),
      range: (start, end, options) => this.#tipLayers().range(start, end, options),
    };
  }

  /** Index of the last record that is completely in the base tree. */
  get appliedIndex(): LogIndex {
    return this.#base.appliedIndex;
  }

  /** Estimated memory of the memtable that takes the writes, in bytes. */
  get activeBytes(): number {
    return this.#active.bytes;
  }

  /** Estimated memory of the memtables that wait for their flush, in bytes. */
  get frozenBytes(): number {
    let bytes = 0;
    for (const layer of this.#frozen) bytes += layer.image.bytes;
    return bytes;
  }

  /** How many memtables wait for their flush. */
  get frozenCount(): number {
    return this.#frozen.length;
  }

  stats(): StoreStats {
    return {
      activeBytes: this.#active.bytes,
      frozenBytes: this.frozenBytes,
      frozenCount: this.frozenCount,
      snapshotCount: this.#snapshotCount,
      appliedIndex: this.#base.appliedIndex,
    };
  }

  /** Writes a row at the tip. The value is kept, not copied: it must not change any more. */
  put(key: Key, value: Uint8Array): void {
    checkRowKey(key);
    this.#version++;
    this.#active.set(key, value);
  }

  /** Deletes a row at the tip; fine if there is none. */
  delete(key: Key): void {
    if (key.length > keyBytesMax || key.length === 0) return;
    this.#version++;
    this.#active.set(key, null);
  }

  /** Deletes the rows with start <= key < end (no end: to the last) at the tip. */
  deleteRange(start: Key, end: Key | undefined): void {
    this.#version++;
    this.#active.deleteRange(start, end);
  }

  /** The tip as it is now. Costs one small object. */
  mark(): TipMark {
    return new Mark(this.#version, this.#tipLayers());
  }

  /** Reads a mark, in this turn of the event loop only. */
  view(mark: TipMark): ReadView {
    return this.#checked(mark);
  }

  /** Reads a mark until release(). Long-lived ones keep freed pages of the base tree from reuse. */
  snapshot(mark: TipMark): Snapshot {
    const { top, layers } = this.#checked(mark);
    const base = this.#base.snapshot();
    // Own layers: those of the mark are emptied by flushes that the pinned base tree does not see.
    const held = layers.map((layer) => new Layer(layer.image));
    this.#snapshotCount++;
    return new StoreSnapshot(new LayeredView(top, held, base), () => {
      this.#snapshotCount--;
      base.release();
    });
  }

  /** Makes the tip what it was at the mark. Marks taken since then mean nothing any more. */
  rollback(mark: TipMark): void {
    const { top, layers, version } = this.#checked(mark);
    if (version === this.#flushedVersion) {
      // The mark's rows are in the base tree, or in the layer that is on its way there.
      this.#active = new Memtable();
      this.#frozen = this.#frozen.filter((layer) => layer.version <= version);
    } else {
      this.#active = new Memtable(top);
      this.#frozen = this.#frozen.filter((layer) => layers.includes(layer));
    }
    this.#version = version;
  }

  /**
   * Puts the active memtable aside for flush() and an empty one on top; does nothing when it is
   * empty. To be called at a record boundary: everything in it belongs to records up to `index`,
   * and all of those are in it or below.
   */
  freeze(index: LogIndex): void {
    const newest = this.#frozen[0] ?? { index: this.#base.appliedIndex, version: 0 };
    assert(index >= newest.index, "Index of a frozen layer must not be less than the one below");
    if (this.#version === Math.max(newest.version, this.#flushedVersion)) return;
    const layer = new FrozenLayer(this.#active.image(), { index, version: this.#version });
    this.#frozen = [layer, ...this.#frozen];
    this.#active = new Memtable();
  }

  /**
   * Writes the oldest frozen memtable to the base tree if its records are durable, and forgets it.
   * Returns the base tree's applied index. After a rejection the layer is still there: call again.
   * One call at a time.
   */
  async flush(durable: LogIndex): Promise<LogIndex> {
    assert(this.#flushing === undefined, "Only one flush may run at a time");
    const layer = this.#frozen.at(-1);
    if (layer === undefined || layer.index > durable) return this.#base.appliedIndex;
    this.#flushedVersion = layer.version;
    const mutations = imageMutations(layer.image, this.#toCache);
    this.#flushing = this.#base.write(mutations, layer.index);
    try {
      await this.#flushing;
    } finally {
      this.#flushing = undefined;
    }
    layer.drop();
    this.#frozen = this.#frozen.filter((other) => other !== layer);
    return this.#base.appliedIndex;
  }

  /** Waits for a running flush and closes the base tree. The log has what was not flushed. */
  async close(): Promise<void> {
    await this.#flushing?.catch(() => undefined);
    await this.#base.close();
  }

  #tipGet(key: Key): Uint8Array | undefined {
    const entry = this.#active.lookup(key);
    if (entry !== undefined) return entry ?? undefined;
    return getBelow(this.#frozen, this.#cachedBase, key);
  }

  #baseGet(key: Key): Uint8Array | undefined {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached ?? undefined;
    const value = this.#base.get(key);
    this.#cache.add(key, value ?? null);
    return value;
  }

  /**
   * The cache follows what a flush changes, on the way: until the layer is forgotten every reader
   * finds its rows before the cache, so it may hear of them early, and more than once.
   */
  readonly #toCache = (mutation: Mutation): void => {
    if (mutation.kind === "deleteRange") this.#cache.clear();
    else this.#cache.changed(mutation.key, mutation.kind === "put" ? mutation.value : null);
  };

  #tipLayers(): LayeredView {
    return new LayeredView(this.#active.image(), this.#frozen, this.#cachedBase);
  }

  #checked(mark: TipMark): Mark {
    assert(mark instanceof Mark, "Mark must be one of this store's");
    assert(
      mark.version >= this.#flushedVersion,
      "Mark must not be older than a layer whose flush has begun",
    );
    return mark;
  }
}

/** Throws TOO_LARGE if the key is too long for a row. */
export function checkRowKey(key: Key): void {
  assert(key.length > 0, "Key of a row must not be empty");
  if (key.length <= keyBytesMax) return;
  throw new CronosError(
    "TOO_LARGE",
    `Cannot write a key of ${key.length} bytes: the limit is ${keyBytesMax}`,
    { details: { keyBytes: key.length, keyBytesMax } },
  );
}
