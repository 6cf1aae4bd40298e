/**
 * Cancelling and rescheduling inside one operation: collects the events, then rewrites each block
 * they are in once, and the runs of the due index that hold them.
 *
 *   cancel      the event's length becomes 0; its offset stays taken
 *   reschedule  the event gets a new schedule_ts behind its bytes and a run of its own; if that
 *               time has come it goes to the fired log at once
 *
 * Only pending events can be changed: others of their blocks may have fired.
 */
import type { Key } from "../../base/key.ts";
import { keyU48 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { Block } from "./block.ts";
import { writeBlock } from "./block.ts";
import { dueRunKey, findDueRun, putRun } from "./due-index.ts";
import type { BlockChange } from "./edited-block.ts";
import { changedBlock } from "./edited-block.ts";
import { appendFired } from "./fired.ts";
import type { Place } from "./find-event.ts";
import { findBlock } from "./lookup.ts";
import { putCheckpoint } from "./partition-checkpoint.ts";
import type { Partition } from "./partition.ts";
import type { DueRun, FiredRun } from "./run.ts";

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
  /** The event is gone for good: that is durable. `block` is as it was. */
  onCancelled(place: Place, block: Block): void;
}

/** A block as it was when the operation began to look at it. */
interface Edit {
  readonly block: Block;
  /** Per position: 1 when the event changes. */
  readonly isChanged: Uint8Array;
}

/** What changes in a partition. */
class PartitionEdits {
  readonly partition: Partition;
  readonly blocks = new Map<number, Edit>();
  /** Runs of the due index that hold changed events. */
  readonly runs = new Map<Key, DueRun>();
  /** Offsets of changed events. */
  readonly offsets: number[] = [];
  /** Events come in the order of their offsets, mostly: the next look-up is often the last one. */
  lastEdit: Edit | undefined;
  lastRun: DueRun | undefined;

  constructor(partition: Partition) {
    this.partition = partition;
  }
}

export class PendingChanges {
  readonly #tx: Transaction;
  readonly #change: PendingChange;
  readonly #hooks: PendingChangeHooks;
  readonly #partitions = new Map<Partition, PartitionEdits>();
  /** The time to which events are moved has come. */
  readonly #isDue: boolean;
  #bytes = 0;

  constructor(tx: Transaction, change: PendingChange, hooks: PendingChangeHooks) {
    this.#tx = tx;
    this.#change = change;
    this.#hooks = hooks;
    this.#isDue = change.kind === "reschedule" && change.at <= hooks.wallNow();
  }

