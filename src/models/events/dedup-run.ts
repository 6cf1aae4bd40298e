/**
 * A run of the dedup index: many ids, sorted, immutable, in the store. Rows (see rows.ts):
 *
 *   kind 10  run id → meta
 *     0   1  version: 1
 *     1   4  entries
 *     5   4  words of the filter
 *     9   6  newest: no event in the run was created later, Unix ms
 *   kind 11  run id, page number → page: up to PAGE_ENTRIES × 16 bytes
 *     pages 0 …     entries: hash1 u32, hash2 u32, offset low u32, offset high u16,
 *                   partition u16; sorted by (hash1, hash2); all pages but the last one are full
 *     pages behind  summary: the filter's words, then the first hash1 of each page of entries
 *
 * All little-endian. The meta row is written last and removed first: without it the pages are not
 * there. In memory: the summary, 16.1 bits per id. A look-up asks the filter, finds the page by the
 * first hashes, reads that page and searches in it.
 */
import { assert } from "../../base/assert.ts";
import { CronosError } from "../../base/errors.ts";
import type { Key } from "../../base/key.ts";
import { readKeyU32 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { filterHas, isFilterSize } from "./dedup-filter.ts";
import type { CandidateVisitor } from "./dedup-table.ts";
import { ENTRY_WORDS, entryOffset, entryPartition } from "./dedup-table.ts";
import { dedupPageKey, dedupPagesPrefix, dedupRunKey, dedupRunPrefix, prefixEnd } from "./rows.ts";

/**
 * Entries of a page. With its checksum a page stays under 4080 bytes, which LMDB keeps in one of
 * its overflow pages; a few entries more would take two.
 */
export const PAGE_ENTRIES = 252;
export const PAGE_WORDS = PAGE_ENTRIES * ENTRY_WORDS;

const VERSION = 1;
const META_BYTES = 15;

const firstByte = new Uint8Array(Uint32Array.of(1).buffer)[0];
assert(firstByte === 1, "Pages are used as they are stored: the processor must be little-endian");

export interface RunMeta {
  readonly id: number;
  readonly entries: number;
  readonly filterWords: number;
  readonly newest: number;
}

/** Pages of entries that so many entries take. */
export function entryPages(entries: number): number {
  return Math.ceil(entries / PAGE_ENTRIES);
}

/** A run whose meta row is there. */
export class DedupRun {
  readonly id: number;
  readonly entries: number;
  readonly newest: number;
  readonly #summary: Uint32Array;
  readonly #filter: Uint32Array;
  readonly #firstHashes: Uint32Array;

  constructor(meta: RunMeta, summary: Uint32Array) {
    const pages = entryPages(meta.entries);
    assert(summary.length === meta.filterWords + pages, "A summary has a hash for every page");
    this.id = meta.id;
    this.entries = meta.entries;
    this.newest = meta.newest;
    this.#summary = summary;
    this.#filter = summary.subarray(0, meta.filterWords);
    this.#firstHashes = summary.subarray(meta.filterWords);
  }

  get memoryBytes(): number {
    return this.#summary.byteLength;
  }

  /** False when the run does not hold the id; true when it does, and rarely when it does not. */
  mayHold(hash1: number, hash2: number): boolean {
    return filterHas(this.#filter, hash1, hash2);
  }

  /** Visits the entries with these hashes; true when the visitor stopped. */
  candidates(hashes: readonly [number, number], view: ReadView, visit: CandidateVisitor): boolean {
    const [hash1, hash2] = hashes;
    for (let page = this.#firstPage(hash1); page < this.#firstHashes.length; page++) {
      const words = readPage(view, this, page);
      for (let at = firstEntry(words, hash1); at < words.length; at += ENTRY_WORDS) {
        if (words[at] !== hash1 || (words[at + 1] as number) > hash2) return false;
        if (words[at + 1] !== hash2) continue;
        const high = words[at + 3] as number;
        if (visit(entryPartition(high), entryOffset(words[at + 2] as number, high))) return true;
      }
      // Equal hashes may go on in the next page.
      if ((this.#firstHashes[page + 1] ?? Number.POSITIVE_INFINITY) > hash1) return false;
    }
    return false;
  }

  /** The page in which entries with this hash start, if any: the last one that starts lower. */
  #firstPage(hash1: number): number {
    let low = 0;
    let high = this.#firstHashes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#firstHashes[middle] as number) < hash1) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** Word position of the first entry whose hash1 is not smaller. */
function firstEntry(words: Uint32Array, hash1: number): number {
  let low = 0;
  let high = words.length / ENTRY_WORDS;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((words[middle * ENTRY_WORDS] as number) < hash1) low = middle + 1;
    else high = middle;
  }
  return low * ENTRY_WORDS;
}

/** The words of a page of entries. */
export function readPage(
  view: ReadView,
  run: { readonly id: number; readonly entries: number },
  page: number,
): Uint32Array {
  const entries = Math.min(PAGE_ENTRIES, run.entries - page * PAGE_ENTRIES);
  return readWords(view, dedupPageKey(run.id, page), entries * ENTRY_WORDS);
}

function readWords(view: ReadView, key: Key, count: number): Uint32Array {
  const row = view.get(key);
  if (row?.length !== count * 4) {
    const id = readKeyU32(key, dedupRunPrefix.length);
    const page = readKeyU32(key, dedupRunPrefix.length + 4);
    const found = row === undefined ? "is missing" : `has ${row.length} bytes`;
    throw new CronosError(
      "CORRUPTION",
      `Page ${page} of dedup run ${id} must have ${count * 4} bytes: it ${found}`,
      { details: { run: id, page } },
    );
  }
  if (row.byteOffset % 4 === 0) return new Uint32Array(row.buffer, row.byteOffset, count);
  const words = new Uint32Array(count);
  new Uint8Array(words.buffer).set(row);
  return words;
}

/** Reads what is kept in memory of every run that is there, in order of their ids. */
export function loadRuns(view: ReadView): DedupRun[] {
  const runs: DedupRun[] = [];
  for (const [key, row] of view.range(dedupRunPrefix, prefixEnd(dedupRunPrefix))) {
    const meta = readMeta(readKeyU32(key, dedupRunPrefix.length), row);
    runs.push(new DedupRun(meta, readSummary(view, meta)));
  }
  return runs;
}

function readMeta(id: number, row: Uint8Array): RunMeta {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  const isKnown = bytes.length === META_BYTES && bytes[0] === VERSION;
  const filterWords = isKnown ? bytes.readUInt32LE(5) : 0;
  if (!isFilterSize(filterWords)) {
    const message = `Meta of dedup run ${id} must be of version ${VERSION}: it is not readable`;
    throw new CronosError("CORRUPTION", message, { details: { run: id } });
  }
  return { id, entries: bytes.readUInt32LE(1), filterWords, newest: bytes.readUIntLE(9, 6) };
}

function readSummary(view: ReadView, meta: RunMeta): Uint32Array {
  const pages = entryPages(meta.entries);
  const summary = new Uint32Array(meta.filterWords + pages);
  for (let at = 0, page = pages; at < summary.length; at += PAGE_WORDS, page++) {
    const count = Math.min(PAGE_WORDS, summary.length - at);
    summary.set(readWords(view, dedupPageKey(meta.id, page), count), at);
  }
  return summary;
}

/** Writes the row that makes the run's pages count. */
export function putMeta(tx: Transaction, meta: RunMeta): void {
  const bytes = Buffer.alloc(META_BYTES);
  bytes[0] = VERSION;
  bytes.writeUInt32LE(meta.entries, 1);
  bytes.writeUInt32LE(meta.filterWords, 5);
  bytes.writeUIntLE(meta.newest, 9, 6);
  tx.put(dedupRunKey(meta.id), bytes);
}

/** Deletes the run with its pages. */
export function deleteRun(tx: Transaction, id: number): void {
  tx.delete(dedupRunKey(id));
  deletePages(tx, id);
}

/** Deletes the run's pages. */
export function deletePages(tx: Transaction, id: number): void {
  tx.deleteRange(dedupPagesPrefix(id), prefixEnd(dedupPagesPrefix(id)));
}
