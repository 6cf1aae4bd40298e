/**
 * The dedup index: which events may have a given id. Exact deduplication is built on it: it maps
 * the two hashes of (topic, id) to *candidates*, places where an event with that id may be stored;
 * the caller compares the candidate's stored id and age. An entry that turns out to be wrong (a
 * lost publish, an event that was cancelled or is too old, equal hashes) is passed over, so nothing
 * ever has to be undone; an entry that is missing would be a wrong answer, so none is ever lost:
 *
 *   active table   takes new entries (dedup-table.ts)
 *   frozen tables  full ones, written as runs in slices by step(), oldest first
 *   runs           sorted rows in the store, filters in memory (dedup-run.ts), merged by step()
 *   written tables their run is in the tip but not durable yet: kept in case the tip rolls back
 *
 * Invariants. Every entry added is in the active table, a frozen one, or a run of the tip. `#runs`
 * are the runs whose meta rows are in the tip.
 *
 * After a restart the tables are gone. What is in runs is told by the caller's rows: `onFreeze` is
 * called when a table is frozen and returns what writes down how far the ids are now covered (for
 * each partition: every id of a smaller offset has been added); it is run in the operation that
 * makes the table's run count. The ids behind that are then read from the blocks and added again.
 */
import { must } from "../../base/assert.ts";
import type { Key } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { MergeSource, runsToMerge } from "./dedup-merge.ts";
import type { EntrySource } from "./dedup-run-writer.ts";
import { RunWriter } from "./dedup-run-writer.ts";
import type { DedupRun } from "./dedup-run.ts";
import { deleteRun, loadRuns } from "./dedup-run.ts";
import type { CandidateVisitor } from "./dedup-table.ts";
import { DedupTable } from "./dedup-table.ts";
import { dedupPagesPrefix, prefixEnd } from "./rows.ts";

/** Writes down how far ids are covered by runs. */
export type CoverageWriter = (tx: Transaction) => void;

/** Runs an operation and returns its result; throws when it was undone. */
export type RunOperation = <T>(operation: (tx: Transaction) => T) => T;

const RUN_ID_MAX = 0xffffffff;

interface FrozenTable {
  readonly table: DedupTable;
  /** Undefined after the tip rolled back: offsets it counts may have been given anew. */
  coverage: CoverageWriter | undefined;
}

interface MergeJob {
  readonly source: MergeSource;
  readonly writer: RunWriter;
}

export class DedupIndex {
  readonly #onFreeze: () => CoverageWriter;
  #active = new DedupTable();
  /** Oldest first. */
  #frozen: FrozenTable[] = [];
  #written: FrozenTable[] = [];
  /** A table to use again: a fresh one costs a page fault for every 4 KiB. */
  #spare: DedupTable | undefined;
  #runs: readonly DedupRun[] = [];
  #mergeable: readonly DedupRun[] | undefined;
  /** Writes the oldest frozen table. */
  #flush: RunWriter | undefined;
  #merge: MergeJob | undefined;
  /** Pages of unfinished runs may be in the store. */
  #hasStrayPages = false;

  /**
   * `onFreeze` must not count ids that are not added yet, such as those of the running operation
   * behind the one whose add() froze the table.
   */
  constructor(onFreeze: () => CoverageWriter) {
    this.#onFreeze = onFreeze;
  }

  /** Frozen tables that step() has not written yet, 4 MiB each: who adds much must step much. */
  get backlog(): number {
    return this.#frozen.length;
  }

  /** Whether step() has something to do. */
  get hasWork(): boolean {
    return this.#frozen.length > 0 || this.#mergeable !== undefined || this.#hasStrayPages;
  }

