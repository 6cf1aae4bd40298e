/**
 * Events of a group that are tried again later, and those that are given up. Both rows hold the
 * event itself, so that neither keeps retention from removing the block.
 *
 *   0   1   version, 1
 *   1   6   due time
 *   7   6   created at
 *   13  6   retry: unused, 0; dead letter: when it died, shard time
 *   19  4   failed deliveries
 *   23  4   length e of the last error
 *   27  e   last error, UTF-8
 *   …       the event: an Event message as it was published
 *
 * All little-endian. A retry's key holds when it may be delivered again.
 */
export interface FailedEvent {
  readonly due: number;
  readonly createdAt: number;
  readonly deadAt: number;
  readonly failures: number;
  readonly error: string;
  readonly event: Uint8Array;
}

/** Longest stored error, in bytes; longer ones are cut. */
export const ERROR_BYTES_MAX = 4096;
const ERROR_AT = 27;

/** Longest wait before a retry. */
const BACKOFF_MS_MAX = 3_600_000;

export function encodeFailed(failed: FailedEvent): Buffer {
  const error = cutText(Buffer.from(failed.error, "utf8"), ERROR_BYTES_MAX);
  const bytes = Buffer.allocUnsafe(ERROR_AT + error.length + failed.event.length);
  bytes[0] = 1;
  bytes.writeUIntLE(failed.due, 1, 6);
  bytes.writeUIntLE(failed.createdAt, 7, 6);
  bytes.writeUIntLE(failed.deadAt, 13, 6);
  bytes.writeUInt32LE(failed.failures, 19);
  bytes.writeUInt32LE(error.length, 23);
  bytes.set(error, ERROR_AT);
  bytes.set(failed.event, ERROR_AT + error.length);
  return bytes;
}

export function decodeFailed(value: Uint8Array): FailedEvent {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const eventAt = ERROR_AT + bytes.readUInt32LE(23);
  return {
    due: bytes.readUIntLE(1, 6),
    createdAt: bytes.readUIntLE(7, 6),
    deadAt: bytes.readUIntLE(13, 6),
    failures: bytes.readUInt32LE(19),
    error: bytes.toString("utf8", ERROR_AT, eventAt),
    event: bytes.subarray(eventAt),
  };
}

/** Wait before the attempt after `failures` failed ones. */
export function retryDelayMs(backoffMs: number, failures: number): number {
  return Math.min(backoffMs * 2 ** Math.min(failures - 1, 40), BACKOFF_MS_MAX);
}

/** At most so many bytes of UTF-8 text, cut between two characters. */
function cutText(text: Buffer, bytesMax: number): Buffer {
  if (text.length <= bytesMax) return text;
  let end = bytesMax;
  // Bytes 10xxxxxx continue a character.
  while (((text[end] as number) & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}
