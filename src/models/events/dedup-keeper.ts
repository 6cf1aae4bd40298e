/**
 * Keeps the dedup index in step with the blocks: fills it when the database is opened, has its full
 * tables written and merged in the background, and writes down how far the ids of each partition
 * are in runs (the *reach*), so that only the blocks behind it are read at the next start.
 */
import { keyU48 } from "../../base/key.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { Block } from "./block.ts";
import type { Catalog } from "./catalog.ts";
import { mixHash1, mixHash2 } from "./dedup-hash.ts";
import type { CoverageWriter } from "./dedup.ts";
import { DEDUP_BACKLOG_MAX, DedupIndex } from "./dedup.ts";
import { hashId1, hashId2 } from "./event-list.ts";
import { blockKeyOffset, dedupReachKey } from "./rows.ts";
import { findId } from "./stored-event.ts";
import type { Partition } from "./partition.ts";

export class DedupKeeper {
  readonly index: DedupIndex;
  readonly #shard: Shard;
  readonly #clock: Clock;
  readonly #catalog: Catalog;
  /** Partitions with ids that are in no frozen table yet. */
  #touched = new Set<Partition>();
  #stepping = false;
  #closed = false;

  constructor(shard: Shard, clock: Clock, catalog: Catalog) {
    this.#shard = shard;
    this.#clock = clock;
    this.#catalog = catalog;
    this.index = new DedupIndex(() => this.#coverage());
  }

  /** Fills the index from runs and from the blocks behind them. */
  start(view: ReadView): void {
    this.index.load(view);
    for (const topic of this.#catalog.topics()) {
      for (const partition of topic.partitions) this.#readBlocks(view, partition);
    }
    this.#schedule();
  }

  /** The partition got events. */
  published(partition: Partition): void {
    this.#touched.add(partition);
    if (this.index.hasWork) this.#schedule();
  }

  /** Whether publishing should wait for the background work. */
  get isBehind(): boolean {
    return this.index.backlog >= DEDUP_BACKLOG_MAX;
  }

  rolledBack(view: ReadView): void {
    this.index.reload(view);
    this.#schedule();
  }

  /** Forgets ids of events created before `before`, where whole runs are that old. */
  expire(before: number): void {
    this.#shard.run((tx) => this.index.expire(tx, before));
  }

  close(): void {
    this.#closed = true;
  }

  #schedule(): void {
    if (this.#stepping || this.#closed || !this.index.hasWork) return;
    this.#stepping = true;
    this.#clock.soon(() => {
      this.#stepping = false;
      if (this.#closed) return;
      try {
        this.index.step((operation) => this.#shard.run(operation));
      } catch {
        // The shard takes no writes now; the next publish asks again.
        return;
      }
      this.#schedule();
    });
  }

  #coverage(): CoverageWriter {
    const reach = Array.from(this.#touched, (partition) => ({
      partition,
      offset: partition.appliedOffset,
    }));
    this.#touched = new Set();
    return (tx) => {
      for (const { partition, offset } of reach) {
        const { topic, number } = partition;
        if (this.#catalog.find(topic.name) !== topic) continue;
        const value = tx.reserve(dedupReachKey(topic.id, number), 6);
        value.writeUIntLE(offset, 0, 6);
      }
    };
  }

  #readBlocks(view: ReadView, partition: Partition): void {
    const { topic, number } = partition;
    const value = view.get(dedupReachKey(topic.id, number));
    const from = value === undefined ? 0 : Buffer.from(value).readUIntLE(0, 6);
    for (const [key, row] of view.range(partition.blocksPrefix + keyU48(from), partition.blocksEnd)) {
      this.#touched.add(partition);
      const block = new Block(row, blockKeyOffset(key));
      for (let k = 0; k < block.count; k++) {
        const length = block.length(k);
        if (length === 0) continue;
        const start = block.start(k);
        const id = findId(block.bytes, start, start + length);
        const hash1 = mixHash1(topic.id, hashId1(block.bytes, id.start, id.end));
        const hash2 = mixHash2(topic.id, hashId2(block.bytes, id.start, id.end));
        this.index.add(hash1, hash2, number, block.firstOffset + k);
      }
    }
  }
}
