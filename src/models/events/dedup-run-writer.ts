/**
 * Writes a run of the dedup index in slices, each in an operation of its own, so that none of them
 * holds up the operations around it: the pages of entries, then the summary, at last the meta row.
 *
 * A slice that fails leaves the writer in the middle of nowhere: throw it away and start again.
 */
import { assert } from "../../base/assert.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { addToFilter, filterWords } from "./dedup-filter.ts";
import { DedupRun, PAGE_ENTRIES, PAGE_WORDS, entryPages, putMeta } from "./dedup-run.ts";
import type { RunMeta } from "./dedup-run.ts";
import { ENTRY_WORDS } from "./dedup-table.ts";
import { dedupPageKey } from "./rows.ts";

/** Pages written in one slice: 64 KiB, about 0.3 ms. */
export const SLICE_PAGES = 16;

/** Entries in order of (hash1, hash2). */
export interface EntrySource {
  readonly entries: number;
  /** Fills `into` with the next entries. */
  read(into: Uint32Array, tx: Transaction): void;
}

export class RunWriter {
  readonly id: number;
  readonly #source: EntrySource;
  readonly #pages: number;
  readonly #filterWords: number;
  readonly #summary: Uint32Array;
  readonly #filter: Uint32Array;
  readonly #page = new Uint32Array(PAGE_WORDS);
  /** The page to write next: of the entries, then of the summary. */
  #next = 0;

  constructor(id: number, source: EntrySource) {
    assert(source.entries > 0, "A run must have entries");
    this.id = id;
    this.#source = source;
    this.#pages = entryPages(source.entries);
    this.#filterWords = filterWords(source.entries);
    this.#summary = new Uint32Array(this.#filterWords + this.#pages);
    this.#filter = this.#summary.subarray(0, this.#filterWords);
  }

  get memoryBytes(): number {
    return this.#summary.byteLength + this.#page.byteLength;
  }

  /** Writes the next pages; true when only finish() is left. */
  writeSlice(tx: Transaction): boolean {
    const pagesAll = this.#pages + Math.ceil(this.#summary.length / PAGE_WORDS);
    const end = Math.min(pagesAll, this.#next + SLICE_PAGES);
    for (; this.#next < end; this.#next++) {
      const words = this.#next < this.#pages ? this.#readEntries(tx) : this.#readSummary();
      const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
      tx.put(dedupPageKey(this.id, this.#next), bytes);
    }
    return this.#next === pagesAll;
  }

  /** Writes the meta row. `newest`: when the newest event was created, or later. */
  finish(tx: Transaction, newest: number): DedupRun {
    const { entries } = this.#source;
    const meta: RunMeta = { id: this.id, entries, filterWords: this.#filterWords, newest };
    putMeta(tx, meta);
    return new DedupRun(meta, this.#summary);
  }

  #readEntries(tx: Transaction): Uint32Array {
    const left = this.#source.entries - this.#next * PAGE_ENTRIES;
    const words = this.#page.subarray(0, Math.min(PAGE_ENTRIES, left) * ENTRY_WORDS);
    this.#source.read(words, tx);
    this.#summary[this.#filterWords + this.#next] = words[0] as number;
    for (let at = 0; at < words.length; at += ENTRY_WORDS) {
      addToFilter(this.#filter, words[at] as number, words[at + 1] as number);
    }
    return words;
  }

  #readSummary(): Uint32Array {
    const at = (this.#next - this.#pages) * PAGE_WORDS;
    return this.#summary.subarray(at, at + PAGE_WORDS);
  }
}
