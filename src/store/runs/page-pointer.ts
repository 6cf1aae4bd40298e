/**
 * What an entry of an inner page says about a child, as its value of 22 bytes, little-endian:
 *
 *   0   6  offset of the page in the file
 *   6   4  bytes of the page
 *   10  6  rows with a value before the child, in the whole run
 *   16  6  tombstones before it
 *
 * The counts tell how many rows a range has by two walks from the root.
 */
export const pointerBytes = 22;

export interface PagePointer {
  readonly offset: number;
  readonly pageBytes: number;
  readonly putsBefore: number;
  readonly tombstonesBefore: number;
}

export function encodePointer(pointer: PagePointer): Buffer {
  const bytes = Buffer.allocUnsafe(pointerBytes);
  let at = bytes.writeUIntLE(pointer.offset, 0, 6);
  at = bytes.writeUInt32LE(pointer.pageBytes, at);
  at = bytes.writeUIntLE(pointer.putsBefore, at, 6);
  bytes.writeUIntLE(pointer.tombstonesBefore, at, 6);
  return bytes;
}

export function decodePointer(bytes: Buffer, at: number): PagePointer {
  return {
    offset: bytes.readUIntLE(at, 6),
    pageBytes: bytes.readUInt32LE(at + 6),
    putsBefore: bytes.readUIntLE(at + 10, 6),
    tombstonesBefore: bytes.readUIntLE(at + 16, 6),
  };
}
