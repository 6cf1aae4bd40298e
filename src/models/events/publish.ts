/**
 * Publishing: a list of events becomes one block and its due runs per partition it touches.
 *
 * The hot path of the system. It works in passes over the list's typed arrays: resolve topics and
 * look up ids, give out offsets, then write each partition's block straight into the open record.
 * Nothing is allocated per event.
 */
import { assert } from "../../base/assert.ts";
import { keyU48 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { BlockRun, BlockSource } from "./block.ts";
import { blockSize, runsOf, writeBlock } from "./block.ts";
import type { Catalog } from "./catalog.ts";
import { mixHash1, mixHash2 } from "./dedup-hash.ts";
import type { DedupIndex } from "./dedup.ts";
import { putRun } from "./due-index.ts";
import { eventError } from "./event-error.ts";
import type { EventList } from "./event-list.ts";
import type { FiredRun } from "./run.ts";
import { appendFired } from "./fired.ts";
import { findStored } from "./lookup.ts";
import type { Partition } from "./partition.ts";
import { topicRef } from "./topic-ref.ts";
import type { Topic } from "./topic.ts";

/** What the publisher needs to know and tells. */
export interface PublishHooks {
  /** Wall clock, Unix ms. */
  wallNow(): number;
  /** The partition got events, stored in so many bytes; they are the tip now. */
  onPublished(partition: Partition, bytes: number): void;
  /** Events were put into the due index, the earliest due at `dueMin`. */
  onScheduled(partition: Partition, dueMin: number): void;
  /** Events that were due when they were published are durable. */
  onFired(partition: Partition, runs: readonly FiredRun[]): void;
}

/** What happened to each event of a list; refilled by every publish. */
export class PublishOutcome {
  count = 0;
  published = 0;
  duplicates = 0;
  errors = 0;
  firstOffset = -1;
  lastOffset = -1;
  /** Per event: partition and offset, its own or that of the first one with its id. */
  partition = new Uint16Array(128);
  offset = new Float64Array(128);
  duplicate = new Uint8Array(128);

  reset(count: number): void {
    if (count > this.partition.length) {
      const size = 2 ** Math.ceil(Math.log2(count));
      this.partition = new Uint16Array(size);
      this.offset = new Float64Array(size);
      this.duplicate = new Uint8Array(size);
    }
    this.count = count;
    this.published = this.duplicates = this.errors = 0;
    this.firstOffset = this.lastOffset = -1;
  }
}

/** Events of the list that go to one partition, in order: positions in the list. */
class Share implements BlockSource {
  partition!: Partition;
  bytes!: Buffer;
  createdAt = 0;
  count = 0;
  eventBytes = 0;
  sameDue = true;
  /** How many of them are due already, with the earliest schedule time of these. */
  dueNow = 0;
  atMin = Number.POSITIVE_INFINITY;
  /** The earliest due time of the others. */
  dueMin = Number.POSITIVE_INFINITY;
  #list!: EventList;
  #items = new Int32Array(128);
  #dues = new Float64Array(128);
  #isDue = new Uint8Array(128);

  begin(partition: Partition, list: EventList, createdAt: number): void {
    this.partition = partition;
    this.#list = list;
    this.bytes = list.bytes;
    this.createdAt = createdAt;
    this.count = 0;
    this.eventBytes = 0;
    this.sameDue = true;
    this.dueNow = 0;
    this.atMin = Number.POSITIVE_INFINITY;
    this.dueMin = Number.POSITIVE_INFINITY;
  }

  add(item: number, due: number, isDue: boolean): void {
    if (this.count === this.#items.length) this.#grow();
    if (this.count > 0 && due !== this.#dues[0]) this.sameDue = false;
    if (isDue) {
      const at = this.#list.at[item] as number;
      if (at < this.atMin) this.atMin = at;
      this.dueNow++;
    } else if (due < this.dueMin) this.dueMin = due;
    this.#isDue[this.count] = isDue ? 1 : 0;
    this.#items[this.count] = item;
    this.#dues[this.count++] = due;
    this.eventBytes += (this.#list.end[item] as number) - (this.#list.start[item] as number);
  }

  /** Position in the list of the event that gets offset nextOffset + k. */
  item(k: number): number {
    return this.#items[k] as number;
  }

  start(k: number): number {
    return this.#list.start[this.#items[k] as number] as number;
  }

  end(k: number): number {
    return this.#list.end[this.#items[k] as number] as number;
  }

  due(k: number): number {
    return this.#dues[k] as number;
  }

  /** Runs of the events that are due already, or of those that are not. */
  runs(isDue: boolean): BlockRun[] {
    const flag = isDue ? 1 : 0;
    return runsOf(this.count, (k) => (this.#isDue[k] === flag ? (this.#dues[k] as number) : -1));
  }

  #grow(): void {
    const items = new Int32Array(this.#items.length * 2);
    items.set(this.#items);
    this.#items = items;
    const dues = new Float64Array(this.#dues.length * 2);
    dues.set(this.#dues);
    this.#dues = dues;
    const isDue = new Uint8Array(this.#isDue.length * 2);
    isDue.set(this.#isDue);
    this.#isDue = isDue;
  }
}

export class Publisher {
  readonly outcome = new PublishOutcome();
  readonly #catalog: Catalog;
  readonly #dedup: DedupIndex;
  /** One share per partition that the current list touches. */
  readonly #shares = new Map<Partition, Share>();
  readonly #spareShares: Share[] = [];
  readonly #hooks: PublishHooks;
  #wallNow = 0;
  /** Where the look-up met an event with the id that is too old to count; -1: nowhere. */
  #expiredPartition = -1;
  #expiredOffset = 0;

  constructor(catalog: Catalog, dedup: DedupIndex, hooks: PublishHooks) {
    this.#catalog = catalog;
    this.#dedup = dedup;
    this.#hooks = hooks;
  }

  /**
   * Stores the events that are right and new. The outcome stays valid until the next publish.
   * Offsets and counters in memory are put back if the operation is undone.
   */
  publish(tx: Transaction, list: EventList, allowDuplicate: boolean): PublishOutcome {
    const { outcome } = this;
    outcome.reset(list.count);
    this.#wallNow = this.#hooks.wallNow();
    try {
      this.#assign(tx, list, allowDuplicate);
      for (const share of this.#shares.values()) this.#store(tx, share);
    } finally {
      for (const share of this.#shares.values()) this.#spareShares.push(share);
      this.#shares.clear();
    }
    return outcome;
  }

  /** First pass: errors, topics, duplicates; partition and offset of the rest. */
  #assign(tx: Transaction, list: EventList, allowDuplicate: boolean): void {
    const { outcome } = this;
    let topic: Topic | undefined;
    let topicItem = -1;
    for (let i = 0; i < list.count; i++) {
      outcome.duplicate[i] = 0;
      if (list.error[i] !== eventError.none) {
        outcome.errors++;
        continue;
      }
      if (topic === undefined || !sameTopic(list, topicItem, i)) {
        topic = this.#catalog.ensure(tx, topicRef(list.namespaceId, topicName(list, i)));
        topicItem = i;
      }
      const hash1 = mixHash1(topic.id, list.hash1[i] as number);
      const hash2 = mixHash2(topic.id, list.hash2[i] as number);
      if (this.#isDuplicate(tx, list, { i, topic, hash1, hash2 })) {
        if (!allowDuplicate) {
          outcome.duplicate[i] = 1;
          outcome.duplicates++;
          continue;
        }
        this.#give(tx, list, i, topic);
      } else {
        this.#give(tx, list, i, topic);
        this.#dedup.add(hash1, hash2, outcome.partition[i] as number, outcome.offset[i] as number);
      }
    }
  }

  // oxlint-disable-next-line max-params -- called for every event: an object would be garbage
  #give(tx: Transaction, list: EventList, i: number, topic: Topic): void {
    const { outcome } = this;
    const number = (list.placement[i] as number) % topic.partitions.length;
    const partition = topic.partitions[number] as Partition;
    let share = this.#shares.get(partition);
    if (share === undefined) {
      share = this.#spareShares.pop() ?? new Share();
      share.begin(partition, list, tx.now);
      this.#shares.set(partition, share);
    }
    const at = list.at[i] as number;
    outcome.partition[i] = number;
    outcome.offset[i] = partition.nextOffset + share.count;
    // What is due by the wall clock fires now; shard time may be ahead of it after a clock step.
    if (at <= this.#wallNow) share.add(i, Math.max(at, tx.now), true);
    else share.add(i, at, false);
  }

  /** Looks the id up; a hit leaves the first event's place in the outcome. */
  #isDuplicate(
    tx: Transaction,
    list: EventList,
    event: { i: number; topic: Topic; hash1: number; hash2: number },
  ): boolean {
    const { i, topic, hash1, hash2 } = event;
    const { outcome } = this;
    this.#expiredPartition = -1;
    const isDuplicate = this.#dedup.candidates(hash1, hash2, tx, (number, offset) => {
      const partition = topic.partitions[number];
      if (partition === undefined) return false;
      if (!this.#isSame(tx, list, { i, topic, partition, offset })) return false;
      outcome.partition[i] = number;
      outcome.offset[i] = offset;
      return true;
    });
    // An id that is used again and again would leave more and more entries to visit.
    if (this.#expiredPartition >= 0) {
      this.#dedup.remove(hash1, hash2, this.#expiredPartition, this.#expiredOffset);
    }
    return isDuplicate;
  }

  #isSame(
    tx: Transaction,
    list: EventList,
    event: { i: number; topic: Topic; partition: Partition; offset: number },
  ): boolean {
    const { i, topic, partition, offset } = event;
    const idStart = list.idStart[i] as number;
    const idEnd = list.idEnd[i] as number;
    if (offset >= partition.nextOffset) {
      // Earlier in this very list, or the stale trace of a publish that was undone.
      const share = this.#shares.get(partition);
      const k = offset - partition.nextOffset;
      if (share === undefined || k >= share.count) return false;
      const j = share.item(k);
      return (
        list.bytes.compare(
          list.bytes,
          idStart,
          idEnd,
          list.idStart[j] as number,
          list.idEnd[j] as number,
        ) === 0
      );
    }
    const stored = findStored(tx, partition, offset);
    if (stored === undefined) return false;
    const { bytes } = stored;
    if (list.bytes.compare(bytes, stored.idStart, stored.idEnd, idStart, idEnd) !== 0) return false;
    if (stored.createdAt + topic.settings.dedupTtlMs > tx.now) return true;
    this.#expiredPartition = partition.number;
    this.#expiredOffset = offset;
    return false;
  }

  /** Second pass: the block and its due runs, then the partition's figures. */
  #store(tx: Transaction, share: Share): void {
    const { outcome } = this;
    const { partition, count } = share;
    const first = partition.nextOffset;
    const size = blockSize(count, share.sameDue, share.eventBytes);
    writeBlock(tx.reserve(partition.blocksPrefix + keyU48(first), size), share, share.sameDue);
    if (share.dueNow < count) this.#schedule(tx, share, first);
    if (share.dueNow > 0) this.#fire(tx, share, first);
    partition.nextOffset = first + count;
    partition.bytes += size;
    tx.onUndone(() => {
      partition.nextOffset = first;
      partition.bytes -= size;
    });
    tx.onApplied(() => {
      partition.appliedOffset = partition.nextOffset;
      this.#hooks.onPublished(partition, size);
    });
    outcome.published += count;
    if (outcome.firstOffset < 0 || first < outcome.firstOffset) outcome.firstOffset = first;
    outcome.lastOffset = Math.max(outcome.lastOffset, first + count - 1);
    assert(count > 0, "A share of a publish must hold events");
  }

  /** Puts the events that are due later into the due index. */
  #schedule(tx: Transaction, share: Share, first: number): void {
    const { partition, count, dueMin } = share;
    // Equal due times do not say that all of them wait: shard time may be ahead of the wall clock.
    const isOneRun = share.sameDue && share.dueNow === 0;
    if (isOneRun) putRun(tx, partition, { due: share.due(0), offset: first, count });
    else {
      for (const run of share.runs(false)) {
        putRun(tx, partition, { due: run.due, offset: first + run.position, count: run.count });
      }
    }
    tx.onApplied(() => this.#hooks.onScheduled(partition, dueMin));
  }

  /** Puts the events that are due already into the fired log. */
  #fire(tx: Transaction, share: Share, first: number): void {
    const { partition } = share;
    const runs = share.runs(true).map(({ due, position, count }) => {
      return { due, offset: first + position, count };
    });
    const scheduledFrom = share.atMin < tx.now ? share.atMin : 0;
    const fired = appendFired(tx, partition, { runs, scheduledFrom });
    tx.onDurable(() => this.#hooks.onFired(partition, fired));
  }
}

function topicName(list: EventList, i: number): string {
  return list.bytes.toString("utf8", list.topicStart[i], list.topicEnd[i]);
}

function sameTopic(list: EventList, i: number, j: number): boolean {
  const a = list.topicStart[i] as number;
  const b = list.topicStart[j] as number;
  const length = (list.topicEnd[i] as number) - a;
  if (length !== (list.topicEnd[j] as number) - b) return false;
  const { bytes } = list;
  for (let k = 0; k < length; k++) if (bytes[a + k] !== bytes[b + k]) return false;
  return true;
}
