/** Reading points that were written lately, alone, as if nothing else were stored. */
import type { Snapshot } from "../../store/base-tree.ts";
import { Drops } from "./drop.ts";
import { Head } from "./head.ts";
import type { SeriesView } from "./series-scan.ts";
import { StorageView } from "./view.ts";
import type { WriteBatch } from "./write-batch.ts";

/** No rows: all there is to read is in the batches. */
const nothing: Snapshot = { get: () => undefined, range: () => [], release: () => {} };

/** The points of the batches, newer ones before older ones where times are equal. */
export function viewOfBatches(batches: readonly WriteBatch[]): SeriesView {
  const head = new Head(0);
  for (const batch of batches) head.append(batch);
  head.durableRows = head.rowCount;
  return new StorageView(nothing, [head], new Drops());
}
