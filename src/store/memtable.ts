/**
 * The memtable: the rows, deletions and deleted ranges that are not in the base tree yet.
 *
 * An entry is a value or null, a tombstone: "deleted here, whatever lower layers say". A deleted
 * range removes the memtable's own entries in it and hides the rows of lower layers; an entry
 * written later stands on its own. So a key is decided by its entry, else by the deleted ranges,
 * else by the layers below.
 *
 * Single keys are found by a hash table beside the tree: it has the newest entry of every key and
 * when it was written. An image looks there too, and in its tree only for what was written since.
 *
 * `image()` is the memtable as it is now, for the price of one small object (none when nothing was
 * written since the last one): see ordered-tree.ts.
 */
import type { Key } from "../base/key.ts";
import type { Mutation } from "./base-tree.ts";
import { OrderedTree, TreeCursor, treeFloor, treeGet } from "./ordered-tree.ts";
import type { TreeNode } from "./ordered-tree.ts";
import { hideRange, hides } from "./range-tombstones.ts";
import type { HiddenRanges, Span } from "./range-tombstones.ts";

/** A value, or null where the key is deleted. */
export type Entry = Uint8Array | null;

/**
 * What a row costs in memory besides the bytes of key and value: the string's and the array's
 * headers, two slots in a half-full node, and its place in the hash table. Measured with 20-byte
 * keys on Node 20.
 */
export const entryOverheadBytes = 240;

/** The newest entry of a key. */
interface Newest {
  entry: Entry;
  /** The memtable's count of writes by then; without end once a range took the entry away. */
  write: number;
}

/** What a deleted range costs: two short keys and their slots. */
const rangeBytes = 2 * entryOverheadBytes;

/** A memtable as it was at some moment. Never changes. */
export class MemtableImage {
  readonly entries: TreeNode<Entry>;
  readonly entryCount: number;
  /** The deleted ranges; undefined when there are none, the usual case. */
  readonly hidden: HiddenRanges | undefined;
  readonly hiddenCount: number;
  readonly bytes: number;
  /** Of the memtable, with what was written after the image too. */
  readonly newest: ReadonlyMap<Key, Newest>;
  /** The memtable's count of writes at the image. */
  readonly writes: number;

  constructor(content: Omit<MemtableImage, "lookup">) {
    this.entries = content.entries;
    this.entryCount = content.entryCount;
    this.hidden = content.hidden;
    this.hiddenCount = content.hiddenCount;
    this.bytes = content.bytes;
    this.newest = content.newest;
    this.writes = content.writes;
  }

  /** The value; null when the key is deleted here; undefined when lower layers decide. */
  lookup(key: Key): Entry | undefined {
    const newest = this.newest.get(key);
    if (newest !== undefined) {
      if (newest.write <= this.writes) return newest.entry;
      const entry = treeGet(this.entries, key);
      if (entry !== undefined) return entry;
    }
    if (this.hidden === undefined) return undefined;
    return hides(treeFloor(this.hidden, key), key) ? null : undefined;
  }
}

/** The image of a memtable that nothing was written to. */
export const emptyImage = new MemtableImage({
  entries: new OrderedTree<Entry>().capture(),
  entryCount: 0,
  hidden: undefined,
  hiddenCount: 0,
  bytes: 0,
  newest: new Map(),
  writes: 0,
});

/** Told each mutation before it is handed out. */
type OnMutation = (mutation: Mutation) => void;

const unheard: OnMutation = () => {};

/** What the base tree must be told: deleted ranges first, then entries in the order of keys. */
export function imageMutations(image: MemtableImage, onMutation = unheard): ImageMutations {
  return new ImageMutations({ image, onMutation }, [{ start: "", end: undefined }]);
}

interface ImageSource {
  readonly image: MemtableImage;
  readonly onMutation: OnMutation;
}

export class ImageMutations implements Iterable<Mutation> {
  readonly #source: ImageSource;
  readonly #spans: readonly Span[];

  /** The spans come in the order of keys and do not overlap. */
  constructor(source: ImageSource, spans: readonly Span[]) {
    this.#source = source;
    this.#spans = spans;
  }

