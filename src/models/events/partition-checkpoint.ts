/**
 * What a partition's figures are after a restart: a row, and what was stored since it was written.
 */
import { keyU48 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { Block } from "./block.ts";
import { firedRowEnd } from "./fired.ts";
import type { Partition } from "./partition.ts";
import { blockKeyOffset, dueKeyTime, jsonValue, partitionKey, readJson } from "./rows.ts";

/**
 * The value of a partition's row: a checkpoint. Everything in it was true when it was written with
 * the operation that changed `cancelled` or removed something; later publishes are found in the
 * blocks from `counted` on, later firings in the fired log.
 */
interface PartitionRow {
  readonly counted: number;
  readonly fired: number;
  readonly cancelled: number;
  readonly bytes: number;
}

const noCheckpoint: PartitionRow = { counted: 0, fired: 0, cancelled: 0, bytes: 0 };

/** Reads the partition's figures from rows. */
export function loadPartition(view: ReadView, partition: Partition): void {
  const { topic, number } = partition;
  const value = view.get(partitionKey(topic.id, number));
  const row = value === undefined ? noCheckpoint : readJson<PartitionRow>(value);
  partition.nextOffset = row.counted;
  partition.nextSequence = row.fired;
  partition.cancelled = row.cancelled;
  partition.bytes = row.bytes;
  const { blocksPrefix, blocksEnd, firedPrefix, firedEnd } = partition;
  for (const [key, block] of view.range(blocksPrefix + keyU48(row.counted), blocksEnd)) {
    partition.nextOffset = new Block(block, blockKeyOffset(key)).endOffset;
    partition.bytes += block.length;
  }
  for (const fired of view.range(firedPrefix, firedEnd, { reverse: true, limit: 1 })) {
    partition.nextSequence = firedRowEnd(fired);
  }
  partition.durableSequence = partition.nextSequence;
  partition.appliedOffset = partition.nextOffset;
  partition.nextDue = Number.POSITIVE_INFINITY;
  for (const [key] of view.range(partition.duesPrefix, partition.duesEnd, { limit: 1 })) {
    partition.nextDue = dueKeyTime(key);
  }
}

/** The offset behind the last event that was stored, as the rows of `view` tell. */
export function endOffset(view: ReadView, partition: Partition): number {
  const { topic, number, blocksPrefix, blocksEnd } = partition;
  const value = view.get(partitionKey(topic.id, number));
  const counted = value === undefined ? 0 : readJson<PartitionRow>(value).counted;
  for (const [key, row] of view.range(blocksPrefix, blocksEnd, { reverse: true, limit: 1 })) {
    return Math.max(counted, new Block(row, blockKeyOffset(key)).endOffset);
  }
  return counted;
}

/** Writes the checkpoint of now; the operation must have made all its changes to the figures. */
export function putCheckpoint(tx: Transaction, partition: Partition): void {
  const row: PartitionRow = {
    counted: partition.nextOffset,
    fired: partition.nextSequence,
    cancelled: partition.cancelled,
    bytes: partition.bytes,
  };
  tx.put(partitionKey(partition.topic.id, partition.number), jsonValue(row));
}