  /** Bytes of the blocks that will be rewritten. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the event in if it is pending. Reads only: add() everything, then store(). */
  add({ partition, offset }: Place): void {
    let edits = this.#partitions.get(partition);
    if (edits === undefined) {
      edits = new PartitionEdits(partition);
      this.#partitions.set(partition, edits);
    }
    const edit = this.#findEdit(edits, offset);
    if (edit === undefined) return;
    const { block, isChanged } = edit;
    const position = offset - block.firstOffset;
    if (isChanged[position] === 1 || block.isGone(position)) return;
    if (!this.#findRun(edits, { due: block.due(position), offset })) return;
    if (!edits.blocks.has(block.firstOffset)) {
      edits.blocks.set(block.firstOffset, edit);
      this.#bytes += block.bytes.length;
    }
    isChanged[position] = 1;
    edits.offsets.push(offset);
  }

  /** Writes everything; returns how many events changed. */
  store(): number {
    const change = this.#blockChange();
    let count = 0;
    for (const edits of this.#partitions.values()) {
      if (edits.offsets.length > 0) this.#storePartition(edits, change);
      count += edits.offsets.length;
    }
    return count;
  }

  #blockChange(): BlockChange {
    const change = this.#change;
    if (change.kind === "cancel") return change;
    const { at } = change;
    return { kind: "reschedule", at, due: this.#isDue ? Math.max(at, this.#tx.now) : at };
  }

  #findEdit(edits: PartitionEdits, offset: number): Edit | undefined {
    const last = edits.lastEdit;
    if (last !== undefined && offset >= last.block.firstOffset && offset < last.block.endOffset) {
      return last;
    }
    const block = findBlock(this.#tx, edits.partition, offset);
    if (block === undefined) return undefined;
    const known = edits.blocks.get(block.firstOffset);
    edits.lastEdit = known ?? { block, isChanged: new Uint8Array(block.count) };
    return edits.lastEdit;
  }

  /** Notes the run of the due index that holds the event; false when none does. */
  #findRun(
    edits: PartitionEdits,
    event: { readonly due: number; readonly offset: number },
  ): boolean {
    const { due, offset } = event;
    const last = edits.lastRun;
    const skipped = offset - (last?.offset ?? 0);
    if (last?.due === due && skipped >= 0 && skipped < last.count) return true;
    const run = findDueRun(this.#tx, edits.partition, event);
    if (run === undefined) return false;
    edits.lastRun = run;
    edits.runs.set(dueRunKey(edits.partition, run.due, run.offset), run);
    return true;
  }

  #storePartition(edits: PartitionEdits, change: BlockChange): void {
    const tx = this.#tx;
    const { partition } = edits;
    const { bytes, cancelled } = partition;
    tx.onUndone(() => {
      partition.bytes = bytes;
      partition.cancelled = cancelled;
    });
    tx.onDurable(() => {
      partition.rewrites++;
    });
    const offsets = Float64Array.from(edits.offsets).sort();
    this.#shortenRuns(edits, offsets);
    for (const edit of edits.blocks.values()) this.#rewrite(partition, edit, change);
    if (change.kind === "cancel") {
      partition.cancelled += offsets.length;
      this.#tellCancelled(edits);
    } else this.#move(partition, runsOfOffsets(offsets, change.due), change);
    putCheckpoint(tx, partition);
  }

  /** Leaves in the due index what does not change of the runs. */
  #shortenRuns({ partition, runs }: PartitionEdits, offsets: Float64Array): void {
    for (const [key, { due, offset, count }] of runs) {
      this.#tx.delete(key);
      let start = offset;
      for (let i = lowerBound(offsets, offset); start < offset + count; i++) {
        const end = Math.min(offsets[i] ?? Number.POSITIVE_INFINITY, offset + count);
        if (end > start) putRun(this.#tx, partition, { due, offset: start, count: end - start });
        start = end + 1;
      }
    }
  }

  #rewrite(partition: Partition, { block, isChanged }: Edit, change: BlockChange): void {
    for (const piece of changedBlock(block, isChanged, change)) {
      const key = partition.blocksPrefix + keyU48(block.firstOffset + piece.first);
      writeBlock(this.#tx.reserve(key, piece.size), piece, piece.sameDue);
      partition.bytes += piece.size;
    }
    partition.bytes -= block.bytes.length;
  }

  #tellCancelled({ partition, blocks }: PartitionEdits): void {
    this.#tx.onDurable(() => {
      for (const { block, isChanged } of blocks.values()) {
        for (let k = isChanged.indexOf(1); k >= 0; k = isChanged.indexOf(1, k + 1)) {
          this.#hooks.onCancelled({ partition, offset: block.firstOffset + k }, block);
        }
      }
    });
  }

  /** Puts moved events where they wait, or where they are when their time has come. */
  #move(
    partition: Partition,
    runs: readonly DueRun[],
    { at, due }: { readonly at: number; readonly due: number },
  ): void {
    const tx = this.#tx;
    if (this.#isDue) {
      const fired = appendFired(tx, partition, { runs, scheduledFrom: at });
      tx.onDurable(() => this.#hooks.onFired(partition, fired));
      return;
    }
    for (const run of runs) putRun(tx, partition, run);
    tx.onApplied(() => this.#hooks.onScheduled(partition, due));
  }
}

/** Runs of consecutive offsets, which are ascending. */
function runsOfOffsets(offsets: Float64Array, due: number): DueRun[] {
  const runs: DueRun[] = [];
  for (let i = 0; i < offsets.length; ) {
    const offset = offsets[i] as number;
    let count = 1;
    while (offsets[i + count] === offset + count) count++;
    runs.push({ due, offset, count });
    i += count;
  }
  return runs;
}

/** Place of the first offset that is not smaller. */
function lowerBound(ascending: Float64Array, offset: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
