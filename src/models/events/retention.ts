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
import { keyU48 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { Row } from "../../store/base-tree.ts";
import { Block, blockSize, writeBlock } from "./block.ts";
import { firedRowEnd, firedRowRuns, firedRowTime } from "./fired.ts";
import { findBlock } from "./lookup.ts";
import { putCheckpoint } from "./partition-checkpoint.ts";
import type { Partition } from "./partition.ts";
import { blockKeyOffset } from "./rows.ts";
import { findId } from "./stored-event.ts";

/** Most events that one operation removes, and most bytes of blocks it rewrites. */
const OPERATION_EVENTS = 4096;

/** What may be removed. */
export interface RetentionRule {
  /** Events that fired at or before this time, Unix ms; 0: age does not matter. */
  readonly firedBefore: number;
  /** Events are removed while the partition has more bytes than this; Infinity: size does not matter. */
  readonly bytesMax: number;
  /** No event of this or a larger offset. */
  readonly offsetMax: number;
}

export interface Removed {
  readonly events: number;
  readonly bytes: number;
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
  const rewriting = new Map<number, BlockRemoval>();
  let events = 0;
  let bytesLeft = partition.bytes;
  for (const row of tx.range(partition.firedPrefix, partition.firedEnd)) {
    if (events >= OPERATION_EVENTS || firedRowEnd(row) > settled) break;
    const isOld = firedRowTime(row) <= rule.firedBefore;
    if (!isOld && bytesLeft <= rule.bytesMax) break;
    if (!markRow(tx, row, { partition, rule, rewriting })) break;
    for (const run of firedRowRuns(row)) events += run.count;
    bytesLeft = partition.bytes - bytesIn(rewriting);
    tx.delete(row[0]);
  }
  if (events === 0) return { events: 0, bytes: 0 };
  const { bytes } = partition;
  tx.onUndone(() => {
    partition.bytes = bytes;
  });
  for (const removal of rewriting.values()) removal.store(tx, partition);
  // The last fired row is what tells the next sequence after a restart; the checkpoint does too.
  putCheckpoint(tx, partition);
  return { events, bytes: bytesBefore - partition.bytes };
}

/** Removes blocks in front of which no dedup time is left and in which no event is. */
export function removeIds(
  tx: Transaction,
  partition: Partition,
  options: { readonly from: number; readonly createdBefore: number },
): Removed & { readonly next: number | undefined } {
  const bytesBefore = partition.bytes;
  let next: number | undefined;
  let seen = 0;
  const start = partition.blocksPrefix + keyU48(options.from);
  for (const [key, value] of tx.range(start, partition.blocksEnd)) {
    const block = new Block(value, blockKeyOffset(key));
    if (block.createdAt >= options.createdBefore) break;
    if (seen >= OPERATION_EVENTS) {
      next = block.firstOffset;
      break;
    }
    seen += block.count;
    if (!isOnlyIds(block)) continue;
    tx.delete(key);
    partition.bytes -= value.length;
  }
  const bytes = bytesBefore - partition.bytes;
  if (bytes > 0) {
    tx.onUndone(() => {
      partition.bytes = bytesBefore;
    });
    putCheckpoint(tx, partition);
  }
  return { events: 0, bytes, next };
}

/** The events of one block that are removed. */
class BlockRemoval {
  readonly #block: Block;
  readonly #positions = new Set<number>();
  removedBytes = 0;

  constructor(block: Block) {
    this.#block = block;
  }

  add(from: number, count: number): void {
    for (let k = from; k < from + count; k++) {
      this.#positions.add(k);
      this.removedBytes += this.#block.length(k);
    }
  }

  store(tx: Transaction, partition: Partition): void {
    const block = this.#block;
    const { bytes } = block;
    const key = partition.blocksPrefix + keyU48(block.firstOffset);
    partition.bytes -= bytes.length;
    const isGone = (k: number): boolean => this.#positions.has(k) || block.isGone(k);
    const keepUntil = block.createdAt + partition.topic.settings.dedupTtlMs;
    if (keepUntil <= tx.now && every(block.count, isGone)) {
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

/** Notes the row's events for removal; false when one of them must stay. */
function markRow(
  tx: Transaction,
  row: Row,
  context: {
    readonly partition: Partition;
    readonly rule: RetentionRule;
    readonly rewriting: Map<number, BlockRemoval>;
  },
): boolean {
  const { partition, rule, rewriting } = context;
  const runs = firedRowRuns(row);
  if (runs.some((run) => run.offset + run.count > rule.offsetMax)) return false;
  for (const run of runs) {
    const block = findBlock(tx, partition, run.offset);
    if (block === undefined) continue;
    let removal = rewriting.get(block.firstOffset);
    if (removal === undefined) {
      removal = new BlockRemoval(block);
      rewriting.set(block.firstOffset, removal);
    }
    removal.add(run.offset - block.firstOffset, run.count);
  }
  return true;
}

function bytesIn(rewriting: ReadonlyMap<number, BlockRemoval>): number {
  let bytes = 0;
  for (const removal of rewriting.values()) bytes += removal.removedBytes;
  return bytes;
}

/** The message_id field of an event: tag, length and text. */
function idField(bytes: Buffer, start: number, end: number): { start: number; end: number } {
  const id = findId(bytes, start, end);
  const lengthBytes = id.end - id.start < 0x80 ? 1 : 2;
  return { start: id.start - 1 - lengthBytes, end: id.end };
}

function isOnlyIds(block: Block): boolean {
  return every(block.count, (k) => block.isGone(k));
}

function every(count: number, holds: (k: number) => boolean): boolean {
  for (let k = 0; k < count; k++) if (!holds(k)) return false;
  return true;
}