  /** Entries, stale ones included. */
  get entries(): number {
    const tables = this.#active.count + sum(this.#frozen, ({ table }) => table.count);
    return tables + sum(this.#runs, (run) => run.entries);
  }

  get runs(): number {
    return this.#runs.length;
  }

  /** Bytes of tables, filters and page starts. */
  get memoryBytes(): number {
    return (
      this.#active.memoryBytes +
      (this.#spare?.memoryBytes ?? 0) +
      sum(this.#frozen, ({ table }) => table.memoryBytes) +
      sum(this.#written, ({ table }) => table.memoryBytes) +
      sum(this.#runs, (run) => run.memoryBytes) +
      (this.#flush?.memoryBytes ?? 0) +
      (this.#merge?.writer.memoryBytes ?? 0)
    );
  }

  /** Starts with the runs that are in the store. The caller then adds the ids behind them. */
  load(view: ReadView): void {
    this.#flush = undefined;
    this.#merge = undefined;
    this.#setRuns(loadRuns(view));
    this.#hasStrayPages = true;
  }

  /**
   * The tip rolled back to `view`. Tables whose run is not durable are written again; none of them
   * says how far ids are covered, the next table to be frozen does.
   */
  reload(view: ReadView): void {
    this.#frozen = [...this.#written, ...this.#frozen];
    this.#written = [];
    for (const frozen of this.#frozen) frozen.coverage = undefined;
    this.load(view);
  }

  /**
   * Visits the places where an event with these hashes may be stored, until `visit` returns true:
   * then it returns true. `view` is the tip. The visitor must not call the index.
   */
  // oxlint-disable-next-line max-params -- called for every event: an object would be garbage
  candidates(hash1: number, hash2: number, view: ReadView, visit: CandidateVisitor): boolean {
    if (this.#active.candidates(hash1, hash2, visit)) return true;
    for (let i = this.#frozen.length - 1; i >= 0; i--) {
      const { table } = this.#frozen[i] as FrozenTable;
      if (table.candidates(hash1, hash2, visit)) return true;
    }
    const runs = this.#runs;
    for (let i = runs.length - 1; i >= 0; i--) {
      const run = runs[i] as DedupRun;
      if (!run.mayHold(hash1, hash2)) continue;
      if (run.candidates([hash1, hash2], view, visit)) return true;
    }
    return false;
  }

  /** Adds an entry. hash1 is at least 1 (see dedup-hash.ts). */
  // oxlint-disable-next-line max-params -- called for every event: an object would be garbage
  add(hash1: number, hash2: number, partition: number, offset: number): void {
    if (this.#active.add(hash1, hash2, partition, offset)) return;
    this.freeze();
    this.#active.add(hash1, hash2, partition, offset);
  }

  /**
   * Takes out an entry that can never be right again, if it is in the active table: for ids that
   * are used over and over, whose dead entries would all be visited by every look-up.
   */
  // oxlint-disable-next-line max-params -- the same four as add()
  remove(hash1: number, hash2: number, partition: number, offset: number): void {
    const table = this.#active;
    for (let entry = table.find(hash1, hash2); entry >= 0; entry = table.next(entry)) {
      if (table.partition(entry) !== partition || table.offset(entry) !== offset) continue;
      table.remove(entry);
      return;
    }
  }

  /**
   * Has the active table written as a run, full or not: what is in a run is not read at start.
   * False when it is empty.
   */
  freeze(): boolean {
    if (this.#active.count === 0) return false;
    this.#frozen.push({ table: this.#active, coverage: this.#onFreeze() });
    this.#active = this.#spare ?? new DedupTable(this.#active.slots);
    this.#spare = undefined;
    return true;
  }

  /**
   * Does the next piece of background work, at most 64 KiB of rows, in one operation; returns
   * whether there is more. If the operation fails the piece's work starts again, and it throws.
   */
  step(run: RunOperation): boolean {
    try {
      if (this.#hasStrayPages) run((tx) => this.#deleteStrayPages(tx));
      else if (this.#frozen.length > 0) run((tx) => this.#flushSlice(tx));
      else if (this.#mergeable !== undefined) run((tx) => this.#mergeSlice(tx));
    } catch (error) {
      this.#flush = undefined;
      this.#merge = undefined;
      this.#hasStrayPages = true;
      throw error;
    }
    return this.hasWork;
  }

  /** Drops the runs in which every event was created before `before`, Unix ms. */
  expire(tx: Transaction, before: number): void {
    const expired = this.#runs.filter((run) => run.newest < before);
    if (expired.length === 0) return;
    for (const run of expired) deleteRun(tx, run.id);
    tx.onApplied(() => {
      if (this.#merge?.source.runs.some((run) => expired.includes(run))) {
        this.#merge = undefined;
        this.#hasStrayPages = true;
      }
      this.#setRuns(this.#runs.filter((run) => !expired.includes(run)));
    });
  }

  #setRuns(runs: readonly DedupRun[]): void {
    this.#runs = runs;
    this.#mergeable = this.#merge?.source.runs ?? runsToMerge(runs);
  }

  /** Larger than the id of every run and of every page there is, finished or not. */
  #nextId(): number {
    return Math.max(0, ...this.#ids()) + 1;
  }

  /** The ids of runs and jobs, ascending. */
  #ids(): number[] {
    const jobs = [this.#flush, this.#merge?.writer].filter((writer) => writer !== undefined);
    return [...this.#runs, ...jobs].map(({ id }) => id).sort((a, b) => a - b);
  }

  /** Deletes pages that belong to no run and to no job: a crash or a failure left them. */
  #deleteStrayPages(tx: Transaction): void {
    let start = dedupPagesPrefix(0);
    for (const id of this.#ids()) {
      deleteIfAny(tx, start, dedupPagesPrefix(id));
      start = prefixEnd(dedupPagesPrefix(id));
    }
    deleteIfAny(tx, start, prefixEnd(dedupPagesPrefix(RUN_ID_MAX)));
    tx.onApplied(() => {
      this.#hasStrayPages = false;
    });
  }

  #flushSlice(tx: Transaction): void {
    const frozen = this.#frozen[0] as FrozenTable;
    this.#flush ??= new RunWriter(this.#nextId(), tableSource(frozen.table));
    if (!this.#flush.writeSlice(tx)) return;
    // The shard's clock does not go back: no event of the table was created after now.
    const run = this.#flush.finish(tx, tx.now);
    frozen.coverage?.(tx);
    tx.onApplied(() => {
      this.#flush = undefined;
      this.#frozen.shift();
      this.#written.push(frozen);
      this.#setRuns([...this.#runs, run]);
    });
    tx.onDurable(() => this.#retire(frozen));
  }

  /** The table's run is durable: the table is not needed any more. */
  #retire(frozen: FrozenTable): void {
    // After a roll-back it may be in the backlog again: then it becomes a second run, no harm.
    if (!this.#written.includes(frozen)) return;
    this.#written = this.#written.filter((other) => other !== frozen);
    if (this.#spare !== undefined || frozen.table.slots !== this.#active.slots) return;
    frozen.table.clear();
    this.#spare = frozen.table;
  }

  #mergeSlice(tx: Transaction): void {
    this.#merge ??= this.#startMerge();
    const { source, writer } = this.#merge;
    if (!writer.writeSlice(tx)) return;
    const merged = writer.finish(tx, Math.max(...source.runs.map((run) => run.newest)));
    for (const run of source.runs) deleteRun(tx, run.id);
    tx.onApplied(() => {
      this.#merge = undefined;
      this.#setRuns([merged, ...this.#runs.filter((run) => !source.runs.includes(run))]);
    });
  }

  #startMerge(): MergeJob {
    const source = new MergeSource(must(this.#mergeable));
    return { source, writer: new RunWriter(this.#nextId(), source) };
  }
}

function tableSource(table: DedupTable): EntrySource {
  let position = 0;
  return {
    entries: table.count,
    read: (into) => {
      position = table.read(position, into);
    },
  };
}

function deleteIfAny(tx: Transaction, start: Key, end: Key): void {
  const isEmpty = [...tx.range(start, end, { limit: 1 })].length === 0;
  if (!isEmpty) tx.deleteRange(start, end);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
