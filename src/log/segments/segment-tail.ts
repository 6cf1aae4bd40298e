/**
 * Finds where a log ends, and tells the torn end that a crash leaves from corruption. Only the tail
 * of the last segment is read: older segments were complete and durable before it was begun, and
 * what is in the middle is verified when it is read.
 *
 * What is known. A write is begun when all before it is written (durable, unless fsync-mode is
 * periodic), into space that holds zeros or behind the end of the file. A power loss leaves any
 * subset of its sectors; sectors of 512 bytes are written whole or not at all. No record of a write
 * that did not finish was acknowledged, so such a write is cut as a whole. Hence, when reading
 * forward meets a write that cannot be read:
 *
 *   a later mark says it was durable                      -> corruption: it was whole once
 *   some sector of what cannot be read holds only zeros   -> torn: cut the file here
 *   the file ends inside the write                        -> torn: cut the file here
 *   every sector was written, and yet it is wrong         -> corruption, even in the last write
 *
 * What cannot be known: a last write with a sector of zeros of its own and a flipped bit looks
 * torn. close() ends the log with a mark, so this can befall only the last write before a crash.
 */
import { CronosError } from "../../base/errors.ts";
import type { DiskFile } from "../../ports/disk.ts";
import { isBlank } from "../record.ts";
import { segmentHeaderBytes } from "./segment-format.ts";
import type { LogPosition, PlacedMark, SegmentHeader } from "./segment-format.ts";
import { findTailMarks } from "./segment-search.ts";
import { positionAfter, SegmentScanner } from "./segment-scanner.ts";
import type { ScanFault, ScanStart } from "./segment-scanner.ts";

/** The unit in which disks write. */
const sectorBytes = 512;
const blankWindowBytes = 1024 * 1024;

export interface SegmentTail {
  /** The last record, or what the header says of the one before the segment. */
  readonly position: LogPosition;
  /** Where the next write goes. */
  readonly offset: number;
  /** Where the writes begin that no mark calls durable; undefined if there are none. */
  readonly unsure: ScanStart | undefined;
  /** Bytes of the file: behind `offset` there is room that was allocated ahead. */
  readonly size: number;
  /** Bytes behind `offset` are not all zeros and must be cut before anything is written. */
  readonly isTorn: boolean;
}

/** Reads the end of the last segment. Throws CORRUPTION naming file and offset. */
export async function readSegmentTail(
  file: DiskFile,
  header: SegmentHeader,
  bodyBytesMax: number,
): Promise<SegmentTail> {
  const { salt, before } = header;
  const size = await file.size();
  const { last, from } = await findTailMarks(file, size, salt);
  const start =
    from === undefined
      ? { offset: segmentHeaderBytes, index: before.index, chain: before.chain }
      : { offset: from.offset, index: from.mark.firstIndex - 1, chain: from.mark.chain };
  const scanner = new SegmentScanner(file, { salt, bodyBytesMax, start });
  const durableIndex = last?.mark.durableIndex ?? before.index;
  let position = before;
  let unsure: ScanStart | undefined;
  for (;;) {
    const { index, chain } = scanner;
    const step = await scanner.next();
    if (step.kind === "write") {
      if (scanner.index > durableIndex) unsure ??= { offset: step.offset, index, chain };
      const newest = step.records.at(-1);
      if (newest !== undefined) position = positionAfter(newest);
      continue;
    }
    const offset = step.kind === "end" ? step.offset : step.writeOffset;
    refuseDurableLoss(file.path, { offset, index: scanner.index, last, step });
    if (step.kind === "fault" && !(await isTornWrite(file, step, size))) {
      throw corruption(file.path, step.offset, step.problem);
    }
    const isTorn = step.kind === "fault" || !(await isBlankFile(file, offset, size));
    return { position, offset, unsure, size, isTorn };
  }
}

/** The error for bytes of a log file that fail a check. */
export function corruption(path: string, offset: number, problem: string): CronosError {
  return new CronosError(
    "CORRUPTION",
    `Log file ${path} is corrupt at offset ${offset}: ${problem}`,
    { details: { file: path, offset, problem } },
  );
}

function refuseDurableLoss(
  path: string,
  found: {
    readonly offset: number;
    readonly index: number;
    readonly last: PlacedMark | undefined;
    readonly step: { readonly offset: number; readonly problem?: string };
  },
): void {
  const { last, step } = found;
  if (last === undefined || last.offset < found.offset) return;
  if (last.mark.durableIndex <= found.index) return;
  const evidence = `record ${last.mark.durableIndex} was durable (mark at offset ${last.offset})`;
  throw corruption(path, step.offset, `${step.problem ?? "zeros instead of a write"}, ${evidence}`);
}

/** Tells whether a sector of what cannot be read was never written. */
async function isTornWrite(file: DiskFile, fault: ScanFault, size: number): Promise<boolean> {
  if (fault.writeEnd > size) return true;
  const bytes = Buffer.allocUnsafeSlow(fault.writeEnd - fault.offset);
  const count = await file.read(bytes, fault.offset);
  for (let at = 0; at < count; ) {
    const sectorEnd = at + sectorBytes - ((fault.offset + at) % sectorBytes);
    const end = Math.min(count, sectorEnd);
    if (isBlank(bytes, at, end)) return true;
    at = end;
  }
  return false;
}

async function isBlankFile(file: DiskFile, from: number, size: number): Promise<boolean> {
  const window = Buffer.allocUnsafeSlow(Math.min(blankWindowBytes, Math.max(0, size - from)));
  const zeros = Buffer.alloc(window.length);
  for (let offset = from; offset < size; ) {
    const wanted = Math.min(window.length, size - offset);
    const count = await file.read(window.subarray(0, wanted), offset);
    if (count === 0) return true;
    if (!window.subarray(0, count).equals(zeros.subarray(0, count))) return false;
    offset += count;
  }
  return true;
}
