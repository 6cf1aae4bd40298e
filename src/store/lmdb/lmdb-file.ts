/**
 * What must be true of LMDB's file before LMDB opens it. LMDB trusts its file: a damaged head ends
 * the process with a segmentation fault, a missing tail with a bus error as soon as it is read. So
 * the two meta pages, one of which describes the newest commit, are checked here first:
 *
 *   page 0, page 1, each at its number times the page size; little-endian
 *   24   4  magic beefc0de
 *   28   4  version of LMDB's format: 2
 *   48   4  page size
 *   144  8  number of the last page in use
 *   152  8  transaction id; the newer commit is in the page with the greater one
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  unlinkSync,
} from "node:fs";
import { CronosError } from "../../base/errors.ts";

const magic = 0xbeefc0de;
const dataVersion = 2;
const metaBytes = 160;
/** A file of up to two pages of 4 KiB, LMDB's two meta pages, holds no rows. */
const emptyFileBytesMax = 8192;
/** Page sizes that LMDB takes. */
const pageBytesMin = 256;
const pageBytesMax = 65_536;

/** What checkFile() found: no file (or one without a commit, removed), or one to be opened. */
export type FileState = "missing" | "present";

/**
 * Checks the file. Throws CORRUPTION if it is damaged. A file too short to hold rows with a damaged
 * head comes from a power cut while it was made; it is removed. A file whose tail is missing is
 * filled up with zeros, which LMDB knows for corrupted pages when it meets them (unless
 * `readOnly`).
 */
export function checkFile(file: string, readOnly: boolean): FileState {
  if (!existsSync(file)) return "missing";
  const descriptor = openSync(file, readOnly ? "r" : "r+");
  let isUnfinished: boolean;
  try {
    const { size } = fstatSync(descriptor);
    const needed = bytesNeeded(descriptor);
    isUnfinished = needed === undefined && size <= emptyFileBytesMax;
    if (needed === undefined && !isUnfinished) throw damaged(file, "its head is not LMDB's");
    if (needed !== undefined && needed > size) {
      if (readOnly) throw damaged(file, `it has ${size} bytes of ${needed}`);
      ftruncateSync(descriptor, needed);
    }
  } finally {
    closeSync(descriptor);
  }
  if (!isUnfinished) return "present";
  if (!readOnly) unlinkSync(file);
  return "missing";
}

/** Makes the name of a new file survive a power cut; LMDB does not. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Length of the file according to its newest commit; undefined if a meta page is damaged. */
function bytesNeeded(descriptor: number): number | undefined {
  const first = readMeta(descriptor, 0);
  const second = first === undefined ? undefined : readMeta(descriptor, first.pageBytes);
  if (first === undefined || second === undefined) return undefined;
  const newest = second.transaction > first.transaction ? second : first;
  return (newest.lastPage + 1) * first.pageBytes;
}

interface Meta {
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly transaction: bigint;
}

function readMeta(descriptor: number, position: number): Meta | undefined {
  const bytes = Buffer.alloc(metaBytes);
  if (readSync(descriptor, bytes, 0, metaBytes, position) < metaBytes) return undefined;
  if (bytes.readUInt32LE(24) !== magic || bytes.readUInt32LE(28) !== dataVersion) return undefined;
  const pageBytes = bytes.readUInt32LE(48);
  if (pageBytes < pageBytesMin || pageBytes > pageBytesMax) return undefined;
  return {
    pageBytes,
    lastPage: Number(bytes.readBigUInt64LE(144)),
    transaction: bytes.readBigUInt64LE(152),
  };
}

function damaged(file: string, what: string): CronosError {
  return new CronosError("CORRUPTION", `Cannot open the base tree ${file}: ${what}`, {
    details: { file },
  });
}
