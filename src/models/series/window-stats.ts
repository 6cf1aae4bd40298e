/**
 * What is known of a policy's window without its blocks: a row, changed with them in the same
 * transactions.
 *
 *   value   format u8 (1), points, blocks, bytes, spans, seals, dirty from, dirty to; numbers as in
 *           series-bytes.ts
 *
 * Points of blocks that overlap count in each. `spans` has a bit for each span of a block that the
 * window has or had. `seals` is how many heads were sealed into the window since it was merged, and
 * the dirty offsets are from the first to the last of their points; 1 and 0 when there are none.
 */
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { readWindowKey, windowKey } from "./rows.ts";
import type { KeyRange, WindowPlace } from "./rows.ts";
import { corruption, SeriesReader, SeriesWriter } from "./series-bytes.ts";

const FORMAT = 1;

export interface WindowStats {
  readonly points: number;
  readonly blocks: number;
  /** Bytes of blocks, without keys. */
  readonly bytes: number;
  readonly spans: number;
  readonly seals: number;
  readonly dirtyFrom: number;
  readonly dirtyTo: number;
}

export interface Window extends WindowPlace {
  readonly stats: WindowStats;
}

export const noStats: WindowStats = {
  points: 0,
  blocks: 0,
  bytes: 0,
  spans: 0,
  seals: 0,
  dirtyFrom: 1,
  dirtyTo: 0,
};

export function readStats(view: ReadView, at: WindowPlace): WindowStats {
  const bytes = view.get(windowKey(at));
  return bytes === undefined ? noStats : decode(bytes);
}

/** Writes the row; deletes it when the window has no block. */
export function writeStats(tx: Transaction, at: WindowPlace, stats: WindowStats): void {
  if (stats.blocks === 0) return tx.delete(windowKey(at));
  const writer = new SeriesWriter();
  writer.u8(FORMAT);
  const { points, blocks, bytes, spans, seals, dirtyFrom, dirtyTo } = stats;
  const numbers = [points, blocks, bytes, spans, seals, dirtyFrom, dirtyTo];
  for (const number of numbers) writer.integer(number);
  tx.put(windowKey(at), writer.written());
}

/** The windows whose rows are in the range, in the order of policies and time. */
export function readWindows(view: ReadView, range: KeyRange): readonly Window[] {
  return Array.from(view.range(range.start, range.end), ([key, bytes]) => {
    return { ...readWindowKey(key), stats: decode(bytes) };
  });
}

function decode(bytes: Uint8Array): WindowStats {
  const reader = new SeriesReader(bytes);
  if (reader.u8() !== FORMAT) throw corruption("the format of a window is not 1");
  const next = (): number => reader.count(0, Number.MAX_SAFE_INTEGER);
  return {
    points: next(),
    blocks: next(),
    bytes: next(),
    spans: next(),
    seals: next(),
    dirtyFrom: next(),
    dirtyTo: next(),
  };
}
