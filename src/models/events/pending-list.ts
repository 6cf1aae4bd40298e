/**
 * Listing pending events in the order of (due time, partition, offset), page by page. A page is
 * read in slices, one per turn of the event loop, so that a long one holds nobody up.
 */
import type { ReadView } from "../../store/base-tree.ts";
import type { LongReads } from "./long-reads.ts";
import { findBlock } from "./lookup.ts";
import { mergePending } from "./pending-merge.ts";
import type { TimePosition } from "./pending-merge.ts";
import type { DecodedEvent } from "./stored-event.ts";
import { decodeEvent } from "./stored-event.ts";
import type { Block } from "./block.ts";
import type { Topic } from "./topic.ts";

/** Events of a slice. */
const SLICE_EVENTS = 512;
/** A page ends early once it holds so many bytes of events. */
const PAGE_BYTES = 16 * 1024 * 1024;

export interface PendingPage {
  readonly items: readonly DecodedEvent[];
  /** The last item's place, if more may follow. */
  readonly next: TimePosition | undefined;
}

export interface PendingRange {
  readonly after: TimePosition;
  /** Due before it. */
  readonly to: number;
  readonly limit: number;
}

/** The topic's pending events behind `range.after`, as far as they are durable. */
export async function listPending(
  reads: LongReads,
  topic: Topic,
  range: PendingRange,
): Promise<PendingPage> {
  return reads.run(async (view, pause) => {
    const reader = new PageReader(topic, range);
    for (;;) {
      reader.readSlice(view);
      if (reader.isDone) return reader.page();
      await pause();
    }
  });
}

class PageReader {
  readonly #topic: Topic;
  readonly #range: PendingRange;
  readonly #items: DecodedEvent[] = [];
  #position: TimePosition;
  #bytes = 0;
  #isAtEnd = false;

  constructor(topic: Topic, range: PendingRange) {
    this.#topic = topic;
    this.#range = range;
    this.#position = range.after;
  }

  get isDone(): boolean {
    return this.#isAtEnd || this.#isFull;
  }

  get #isFull(): boolean {
    return this.#items.length >= this.#range.limit || this.#bytes >= PAGE_BYTES;
  }

  page(): PendingPage {
    return { items: this.#items, next: this.#isAtEnd ? undefined : this.#position };
  }

  readSlice(view: ReadView): void {
    const end = this.#items.length + SLICE_EVENTS;
    let block: Block | undefined;
    for (const run of mergePending(view, this.#topic.partitions, this.#position)) {
      if (run.due >= this.#range.to) break;
      const { partition, due } = run;
      for (let offset = run.offset; offset < run.offset + run.count; offset++) {
        if (this.#items.length >= end || this.#isFull) return;
        // Found anew when the partition changes, too: blocks of two may have the same offsets.
        if (offset === run.offset || block === undefined || offset >= block.endOffset) {
          block = findBlock(view, partition, offset);
        }
        this.#position = { due, partition: partition.number, offset };
        const position = offset - (block?.firstOffset ?? 0);
        if (block === undefined || block.isGone(position)) continue;
        const bytes = block.event(position);
        this.#bytes += bytes.length;
        const place = { partition: partition.number, offset, createdAt: block.createdAt };
        this.#items.push(decodeEvent({ bytes, ...place }));
      }
    }
    this.#isAtEnd = true;
  }
}
