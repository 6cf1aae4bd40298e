/**
 * Opens the files of a segment log: finds them, reads the end of the last one, cuts it if it is
 * torn, and hands it to a writer. Nothing else of the log is read.
 */
import type { Disk } from "../../ports/disk.ts";
import { epoch } from "../../base/ids.ts";
import { isBlank } from "../record.ts";
import {
  decodeSegmentHeader,
  parseSegmentName,
  segmentHeaderBytes,
  segmentName,
} from "./segment-format.ts";
import type { LogPosition, SegmentHeader } from "./segment-format.ts";
import { corruption, readSegmentTail } from "./segment-tail.ts";
import type { SegmentTail } from "./segment-tail.ts";
import { SegmentWriter } from "./segment-writer.ts";
import type { WriterOptions } from "./segment-writer.ts";

/** The torn end that was cut when the log was opened. */
export interface TornTail {
  readonly file: string;
  readonly offset: number;
  readonly bytesCut: number;
}

export interface OpenedSegments {
  /** First index of each segment, ascending; the last one is the writer's. */
  readonly firstIndexes: readonly number[];
  readonly position: LogPosition;
  readonly writer: SegmentWriter;
  readonly tornTail: TornTail | undefined;
}

export interface OpenSegmentsOptions {
  readonly directory: string;
  /** Makes the salt of a new segment. */
  readonly salt: () => Buffer;
  readonly bodyBytesMax: number;
  readonly writer: WriterOptions;
}

const positionOfNewLog: LogPosition = { index: 0, chain: 0, time: 0, epoch: epoch(0) };

/** Opens or makes the log in `options.directory`. */
export async function openSegments(
  disk: Disk,
  options: OpenSegmentsOptions,
): Promise<OpenedSegments> {
  const { directory, salt, bodyBytesMax } = options;
  await disk.makeDirectory(directory);
  const firstIndexes = await listSegments(disk, directory);
  for (;;) {
    const firstIndex = firstIndexes.at(-1);
    if (firstIndex === undefined) break;
    const path = `${directory}/${segmentName(firstIndex)}`;
    const tail = await readTail(disk, { path, firstIndex, bodyBytesMax });
    if (tail !== undefined) return resume(disk, { ...options, path, firstIndexes, tail });
    // The process died while it began this segment; nothing was ever written to it.
    if (firstIndexes.length === 1 && firstIndex !== 1) {
      throw corruption(path, 0, "the only segment has no header");
    }
    await disk.remove(path);
    await disk.syncDirectory(directory);
    firstIndexes.pop();
  }
  const writer = await SegmentWriter.create(
    disk,
    {
      directory,
      path: `${directory}/${segmentName(1)}`,
      header: { salt: salt(), before: positionOfNewLog },
    },
    options.writer,
  );
  return { firstIndexes: [1], position: positionOfNewLog, writer, tornTail: undefined };
}

/** First indexes of the segment files in `directory`, ascending. */
export async function listSegments(disk: Disk, directory: string): Promise<number[]> {
  const indexes: number[] = [];
  for (const name of await disk.list(directory)) {
    const index = parseSegmentName(name);
    if (index !== undefined) indexes.push(index);
  }
  return indexes.sort((a, b) => a - b);
}

interface HeaderSource {
  readonly path: string;
  read(into: Uint8Array, position: number): Promise<number>;
}

/**
 * Reads and checks a segment's header; undefined when nothing, or not all of it was written: the
 * disk was full. A segment is used only when its header is durable.
 */
export async function readSegmentHeader(
  file: HeaderSource,
  firstIndex: number,
): Promise<SegmentHeader | undefined> {
  const buffer = Buffer.alloc(segmentHeaderBytes);
  const bytes = buffer.subarray(0, await file.read(buffer, 0));
  if (bytes.length < segmentHeaderBytes || isBlank(bytes, 0, bytes.length)) return undefined;
  const header = decodeSegmentHeader(bytes);
  if (typeof header === "string") throw corruption(file.path, 0, header);
  if (header.before.index + 1 !== firstIndex) {
    const problem = `the header says it begins with record ${header.before.index + 1}`;
    throw corruption(file.path, 0, problem);
  }
  return header;
}

type HeadedTail = SegmentTail & { readonly header: SegmentHeader };

async function readTail(
  disk: Disk,
  segment: { path: string; firstIndex: number; bodyBytesMax: number },
): Promise<HeadedTail | undefined> {
  const file = await disk.open(segment.path, { mode: "read" });
  try {
    const size = await file.size();
    // A full disk may have taken a part of the header. No record is written before it is durable.
    if (size < segmentHeaderBytes) return undefined;
    const header = await readSegmentHeader(file, segment.firstIndex);
    if (header === undefined) {
      if (size === segmentHeaderBytes) return undefined;
      throw corruption(segment.path, 0, "zeros instead of a header");
    }
    return { header, ...(await readSegmentTail(file, header, segment.bodyBytesMax)) };
  } finally {
    await file.close();
  }
}

async function resume(
  disk: Disk,
  found: OpenSegmentsOptions & { path: string; firstIndexes: number[]; tail: HeadedTail },
): Promise<OpenedSegments> {
  const { path, firstIndexes, tail } = found;
  const { offset, header, position } = tail;
  let { size } = tail;
  let tornTail: TornTail | undefined;
  if (tail.isTorn) {
    tornTail = { file: path, offset, bytesCut: size - offset };
    size = offset;
    await cutFile(disk, path, offset);
  }
  const place = { path, header, offset, size };
  const writer = await SegmentWriter.resume(disk, place, found.writer);
  // From here on what was read counts. But if the last process was killed, the end may be in memory
  // only, and a sync could not be trusted to write it: one may have failed before.
  if (tail.unsure !== undefined) await writer.rewriteFrom(tail.unsure, found.bodyBytesMax);
  else await writer.sync();
  await disk.syncDirectory(found.directory);
  return { firstIndexes, position, writer, tornTail };
}

async function cutFile(disk: Disk, path: string, size: number): Promise<void> {
  const file = await disk.open(path, { mode: "write" });
  try {
    await file.truncate(size);
    await file.sync();
  } finally {
    await file.close();
  }
}
