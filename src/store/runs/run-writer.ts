/**
 * Writes a run file. Rows come in the order of keys; the file grows from the front:
 *
 *   pages of the rows' tree: leaves, and each inner page behind the last of its children
 *   pages of the deleted ranges' tree, the same
 *   pages of the filter
 *   footer
 *
 * A static tree: an entry of an inner page is the smallest text that separates a child from the one
 * before it, and where the child is (page-pointer.ts). It costs one page of memory per level.
 *
 * put() only fills memory: the caller awaits drain() as soon as `isFull` says so.
 */
import { assert } from "../../base/assert.ts";
import type { Key } from "../../base/key.ts";
import type { Disk, DiskFile } from "../../ports/disk.ts";
import { keyBytesMax } from "../base-tree.ts";
import { encodePointer } from "./page-pointer.ts";
import { turn } from "./slices.ts";
import { encodeFilterPage, FilterBuilder, filterPageStarts } from "./run-filter.ts";
import { encodeFooter } from "./run-footer.ts";
import type { TreeRoot } from "./run-footer.ts";
import { PageBuilder, pageBytesTarget, sharedBytes } from "./run-page.ts";

/** Bytes that are written at once. */
const drainBytes = 512 * 1024;

/** A value of at least so many bytes has a page of its own. */
const ownPageBytes = pageBytesTarget / 2;

/** A deleted range; `end` null: to the last key. */
export type DeletedRange = readonly [start: Key, end: Key | null];

/** What is in a run. */
export interface RunInfo {
  readonly id: number;
  readonly fileBytes: number;
  readonly puts: number;
  readonly tombstones: number;
  readonly rangeCount: number;
  /** Of the rows, tombstones among them; empty texts if there are none. */
  readonly firstKey: Key;
  readonly lastKey: Key;
}

/** Finished pages on their way into the file. */
class FileTail {
  readonly #file: DiskFile;
  #pages: Buffer[] = [];
  #written = 0;
  #waiting = 0;

  constructor(file: DiskFile) {
    this.#file = file;
  }

  get position(): number {
    return this.#written + this.#waiting;
  }

  get isFull(): boolean {
    return this.#waiting >= drainBytes;
  }

  /** Takes a copy. */
  append(bytes: Buffer): void {
    this.#pages.push(Buffer.from(bytes));
    this.#waiting += bytes.length;
  }

  async drain(): Promise<void> {
    const pages = this.#pages;
    const position = this.#written;
    this.#written += this.#waiting;
    this.#pages = [];
    this.#waiting = 0;
    await this.#file.write(pages, position);
  }
}

/** A level of a tree: the page that is being made, and what is said about it one level up. */
interface Level {
  readonly builder: PageBuilder;
  separator: Key;
  putsBefore: number;
  tombstonesBefore: number;
}

/** Makes the pages of one tree. */
class TreeWriter {
  readonly #tail: FileTail;
  /** From the leaves up. */
  readonly #levels: Level[] = [];
  #lastKey: Key = "";
  puts = 0;
  tombstones = 0;

  constructor(tail: FileTail) {
    this.#tail = tail;
  }

