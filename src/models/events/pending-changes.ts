/**
 * Cancelling and rescheduling inside one operation: collects the events, then rewrites each block
 * they are in once, with its runs in the due index.
 *
 *   cancel      the event's length becomes 0; its offset stays taken
 *   reschedule  the event gets a new schedule_ts behind its bytes and a run of its own; if that
 *               time has come it goes to the fired log at once
 *
 * Only pending events can be changed: others of their blocks may have fired.
 */
import { keyU48 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { Block, BlockSource } from "./block.ts";
import { blockSize, runsOf, writeBlock } from "./block.ts";
import { dueRunKey, findDueRun, putRun } from "./due-index.ts";
import { appendFired } from "./fired.ts";
import type { Place } from "./find-event.ts";
import { findBlock } from "./lookup.ts";
import { putCheckpoint } from "./partition-checkpoint.ts";
import type { Partition } from "./partition.ts";
import type { DueRun, FiredRun } from "./run.ts";
import { withScheduleTime } from "./schedule-time.ts";

export type PendingChange =
  | { readonly kind: "cancel" }
  | { readonly kind: "reschedule"; readonly at: number };

/** What the changes need to know and tell. */
export interface PendingChangeHooks {
  /** Wall clock, Unix ms. */
  wallNow(): number;
  /** Events were put into the due index, due at `due`. */
  onScheduled(partition: Partition, due: number): void;
  /** Events that were due at once are durable. */
  onFired(partition: Partition, runs: readonly FiredRun[]): void;
  /** The event is gone for good: that is durable. */
  onCancelled(place: Place, block: Block): void;
}

/** A block from an operation's start on, if some of its events change. */
interface Edit {
  readonly block: Block;
  /** Per position: 1 when the event changes. */
  readonly isChanged: Uint8Array;
  /** Runs of the due index that hold such events. */
  readonly runs: Set<DueRun>;
  lastRun: DueRun | undefined;
  changed: number;
}

/** New contents of a block. */
class EditedBlock implements BlockSource {
  readonly createdAt: number;
  readonly count: number;
  readonly bytes: Buffer;
  readonly #edit: Edit;
  /** Due time of what is changed. */
  readonly #due: number;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  eventBytes = 0;
  sameDue = true;

  constructor(edit: Edit, change: { readonly change: PendingChange; readonly due: number }) {
    const { block } = edit;
    this.createdAt = block.createdAt;
    this.count = block.count;
    this.#edit = edit;
    this.#due = change.due;
    this.#starts = new Int32Array(block.count);
    this.#ends = new Int32Array(block.count);
    this.bytes = this.#layOut(change.change);
  }

  start(k: number): number {
    return this.#starts[k] as number;
  }

  end(k: number): number {
    return this.#ends[k] as number;
  }

  due(k: number): number {
    const { block, isChanged } = this.#edit;
    return isChanged[k] === 1 && this.#due >= 0 ? this.#due : block.due(k);
  }

  removed(k: number): boolean {
    return this.#edit.block.isRemoved(k);
  }

  /** Finds out where everything is; returns the block's bytes with the new events behind them. */
  #layOut(change: PendingChange): Buffer {
    const { block, isChanged } = this.#edit;
    const parts: Buffer[] = [block.bytes];
    let end = block.bytes.length;
    for (let k = 0; k < block.count; k++) {
      let start = block.start(k);
      let length = block.length(k);
      if (isChanged[k] === 1) {
        if (change.kind === "cancel") length = 0;
        else {
          const event = withScheduleTime(block.event(k), change.at);
          parts.push(event);
          start = end;
          length = event.length;
          end += length;
        }
      }
      this.#starts[k] = start;
      this.#ends[k] = start + length;
      this.eventBytes += length;
      if (k > 0 && this.due(k) !== this.due(0)) this.sameDue = false;
    }
    return parts.length === 1 ? block.bytes : Buffer.concat(parts, end);
  }
}

export class PendingChanges {
  readonly #tx: Transaction;
  readonly #change: PendingChange;
  readonly #hooks: PendingChangeHooks;
  readonly #edits = new Map<Partition, Map<number, Edit>>();
  /** The edit of the last event: events come in the order of their offsets. */
  #last: { readonly partition: Partition; readonly edit: Edit } | undefined;
  #bytes = 0;
  #count = 0;

  constructor(tx: Transaction, change: PendingChange, hooks: PendingChangeHooks) {
    this.#tx = tx;
    this.#change = change;
    this.#hooks = hooks;
  }

