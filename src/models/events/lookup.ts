/**
 * Finding stored events by offset.
 */
import { keyU48 } from "../../base/key.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { Block } from "./block.ts";
import { blockKeyOffset } from "./rows.ts";
import { findId } from "./stored-event.ts";
import type { Partition } from "./partition.ts";

/** The block that holds `offset`; undefined when it was removed or never written. */
export function findBlock(view: ReadView, partition: Partition, offset: number): Block | undefined {
  const key = partition.blocksPrefix + keyU48(offset);
  // A run usually starts its block: a get is cheaper than a range.
  const exact = view.get(key);
  if (exact !== undefined) return new Block(exact, offset);
  const newest = { reverse: true, limit: 1 };
  for (const [found, value] of view.range(partition.blocksPrefix, key, newest)) {
    const block = new Block(value, blockKeyOffset(found));
    return offset < block.endOffset ? block : undefined;
  }
  return undefined;
}

/** A stored event's bytes and where its id is in them; undefined when it is not there any more. */
export function findStored(
  view: ReadView,
  partition: Partition,
  offset: number,
): { bytes: Buffer; idStart: number; idEnd: number; createdAt: number } | undefined {
  const block = findBlock(view, partition, offset);
  if (block === undefined) return undefined;
  const position = offset - block.firstOffset;
  const length = block.length(position);
  if (length === 0) return undefined;
  const start = block.start(position);
  const id = findId(block.bytes, start, start + length);
  return { bytes: block.bytes, idStart: id.start, idEnd: id.end, createdAt: block.createdAt };
}
