/**
 * Finding stored events by id, through the dedup index: as long as an id is remembered (the topic's
 * dedup TTL). Events that stay pending for longer are found by a scan, see pending-scan.ts.
 */
import type { ReadView } from "../../store/base-tree.ts";
import type { DedupIndex } from "./dedup.ts";
import { mixHash1, mixHash2 } from "./dedup-hash.ts";
import { hashId1, hashId2 } from "./event-list.ts";
import { findBlock, findStored } from "./lookup.ts";
import type { Partition } from "./partition.ts";
import { blockKeyOffset } from "./rows.ts";
import { Block } from "./block.ts";
import type { Topic } from "./topic.ts";
import { keyU48 } from "../../base/key.ts";

/** Where an event is stored. */
export interface Place {
  readonly partition: Partition;
  readonly offset: number;
}

/** The places in `view` of the topic's events with this id; `tip` is what the index reads. */
export function findById(
  views: { readonly tip: ReadView; readonly view: ReadView },
  index: DedupIndex,
  event: { readonly topic: Topic; readonly id: string },
): Place[] {
  const { topic } = event;
  const id = Buffer.from(event.id, "utf8");
  const hash1 = mixHash1(topic.id, hashId1(id, 0, id.length));
  const hash2 = mixHash2(topic.id, hashId2(id, 0, id.length));
  const places: Place[] = [];
  index.candidates(hash1, hash2, views.tip, (number, offset) => {
    const partition = topic.partitions[number];
    if (partition === undefined) return false;
    const stored = findStored(views.view, partition, offset);
    if (stored === undefined) return false;
    if (id.compare(stored.bytes, stored.idStart, stored.idEnd) !== 0) return false;
    places.push({ partition, offset });
    return false;
  });
  return places;
}

/** Of these places the one of the newest event that retention did not remove. */
export function newestOf(view: ReadView, places: readonly Place[]): Place | undefined {
  let newest: Place | undefined;
  let newestAt = -1;
  for (const place of places) {
    const block = findBlock(view, place.partition, place.offset);
    if (block === undefined || block.isGone(place.offset - block.firstOffset)) continue;
    if (block.createdAt < newestAt) continue;
    newest = place;
    newestAt = block.createdAt;
  }
  return newest;
}

/** Offset behind the partition's blocks that were created before `before`, Unix ms. */
export function endOfOlder(view: ReadView, partition: Partition, before: number): number {
  let low = 0;
  let high = partition.nextOffset;
  // Shard time does not go back, so blocks are in the order in which they were created.
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const block = blockUpTo(view, partition, middle);
    if (block !== undefined && block.createdAt >= before) high = Math.max(low, block.firstOffset);
    else low = Math.max(middle + 1, block?.endOffset ?? 0);
  }
  return low;
}

/** The last block that starts at or before `offset`. */
function blockUpTo(view: ReadView, partition: Partition, offset: number): Block | undefined {
  const end = partition.blocksPrefix + keyU48(offset + 1);
  for (const [key, row] of view.range(partition.blocksPrefix, end, { reverse: true, limit: 1 })) {
    return new Block(row, blockKeyOffset(key));
  }
  return undefined;
}
