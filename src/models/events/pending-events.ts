/**
 * Operations on events that are not due yet: cancel, reschedule, get by id.
 *
 * A selector may name a million events. Outside transactions the work is then cut into operations
 * of bounded size: each block with its events is one step of one of them, and the event loop gets a
 * turn after each. What such an operation finds was pending when it was called; what is published
 * while it runs is left alone. An event that fires or changes meanwhile is looked at again when its
 * turn comes, so the count is exact.
 */
import type { Shard } from "../../shard/shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import type { Catalog } from "./catalog.ts";
import type { DedupIndex } from "./dedup.ts";
import { mixHash1, mixHash2 } from "./dedup-hash.ts";
import type { Block } from "./block.ts";
import { hashId1, hashId2 } from "./event-list.ts";
import { endOfOlder, findById, newestOf } from "./find-event.ts";
import type { Place } from "./find-event.ts";
import type { LongReads, Pause } from "./long-reads.ts";
import { OffsetSet } from "./offset-set.ts";
import type { Partition } from "./partition.ts";
import { PendingChanges } from "./pending-changes.ts";
import type { PendingChange, PendingChangeHooks } from "./pending-changes.ts";
import { matchBlocks, scanPending } from "./pending-scan.ts";
import type { Matches } from "./pending-scan.ts";
import type { FiredRun } from "./run.ts";
import { idMatcher, selectionOf } from "./select.ts";
import type { Selection, Selector } from "./select.ts";
import { findId } from "./stored-event.ts";
import type { InNamespace, TopicRef } from "./topic-ref.ts";
import type { Topic } from "./topic.ts";

/** An operation of a bulk change is not made larger once it rewrites so much. */
const CHANGED_EVENTS = 1024;
const CHANGED_BYTES = 256 * 1024;
/** Ids looked up between two pauses. */
const IDS_PER_STEP = 256;

export interface PendingEventsOptions {
  readonly shard: Shard;
  readonly reads: LongReads;
  /** Wall clock, Unix ms. */
  wallNow(): number;
  readonly catalog: Catalog;
  readonly dedup: DedupIndex;
  onScheduled(partition: Partition, due: number): void;
  onFired(partition: Partition, runs: readonly FiredRun[]): void;
}

/** What a search reads: `tip` for looking ids up, `view` for the rest. */
interface Views {
  readonly tip: ReadView;
  readonly view: ReadView;
  /** Shard time. */
  readonly now: number;
}

export class PendingEvents {
  readonly #shard: Shard;
  readonly #reads: LongReads;
  readonly #catalog: Catalog;
  readonly #dedup: DedupIndex;
  readonly #hooks: PendingChangeHooks;

