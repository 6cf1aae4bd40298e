/**
 * A block with some of its events changed: cancelled, or given another schedule time.
 *
 * A large block becomes several when it is rewritten, so that changing the events of a large batch
 * one after the other does not write the whole batch for each of them.
 */
import type { Block, BlockSource } from "./block.ts";
import { blockSize } from "./block.ts";
import { withScheduleTime } from "./schedule-time.ts";

/** A block with more bytes is cut into pieces of about so many. */
const BLOCK_BYTES_MAX = 64 * 1024;
const PIECE_BYTES = 32 * 1024;

export type BlockChange =
  | { readonly kind: "cancel" }
  | {
      readonly kind: "reschedule";
      /** The new schedule time. */
      readonly at: number;
      /** The new due time. */
      readonly due: number;
    };

/** A new block that takes the place of consecutive events of the old one. */
export interface Piece extends BlockSource {
  /** Position of its first event in the old block. */
  readonly first: number;
  readonly sameDue: boolean;
  /** Bytes of the block. */
  readonly size: number;
}

/** The blocks that take the place of `block`; `isChanged` is 1 per position that changes. */
export function changedBlock(block: Block, isChanged: Uint8Array, change: BlockChange): Piece[] {
  const layout = layOut(block, isChanged, change);
  const dueOf = (k: number): number => {
    return change.kind === "reschedule" && isChanged[k] === 1 ? change.due : block.due(k);
  };
  const pieces: Piece[] = [];
  const bytesMax = layout.eventBytes > BLOCK_BYTES_MAX ? PIECE_BYTES : Number.POSITIVE_INFINITY;
  for (let first = 0; first < block.count; ) {
    let end = first;
    let eventBytes = 0;
    let sameDue = true;
    do {
      eventBytes += layout.length(end);
      if (dueOf(end) !== dueOf(first)) sameDue = false;
      end++;
    } while (end < block.count && eventBytes + layout.length(end) <= bytesMax);
    const from = first;
    const count = end - first;
    pieces.push({
      first,
      count,
      sameDue,
      size: blockSize(count, sameDue, eventBytes),
      bytes: layout.bytes,
      createdAt: block.createdAt,
      start: (k) => layout.start(from + k),
      end: (k) => layout.start(from + k) + layout.length(from + k),
      due: (k) => dueOf(from + k),
      removed: (k) => block.isRemoved(from + k),
    });
    first = end;
  }
  return pieces;
}

/** Where the events are in a buffer of the old block with the new events behind it. */
interface Layout {
  readonly bytes: Buffer;
  readonly eventBytes: number;
  start(position: number): number;
  length(position: number): number;
}

function layOut(block: Block, isChanged: Uint8Array, change: BlockChange): Layout {
  const starts = new Int32Array(block.count);
  const lengths = new Int32Array(block.count);
  const parts: Buffer[] = [block.bytes];
  let end = block.bytes.length;
  let eventBytes = 0;
  for (let k = 0; k < block.count; k++) {
    starts[k] = block.start(k);
    let length = block.length(k);
    if (isChanged[k] === 1) {
      if (change.kind === "cancel") length = 0;
      else {
        const event = withScheduleTime(block.event(k), change.at);
        parts.push(event);
        starts[k] = end;
        length = event.length;
        end += length;
      }
    }
    lengths[k] = length;
    eventBytes += length;
  }
  return {
    bytes: parts.length === 1 ? block.bytes : Buffer.concat(parts, end),
    eventBytes,
    start: (k) => starts[k] as number,
    length: (k) => lengths[k] as number,
  };
}
