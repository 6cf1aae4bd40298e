/**
 * The end of a run file: where the trees in it begin, and how much is in it.
 *
 *   0    8   magic "CRONRUN\n"
 *   8    4   format version
 *   12   6   number of the run, which is in the file's name as well
 *   18  11   root of the rows
 *   29  11   root of the deleted ranges
 *   40   6   rows with a value
 *   46   6   tombstones
 *   52   6   deleted ranges
 *   58   6   filter: offset of its first page
 *   64   6   filter: blocks, 0 for none
 *   70   4   crc32 of all before
 *
 * A root is the page's offset (6), its length (4) and the levels of inner pages (1); all zeros for
 * a tree without entries. Numbers are little-endian.
 */
import { crc32 } from "node:zlib";

const magic = Buffer.from("CRONRUN\n", "latin1");
const formatVersion = 1;
const checksumAt = 70;
export const footerBytes = 74;

/** Where a tree begins; `pageBytes` 0 for one without entries. */
export interface TreeRoot {
  readonly offset: number;
  readonly pageBytes: number;
  /** Levels of inner pages above the leaves. */
  readonly depth: number;
}

export interface RunFooter {
  readonly id: number;
  readonly rows: TreeRoot;
  readonly ranges: TreeRoot;
  readonly puts: number;
  readonly tombstones: number;
  readonly rangeCount: number;
  readonly filterOffset: number;
  readonly filterBlocks: number;
}

export function encodeFooter(footer: RunFooter): Buffer {
  const bytes = Buffer.alloc(footerBytes);
  bytes.set(magic, 0);
  let at = bytes.writeUInt32LE(formatVersion, magic.length);
  at = bytes.writeUIntLE(footer.id, at, 6);
  for (const root of [footer.rows, footer.ranges]) {
    at = bytes.writeUIntLE(root.offset, at, 6);
    at = bytes.writeUInt32LE(root.pageBytes, at);
    at = bytes.writeUInt8(root.depth, at);
  }
  const { puts, tombstones, rangeCount, filterOffset, filterBlocks } = footer;
  for (const number of [puts, tombstones, rangeCount, filterOffset, filterBlocks]) {
    at = bytes.writeUIntLE(number, at, 6);
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(0, checksumAt)), checksumAt);
  return bytes;
}

/** What is wrong with the bytes, or what they say. */
export function decodeFooter(bytes: Buffer): RunFooter | string {
  if (bytes.length !== footerBytes) return "its end is missing";
  if (!bytes.subarray(0, magic.length).equals(magic)) return "it does not end as a run does";
  if (crc32(bytes.subarray(0, checksumAt)) !== bytes.readUInt32LE(checksumAt)) {
    return "the checksum of its end does not match";
  }
  const version = bytes.readUInt32LE(magic.length);
  if (version !== formatVersion) return `it has format ${version}, not ${formatVersion}`;
  return {
    id: bytes.readUIntLE(12, 6),
    rows: readRoot(bytes, 18),
    ranges: readRoot(bytes, 29),
    puts: bytes.readUIntLE(40, 6),
    tombstones: bytes.readUIntLE(46, 6),
    rangeCount: bytes.readUIntLE(52, 6),
    filterOffset: bytes.readUIntLE(58, 6),
    filterBlocks: bytes.readUIntLE(64, 6),
  };
}

function readRoot(bytes: Buffer, at: number): TreeRoot {
  return {
    offset: bytes.readUIntLE(at, 6),
    pageBytes: bytes.readUInt32LE(at + 6),
    depth: bytes.readUInt8(at + 10),
  };
}
