/**
 * Booleans of a column, and which points have a value, as bits: the first is the lowest bit of the
 * first byte.
 */
import { corruption } from "./series-bytes.ts";
import type { SeriesReader, SeriesWriter } from "./series-bytes.ts";

/** Writes the first `count` flags, 0 or 1. */
export function encodeFlags(writer: SeriesWriter, flags: Uint8Array, count: number): void {
  writer.reserve((count + 7) >>> 3);
  const { bytes } = writer;
  let { at } = writer;
  for (let start = 0; start < count; start += 8) {
    const end = Math.min(start + 8, count);
    let byte = 0;
    for (let i = start; i < end; i++) byte |= (flags[i] as number) << (i - start);
    bytes[at++] = byte;
  }
  writer.at = at;
}

/** Reads `count` flags. Throws CORRUPTION. */
export function decodeFlags(reader: SeriesReader, count: number): Uint8Array {
  const length = (count + 7) >>> 3;
  if (length > reader.left) throw corruption("flags end too early");
  const bytes = reader.raw(length);
  const flags = new Uint8Array(count);
  for (let i = 0; i < count; i++) flags[i] = ((bytes[i >>> 3] as number) >>> (i & 7)) & 1;
  return flags;
}