  constructor(options: PendingEventsOptions) {
    this.#shard = options.shard;
    this.#reads = options.reads;
    this.#catalog = options.catalog;
    this.#dedup = options.dedup;
    this.#hooks = {
      wallNow: options.wallNow,
      onScheduled: options.onScheduled,
      onFired: options.onFired,
      onCancelled: (place, block) => this.#forgetId(place, block),
    };
  }

  /** Changes the selected events in the running operation; returns how many. */
  change(tx: Transaction, selector: InNamespace<Selector>, change: PendingChange): number {
    const selection = selectionOf(selector);
    const topic = this.#catalog.get(selector.topic);
    const changes = new PendingChanges(tx, change, this.#hooks);
    for (const found of this.#search({ tip: tx, view: tx, now: tx.now }, topic, selection)) {
      for (const offset of found?.offsets ?? []) {
        changes.add({ partition: (found as Matches).partition, offset });
      }
    }
    return changes.store();
  }

  /** Changes the selected events in as many operations as it takes; returns how many. */
  async changeAll(selector: InNamespace<Selector>, change: PendingChange): Promise<number> {
    const selection = selectionOf(selector);
    const topic = this.#catalog.get(selector.topic);
    return this.#reads.run(async (view, pause) => {
      const views = { tip: this.#shard.tip, view, now: this.#shard.now };
      let count = 0;
      let batch: Matches[] = [];
      let events = 0;
      for (const found of this.#search(views, topic, selection)) {
        if (found === undefined) await pause();
        else {
          batch.push(found);
          events += found.offsets.length;
        }
        if (events < CHANGED_EVENTS) continue;
        count += await this.#changeBatch(topic, batch, { change, pause });
        batch = [];
        events = 0;
      }
      return count + (await this.#changeBatch(topic, batch, { change, pause }));
    });
  }

  /** The stored, durable event with this id; of several the newest. */
  async find(ref: TopicRef, id: string): Promise<Place | undefined> {
    const topic = this.#catalog.find(ref);
    if (topic === undefined) return undefined;
    const { tip, durable, now } = this.#shard;
    const known = newestOf(durable, findById({ tip, view: durable }, this.#dedup, { topic, id }));
    if (known !== undefined) return known;
    return this.#reads.run(async (view, pause) => {
      for (const found of this.#searchOld({ tip, view, now }, topic, new Set([id]))) {
        if (found === undefined) await pause();
        else return { partition: found.partition, offset: found.offsets[0] as number };
      }
      return undefined;
    });
  }

  /** Changes the events of the batch, as many operations as it takes. */
  async #changeBatch(
    topic: Topic,
    batch: readonly Matches[],
    how: { readonly change: PendingChange; readonly pause: Pause },
  ): Promise<number> {
    let count = 0;
    let at = 0;
    while (at < batch.length) {
      count += await this.#shard.execute((tx) => {
        // The topic may have been deleted meanwhile, and its rows with it.
        if (this.#catalog.find(topic.ref) !== topic) return 0;
        const changes = new PendingChanges(tx, how.change, this.#hooks);
        let next = at;
        for (; next < batch.length && changes.bytes < CHANGED_BYTES; next++) {
          const { partition, offsets } = batch[next] as Matches;
          for (const offset of offsets) changes.add({ partition, offset });
        }
        const changed = changes.store();
        at = next;
        return changed;
      });
      await how.pause();
    }
    return count;
  }

  #search(views: Views, topic: Topic, selection: Selection): Generator<Matches | undefined, void> {
    if (selection.kind === "ids") return this.#searchIds(views, topic, selection.ids);
    return searchAll(views.view, topic, selection);
  }

  *#searchIds(
    views: Views,
    topic: Topic,
    ids: ReadonlySet<string>,
  ): Generator<Matches | undefined, void> {
    const found = new Map<Partition, OffsetSet>();
    const unknown = new Set<string>();
    let looked = 0;
    for (const id of ids) {
      // Read at the tip: an id is found as soon as its publish was called.
      const places = findById({ tip: views.tip, view: views.tip }, this.#dedup, { topic, id });
      if (places.length === 0) unknown.add(id);
      for (const { partition, offset } of places) {
        let offsets = found.get(partition);
        if (offsets === undefined) found.set(partition, (offsets = new OffsetSet()));
        offsets.add(offset, 1);
      }
      if (++looked % IDS_PER_STEP === 0) yield undefined;
    }
    for (const [partition, offsets] of found) {
      yield* matchBlocks(views.tip, partition, { offsets, matches: () => true });
    }
    if (unknown.size > 0) yield* this.#searchOld(views, topic, unknown);
  }

  /** Events whose ids may be forgotten already, because they have been pending for so long. */
  *#searchOld(
    { view, now }: Views,
    topic: Topic,
    ids: ReadonlySet<string>,
  ): Generator<Matches | undefined, void> {
    const before = now - topic.settings.dedupTtlMs;
    const matches = idMatcher(ids);
    for (const partition of topic.partitions) {
      const endOffset = endOfOlder(view, partition, before);
      if (endOffset > 0) yield* scanPending(view, partition, { matches, endOffset });
    }
  }

  /** Takes the id's entry out of the dedup index: it leads nowhere any more. */
  #forgetId({ partition, offset }: Place, block: Block): void {
    const start = block.start(offset - block.firstOffset);
    const id = findId(block.bytes, start, start + block.length(offset - block.firstOffset));
    const hash1 = mixHash1(partition.topic.id, hashId1(block.bytes, id.start, id.end));
    const hash2 = mixHash2(partition.topic.id, hashId2(block.bytes, id.start, id.end));
    this.#dedup.remove(hash1, hash2, partition.number, offset);
  }
}

function* searchAll(
  view: ReadView,
  topic: Topic,
  { matches }: Selection & { readonly kind: "matching" },
): Generator<Matches | undefined, void> {
  for (const partition of topic.partitions) {
    const endOffset = Number.POSITIVE_INFINITY;
    yield* scanPending(view, partition, { matches, endOffset });
  }
}
