/**
 * One log record: the unit that is checksummed, written, replicated and replayed. Little-endian:
 *
 *   0   4  crc32 of every byte from 4 to the end of the body (CRC-32/ISO-HDLC, zlib's)
 *   4   4  body length in bytes
 *   8   8  index: position in the log, dense, starts at 1
 *   16  8  time: shard time at which it was sealed, Unix ms
 *   24  4  epoch: leadership number
 *   28  4  chain: the crc32 field of the record before; 0 in record 1
 *   32  n  body: the encoded mutations (mutation-codec.ts)
 *
 * The chain makes each checksum depend on everything before it: a record that was changed together
 * with its checksum, or that comes from a forked log, does not fit its successor.
 *
 * Invariant: decodeRecord(header ++ body) gives back what was encoded, or a reason, never a guess.
 * Not here: files (segments/), streams (jetstream/).
 */
import { crc32 } from "node:zlib";
import { assert } from "../base/assert.ts";
import { epoch, logIndex } from "../base/ids.ts";
import type { LogAppend, LogRecord } from "./log.ts";

export const recordHeaderBytes = 32;

/** What a record says about itself, and its place in the chain. */
export interface DecodedRecord {
  readonly kind: "record";
  readonly record: LogRecord;
  /** Its crc32: what the next record carries as its chain. */
  readonly crc: number;
  readonly chain: number;
  /** Header and body together. */
  readonly byteLength: number;
}

export type RecordDecoding =
  | DecodedRecord
  /** The bytes end before the record does; it may be whole in a longer piece. */
  | { readonly kind: "short"; readonly bytesNeeded: number }
  /** Nothing was written here: the header is all zeros. */
  | { readonly kind: "blank" }
  /** The bytes are not a record. */
  | { readonly kind: "bad"; readonly problem: string };

/** The header of a record as it is written in front of the record's chunks. */
export interface EncodedHeader {
  readonly bytes: Buffer;
  /** The chain of the next record. */
  readonly crc: number;
}

/** Bytes that the chunks hold together. */
export function chunksByteLength(chunks: readonly Uint8Array[]): number {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  return length;
}

/** Makes the header of `record`; `chain` is the crc of the record before (0 for record 1). */
export function encodeRecordHeader(record: LogAppend, chain: number): EncodedHeader {
  const bytes = Buffer.allocUnsafe(recordHeaderBytes);
  bytes.writeUInt32LE(chunksByteLength(record.chunks), 4);
  writeU64(bytes, record.index, 8);
  writeU64(bytes, record.time, 16);
  bytes.writeUInt32LE(record.epoch, 24);
  bytes.writeUInt32LE(chain, 28);
  let crc = crc32(bytes.subarray(4));
  for (const chunk of record.chunks) {
    // For an empty chunk that points nowhere, zlib starts over: its result is 0, not `crc`.
    if (chunk.length > 0) crc = crc32(chunk, crc);
  }
  bytes.writeUInt32LE(crc, 0);
  return { bytes, crc };
}

/**
 * Reads the record at `offset` of `bytes` and verifies its checksum. The body is a view of `bytes`.
 * Whether index and chain follow the record before is for the caller to check (chainProblem).
 */
export function decodeRecord(bytes: Buffer, offset: number, bodyBytesMax: number): RecordDecoding {
  const available = bytes.length - offset;
  if (available < recordHeaderBytes) return { kind: "short", bytesNeeded: recordHeaderBytes };
  if (isBlank(bytes, offset, offset + recordHeaderBytes)) return { kind: "blank" };
  const bodyLength = bytes.readUInt32LE(offset + 4);
  if (bodyLength > bodyBytesMax) {
    return { kind: "bad", problem: `body length ${bodyLength} is over ${bodyBytesMax}` };
  }
  const byteLength = recordHeaderBytes + bodyLength;
  if (available < byteLength) return { kind: "short", bytesNeeded: byteLength };
  const crc = bytes.readUInt32LE(offset);
  const actual = crc32(bytes.subarray(offset + 4, offset + byteLength));
  if (crc !== actual) {
    return { kind: "bad", problem: `checksum is ${hex(actual)}, the record says ${hex(crc)}` };
  }
  return checkedRecord(bytes, offset, { crc, byteLength });
}

/** Says why a record cannot follow the one before it; undefined when it does. */
export function chainProblem(
  decoded: DecodedRecord,
  previous: { readonly index: number; readonly crc: number },
): string | undefined {
  const { record, chain } = decoded;
  if (record.index !== previous.index + 1) {
    return `index is ${record.index}, after record ${previous.index}`;
  }
  if (chain !== previous.crc) {
    const follows = `record ${record.index} follows ${hex(chain)}`;
    return `${follows}, but record ${previous.index} is ${hex(previous.crc)}`;
  }
  return undefined;
}

/** Tells whether the bytes from `start` to `end` are all zero. */
export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}

function checkedRecord(
  bytes: Buffer,
  offset: number,
  sizes: { crc: number; byteLength: number },
): RecordDecoding {
  const index = readU64(bytes, offset + 8);
  const time = readU64(bytes, offset + 16);
  if (index === 0 || !Number.isSafeInteger(index) || !Number.isSafeInteger(time)) {
    return { kind: "bad", problem: `index ${index} or time ${time} is out of range` };
  }
  return {
    kind: "record",
    record: {
      index: logIndex(index),
      time,
      epoch: epoch(bytes.readUInt32LE(offset + 24)),
      body: bytes.subarray(offset + recordHeaderBytes, offset + sizes.byteLength),
    },
    crc: sizes.crc,
    chain: bytes.readUInt32LE(offset + 28),
    byteLength: sizes.byteLength,
  };
}

function writeU64(bytes: Buffer, value: number, at: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, () => `Cannot write ${value} as u64`);
  bytes.writeUInt32LE(value % 2 ** 32, at);
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}
