/**
 * Reading through the layers of a store, newest first:
 *
 *   top     the active memtable, or an image of it
 *   layers  frozen memtables, newest first
 *   base    the base tree, or a snapshot of it
 *
 * The newest layer that knows a key decides. A scan merges one cursor per layer; each cursor jumps
 * over the deleted ranges of newer layers, so a long hidden stretch costs one seek.
 */
import type { Key } from "../base/key.ts";
import type { RangeOptions, ReadView, Row } from "./base-tree.ts";
import { MergedRows, VisibleSource } from "./merged-rows.ts";
import type { EntrySource } from "./merged-rows.ts";
import { emptyImage } from "./memtable.ts";
import type { Entry, MemtableImage } from "./memtable.ts";
import { TreeCursor } from "./ordered-tree.ts";
import type { HiddenRanges, Span } from "./range-tombstones.ts";

/** A frozen memtable's place in the stack. Empty once the base tree has its rows. */
export class Layer {
  #image: MemtableImage;

  constructor(image: MemtableImage) {
    this.#image = image;
  }

  get image(): MemtableImage {
    return this.#image;
  }

  /** The base tree has everything: readers go on there, and the memory is given back. */
  drop(): void {
    this.#image = emptyImage;
  }
}

/** Looks `key` up in the frozen layers and the base tree. */
export function getBelow(
  layers: readonly Layer[],
  base: ReadView,
  key: Key,
): Uint8Array | undefined {
  for (let i = 0; i < layers.length; i++) {
    const entry = (layers[i] as Layer).image.lookup(key);
    if (entry !== undefined) return entry ?? undefined;
  }
  return base.get(key);
}

/** Layers that do not change, or only in ways that leave what is read as it is. */
export class LayeredView implements ReadView {
  readonly top: MemtableImage;
  readonly layers: readonly Layer[];
  readonly base: ReadView;

  constructor(top: MemtableImage, layers: readonly Layer[], base: ReadView) {
    this.top = top;
    this.layers = layers;
    this.base = base;
  }

  get(key: Key): Uint8Array | undefined {
    const entry = this.top.lookup(key);
    if (entry !== undefined) return entry ?? undefined;
    return getBelow(this.layers, this.base, key);
  }

  range(start: Key, end: Key | undefined, options: RangeOptions = {}): Iterable<Row> {
    const { reverse = false } = options;
    return new MergedRows(() => openSources(this, { start, end }, reverse), options);
  }
}

class ImageSource implements EntrySource {
  key: Key | undefined = undefined;
  value: Entry | undefined = undefined;
  readonly #cursor: TreeCursor<Entry>;
  readonly #reverse: boolean;
  #span: Span | undefined = undefined;

  constructor(image: MemtableImage, reverse: boolean) {
    this.#cursor = new TreeCursor(image.entries);
    this.#reverse = reverse;
  }

  seek(span: Span): void {
    this.#span = span;
    if (this.#reverse) this.#cursor.seekBefore(span.end);
    else this.#cursor.seek(span.start);
    this.#take(span);
  }

  advance(): void {
    if (this.#span === undefined) return;
    if (this.#reverse) this.#cursor.previous();
    else this.#cursor.next();
    this.#take(this.#span);
  }

  close(): void {
    this.#span = undefined;
    this.key = undefined;
  }

  #take(span: Span): void {
    const { key } = this.#cursor;
    if (key === undefined) this.close();
    else if (this.#reverse ? key < span.start : span.end !== undefined && key >= span.end) {
      this.close();
    } else {
      this.key = key;
      this.value = this.#cursor.value;
    }
  }
}

class BaseSource implements EntrySource {
  key: Key | undefined = undefined;
  value: Entry | undefined = undefined;
  readonly #base: ReadView;
  readonly #options: RangeOptions;
  #rows: Iterator<Row> | undefined = undefined;

  constructor(base: ReadView, reverse: boolean) {
    this.#base = base;
    this.#options = { reverse };
  }

  seek(span: Span): void {
    this.close();
    this.#rows = this.#base.range(span.start, span.end, this.#options)[Symbol.iterator]();
    this.advance();
  }

  advance(): void {
    const step = this.#rows?.next();
    if (step === undefined || step.done === true) {
      this.#rows = undefined;
      this.key = undefined;
    } else {
      this.key = step.value[0];
      this.value = step.value[1];
    }
  }

  close(): void {
    this.#rows?.return?.();
    this.#rows = undefined;
    this.key = undefined;
  }
}

function openSources(view: LayeredView, span: Span, reverse: boolean): EntrySource[] {
  const sources: EntrySource[] = [];
  let hidden: HiddenRanges[] = [];
  const open = (source: EntrySource): void => {
    const visible = hidden.length === 0 ? source : new VisibleSource(source, hidden, reverse);
    visible.seek(span);
    sources.push(visible);
  };
  for (const { image } of [{ image: view.top }, ...view.layers]) {
    if (image.entryCount > 0) open(new ImageSource(image, reverse));
    if (image.hidden !== undefined) hidden = [...hidden, image.hidden];
  }
  open(new BaseSource(view.base, reverse));
  return sources;
}
