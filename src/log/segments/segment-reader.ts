/**
 * Reads records of one segment that are known to be durable: here every byte that fails a check is
 * corruption, a torn end cannot be.
 */
import { CronosError } from "../../base/errors.ts";
import type { Disk, DiskFile } from "../../ports/disk.ts";
import { readSegmentHeader } from "./open-segments.ts";
import { segmentHeaderBytes } from "./segment-format.ts";
import type { SegmentHeader } from "./segment-format.ts";
import { findMarkFor } from "./segment-search.ts";
import { SegmentScanner } from "./segment-scanner.ts";
import type { ScannedWrite, ScanStart } from "./segment-scanner.ts";
import { corruption } from "./segment-tail.ts";
import type { SparseIndex } from "./sparse-index.ts";

/** A segment as readers know it. */
export interface SegmentFile {
  readonly firstIndex: number;
  readonly path: string;
  readonly sparseIndex: SparseIndex;
}

export interface SegmentRead {
  /** First and last index that are wanted; both are in this segment. */
  readonly from: number;
  readonly until: number;
  readonly bodyBytesMax: number;
  readonly indexIntervalBytes: number;
  /** Crc32 of the record before the segment, when the caller has just read that. */
  readonly chainBefore: number | undefined;
}

/**
 * Yields the writes that hold the wanted records, whole; returns the crc32 of the last record read.
 * Throws CORRUPTION, or OUT_OF_RANGE when the file was trimmed meanwhile.
 */
export async function* readSegment(
  disk: Disk,
  segment: SegmentFile,
  read: SegmentRead,
): AsyncGenerator<ScannedWrite, number> {
  const file = await openForReading(disk, segment.path);
  try {
    const header = await readSegmentHeader(file, segment.firstIndex);
    if (header === undefined) throw corruption(segment.path, 0, "there is no header");
    if (read.chainBefore !== undefined && read.chainBefore !== header.before.chain) {
      throw corruption(segment.path, 0, "it does not follow the segment before");
    }
    const { salt } = header;
    const start = await seek(file, { segment, header, read });
    const scanner = new SegmentScanner(file, { salt, bodyBytesMax: read.bodyBytesMax, start });
    while (scanner.index < read.until) {
      const before = { index: scanner.index, chain: scanner.chain };
      const step = await scanner.next();
      if (step.kind === "end") {
        const problem = `record ${scanner.index + 1} is missing`;
        throw corruption(segment.path, step.offset, problem);
      }
      if (step.kind === "fault") throw corruption(segment.path, step.offset, step.problem);
      segment.sparseIndex.note({ offset: step.offset, ...before });
      if (scanner.index >= read.from) yield step;
    }
    return scanner.chain;
  } finally {
    await file.close();
  }
}

/** The place to read from: by the sparse index, and where that is too sparse by looking for it. */
async function seek(
  file: DiskFile,
  at: { segment: SegmentFile; header: SegmentHeader; read: SegmentRead },
): Promise<ScanStart> {
  const { before, salt } = at.header;
  const around = at.segment.sparseIndex.around(at.read.from);
  const nearest = around.before ?? {
    offset: segmentHeaderBytes,
    index: before.index,
    chain: before.chain,
  };
  const found = await findMarkFor(file, {
    salt,
    index: at.read.from,
    low: nearest.offset,
    high: around.after?.offset ?? (await file.size()),
    distanceMax: at.read.indexIntervalBytes,
  });
  if (found === undefined) return nearest;
  const { firstIndex, chain } = found.mark;
  return { offset: found.offset, index: firstIndex - 1, chain };
}

async function openForReading(disk: Disk, path: string): Promise<DiskFile> {
  try {
    return await disk.open(path, { mode: "read" });
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "ENOENT") throw error;
    throw new CronosError("OUT_OF_RANGE", `Log file ${path} cannot be read: it was trimmed`, {
      cause: error,
    });
  }
}
