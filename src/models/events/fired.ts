/**
 * The fired log of a partition: which events fired, in order. One row holds the runs that fired
 * together:
 *
 *   0   6   when they fired, shard time, Unix ms
 *   6   6   0: each event's schedule time is its run's due time. Else some came when their time had
 *           passed already, and their due time is when they came: the smallest schedule time
 *   12  4   count of events in the row
 *   16  16  per run: due time u48, first offset u48, count u32
 *
 * All little-endian. The key holds the sequence of the row's first event; sequences are dense.
 */
import { keyU48 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView, Row } from "../../store/base-tree.ts";
import type { Partition } from "./partition.ts";
import { firedKeySequence } from "./rows.ts";
import type { DueRun, FiredRun } from "./run.ts";

const RUNS_AT = 16;
const RUN_BYTES = 16;

/**
 * Appends the runs to the partition's fired log as one row; returns them with their sequences.
 * `scheduledFrom`: the smallest schedule time, when it is not the due time of every event.
 */
export function appendFired(
  tx: Transaction,
  partition: Partition,
  { runs, scheduledFrom = 0 }: { readonly runs: readonly DueRun[]; scheduledFrom?: number },
): FiredRun[] {
  const first = partition.nextSequence;
  const row = tx.reserve(partition.firedPrefix + keyU48(first), RUNS_AT + RUN_BYTES * runs.length);
  const fired: FiredRun[] = [];
  let sequence = first;
  let at = RUNS_AT;
  for (const { due, offset, count } of runs) {
    row.writeUIntLE(due, at, 6);
    row.writeUIntLE(offset, at + 6, 6);
    row.writeUInt32LE(count, at + 12);
    at += RUN_BYTES;
    fired.push({ sequence, due, offset, count });
    sequence += count;
  }
  row.writeUIntLE(tx.now, 0, 6);
  row.writeUIntLE(scheduledFrom, 6, 6);
  row.writeUInt32LE(sequence - first, 12);
  partition.nextSequence = sequence;
  tx.onUndone(() => {
    partition.nextSequence = first;
  });
  return fired;
}

/** Removes the row, or all but its last `keep` runs. */
export function cutFiredRow(tx: Transaction, partition: Partition, cut: FiredRowCut): void {
  const [key, value] = cut.row;
  tx.delete(key);
  const rest = cut.keep === 0 ? [] : firedRowRuns(cut.row).slice(-cut.keep);
  const [first] = rest;
  if (first === undefined) return;
  const size = RUNS_AT + RUN_BYTES * rest.length;
  const into = tx.reserve(partition.firedPrefix + keyU48(first.sequence), size);
  into.set(value.subarray(0, RUNS_AT));
  into.writeUInt32LE(firedRowEnd(cut.row) - first.sequence, 12);
  into.set(value.subarray(value.length - RUN_BYTES * rest.length), RUNS_AT);
}

export interface FiredRowCut {
  readonly row: Row;
  readonly keep: number;
}

/** The sequence behind a fired row's last event. */
export function firedRowEnd([key, value]: Row): number {
  return firedKeySequence(key) + asBuffer(value).readUInt32LE(12);
}

/** Sequence of the first event of the fired log; the next one to be given when it is empty. */
export function firstSequence(view: ReadView, partition: Partition): number {
  for (const [key] of view.range(partition.firedPrefix, partition.firedEnd, { limit: 1 })) {
    return firedKeySequence(key);
  }
  return partition.nextSequence;
}

/** When the events of a fired row fired. */
export function firedRowTime([, value]: Row): number {
  return asBuffer(value).readUIntLE(0, 6);
}

/** The smallest schedule time of a fired row; 0: schedule times are the due times. */
export function firedRowScheduledFrom([, value]: Row): number {
  return asBuffer(value).readUIntLE(6, 6);
}

/** The runs of a fired row. */
export function firedRowRuns([key, value]: Row): FiredRun[] {
  const bytes = asBuffer(value);
  const runs: FiredRun[] = [];
  let sequence = firedKeySequence(key);
  for (let at = RUNS_AT; at < bytes.length; at += RUN_BYTES) {
    const count = bytes.readUInt32LE(at + 12);
    const due = bytes.readUIntLE(at, 6);
    runs.push({ sequence, due, offset: bytes.readUIntLE(at + 6, 6), count });
    sequence += count;
  }
  return runs;
}

/**
 * Runs of the fired log from sequence `from` (cut to start there) to before `to`, until they hold
 * at least `eventsMax` events.
 */
export function readFired(
  view: ReadView,
  partition: Partition,
  range: { readonly from: number; readonly to: number; readonly eventsMax: number },
): FiredRun[] {
  const runs: FiredRun[] = [];
  let events = 0;
  for (const row of view.range(rowKeyOf(view, partition, range.from), partition.firedEnd)) {
    if (firedKeySequence(row[0]) >= range.to || events >= range.eventsMax) break;
    for (const run of firedRowRuns(row)) {
      const cut = cutRun(run, range.from, range.to);
      if (cut === undefined) continue;
      runs.push(cut);
      events += cut.count;
    }
  }
  return runs;
}

/** Key of the row that holds `sequence`, or of where it would be. */
function rowKeyOf(view: ReadView, partition: Partition, sequence: number): string {
  const key = partition.firedPrefix + keyU48(sequence);
  const upTo = partition.firedPrefix + keyU48(sequence + 1);
  for (const row of view.range(partition.firedPrefix, upTo, { reverse: true, limit: 1 })) {
    if (firedRowEnd(row) > sequence) return row[0];
  }
  return key;
}

/** The part of a run with from <= sequence < to. */
function cutRun(run: FiredRun, from: number, to: number): FiredRun | undefined {
  const skip = Math.max(0, from - run.sequence);
  const count = Math.min(run.count, to - run.sequence) - skip;
  if (count <= 0) return undefined;
  if (skip === 0 && count === run.count) return run;
  return { sequence: run.sequence + skip, due: run.due, offset: run.offset + skip, count };
}

function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