  add(key: Key, value: Uint8Array | null): void {
    const leaf = this.#level(0);
    const isLarge = value !== null && value.length >= ownPageBytes;
    if (leaf.builder.isFull || (isLarge && leaf.builder.count > 0)) this.#finishPage(0);
    if (leaf.builder.count === 0) {
      leaf.separator = key.slice(0, sharedBytes(this.#lastKey, key) + 1);
      leaf.putsBefore = this.puts;
      leaf.tombstonesBefore = this.tombstones;
    }
    leaf.builder.add(key, value);
    this.#lastKey = key;
    if (value === null) this.tombstones++;
    else this.puts++;
    if (isLarge) this.#finishPage(0);
  }

  /** Finishes all pages, the root last. */
  finish(): TreeRoot {
    for (let depth = 0; depth < this.#levels.length; depth++) {
      const { builder } = this.#level(depth);
      if (builder.count === 0) continue;
      if (depth < this.#levels.length - 1) this.#finishPage(depth);
      else return { ...this.#append(builder), depth };
    }
    return { offset: 0, pageBytes: 0, depth: 0 };
  }

  #finishPage(depth: number): void {
    const { builder, separator, putsBefore, tombstonesBefore } = this.#level(depth);
    const pointer = { ...this.#append(builder), putsBefore, tombstonesBefore };
    const above = this.#level(depth + 1);
    if (above.builder.isFull) this.#finishPage(depth + 1);
    if (above.builder.count === 0) {
      Object.assign(above, { separator, putsBefore, tombstonesBefore });
    }
    above.builder.add(separator, encodePointer(pointer));
  }

  #append(builder: PageBuilder): { readonly offset: number; readonly pageBytes: number } {
    const offset = this.#tail.position;
    const page = builder.finish(offset);
    this.#tail.append(page);
    return { offset, pageBytes: page.length };
  }

  #level(depth: number): Level {
    return (this.#levels[depth] ??= {
      builder: new PageBuilder(),
      separator: "",
      putsBefore: 0,
      tombstonesBefore: 0,
    });
  }
}

export class RunWriter {
  readonly #id: number;
  readonly #file: DiskFile;
  readonly #tail: FileTail;
  readonly #rows: TreeWriter;
  readonly #filter = new FilterBuilder();
  #firstKey: Key = "";
  #lastKey: Key = "";

  static async open(disk: Disk, path: string, id: number): Promise<RunWriter> {
    return new RunWriter(id, await disk.open(path, { mode: "write" }));
  }

  private constructor(id: number, file: DiskFile) {
    this.#id = id;
    this.#file = file;
    this.#tail = new FileTail(file);
    this.#rows = new TreeWriter(this.#tail);
  }

  /** Whether drain() is due. */
  get isFull(): boolean {
    return this.#tail.isFull;
  }

  /** Keys must come in their order, each once. */
  put(key: Key, value: Uint8Array | null): void {
    const { length } = key;
    assert(length > 0 && length <= keyBytesMax, "Key must have 1 to keyBytesMax bytes");
    const isFirst = this.#rows.puts + this.#rows.tombstones === 0;
    assert(isFirst || key > this.#lastKey, "Rows must be written in the order of their keys");
    if (isFirst) this.#firstKey = key;
    this.#lastKey = key;
    this.#rows.add(key, value);
    this.#filter.add(key);
  }

  drain(): Promise<void> {
    return this.#tail.drain();
  }

  /** Writes the rest; the run is durable when this resolves, apart from its file's name. */
  async finish(ranges: readonly DeletedRange[]): Promise<RunInfo> {
    const rows = this.#rows.finish();
    const rangeTree = new TreeWriter(this.#tail);
    for (const [start, end] of ranges) {
      rangeTree.add(start, end === null ? null : Buffer.from(end, "latin1"));
      if (this.isFull) await this.drain();
    }
    const rangeRoot = rangeTree.finish();
    const filterOffset = await this.#writeFilter();
    const { puts, tombstones } = this.#rows;
    const counts = { puts, tombstones, rangeCount: ranges.length };
    const filter = { filterOffset, filterBlocks: this.#filter.blocks };
    const footer = { id: this.#id, rows, ranges: rangeRoot, ...counts, ...filter };
    this.#tail.append(encodeFooter(footer));
    await this.drain();
    await this.#file.sync();
    await this.#file.close();
    const keys = { firstKey: this.#firstKey, lastKey: this.#lastKey };
    return { id: this.#id, fileBytes: this.#tail.position, ...counts, ...keys };
  }

  /** Gives up: the file is to be removed. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }

  async #writeFilter(): Promise<number> {
    const offset = this.#tail.position;
    let bits: Uint8Array | undefined;
    for (bits of this.#filter.fill()) await turn();
    if (bits === undefined) return offset;
    for (const first of filterPageStarts(this.#filter.blocks)) {
      this.#tail.append(encodeFilterPage(bits, first, this.#tail.position));
      if (this.isFull) await this.drain();
    }
    return offset;
  }
}
