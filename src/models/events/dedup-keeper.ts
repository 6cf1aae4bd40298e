/**
 * Keeps the dedup index in step with the blocks: fills it when the database is opened, has its full
 * tables written and merged in the background, and writes down how far the ids of each partition
 * are in runs (the *reach*), so that only the blocks behind it are read at the next start.
 *
 * A start is to be quick, so a table is written before it is full when its ids' blocks are large;
 * with the reach goes a checkpoint of the partition, which saves reading those blocks, too.
 */
import { keyU48 } from "../../base/key.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { Block } from "./block.ts";
import type { Catalog } from "./catalog.ts";
import { mixHash1, mixHash2 } from "./dedup-hash.ts";
import type { CoverageWriter } from "./dedup.ts";
import { DedupIndex } from "./dedup.ts";
import { hashId1, hashId2 } from "./event-list.ts";
import { findStored } from "./lookup.ts";
import { putCheckpoint } from "./partition-checkpoint.ts";
import type { Partition } from "./partition.ts";
import { blockKeyOffset, dedupReachKey } from "./rows.ts";
import { findId } from "./stored-event.ts";
import type { Topic } from "./topic.ts";

/** Bytes of blocks behind the reach: about 0.2 s of reading at the next start. */
const UNREACHED_BYTES_MAX = 64 * 1024 * 1024;
/**
 * Slices in a turn, about 0.3 ms each, for each frozen table that waits behind the first one, or
 * when merging falls behind. A table has 55: however many ids a turn adds, few tables wait.
 */
const SLICES_BEHIND = 8;
const RUNS_MAX = 16;
/** A start that read more than this has the reach moved, so that the next one need not. */
const FILLED_BYTES_MAX = 16 * 1024 * 1024;
const FILLED_IDS_MAX = 50_000;

export class DedupKeeper {
  readonly index: DedupIndex;
  readonly #shard: Shard;
  readonly #clock: Clock;
  readonly #catalog: Catalog;
  /** Partitions with ids that are in no frozen table yet. */
  #touched = new Set<Partition>();
  /** Bytes of the blocks of these ids. */
  #unreachedBytes = 0;
  /** Ids of blocks that are stored are being added. */
  #isFilling = false;
  #filledIds = 0;
  /** The active table is to be frozen, so that the reach moves. */
  #isFreezeDue = false;
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
    this.#isFilling = true;
    for (const topic of this.#catalog.topics()) {
      for (const partition of topic.partitions) this.#readBlocks(view, topic, partition);
    }
    this.#isFilling = false;
    // Tables that were full meanwhile do not say how far ids are reached: the last one does.
    const hasReadMuch = this.#unreachedBytes > FILLED_BYTES_MAX || this.#filledIds > FILLED_IDS_MAX;
    if (this.index.backlog > 0 || hasReadMuch) this.#isFreezeDue = true;
    this.#schedule();
  }

  /** The partition got events, stored in so many bytes; they are the tip. */
  published(partition: Partition, bytes: number): void {
    this.#touched.add(partition);
    this.#unreachedBytes += bytes;
    if (this.#unreachedBytes >= UNREACHED_BYTES_MAX) this.#isFreezeDue = true;
    this.#schedule();
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
    if (!this.index.hasWork && !this.#isFreezeDue) return;
    if (this.#stepping || this.#closed) return;
    this.#stepping = true;
    this.#clock.soon(() => {
      this.#stepping = false;
      if (this.#closed) return;
      try {
        if (this.#isFreezeDue) this.#freeze();
        else this.#step();
      } catch {
        // The shard takes no writes now; the next publish asks again.
        return;
      }
      this.#schedule();
    });
  }

  /** Usually one slice in a turn of the event loop; more when ids come faster than that. */
  #step(): void {
    const { backlog, runs } = this.index;
    const hasManyRuns = backlog === 0 && runs > RUNS_MAX;
    const slices = Math.max(1, SLICES_BEHIND * (hasManyRuns ? 1 : backlog - 1));
    for (let k = 0; k < slices && this.index.hasWork; k++) {
      this.index.step((operation) => this.#shard.run(operation));
    }
  }

  #freeze(): void {
    // Without new ids, only repeated ones, there may be no table that would move the reach.
    if (!this.index.freeze() && this.index.backlog === 0) this.#shard.run(this.#coverage());
    this.#isFreezeDue = false;
  }

  #coverage(): CoverageWriter {
    // A partition's offsets say nothing yet about which of its ids are added.
    if (this.#isFilling) return () => {};
    const reach = Array.from(this.#touched, (partition) => ({
      partition,
      offset: partition.appliedOffset,
    }));
    this.#touched = new Set();
    this.#unreachedBytes = 0;
    return (tx) => {
      for (const { partition, offset } of reach) {
        const { topic, number } = partition;
        if (this.#catalog.find(topic.ref) !== topic) continue;
        const value = tx.reserve(dedupReachKey(topic.id, number), 6);
        value.writeUIntLE(offset, 0, 6);
        putCheckpoint(tx, partition);
      }
    };
  }

  /** Adds the ids of the partition's blocks behind its reach. */
  #readBlocks(view: ReadView, topic: Topic, partition: Partition): void {
    const value = view.get(dedupReachKey(topic.id, partition.number));
    const from = value === undefined ? 0 : Buffer.from(value).readUIntLE(0, 6);
    const { blocksPrefix, blocksEnd } = partition;
    for (const [key, row] of view.range(blocksPrefix + keyU48(from), blocksEnd)) {
      this.#touched.add(partition);
      this.#unreachedBytes += row.length;
      const block = new Block(row, blockKeyOffset(key));
      for (let k = 0; k < block.count; k++) {
        if (block.length(k) > 0) this.#addStored(view, topic, { partition, block, position: k });
      }
    }
  }

  /** Adds a stored event's id, unless it repeats an id as publishing with allowDuplicate can. */
  #addStored(
    view: ReadView,
    topic: Topic,
    event: { readonly partition: Partition; readonly block: Block; readonly position: number },
  ): void {
    const { partition, block, position } = event;
    const { bytes, createdAt } = block;
    const start = block.start(position);
    const id = findId(bytes, start, start + block.length(position));
    const hash1 = mixHash1(topic.id, hashId1(bytes, id.start, id.end));
    const hash2 = mixHash2(topic.id, hashId2(bytes, id.start, id.end));
    const isRepeated = this.index.candidates(hash1, hash2, view, (number, offset) => {
      const other = topic.partitions[number];
      const first = other === undefined ? undefined : findStored(view, other, offset);
      if (first === undefined || first.createdAt > createdAt) return false;
      if (first.createdAt + topic.settings.dedupTtlMs <= createdAt) return false;
      return bytes.compare(first.bytes, first.idStart, first.idEnd, id.start, id.end) === 0;
    });
    this.#filledIds++;
    if (isRepeated) return;
    this.index.add(hash1, hash2, partition.number, block.firstOffset + position);
  }
}
