/**
 * One partition over a small store: its events are stored, fired and settled by the test's word, so
 * that what stands on its rows (retention, look-up, restart) can be tested without a database.
 */
import { keyU48 } from "../../src/base/key.ts";
import { shardTimeMs } from "../../src/base/ids.ts";
import { Block, blockSize, runsOf, writeBlock } from "../../src/models/events/block.ts";
import { EventList } from "../../src/models/events/event-list.ts";
import { appendFired } from "../../src/models/events/fired.ts";
import { loadPartition } from "../../src/models/events/partition-checkpoint.ts";
import { Partition } from "../../src/models/events/partition.ts";
import { putRun } from "../../src/models/events/due-index.ts";
import { blockKeyOffset, dueKeyOffset, dueKeyTime } from "../../src/models/events/rows.ts";
import type { DueRun } from "../../src/models/events/run.ts";
import { RowStore } from "./row-store.ts";

export class PartitionFixture {
  readonly store = new RowStore();
  readonly settings = { dedupTtlMs: 1000 };
  partition = this.#open();
  readonly #list = new EventList();

  /** Stores a block of events with these due times; they wait in the due index. */
  publish(dues: readonly number[], payloadBytes = 100): void {
    const { partition } = this;
    const first = partition.nextOffset;
    const payload = Buffer.alloc(payloadBytes, 1);
    this.#list.encodeAll(
      dues.map((at, k) => ({ topic: "t", id: `e${first + k}`, at, payload, meta: { k: "v" } })),
    );
    const list = this.#list;
    const size = list.end[dues.length - 1] as number;
    const sameDue = dues.every((due) => due === dues[0]);
    const total = blockSize(dues.length, sameDue, size);
    this.store.run((tx) => {
      const source = {
        bytes: list.bytes,
        createdAt: tx.now,
        count: dues.length,
        start: (k: number) => list.start[k] as number,
        end: (k: number) => list.end[k] as number,
        due: (k: number) => dues[k] as number,
      };
      writeBlock(tx.reserve(partition.blocksPrefix + keyU48(first), total), source, sameDue);
      for (const { due, position, count } of runsOf(dues.length, (k) => dues[k] as number)) {
        putRun(tx, partition, { due, offset: first + position, count });
      }
    });
    partition.nextOffset += dues.length;
    partition.bytes += total;
  }

  /** Moves what is due to the fired log, as one row. */
  fire(now: number): void {
    const { partition, store } = this;
    const runs: DueRun[] = [];
    store.now = shardTimeMs(now);
    store.run((tx) => {
      for (const [key, value] of store.range(partition.duesPrefix, partition.duesEnd)) {
        if (dueKeyTime(key) > now) break;
        const count = Buffer.from(value).readUInt32LE(0);
        runs.push({ due: dueKeyTime(key), offset: dueKeyOffset(key), count });
        tx.delete(key);
      }
      if (runs.length > 0) appendFired(tx, partition, { runs });
    });
    partition.durableSequence = partition.nextSequence;
  }

  /** A group that settled everything before `sequence`. */
  settle(sequence: number, ephemeral = false): void {
    this.partition.positions.clear();
    const position = { offer: () => {}, settledSequence: sequence, waiting: 0, ephemeral };
    this.partition.positions.add(position);
  }

  /** The same partition as a restart finds it; groups are gone. */
  restart(): void {
    this.partition = this.#open();
  }

  blocks(): readonly Block[] {
    const { blocksPrefix, blocksEnd } = this.partition;
    const rows = this.store.range(blocksPrefix, blocksEnd);
    return rows.map(([key, row]) => new Block(row, blockKeyOffset(key)));
  }

  /** Offsets of the events that are stored. */
  stored(): readonly number[] {
    return this.blocks().flatMap((block) =>
      Array.from({ length: block.count }, (_, k) => k)
        .filter((k) => !block.isGone(k))
        .map((k) => block.firstOffset + k),
    );
  }

  /** Bytes of the rows of blocks, counted one by one. */
  countedBytes(): number {
    return this.blocks().reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  #open(): Partition {
    const topic = { id: 1, name: "t", ref: "t", settings: this.settings };
    const partition = new Partition(topic, 0);
    loadPartition(this.store, partition);
    return partition;
  }
}
