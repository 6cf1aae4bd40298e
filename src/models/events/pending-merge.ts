/**
 * The due indexes of several partitions as one, in the order of (due time, partition, offset), from
 * a position on. A position is the last event that was seen, so it stays right while events fire
 * and are added.
 */
import { Heap } from "../../base/heap.ts";
import type { Key } from "../../base/key.ts";
import type { ReadView, Row } from "../../store/base-tree.ts";
import { dueRunKey, dueRunOf, findDueRun } from "./due-index.ts";
import type { Partition } from "./partition.ts";
import type { DueRun } from "./run.ts";

/** The place of an event in the order of due times; a replay's are schedule times. */
export interface TimePosition {
  readonly due: number;
  readonly partition: number;
  readonly offset: number;
}

/** A run of a partition. */
export interface PartitionRun extends DueRun {
  readonly partition: Partition;
}

interface Cursor {
  readonly rows: Iterator<Row>;
  run: PartitionRun;
}

/** Order of runs that do not overlap. */
function isEarlier(a: PartitionRun, b: PartitionRun): boolean {
  if (a.due !== b.due) return a.due < b.due;
  if (a.partition !== b.partition) return a.partition.number < b.partition.number;
  return a.offset < b.offset;
}

/** Everything due at `from` or later is behind this position. */
export function positionBefore(from: number): TimePosition {
  return { due: from, partition: -1, offset: -1 };
}

/** The run without its events up to the position. */
function cutAfter(run: PartitionRun, after: TimePosition): PartitionRun {
  if (run.due !== after.due || run.partition.number !== after.partition) return run;
  const skipped = Math.max(0, after.offset + 1 - run.offset);
  return { ...run, offset: run.offset + skipped, count: run.count - skipped };
}

/** The runs behind `after`, the first one cut to start behind it. Use it within one turn. */
export function* mergePending(
  view: ReadView,
  partitions: readonly Partition[],
  after: TimePosition,
): Generator<PartitionRun, void> {
  const cursors = new Heap<Cursor>((a, b) => isEarlier(a.run, b.run));
  const opened: Cursor[] = [];
  try {
    for (const partition of partitions) {
      const cursor = openCursor(view, partition, after);
      if (cursor === undefined) continue;
      opened.push(cursor);
      cursors.push(cursor);
    }
    for (let first = cursors.peek(); first !== undefined; first = cursors.peek()) {
      yield first.run;
      const row = first.rows.next();
      if (row.done === true) cursors.pop();
      else {
        first.run = { partition: first.run.partition, ...dueRunOf(row.value) };
        cursors.replace(first);
      }
    }
  } finally {
    for (const { rows } of opened) rows.return?.();
  }
}

function openCursor(view: ReadView, partition: Partition, after: TimePosition): Cursor | undefined {
  const rows = view.range(startKey(view, partition, after), partition.duesEnd)[Symbol.iterator]();
  const row = rows.next();
  if (row.done === true) return undefined;
  return { rows, run: cutAfter({ partition, ...dueRunOf(row.value) }, after) };
}

/** Key of the first run that has an event behind the position, or of where it would be. */
function startKey(view: ReadView, partition: Partition, after: TimePosition): Key {
  const { due } = after;
  if (partition.number > after.partition) return dueRunKey(partition, due, 0);
  if (partition.number < after.partition) return dueRunKey(partition, due + 1, 0);
  const offset = after.offset + 1;
  const run = findDueRun(view, partition, { due, offset });
  return dueRunKey(partition, due, run?.offset ?? offset);
}
