/**
 * A fence: the message by which a writer takes a shard's stream over. Little-endian:
 *
 *   0   4  crc32 of every byte from 4 on
 *   4   4  "CDF1"
 *   8   8  sequence: where in the stream this fence is
 *   16  8  previous: sequence of the fence before; 0 in the first one
 *   24  8  next index: index of the first record written under this fence
 *   32  8  head sequence: where record (next index - 1) is; 0 when there is none
 *   40  4  head crc: that record's crc; 0 when there is none
 *   44  4  epoch: leadership number of the writer
 *   48  16 writer: random id, by which a writer knows its own fence
 *
 * What a fence does: the `fenceSpan` sequences that start with it hold no records, whatever is in
 * them. The fence is the first; the writer fills the others with empty messages before it appends.
 *
 *   ... record 41, record 42 | fence, void × 15 | record 43, record 44 ...
 *                              F                  F + 16
 *
 * Why: each append is conditional on the sequence before it, but a writer has up to 16 of them on
 * the way. When another writer's message takes the place of the first, the condition of the second
 * holds: a deposed writer's delayed message would become a record, with a hole before it. Every
 * message that can still be on its way when a fence lands was meant for one of these 16 places,
 * because a writer sends a message only when it knows what is 16 places before it. There it is
 * void.
 */
import { crc32 } from "node:zlib";
import { epoch, logIndex } from "../../base/ids.ts";
import type { Epoch, LogIndex } from "../../base/ids.ts";

/**
 * Sequences that a fence makes void, itself included, and the most messages that a writer may have
 * in flight. Part of the format: a writer with another number would not be fenced.
 */
export const fenceSpan = 16;
export const writerIdBytes = 16;
export const fenceBytes = 64;
const magic = 0x31464443;

export interface Fence {
  readonly sequence: number;
  readonly previous: number;
  readonly nextIndex: LogIndex;
  readonly headSequence: number;
  readonly headCrc: number;
  readonly epoch: Epoch;
  readonly writer: Uint8Array;
}

export function encodeFence(fence: Fence): Buffer {
  const bytes = Buffer.alloc(fenceBytes);
  bytes.writeUInt32LE(magic, 4);
  bytes.writeBigUInt64LE(BigInt(fence.sequence), 8);
  bytes.writeBigUInt64LE(BigInt(fence.previous), 16);
  bytes.writeBigUInt64LE(BigInt(fence.nextIndex), 24);
  bytes.writeBigUInt64LE(BigInt(fence.headSequence), 32);
  bytes.writeUInt32LE(fence.headCrc, 40);
  bytes.writeUInt32LE(fence.epoch, 44);
  bytes.set(fence.writer.subarray(0, writerIdBytes), 48);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** Reads a fence; undefined when the bytes are not one, or fail the checksum. */
export function decodeFence(bytes: Buffer): Fence | undefined {
  if (bytes.length !== fenceBytes || bytes.readUInt32LE(4) !== magic) return undefined;
  if (bytes.readUInt32LE(0) !== crc32(bytes.subarray(4))) return undefined;
  return {
    sequence: Number(bytes.readBigUInt64LE(8)),
    previous: Number(bytes.readBigUInt64LE(16)),
    nextIndex: logIndex(Number(bytes.readBigUInt64LE(24))),
    headSequence: Number(bytes.readBigUInt64LE(32)),
    headCrc: bytes.readUInt32LE(40),
    epoch: epoch(bytes.readUInt32LE(44)),
    writer: bytes.subarray(48, 48 + writerIdBytes),
  };
}
