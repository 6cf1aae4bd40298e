/** Which series have points in a window, and which of them have points elsewhere, too. */
import type { ReadView } from "../../store/base-tree.ts";
import type { Drops } from "./drop.ts";
import type { Head } from "./head.ts";
import { allSpans, blocksBetween, blocksOfWindow, readBlockKey, windowsOf } from "./rows.ts";
import type { WindowPlace } from "./rows.ts";
import { NO_ROW } from "./series-table.ts";
import { readWindows } from "./window-stats.ts";

const wholeWindow = { from: 0, to: Number.POSITIVE_INFINITY, spans: allSpans };

/** Ids of at most `limit` series, from `from` on, that have blocks in the window; ascending. */
export function seriesWithBlocks(
  view: ReadView,
  at: WindowPlace,
  { from, limit }: { readonly from: number; readonly limit: number },
): number[] {
  const ids: number[] = [];
  let next = from;
  while (ids.length < limit && next <= 0xffffffff) {
    const { start, end } = blocksOfWindow(at, next);
    const [row] = view.range(start, end, { limit: 1 });
    if (row === undefined) break;
    const { seriesId } = readBlockKey(row[0]);
    ids.push(seriesId);
    next = seriesId + 1;
  }
  return ids;
}

/** Whether a series has points in any window of these policies but `but`. */
export function hasPointsElsewhere(
  view: ReadView,
  series: {
    readonly seriesId: number;
    readonly policyIds: readonly number[];
    readonly but: WindowPlace;
  },
  recent: { readonly heads: readonly Head[]; readonly drops: Drops },
): boolean {
  const { seriesId, policyIds, but } = series;
  const isElsewhere = ({ policyId, startHour }: WindowPlace): boolean => {
    return policyId !== but.policyId || startHour !== but.startHour;
  };
  for (const head of recent.heads) {
    for (const window of head.windows()) {
      if (!policyIds.includes(window.policyId) || !isElsewhere(window)) continue;
      if (window.series.get(seriesId) === NO_ROW) continue;
      if (!recent.drops.window(head, window)) return true;
    }
  }
  return policyIds.some((policyId) => {
    for (const window of readWindows(view, windowsOf(policyId))) {
      if (!isElsewhere(window)) continue;
      const ranges = blocksBetween({ ...window, seriesId }, wholeWindow);
      for (const { start, end } of ranges) {
        for (const _row of view.range(start, end, { limit: 1 })) return true;
      }
    }
    return false;
  });
}
