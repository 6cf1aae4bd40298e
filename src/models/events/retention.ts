/**
 * Retention: removes events that fired, that every group settled, and that are old enough or too
 * many. An event that has not fired, or that a group has not settled, is never removed; nor is one
 * of a topic without groups, which still waits for its first consumer.
 *
 * It walks a partition's fired log from its oldest row. A removed event's id is kept in its block
 * until the topic's dedup time has passed, so that a duplicate is still known as one: the block is
 * rewritten with the ids alone. When no event of a block is left, and no id is needed, it goes.
 *
 * One operation removes a bounded part; callers repeat it until it removes nothing.
 */
import type { Key } from "../../base/key.ts";
import { keyU48 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { Block, blockSize, writeBlock } from "./block.ts";
import { FieldReader } from "./field-reader.ts";
import type { FiredRowCut } from "./fired.ts";
import { cutFiredRow, firedRowRuns, firedRowTime } from "./fired.ts";
import { findBlock } from "./lookup.ts";
import { putCheckpoint } from "./partition-checkpoint.ts";
import type { Partition } from "./partition.ts";
import { blockKeyOffset } from "./rows.ts";
import type { FiredRun } from "./run.ts";

/** Most events that one operation removes, if they are of several runs. */
const OPERATION_EVENTS = 4096;
/** No block is added to an operation once it rewrites so many bytes of them. */
const OPERATION_BYTES = 4 * 1024 * 1024;

/** What may be removed. */
export interface RetentionRule {
  /** Events that fired at or before this time, Unix ms; 0: age does not matter. */
  readonly firedBefore: number;
  /**
   * Events are removed while the partition has more bytes than this; Infinity: size does not
   * matter.
   */
  readonly bytesMax: number;
  /** No event of this or a larger offset. */
  readonly offsetMax: number;
}

export interface Removed {
  readonly events: number;
  readonly bytes: number;
  /** Time of firing of the oldest row that is too young to be removed. */
  readonly youngAt: number | undefined;
}

/** Where retention may go in the partition's fired log: everything before it is settled. */
export function settledByAll(partition: Partition): number {
  let settled = Number.POSITIVE_INFINITY;
  for (const at of partition.positions) {
    if (!at.ephemeral) settled = Math.min(settled, at.settledSequence);
  }
  return settled === Number.POSITIVE_INFINITY ? 0 : settled;
}

/** Removes the oldest events that the rule allows, as many as one operation may. */
export function removeFired(tx: Transaction, partition: Partition, rule: RetentionRule): Removed {
  const settled = settledByAll(partition);
  const bytesBefore = partition.bytes;
  const removal = new Removal(tx, partition);
  const cuts: FiredRowCut[] = [];
  let youngAt: number | undefined;
  for (const row of tx.range(partition.firedPrefix, partition.firedEnd)) {
    const isOld = firedRowTime(row) <= rule.firedBefore;
    const runs = firedRowRuns(row);
    let removed = 0;
    for (const run of runs) {
      if (run.sequence + run.count > settled || run.offset + run.count > rule.offsetMax) break;
      if (!isOld && bytesBefore - removal.bytes <= rule.bytesMax) {
        youngAt = firedRowTime(row);
        break;
      }
      if (!removal.add(run)) break;
      removed++;
    }
    if (removed > 0) cuts.push({ row, keep: runs.length - removed });
    if (removed < runs.length) break;
  }
  if (removal.events === 0) return { events: 0, bytes: 0, youngAt };
  tx.onUndone(() => {
    partition.bytes = bytesBefore;
  });
  for (const cut of cuts) cutFiredRow(tx, partition, cut);
  removal.store();
  // The last fired row is what tells the next sequence after a restart; the checkpoint does too.
  putCheckpoint(tx, partition);
  return { events: removal.events, bytes: bytesBefore - partition.bytes, youngAt };
}

export interface RemovedIds {
  readonly bytes: number;
  /** Blocks of smaller offsets were looked at. */
  readonly next: number;
  /** There are more that are old enough. */
  readonly hasMore: boolean;
  /** When the first block was created that is not. */
  readonly youngAt: number | undefined;
}

/**
 * Removes blocks in which no event is and whose ids are not needed any more. Looks at a part of the
 * blocks from `from` on; a block that still has events goes with the last of them (removeFired).
 */
export function removeIds(
  tx: Transaction,
  partition: Partition,
  options: { readonly from: number; readonly createdBefore: number },
): RemovedIds {
  const bytesBefore = partition.bytes;
  const gone: Key[] = [];
  let next = options.from;
  let hasMore = false;
  let youngAt: number | undefined;
  let seenBytes = 0;
  const start = partition.blocksPrefix + keyU48(options.from);
  for (const [key, value] of tx.range(start, partition.blocksEnd)) {
    const block = new Block(value, blockKeyOffset(key));
    if (block.createdAt > options.createdBefore) {
      youngAt = block.createdAt;
      break;
    }
    hasMore = next - options.from >= OPERATION_EVENTS || seenBytes >= OPERATION_BYTES;
    if (hasMore) break;
    next = block.endOffset;
    seenBytes += value.length;
    if (!isOnlyIds(block)) continue;
    gone.push(key);
    partition.bytes -= value.length;
  }
  for (const key of gone) tx.delete(key);
  if (gone.length > 0) {
    tx.onUndone(() => {
      partition.bytes = bytesBefore;
    });
    putCheckpoint(tx, partition);
  }
  return { bytes: bytesBefore - partition.bytes, next, hasMore, youngAt };
}

/** What one operation removes. */
class Removal {
  events = 0;
  /** About as many bytes as will be freed: what is kept of ids is not taken off. */
  bytes = 0;
  readonly #tx: Transaction;
  readonly #partition: Partition;
  readonly #blocks = new Map<number, BlockRemoval>();
  #last: BlockRemoval | undefined;
  #rewrittenBytes = 0;

  constructor(tx: Transaction, partition: Partition) {
    this.#tx = tx;
    this.#partition = partition;
  }

  /** Notes a run; false when the operation has enough. */
  add({ offset, count }: FiredRun): boolean {
    if (this.events >= OPERATION_EVENTS) return false;
    const isFull = this.#rewrittenBytes >= OPERATION_BYTES;
    if (isFull && this.#last?.holds(offset) !== true) return false;
    this.events += count;
    const end = offset + count;
    // A run is seldom in several blocks: see edited-block.ts.
    for (let at = offset; at < end; ) {
      const removal = this.#removalAt(at);
      const next = Math.min(end, removal?.endOffset ?? at + 1);
      if (removal !== undefined) this.bytes += removal.add(at, next, this.#tx.now);
      at = next;
    }
    return true;
  }

  store(): void {
    for (const removal of this.#blocks.values()) removal.store(this.#tx, this.#partition);
  }

  /** Undefined: the block was removed already. */
  #removalAt(offset: number): BlockRemoval | undefined {
    if (this.#last?.holds(offset) === true) return this.#last;
    const block = findBlock(this.#tx, this.#partition, offset);
    if (block === undefined) return undefined;
    let removal = this.#blocks.get(block.firstOffset);
    if (removal === undefined) {
      this.#rewrittenBytes += block.bytes.length;
      removal = new BlockRemoval(block, this.#partition.topic.settings.dedupTtlMs);
      this.#blocks.set(block.firstOffset, removal);
    }
    this.#last = removal;
    return removal;
  }
}

/** The events of one block that are removed. */
class BlockRemoval {
  readonly #block: Block;
  readonly #keepIdsUntil: number;
  /** How many events are in the block. */
  readonly #events: number;
  readonly #positions = new Set<number>();
  #freed = 0;

  constructor(block: Block, dedupTtlMs: number) {
    this.#block = block;
    this.#keepIdsUntil = block.createdAt + dedupTtlMs;
    let events = 0;
    for (let k = 0; k < block.count; k++) if (!block.isGone(k)) events++;
    this.#events = events;
  }

  get endOffset(): number {
    return this.#block.endOffset;
  }

  holds(offset: number): boolean {
    return offset >= this.#block.firstOffset && offset < this.#block.endOffset;
  }

  /** Adds the events from one offset to before another; returns about how many bytes that frees. */
  add(offset: number, end: number, now: number): number {
    const block = this.#block;
    const before = this.#freed;
    for (let k = offset - block.firstOffset; k < end - block.firstOffset; k++) {
      if (block.isGone(k)) continue;
      this.#positions.add(k);
      this.#freed += block.length(k);
    }
    if (this.#isWhole(now)) this.#freed = block.bytes.length;
    return this.#freed - before;
  }

  /** Nothing of the block is needed any more. */
  #isWhole(now: number): boolean {
    return this.#positions.size === this.#events && this.#keepIdsUntil <= now;
  }

  store(tx: Transaction, partition: Partition): void {
    const block = this.#block;
    const { bytes } = block;
    const key = partition.blocksPrefix + keyU48(block.firstOffset);
    partition.bytes -= bytes.length;
    if (this.#isWhole(tx.now)) {
      tx.delete(key);
      return;
    }
    const starts: number[] = [];
    const ends: number[] = [];
    let size = 0;
    for (let k = 0; k < block.count; k++) {
      const start = block.start(k);
      const end = start + block.length(k);
      const kept = this.#positions.has(k) ? idField(bytes, start, end) : { start, end };
      starts.push(kept.start);
      ends.push(kept.end);
      size += kept.end - kept.start;
    }
    const source = {
      bytes,
      createdAt: block.createdAt,
      count: block.count,
      start: (k: number) => starts[k] as number,
      end: (k: number) => ends[k] as number,
      due: (k: number) => block.due(k),
      removed: (k: number) => (this.#positions.has(k) || block.isRemoved(k)) && block.length(k) > 0,
    };
    const total = blockSize(block.count, block.sameDue, size);
    writeBlock(tx.reserve(key, total), source, block.sameDue);
    partition.bytes += total;
  }
}

/** The message_id field of an event: tag, length and text. */
function idField(bytes: Buffer, start: number, end: number): { start: number; end: number } {
  const reader = new FieldReader().over(bytes, start, end);
  let id = { start, end: start };
  // A field starts where the one before it ends, however many bytes its tag and length take.
  for (let from = start; reader.next(); from = reader.at) {
    if (reader.field === 1 && reader.wireType === 2) id = { start: from, end: reader.end };
  }
  return id;
}

function isOnlyIds(block: Block): boolean {
  for (let k = 0; k < block.count; k++) if (!block.isGone(k)) return false;
  return true;
}
