/**
 * Looking at many pending events: first which offsets they have (the due index, in the order of due
 * times), then block by block in the order of offsets, so that each block is read once.
 *
 * Both are generators that pause often: who drives them gives the event loop a turn at each pause,
 * or does not (inside a transaction).
 */
import type { Key } from "../../base/key.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { dueRunOf } from "./due-index.ts";
import { findBlock } from "./lookup.ts";
import { OffsetSet } from "./offset-set.ts";
import type { Partition } from "./partition.ts";
import type { EventMatcher } from "./select.ts";

/** Rows of the due index, and events of blocks, between two pauses: about 1 ms. */
const ROWS_PER_STEP = 1024;
const EVENTS_PER_STEP = 2048;

/** Events of one block. */
export interface Matches {
  readonly partition: Partition;
  readonly offsets: readonly number[];
}

/** Pending events of the partition with offsets below `endOffset` that match; pauses: undefined. */
export function* scanPending(
  view: ReadView,
  partition: Partition,
  wanted: { readonly matches: EventMatcher; readonly endOffset: number },
): Generator<Matches | undefined, void> {
  let start: Key | undefined = partition.duesPrefix;
  while (start !== undefined) {
    const offsets = new OffsetSet();
    start = yield* collect(view, partition, { start, offsets, endOffset: wanted.endOffset });
    yield* matchBlocks(view, partition, { offsets, matches: wanted.matches });
  }
}

/** Fills the set from the due index; returns where to go on when the set is full. */
function* collect(
  view: ReadView,
  partition: Partition,
  into: { readonly start: Key; readonly offsets: OffsetSet; readonly endOffset: number },
): Generator<undefined, Key | undefined> {
  const { offsets, endOffset } = into;
  let start: Key | undefined = into.start;
  while (start !== undefined) {
    let rows = 0;
    let last: Key | undefined;
    for (const row of view.range(start, partition.duesEnd, { limit: ROWS_PER_STEP })) {
      const { offset, count } = dueRunOf(row);
      if (offset < endOffset) offsets.add(offset, count);
      rows++;
      last = row[0];
    }
    start = rows < ROWS_PER_STEP ? undefined : `${last}\x00`;
    if (offsets.isFull) return start;
    yield undefined;
  }
  return undefined;
}

/** The events of the set that match, block by block. */
export function* matchBlocks(
  view: ReadView,
  partition: Partition,
  wanted: { readonly offsets: OffsetSet; readonly matches: EventMatcher },
): Generator<Matches | undefined, void> {
  const { offsets, matches } = wanted;
  let examined = 0;
  for (let offset = offsets.next(0); offset >= 0; ) {
    const block = findBlock(view, partition, offset);
    const end = block?.endOffset ?? offset + 1;
    const found: number[] = [];
    for (; offset >= 0 && offset < end; offset = offsets.next(offset + 1)) {
      examined++;
      if (block === undefined) continue;
      const position = offset - block.firstOffset;
      if (block.isGone(position)) continue;
      const start = block.start(position);
      if (matches(block.bytes, start, start + block.length(position))) found.push(offset);
    }
    if (found.length > 0) yield { partition, offsets: found };
    if (examined < EVENTS_PER_STEP) continue;
    examined = 0;
    yield undefined;
  }
}
