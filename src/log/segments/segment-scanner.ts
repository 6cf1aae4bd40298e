/**
 * Reads a segment file write by write, verifying marks, checksums and the chain, and says where and
 * how it ends. It judges nothing: whether a bad write is a torn tail or corruption is decided in
 * segment-tail.ts.
 *
 * Bodies are views of buffers that are never used again, so they stay valid.
 */
import type { DiskFile } from "../../ports/disk.ts";
import { chainProblem, decodeRecord, isBlank } from "../record.ts";
import type { DecodedRecord } from "../record.ts";
import { decodeMark, markBytes } from "./segment-format.ts";
import type { LogPosition, WriteMark } from "./segment-format.ts";

/** A whole, verified write. */
export interface ScannedWrite {
  readonly kind: "write";
  readonly offset: number;
  /** Offset behind its last byte. */
  readonly end: number;
  readonly mark: WriteMark;
  readonly records: readonly DecodedRecord[];
}

/** Nothing was written at `offset`: zeros or the end of the file. */
export interface ScanEnd {
  readonly kind: "end";
  readonly offset: number;
}

export interface ScanFault {
  readonly kind: "fault";
  /** Where the mark or record that cannot be read begins. */
  readonly offset: number;
  /** The write it belongs to, as far as its mark tells. */
  readonly writeOffset: number;
  readonly writeEnd: number;
  readonly problem: string;
}

export type ScanStep = ScannedWrite | ScanEnd | ScanFault;

/** A place to read from: the offset of a mark (or where one is to come), and the record before. */
export interface ScanStart {
  readonly offset: number;
  readonly index: number;
  readonly chain: number;
}

export interface ScanOptions {
  readonly salt: Buffer;
  readonly bodyBytesMax: number;
  readonly start: ScanStart;
}

/** What one read from the disk asks for; large enough to be sequential for any disk. */
const readBytes = 2 * 1024 * 1024;

export class SegmentScanner {
  readonly #file: DiskFile;
  readonly #options: ScanOptions;
  #offset: number;
  #index: number;
  #chain: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** Where #buffer begins in the file. */
  #bufferOffset = 0;

  constructor(file: DiskFile, options: ScanOptions) {
    this.#file = file;
    this.#options = options;
    this.#offset = options.start.offset;
    this.#index = options.start.index;
    this.#chain = options.start.chain;
  }

  /** Index of the last record that was read. */
  get index(): number {
    return this.#index;
  }

  /** Its crc32. */
  get chain(): number {
    return this.#chain;
  }

  /** Reads the next write. After an end or a fault the same is returned again. */
  async next(): Promise<ScanStep> {
    const offset = this.#offset;
    const available = await this.#load(markBytes);
    const at = offset - this.#bufferOffset;
    const mark = decodeMark(this.#buffer, at, { offset, salt: this.#options.salt });
    if (mark === undefined) {
      const end = at + Math.min(markBytes, available);
      if (isBlank(this.#buffer, at, end)) return { kind: "end", offset };
      return this.#fault(offset, markBytes, "there is no valid mark of a write");
    }
    if (mark.firstIndex !== this.#index + 1 || mark.chain !== this.#chain) {
      const problem = `a write from record ${mark.firstIndex} on follows record ${this.#index}`;
      return this.#fault(offset, mark.byteLength, problem);
    }
    if ((await this.#load(mark.byteLength)) < mark.byteLength) {
      return this.#fault(offset, mark.byteLength, "the file ends inside a write");
    }
    return this.#decodeWrite(mark);
  }

  #decodeWrite(mark: WriteMark): ScanStep {
    const start = this.#offset - this.#bufferOffset;
    const bytes = this.#buffer.subarray(start, start + mark.byteLength);
    const records: DecodedRecord[] = [];
    let previous = { index: this.#index, crc: this.#chain };
    let at = markBytes;
    while (at < bytes.length) {
      const decoded = decodeRecord(bytes, at, this.#options.bodyBytesMax);
      const problem =
        decoded.kind === "record" ? chainProblem(decoded, previous) : describe(decoded);
      if (decoded.kind !== "record" || problem !== undefined) {
        return this.#fault(this.#offset + at, mark.byteLength, problem ?? "no record");
      }
      records.push(decoded);
      previous = { index: decoded.record.index, crc: decoded.crc };
      at += decoded.byteLength;
    }
    const offset = this.#offset;
    this.#offset += mark.byteLength;
    this.#index = previous.index;
    this.#chain = previous.crc;
    return { kind: "write", offset, end: this.#offset, mark, records };
  }

  #fault(offset: number, writeBytes: number, problem: string): ScanFault {
    const writeOffset = this.#offset;
    return { kind: "fault", offset, writeOffset, writeEnd: writeOffset + writeBytes, problem };
  }

  /** Brings `length` bytes from the current offset on into the buffer; returns how many it has. */
  async #load(length: number): Promise<number> {
    const at = this.#offset - this.#bufferOffset;
    const held = this.#buffer.subarray(at);
    if (held.length >= length) return held.length;
    const buffer = Buffer.allocUnsafeSlow(Math.max(readBytes, length));
    held.copy(buffer);
    const rest = buffer.subarray(held.length);
    const count = await this.#file.read(rest, this.#offset + held.length);
    this.#buffer = buffer.subarray(0, held.length + count);
    this.#bufferOffset = this.#offset;
    return this.#buffer.length;
  }
}

/** The position of the log after `decoded`. */
export function positionAfter(decoded: DecodedRecord): LogPosition {
  const { index, time, epoch } = decoded.record;
  return { index, chain: decoded.crc, time, epoch };
}

function describe(
  decoding: { kind: "short" } | { kind: "blank" } | { kind: "bad"; problem: string },
): string {
  switch (decoding.kind) {
    case "short":
      return "the write ends inside a record";
    case "blank":
      return "zeros instead of a record";
    case "bad":
      return decoding.problem;
  }
}
