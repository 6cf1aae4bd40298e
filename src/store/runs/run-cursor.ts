/**
 * A scan of one run in either direction. The way from the root to the leaf is kept, so that the
 * next leaf costs one page. The first leaves go through the page cache, later ones past it: a long
 * scan shall not take the place of what is looked up often.
 */
import { must } from "../../base/assert.ts";
import type { Key } from "../../base/key.ts";
import type { EntrySource } from "../merged-rows.ts";
import type { Span } from "../range-tombstones.ts";
import { decodePointer } from "./page-pointer.ts";
import type { Run } from "./run.ts";
import type { Page } from "./run-page.ts";

/** Leaves of a scan that are put into the cache. */
const cachedLeaves = 2;

export class RunCursor implements EntrySource {
  key: Key | undefined = undefined;
  readonly #run: Run;
  readonly #reverse: boolean;
  /** From the root down; the last one is the leaf. */
  readonly #pages: Page[] = [];
  readonly #entries: number[] = [];
  #leaf: Page | undefined = undefined;
  #entry = 0;
  #span: Span = { start: "", end: "" };
  #leavesRead = 0;

  constructor(run: Run, reverse: boolean) {
    this.#run = run;
    this.#reverse = reverse;
  }

  get value(): Uint8Array | null | undefined {
    return this.#leaf === undefined ? undefined : this.#leaf.value(this.#entry);
  }

  seek(span: Span): void {
    this.#span = span;
    const { start, end } = span;
    const { firstKey, lastKey } = this.#run.info;
    const isOutside = lastKey < start || (end !== undefined && firstKey >= end);
    if (this.#run.entryCount === 0 || isOutside) return this.close();
    this.#descend(this.#reverse ? end : start);
    const leaf = must(this.#leaf);
    if (!this.#reverse) this.#entry = leaf.find(start);
    else this.#entry = (end === undefined ? leaf.count : leaf.find(end)) - 1;
    this.#settle();
  }

  advance(): void {
    if (this.#leaf === undefined) return;
    this.#entry += this.#reverse ? -1 : 1;
    this.#settle();
  }

  close(): void {
    this.#leaf = undefined;
    this.key = undefined;
  }

  /** Goes on to the next leaf if this one is at its end, and takes the key if it is in the span. */
  #settle(): void {
    const leaf = must(this.#leaf);
    const isInLeaf = this.#reverse ? this.#entry >= 0 : this.#entry < leaf.count;
    if (!isInLeaf && !this.#nextLeaf()) return this.close();
    const key = must(this.#leaf).key(this.#entry);
    const { start, end } = this.#span;
    if (this.#reverse ? key < start : end !== undefined && key >= end) return this.close();
    this.key = key;
  }

  /** To the leaf that may hold `bound`, or the last one. */
  #descend(bound: Key | undefined): void {
    const { offset, pageBytes, depth } = this.#run.root;
    let page = depth === 0 ? this.#readLeaf(offset, pageBytes) : this.#run.page(offset, pageBytes);
    for (let level = 0; level < depth; level++) {
      const entry = bound === undefined ? page.count - 1 : Math.max(0, page.floor(bound));
      this.#pages[level] = page;
      this.#entries[level] = entry;
      page = this.#child(level);
    }
    this.#leaf = page;
  }

  #nextLeaf(): boolean {
    const { depth } = this.#run.root;
    const step = this.#reverse ? -1 : 1;
    let level = depth - 1;
    while (level >= 0) {
      const next = must(this.#entries[level]) + step;
      if (next >= 0 && next < must(this.#pages[level]).count) break;
      level--;
    }
    if (level < 0) return false;
    this.#entries[level] = must(this.#entries[level]) + step;
    let page = this.#child(level);
    for (level++; level < depth; level++) {
      this.#pages[level] = page;
      this.#entries[level] = this.#reverse ? page.count - 1 : 0;
      page = this.#child(level);
    }
    this.#leaf = page;
    this.#entry = this.#reverse ? page.count - 1 : 0;
    return true;
  }

  /** The page below the entry of `level`. */
  #child(level: number): Page {
    const parent = must(this.#pages[level]);
    const at = parent.valueStart(must(this.#entries[level]));
    const { offset, pageBytes } = decodePointer(parent.bytes, at);
    if (level + 1 < this.#run.root.depth) return this.#run.page(offset, pageBytes);
    return this.#readLeaf(offset, pageBytes);
  }

  #readLeaf(offset: number, pageBytes: number): Page {
    this.#leavesRead++;
    if (this.#leavesRead <= cachedLeaves) return this.#run.page(offset, pageBytes);
    return this.#run.uncachedPage(offset, pageBytes);
  }
}
