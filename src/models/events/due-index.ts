/**
 * The due index: the runs that wait for their time, in the order of their due times. An event is
 * pending if and only if a run here holds it.
 */
import type { Key } from "../../base/key.ts";
import { keyU48 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView, Row } from "../../store/base-tree.ts";
import type { Partition } from "./partition.ts";
import { dueKeyOffset, dueKeyTime } from "./rows.ts";
import type { DueRun } from "./run.ts";

/** Writes the value of a due run's row. */
const countBytes = Buffer.alloc(4);

export function dueRunKey(partition: Partition, due: number, offset: number): Key {
  return partition.duesPrefix + keyU48(due) + keyU48(offset);
}

/** Writes the row of a due run. */
export function putRun(tx: Transaction, partition: Partition, run: DueRun): void {
  countBytes.writeUInt32LE(run.count, 0);
  tx.put(dueRunKey(partition, run.due, run.offset), countBytes);
}

/** The run of a row of the index. */
export function dueRunOf([key, value]: Row): DueRun {
  const count = Buffer.from(value.buffer, value.byteOffset, 4).readUInt32LE(0);
  return { due: dueKeyTime(key), offset: dueKeyOffset(key), count };
}

/** The run that holds the event; undefined when it is not pending with this due time. */
export function findDueRun(
  view: ReadView,
  partition: Partition,
  event: { readonly due: number; readonly offset: number },
): DueRun | undefined {
  const { due, offset } = event;
  const start = dueRunKey(partition, due, 0);
  const end = dueRunKey(partition, due, offset + 1);
  for (const row of view.range(start, end, { reverse: true, limit: 1 })) {
    const run = dueRunOf(row);
    return offset < run.offset + run.count ? run : undefined;
  }
  return undefined;
}
