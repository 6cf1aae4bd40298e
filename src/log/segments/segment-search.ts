/**
 * Finds marks in a segment without reading it from the start: the last ones, when a log is opened,
 * and the one at or before an index, when somebody reads from there. See segment-format.ts for why
 * a mark can be recognized anywhere.
 */
import type { DiskFile } from "../../ports/disk.ts";
import { findMark, markBytes, segmentHeaderBytes } from "./segment-format.ts";
import type { PlacedMark } from "./segment-format.ts";

/** Windows that the end of a segment is read in: at least what is allocated ahead at a time. */
const tailWindowBytes = 4 * 1024 * 1024;
/** Windows of a probe: a few writes of usual size. */
const probeWindowBytes = 256 * 1024;

/** What the end of a segment tells before it is verified. */
export interface TailMarks {
  /** The last mark of the file. */
  readonly last: PlacedMark;
  /** The earliest mark of the window in which the search ended. */
  readonly from: PlacedMark;
}

/**
 * Looks backwards from `size` for the last mark, and on for one whose write the last mark calls
 * durable: reading from there passes at least one record, and everything that may be torn. If there
 * is none (`from` undefined) the segment must be read from its header on.
 */
export async function findTailMarks(
  file: DiskFile,
  size: number,
  salt: Buffer,
): Promise<TailMarks | { readonly last: PlacedMark | undefined; readonly from: undefined }> {
  let last: PlacedMark | undefined;
  let end = size;
  while (end > segmentHeaderBytes) {
    const start = Math.max(segmentHeaderBytes, end - tailWindowBytes);
    // The overlap finds marks that lie across two windows.
    const window = await readWindow(file, start, Math.min(size, end + markBytes - 1));
    const marks = marksIn(window, { start, salt });
    last ??= marks.at(-1);
    const from = marks[0];
    if (last !== undefined && from !== undefined) {
      if (from.mark.firstIndex <= last.mark.durableIndex) return { last, from };
    }
    end = start;
  }
  return { last, from: undefined };
}

/**
 * Finds a mark whose write begins at or before record `index` and not more than `distanceMax` bytes
 * before the write that holds it, between a mark known to be so (`low`) and an offset (`high`).
 */
export async function findMarkFor(
  file: DiskFile,
  search: {
    readonly salt: Buffer;
    readonly index: number;
    readonly low: number;
    readonly high: number;
    readonly distanceMax: number;
  },
): Promise<PlacedMark | undefined> {
  let { low, high } = search;
  let found: PlacedMark | undefined;
  while (high - low > Math.max(search.distanceMax, probeWindowBytes)) {
    const middle = Math.floor((low + high) / 2);
    const probe = await firstMarkFrom(file, { start: middle, end: high, salt: search.salt });
    if (probe === undefined || probe.mark.firstIndex > search.index) {
      high = middle;
    } else {
      found = probe;
      low = probe.offset;
    }
  }
  return found;
}

/** Finds the first mark that begins at or behind `start` and before `end`. */
export async function firstMarkFrom(
  file: DiskFile,
  range: { readonly start: number; readonly end: number; readonly salt: Buffer },
): Promise<PlacedMark | undefined> {
  for (let start = range.start; start < range.end; start += probeWindowBytes) {
    const windowEnd = Math.min(range.end, start + probeWindowBytes) + markBytes - 1;
    const window = await readWindow(file, start, windowEnd);
    const mark = findMark(window, 0, { start, salt: range.salt });
    if (mark !== undefined) return mark;
  }
  return undefined;
}

function marksIn(window: Buffer, place: { start: number; salt: Buffer }): PlacedMark[] {
  const marks: PlacedMark[] = [];
  let at = 0;
  for (;;) {
    const mark = findMark(window, at, place);
    if (mark === undefined) return marks;
    marks.push(mark);
    at = mark.offset - place.start + markBytes;
  }
}

async function readWindow(file: DiskFile, start: number, end: number): Promise<Buffer> {
  const window = Buffer.allocUnsafeSlow(end - start);
  return window.subarray(0, await file.read(window, start));
}
