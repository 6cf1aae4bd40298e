/**
 * The bytes of a segment file. All integers little-endian; docs/formats/log.md is the long version.
 *
 *   segment = header, write*, zeros that were allocated ahead
 *   write   = mark, record*           one write to the disk: all of it counts, or nothing
 *
 * Header, 64 bytes:
 *   0   8  "CRNSLOG1"
 *   8   4  crc32 of the bytes from 12 to 64
 *   12  4  format version, 1
 *   16  8  salt: random, goes into the checksum of every mark
 *   24  8  index of the first record
 *   32  8  time of the record before (0: none), so that the log knows it when that one is trimmed
 *   40  4  epoch of the record before (0: none)
 *   44  4  chain: crc32 of the record before (0: none)
 *   48 16  zeros
 *
 * Mark, 32 bytes:
 *   0   4  crc32 of the bytes from 4 to 32, begun with the salt and the mark's own file offset
 *   4   4  ff ff ff ff, which is no body length, so a mark is not taken for a record
 *   8   8  durable index: records up to this one were durable when this write was begun
 *   16  8  index of the first record of this write; a mark without records was made by close()
 *   24  4  bytes of this write, mark included
 *   28  4  chain: crc32 of the record before
 *
 * Because of salt and offset in its checksum a mark can be found by looking at any place of a file:
 * no stored bytes look like one by accident, by copying a log into a value, or by malice.
 */
import { crc32 } from "node:zlib";
import { assert } from "../../base/assert.ts";
import type { Epoch } from "../../base/ids.ts";
import { epoch } from "../../base/ids.ts";

export const segmentHeaderBytes = 64;
export const markBytes = 32;
const formatVersion = 1;
const magic = Buffer.from("CRNSLOG1", "latin1");
const markTag = Buffer.from([0xff, 0xff, 0xff, 0xff]);
const saltBytes = 8;

/** Where a log stands: everything that the next record depends on. */
export interface LogPosition {
  /** Index, crc32, time and epoch of the last record; all 0 before the first. */
  readonly index: number;
  readonly chain: number;
  readonly time: number;
  readonly epoch: Epoch;
}

export interface SegmentHeader {
  readonly salt: Buffer;
  /** Where the log stood when the segment was begun. */
  readonly before: LogPosition;
}

export interface WriteMark {
  readonly durableIndex: number;
  readonly firstIndex: number;
  readonly byteLength: number;
  readonly chain: number;
}

/** A mark and where it is in its file. */
export interface PlacedMark {
  readonly offset: number;
  readonly mark: WriteMark;
}

const namePattern = /^([0-9a-f]{16})\.log$/;

/** Name of the segment file that begins with record `firstIndex`. */
export function segmentName(firstIndex: number): string {
  return `${firstIndex.toString(16).padStart(16, "0")}.log`;
}

/** First index of a segment file by its name; undefined for other files. */
export function parseSegmentName(name: string): number | undefined {
  const digits = namePattern.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const index = Number.parseInt(digits, 16);
  return Number.isSafeInteger(index) && index > 0 ? index : undefined;
}

export function encodeSegmentHeader({ salt, before }: SegmentHeader): Buffer {
  assert(salt.length === saltBytes, "The salt of a segment has 8 bytes");
  const bytes = Buffer.alloc(segmentHeaderBytes);
  magic.copy(bytes, 0);
  bytes.writeUInt32LE(formatVersion, 12);
  salt.copy(bytes, 16);
  bytes.writeBigUInt64LE(BigInt(before.index + 1), 24);
  bytes.writeBigUInt64LE(BigInt(before.time), 32);
  bytes.writeUInt32LE(before.epoch, 40);
  bytes.writeUInt32LE(before.chain, 44);
  bytes.writeUInt32LE(crc32(bytes.subarray(12)), 8);
  return bytes;
}

/** Reads a header; a string says what is wrong with it. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | string {
  if (bytes.length < segmentHeaderBytes) return "the file is shorter than its header";
  if (!bytes.subarray(0, magic.length).equals(magic)) return "the file does not begin as a log";
  if (bytes.readUInt32LE(8) !== crc32(bytes.subarray(12, segmentHeaderBytes))) {
    return "the checksum of the header is wrong";
  }
  const version = bytes.readUInt32LE(12);
  if (version !== formatVersion) return `format version ${version} is not ${formatVersion}`;
  return {
    salt: Buffer.from(bytes.subarray(16, 16 + saltBytes)),
    before: {
      index: Number(bytes.readBigUInt64LE(24)) - 1,
      time: Number(bytes.readBigUInt64LE(32)),
      epoch: epoch(bytes.readUInt32LE(40)),
      chain: bytes.readUInt32LE(44),
    },
  };
}

/** Makes the mark that stands at `offset` of the segment with this salt. */
export function encodeMark({ offset, mark }: PlacedMark, salt: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(markBytes);
  markTag.copy(bytes, 4);
  writeU64(bytes, mark.durableIndex, 8);
  writeU64(bytes, mark.firstIndex, 16);
  bytes.writeUInt32LE(mark.byteLength, 24);
  bytes.writeUInt32LE(mark.chain, 28);
  bytes.writeUInt32LE(markCrc(bytes, { offset, salt }), 0);
  return bytes;
}

/** Reads the mark at `at` of `bytes`, which is `offset` in its file; undefined if none is there. */
export function decodeMark(
  bytes: Buffer,
  at: number,
  place: { readonly offset: number; readonly salt: Buffer },
): WriteMark | undefined {
  if (at + markBytes > bytes.length) return undefined;
  // Cheap tests first: looking for marks comes here for every ff ff ff ff in the data.
  if (bytes[at + 15] !== 0 || bytes.readUInt32LE(at + 4) !== 0xffffffff) return undefined;
  const view = bytes.subarray(at, at + markBytes);
  if (view.readUInt32LE(0) !== markCrc(view, place)) return undefined;
  return {
    durableIndex: readU64(view, 8),
    firstIndex: readU64(view, 16),
    byteLength: view.readUInt32LE(24),
    chain: view.readUInt32LE(28),
  };
}

/**
 * Finds the next mark in `bytes`, which are at `start` of their file, at or behind `at`; returns
 * the mark with its offset in the file.
 */
export function findMark(
  bytes: Buffer,
  at: number,
  place: { readonly start: number; readonly salt: Buffer },
): PlacedMark | undefined {
  let tagAt = bytes.indexOf(markTag, at + 4);
  while (tagAt >= 0) {
    const offset = place.start + tagAt - 4;
    const mark = decodeMark(bytes, tagAt - 4, { offset, salt: place.salt });
    if (mark !== undefined) return { offset, mark };
    tagAt = bytes.indexOf(markTag, tagAt + 1);
  }
  return undefined;
}

const crcPrefix = Buffer.alloc(saltBytes + 8);

function markCrc(bytes: Buffer, place: { offset: number; salt: Buffer }): number {
  place.salt.copy(crcPrefix, 0);
  writeU64(crcPrefix, place.offset, saltBytes);
  return crc32(bytes.subarray(4), crc32(crcPrefix));
}

function writeU64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 2 ** 32, at);
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
}
