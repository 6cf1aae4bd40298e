/**
 * A block: events of one partition with consecutive offsets, stored as one row. A published batch
 * makes one block per partition, so that a publish costs a few rows whatever the batch's size.
 *
 *   0   1      flags: bit 0 = every event has the same due time
 *   1   4      count of events
 *   5   6      created at: shard time of the publish, Unix ms
 *   11  6 × d  due times, d = 1 (flag set) or count
 *   …   4 × n  lengths of the events; 0 = cancelled (its offset stays taken); bit 31 = removed by
 *              retention: only the message_id field is kept, for deduplication
 *   …          the events, one behind the other: Event messages as they were published
 *
 * All little-endian. A block's events that wait in the due index are there as the runs that
 * runsOf() gives. Checksums are the store's and the log's.
 */
import { assert } from "../../base/assert.ts";

const SAME_DUE = 1;
const DUES_AT = 11;
const REMOVED = 0x80000000;

/** Events to be stored as one block: positions in a buffer and due times, in offset order. */
export interface BlockSource {
  readonly bytes: Buffer;
  readonly createdAt: number;
  readonly count: number;
  /** Of the k-th event of the block. A cancelled one has start = end. */
  start(k: number): number;
  end(k: number): number;
  due(k: number): number;
  /** The event was removed by retention: what is kept is its id. Absent: no event was. */
  removed?(k: number): boolean;
}

/** A set of live events with consecutive positions and the same due time. */
export interface BlockRun {
  /** Position of the first one in the block. */
  readonly position: number;
  readonly count: number;
  readonly due: number;
}

/** Bytes a block will take. */
export function blockSize(count: number, sameDue: boolean, eventBytes: number): number {
  return DUES_AT + 6 * (sameDue ? 1 : count) + 4 * count + eventBytes;
}

/** Writes a block into `into`, which has exactly blockSize() bytes. */
export function writeBlock(into: Buffer, source: BlockSource, sameDue: boolean): void {
  const { count } = source;
  into[0] = sameDue ? SAME_DUE : 0;
  into.writeUInt32LE(count, 1);
  into.writeUIntLE(source.createdAt, 5, 6);
  const dues = sameDue ? 1 : count;
  let at = DUES_AT;
  for (let k = 0; k < dues; k++, at += 6) into.writeUIntLE(source.due(k), at, 6);
  let eventAt = at + 4 * count;
  for (let k = 0; k < count; k++, at += 4) {
    const start = source.start(k);
    const end = source.end(k);
    const flag = source.removed?.(k) === true ? REMOVED : 0;
    into.writeUInt32LE(end - start + flag, at);
    source.bytes.copy(into, eventAt, start, end);
    eventAt += end - start;
  }
  assert(eventAt === into.length, "A block must fill the bytes reserved for it");
}

/** A block as read from its row. Finding an event walks the lengths in front of it once. */
export class Block {
  readonly bytes: Buffer;
  readonly firstOffset: number;
  readonly count: number;
  readonly createdAt: number;
  readonly sameDue: boolean;
  readonly #lengthsAt: number;
  /** Where event #cursor starts: runs are read in order, so the next look-up goes on from here. */
  #cursor = 0;
  #cursorAt: number;

  constructor(row: Uint8Array, firstOffset: number) {
    const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
    this.bytes = bytes;
    this.firstOffset = firstOffset;
    this.count = bytes.readUInt32LE(1);
    this.createdAt = bytes.readUIntLE(5, 6);
    this.sameDue = ((bytes[0] as number) & SAME_DUE) !== 0;
    this.#lengthsAt = DUES_AT + 6 * (this.sameDue ? 1 : this.count);
    this.#cursorAt = this.#lengthsAt + 4 * this.count;
  }

  get endOffset(): number {
    return this.firstOffset + this.count;
  }

  due(position: number): number {
    return this.bytes.readUIntLE(this.sameDue ? DUES_AT : DUES_AT + 6 * position, 6);
  }

  /** Bytes of what is stored of the event; 0 when it was cancelled. */
  length(position: number): number {
    return this.bytes.readUInt32LE(this.#lengthsAt + 4 * position) & ~REMOVED;
  }

  /** Retention removed the event; its id is still there. */
  isRemoved(position: number): boolean {
    return this.bytes.readUInt32LE(this.#lengthsAt + 4 * position) >= REMOVED;
  }

  /** There is no event to deliver: cancelled or removed. */
  isGone(position: number): boolean {
    return this.length(position) === 0 || this.isRemoved(position);
  }

  /** Where the event starts in `bytes`. */
  start(position: number): number {
    if (position < this.#cursor) {
      this.#cursor = 0;
      this.#cursorAt = this.#lengthsAt + 4 * this.count;
    }
    while (this.#cursor < position) this.#cursorAt += this.length(this.#cursor++);
    return this.#cursorAt;
  }

  /** The event's bytes, a view of the block's. */
  event(position: number): Buffer {
    const start = this.start(position);
    return this.bytes.subarray(start, start + this.length(position));
  }
}

/** The due runs of `count` events; `dueOf` is -1 for a cancelled one. */
export function runsOf(count: number, dueOf: (position: number) => number): BlockRun[] {
  const runs: BlockRun[] = [];
  for (let k = 0; k < count; ) {
    const due = dueOf(k);
    const position = k++;
    while (k < count && dueOf(k) === due) k++;
    if (due >= 0) runs.push({ position, count: k - position, due });
  }
  return runs;
}