  /** Those of the keys in the spans. Entries in between are not walked over. */
  within(spans: readonly Span[]): ImageMutations {
    return new ImageMutations(this.#source, spans);
  }

  *[Symbol.iterator](): IterableIterator<Mutation> {
    const { onMutation } = this.#source;
    for (const mutation of this.#mutations()) {
      onMutation(mutation);
      yield mutation;
    }
  }

  *#mutations(): IterableIterator<Mutation> {
    const { hidden, entries } = this.#source.image;
    if (hidden !== undefined) for (const span of this.#spans) yield* rangesWithin(hidden, span);
    const cursor = new TreeCursor(entries);
    for (const { start, end } of this.#spans) {
      for (cursor.seek(start); cursor.key !== undefined; cursor.next()) {
        const { key, value } = cursor;
        if (end !== undefined && key >= end) break;
        yield value ? { kind: "put", key, value } : { kind: "delete", key };
      }
    }
  }
}

/** The deleted ranges, cut to the span. */
function* rangesWithin(hidden: HiddenRanges, span: Span): IterableIterator<Mutation> {
  const ranges = new TreeCursor(hidden);
  ranges.seekBefore(span.start);
  if (ranges.key === undefined) ranges.seek(span.start);
  for (; ranges.key !== undefined; ranges.next()) {
    if (span.end !== undefined && ranges.key >= span.end) return;
    const start = ranges.key > span.start ? ranges.key : span.start;
    const to = ranges.value ?? undefined;
    const end = span.end === undefined || (to !== undefined && to < span.end) ? to : span.end;
    if (end === undefined || start < end) yield { kind: "deleteRange", start, end };
  }
}

export class Memtable {
  readonly #entries: OrderedTree<Entry>;
  readonly #hidden: OrderedTree<Key | null>;
  readonly #newest: Map<Key, Newest>;
  #writes: number;
  #bytes: number;
  #image: MemtableImage | undefined;
  readonly #forget = (key: Key, entry: Entry): void => {
    this.#bytes -= entryBytes(key, entry);
    const newest = this.#newest.get(key);
    // Not removed: older images must not take it for a key that was never here.
    if (newest !== undefined) newest.write = Number.POSITIVE_INFINITY;
  };

  /** A memtable that goes on from an image. */
  constructor(image: MemtableImage = emptyImage) {
    this.#entries = new OrderedTree(image.entries, image.entryCount);
    this.#hidden = new OrderedTree(image.hidden, image.hiddenCount);
    this.#bytes = image.bytes;
    this.#writes = image.writes;
    this.#newest = newestOf(image);
    // The image's own hash table goes on with another memtable.
    this.#image = undefined;
  }

  /** Memory that the entries and deleted ranges take, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The value; null when the key is deleted here; undefined when lower layers decide. */
  lookup(key: Key): Entry | undefined {
    const newest = this.#newest.get(key);
    if (newest !== undefined && newest.write <= this.#writes) return newest.entry;
    if (this.#hidden.size === 0) return undefined;
    return hides(this.#hidden.floor(key), key) ? null : undefined;
  }

  /** Sets the entry of a key; the value is kept, not copied. */
  set(key: Key, entry: Entry): void {
    this.#image = undefined;
    const write = ++this.#writes;
    const newest = this.#newest.get(key);
    if (newest === undefined) {
      this.#newest.set(key, { entry, write });
    } else {
      newest.entry = entry;
      newest.write = write;
    }
    const replaced = this.#entries.set(key, entry);
    if (replaced === undefined) this.#bytes += entryBytes(key, entry);
    else this.#bytes += (entry?.byteLength ?? 0) - (replaced?.byteLength ?? 0);
  }

  /** Deletes the entries with start <= key < end and hides such rows of lower layers. */
  deleteRange(start: Key, end: Key | undefined): void {
    if (end !== undefined && end <= start) return;
    this.#image = undefined;
    this.#entries.deleteRange(start, end, this.#forget);
    const before = this.#hidden.size;
    hideRange(this.#hidden, start, end);
    this.#bytes += (this.#hidden.size - before) * rangeBytes;
  }

  /** The memtable as it is now. */
  image(): MemtableImage {
    this.#image ??= new MemtableImage({
      entries: this.#entries.capture(),
      entryCount: this.#entries.size,
      hidden: this.#hidden.size === 0 ? undefined : this.#hidden.capture(),
      hiddenCount: this.#hidden.size,
      bytes: this.#bytes,
      newest: this.#newest,
      writes: this.#writes,
    });
    return this.#image;
  }
}

function newestOf({ entries, writes }: MemtableImage): Map<Key, Newest> {
  const newest = new Map<Key, Newest>();
  const cursor = new TreeCursor(entries);
  for (cursor.seek(""); cursor.key !== undefined; cursor.next()) {
    newest.set(cursor.key, { entry: cursor.value ?? null, write: writes });
  }
  return newest;
}

function entryBytes(key: Key, entry: Entry): number {
  return entryOverheadBytes + key.length + (entry?.byteLength ?? 0);
}
