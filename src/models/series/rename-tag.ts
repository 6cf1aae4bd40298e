/**
 * Gives a tag of a measurement another name, in the rows of the index: those of every series that
 * has it, and its postings. Points know series by their ids and stay as they are.
 */
import { keyU32 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { byIdKey, byTagsKey, decodeIds, encodeIds, keyPart, postingHead } from "./index-rows.ts";
import { postingKey, postingNames, postingsOf, prefixEnd, readKeyPart } from "./index-rows.ts";
import type { SeriesIds } from "./series-ids.ts";
import { decodeTags, encodeSorted, hash64, sortedTags } from "./series-tags.ts";

/** Series whose tag can be renamed: it is one operation. */
export const RENAMED_SERIES_MAX = 100_000;

export interface TagRename {
  readonly measurementId: number;
  /** All series that have the tag. */
  readonly ids: SeriesIds;
  /** Binary. No series of the measurement has a tag `to`. */
  readonly from: string;
  readonly to: string;
  /** Takes a series out of the row of a hash. */
  readonly removeHash: (hashKey: string, id: number) => void;
}

export function renameTagRows(tx: Transaction, rename: TagRename): void {
  const { measurementId, ids, from, to, removeHash } = rename;
  for (const id of ids) {
    const bytes = tx.get(byIdKey(measurementId, id));
    if (bytes === undefined) continue;
    const before = Buffer.from(bytes).toString("latin1");
    const tags = decodeTags(before).map(([key, value]): [string, string] => {
      return [key === from ? to : key, value];
    });
    const after = encodeSorted(sortedTags(tags));
    removeHash(byTagsKey(measurementId, hash64(before)), id);
    const hashKey = byTagsKey(measurementId, hash64(after));
    const others = Buffer.from(tx.get(hashKey) ?? []);
    const own = Buffer.alloc(4);
    own.writeUInt32LE(id, 0);
    tx.put(hashKey, Buffer.concat([others, own]));
    tx.put(byIdKey(measurementId, id), Buffer.from(after, "latin1"));
  }
  movePostings(tx, rename);
}

function movePostings(tx: Transaction, { measurementId, from, to }: TagRename): void {
  const prefix = postingsOf(measurementId);
  const start = prefix + keyPart(from);
  // All of them first: what is moved must not be met again.
  const rows = Array.from(tx.range(start, prefixEnd(start)));
  for (const [key, bytes] of rows) {
    const { bytes: whole } = readKeyPart(key, start.length);
    const value = whole ?? postingNames(bytes)?.value ?? "";
    const moved = { key: to, value };
    const ids = decodeIds(bytes);
    tx.delete(key);
    tx.put(
      postingKey(measurementId, moved) + keyU32(ids[0] ?? 0),
      encodeIds(postingHead(moved), ids),
    );
  }
}
