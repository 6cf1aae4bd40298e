/**
 * The stored position of a consumer group in a partition.
 *
 *   0   6       sequence: every event that fired before it is settled, except those in the gaps
 *   6   6       offset behind the last event, in fired order, up to which all are settled
 *   12  6       events of smaller offsets are left out (the group started or was moved there)
 *   18  6       events due earlier are left out
 *   24  4       count of gaps
 *   28  10      per gap: first sequence u48, count of events u32
 *
 * All little-endian. "Settled": acknowledged, waiting for a retry as a row of its own, or dead.
 * Gaps lie before `sequence`, ascending, and do not touch.
 */
export interface Gap {
  readonly sequence: number;
  readonly count: number;
}

export interface Position {
  readonly sequence: number;
  readonly offset: number;
  readonly offsetMin: number;
  readonly dueMin: number;
  readonly gaps: readonly Gap[];
}

const GAPS_AT = 28;
const GAP_BYTES = 10;

export function encodePosition(position: Position): Buffer {
  const { gaps } = position;
  const bytes = Buffer.allocUnsafe(GAPS_AT + GAP_BYTES * gaps.length);
  bytes.writeUIntLE(position.sequence, 0, 6);
  bytes.writeUIntLE(position.offset, 6, 6);
  bytes.writeUIntLE(position.offsetMin, 12, 6);
  bytes.writeUIntLE(position.dueMin, 18, 6);
  bytes.writeUInt32LE(gaps.length, 24);
  let at = GAPS_AT;
  for (const gap of gaps) {
    bytes.writeUIntLE(gap.sequence, at, 6);
    bytes.writeUInt32LE(gap.count, at + 6);
    at += GAP_BYTES;
  }
  return bytes;
}

export function decodePosition(value: Uint8Array): Position {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const gaps: Gap[] = [];
  const end = GAPS_AT + GAP_BYTES * bytes.readUInt32LE(24);
  for (let at = GAPS_AT; at < end; at += GAP_BYTES) {
    gaps.push({ sequence: bytes.readUIntLE(at, 6), count: bytes.readUInt32LE(at + 6) });
  }
  return {
    sequence: bytes.readUIntLE(0, 6),
    offset: bytes.readUIntLE(6, 6),
    offsetMin: bytes.readUIntLE(12, 6),
    dueMin: bytes.readUIntLE(18, 6),
    gaps,
  };
}
