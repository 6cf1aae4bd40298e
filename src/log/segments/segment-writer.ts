/**
 * The segment file that is being written: where the next write goes, and room ahead of it.
 *
 *   0        header   writes            offset        allocatedEnd = size of the file
 *   ├──────────┴─────────────────────────┤ ....zeros.... ┤
 *
 * Room is made by writing zeros in steps, in the background: a synced write into blocks that exist
 * takes half the time of one that makes the file longer, because the file system has no metadata to
 * commit. A write never overlaps a step that is under way (it waits), and a step never touches what
 * was written, so zeros cannot land on data.
 *
 * After a failed write nobody knows what is behind `offset`; nothing may be written until cut() has
 * taken it away.
 */
import type { Disk, DiskFile } from "../../ports/disk.ts";
import { encodeSegmentHeader, segmentHeaderBytes } from "./segment-format.ts";
import type { SegmentHeader } from "./segment-format.ts";
import { SegmentScanner } from "./segment-scanner.ts";
import type { ScanStart } from "./segment-scanner.ts";
import { corruption } from "./segment-tail.ts";

export interface WriterOptions {
  /** Each write is durable when it resolves. */
  readonly durableWrites: boolean;
  /** Room is made up to this size of the file. */
  readonly segmentBytes: number;
}

/** Room that is made at once: little at first, so that a small log stays small. */
const firstStepBytes = 256 * 1024;
const stepBytesMax = 8 * 1024 * 1024;
/** What cut() writes to see that there is space again. */
const probeBytes = 64 * 1024;
/** Zeros are written in pieces of this: a larger one holds up the writes beside it for longer. */
const zeros = Buffer.alloc(1024 * 1024);

export class SegmentWriter {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly #disk: Disk;
  readonly options: WriterOptions;
  #file: DiskFile;
  #offset: number;
  #allocatedEnd: number;
  #stepBytes = firstStepBytes;
  #step: Promise<void> | undefined;
  /** Making room failed; not tried again before the next write has to make its own. */
  #stepFailed = false;

  private constructor(
    disk: Disk,
    place: { file: DiskFile; header: SegmentHeader; offset: number; size: number },
    options: WriterOptions,
  ) {
    this.#disk = disk;
    this.#file = place.file;
    this.path = place.file.path;
    this.header = place.header;
    this.#offset = place.offset;
    this.#allocatedEnd = Math.max(place.size, place.offset);
    this.options = options;
  }

  /** Makes a segment file; its header and its name are durable when this resolves. */
  static async create(
    disk: Disk,
    place: { directory: string; path: string; header: SegmentHeader },
    options: WriterOptions,
  ): Promise<SegmentWriter> {
    const { directory, path, header } = place;
    const file = await open(disk, path, options);
    try {
      // A file of this name is what a roll that failed left behind.
      await file.truncate(0);
      await file.write([encodeSegmentHeader(header)], 0);
      await file.sync();
      await disk.syncDirectory(directory);
    } catch (error) {
      await file.close();
      throw error;
    }
    const size = segmentHeaderBytes;
    return new SegmentWriter(disk, { file, header, offset: size, size }, options);
  }

  /** Goes on with a segment file at `offset`; everything behind it is zeros up to `size`. */
  static async resume(
    disk: Disk,
    place: { path: string; header: SegmentHeader; offset: number; size: number },
    options: WriterOptions,
  ): Promise<SegmentWriter> {
    const file = await open(disk, place.path, options);
    return new SegmentWriter(disk, { ...place, file }, options);
  }

  /** Where the next write goes. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that the file takes up. */
  get size(): number {
    return this.#allocatedEnd;
  }

  /** Writes the chunks, `byteLength` bytes together, at the offset and moves it. */
  async write(chunks: readonly Uint8Array[], byteLength: number): Promise<void> {
    const end = this.#offset + byteLength;
    if (end > this.#allocatedEnd && this.#step !== undefined) await this.#step;
    await this.#file.write(chunks, this.#offset);
    this.#offset = end;
    this.#allocatedEnd = Math.max(this.#allocatedEnd, end);
    this.#makeRoom();
  }

  async sync(): Promise<void> {
    await this.#file.sync();
  }

  /** Durably takes away what failed writes left behind the offset, and sees that there is space. */
  async cut(): Promise<void> {
    await this.#step;
    // A file whose sync failed may report the failure once more, or never: begin with a new one.
    await this.#file.close();
    this.#file = await open(this.#disk, this.path, this.options);
    await this.#file.truncate(this.#offset);
    await this.#file.sync();
    this.#allocatedEnd = this.#offset;
    await this.#file.write([zeros.subarray(0, probeBytes)], this.#offset);
    this.#allocatedEnd += probeBytes;
    this.#stepFailed = false;
  }

  /**
   * Writes everything from `start` to the offset once more and syncs it: a sync that failed may
   * have dropped it from what is still to be written. Throws CORRUPTION if it cannot be read back.
   */
  async rewriteFrom(start: ScanStart, bodyBytesMax: number): Promise<void> {
    const { salt } = this.header;
    const scanner = new SegmentScanner(this.#file, { salt, bodyBytesMax, start });
    for (let at = start.offset; at < this.#offset; ) {
      const step = await scanner.next();
      if (step.kind !== "write") {
        const problem = step.kind === "fault" ? step.problem : "a write is missing";
        throw corruption(this.path, step.offset, `after a failed sync ${problem}`);
      }
      const bytes = Buffer.allocUnsafe(step.end - at);
      await this.#file.read(bytes, at);
      await this.#file.write([bytes], at);
      at = step.end;
    }
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#step;
    await this.#file.close();
  }

  /** Makes room in the background when less than half a step is left. */
  #makeRoom(): void {
    if (this.#step !== undefined || this.#stepFailed) return;
    if (this.#allocatedEnd - this.#offset >= this.#stepBytes / 2) return;
    const start = this.#allocatedEnd;
    const end = Math.min(start + this.#stepBytes, this.options.segmentBytes);
    if (end <= start) return;
    this.#step = this.#writeZeros(start, end).finally(() => {
      this.#step = undefined;
    });
  }

  async #writeZeros(start: number, end: number): Promise<void> {
    try {
      for (let at = start; at < end; ) {
        const piece = zeros.subarray(0, Math.min(zeros.length, end - at));
        await this.#file.write([piece], at);
        at += piece.length;
      }
      this.#allocatedEnd = end;
      this.#stepBytes = Math.min(2 * this.#stepBytes, stepBytesMax);
    } catch {
      // Room is only for speed. If there is really none, the write that needs it says so.
      this.#stepFailed = true;
    }
  }
}

async function open(disk: Disk, path: string, options: WriterOptions): Promise<DiskFile> {
  return disk.open(path, { mode: "write", durableWrites: options.durableWrites });
}