  /** Bytes of the blocks that will be rewritten. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the event in if it is pending. Reads only: add() everything, then store(). */
  add({ partition, offset }: Place): void {
    const edit = this.#edit(partition, offset);
    if (edit === undefined) return;
    const { block, isChanged } = edit;
    const position = offset - block.firstOffset;
    if (isChanged[position] === 1 || block.isGone(position)) return;
    let run = edit.lastRun;
    if (run === undefined || offset < run.offset || offset >= run.offset + run.count) {
      run = findDueRun(this.#tx, partition, { due: block.due(position), offset });
      if (run === undefined) return;
      edit.lastRun = run;
      edit.runs.add(run);
    }
    if (edit.changed++ === 0) this.#bytes += block.bytes.length;
    isChanged[position] = 1;
    this.#count++;
  }

  /** Writes everything; returns how many events changed. */
  store(): number {
    const { wallNow } = this.#hooks;
    const change = this.#change;
    const isDue = change.kind === "reschedule" && change.at <= wallNow();
    for (const [partition, edits] of this.#edits) {
      const changed = [...edits.values()].filter((edit) => edit.changed > 0);
      if (changed.length > 0) this.#storePartition(partition, changed, isDue);
    }
    return this.#count;
  }

  #edit(partition: Partition, offset: number): Edit | undefined {
    const last = this.#last;
    if (last?.partition === partition) {
      const { firstOffset, endOffset } = last.edit.block;
      if (offset >= firstOffset && offset < endOffset) return last.edit;
    }
    let edits = this.#edits.get(partition);
    if (edits === undefined) this.#edits.set(partition, (edits = new Map()));
    const block = findBlock(this.#tx, partition, offset);
    if (block === undefined) return undefined;
    let edit = edits.get(block.firstOffset);
    if (edit === undefined) {
      const isChanged = new Uint8Array(block.count);
      edit = { block, isChanged, runs: new Set(), lastRun: undefined, changed: 0 };
      edits.set(block.firstOffset, edit);
    }
    this.#last = { partition, edit };
    return edit;
  }

  #storePartition(partition: Partition, edits: readonly Edit[], isDue: boolean): void {
    const tx = this.#tx;
    const { bytes, cancelled } = partition;
    tx.onUndone(() => {
      partition.bytes = bytes;
      partition.cancelled = cancelled;
    });
    tx.onDurable(() => {
      partition.rewrites++;
    });
    const moved: DueRun[] = [];
    for (const edit of edits) {
      this.#shortenRuns(partition, edit);
      moved.push(...this.#rewrite(partition, edit, isDue));
    }
    if (isDue) this.#fire(partition, moved);
    else if (moved.length > 0) this.#schedule(partition, moved);
    putCheckpoint(tx, partition);
  }

  /** Leaves in the due index what does not change of the runs. */
  #shortenRuns(partition: Partition, { block, isChanged, runs }: Edit): void {
    const tx = this.#tx;
    for (const { due, offset, count } of runs) {
      tx.delete(dueRunKey(partition, due, offset));
      const first = offset - block.firstOffset;
      for (const rest of runsOf(count, (k) => (isChanged[first + k] === 1 ? -1 : due))) {
        putRun(tx, partition, { due, offset: offset + rest.position, count: rest.count });
      }
    }
  }

  /** Writes the block anew; returns the runs of what was moved. */
  #rewrite(partition: Partition, edit: Edit, isDue: boolean): DueRun[] {
    const tx = this.#tx;
    const { block, isChanged } = edit;
    const change = this.#change;
    const due = change.kind === "cancel" ? -1 : isDue ? Math.max(change.at, tx.now) : change.at;
    const edited = new EditedBlock(edit, { change, due });
    const size = blockSize(edited.count, edited.sameDue, edited.eventBytes);
    const key = partition.blocksPrefix + keyU48(block.firstOffset);
    writeBlock(tx.reserve(key, size), edited, edited.sameDue);
    partition.bytes += size - block.bytes.length;
    if (change.kind === "cancel") {
      partition.cancelled += edit.changed;
      this.#tellCancelled(partition, edit);
      return [];
    }
    return runsOf(block.count, (k) => (isChanged[k] === 1 ? due : -1)).map((run) => {
      return { due, offset: block.firstOffset + run.position, count: run.count };
    });
  }

  #tellCancelled(partition: Partition, { block, isChanged }: Edit): void {
    this.#tx.onDurable(() => {
      for (let k = 0; k < block.count; k++) {
        if (isChanged[k] === 0) continue;
        this.#hooks.onCancelled({ partition, offset: block.firstOffset + k }, block);
      }
    });
  }

  #schedule(partition: Partition, moved: readonly DueRun[]): void {
    const due = Math.min(...moved.map((run) => run.due));
    for (const run of moved) putRun(this.#tx, partition, run);
    this.#tx.onApplied(() => this.#hooks.onScheduled(partition, due));
  }

  #fire(partition: Partition, runs: readonly DueRun[]): void {
    const scheduledFrom = this.#change.kind === "reschedule" ? this.#change.at : 0;
    const fired = appendFired(this.#tx, partition, { runs, scheduledFrom });
    this.#tx.onDurable(() => this.#hooks.onFired(partition, fired));
  }
}
