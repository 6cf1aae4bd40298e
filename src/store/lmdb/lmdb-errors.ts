/**
 * What LMDB and lmdb-js throw, as the errors of this project. LMDB's own codes are negative, those
 * of the system positive. lmdb-js rejects a write with a general error whose `commitError` is a
 * promise that rejects with the reason.
 */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { CronosError } from "../../base/errors.ts";
import type { ErrorCode } from "../../base/errors.ts";

/** From lmdb.h and errno.h. */
const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [-30797, "CORRUPTION"], // MDB_PAGE_NOTFOUND
  [-30796, "CORRUPTION"], // MDB_CORRUPTED
  [-30793, "CORRUPTION"], // MDB_INVALID: not a file of LMDB
  [-30794, "CORRUPTION"], // MDB_VERSION_MISMATCH
  [-30792, "DISK_FULL"], // MDB_MAP_FULL: no address space left to grow the map into
  [28, "DISK_FULL"], // ENOSPC
  [122, "DISK_FULL"], // EDQUOT
]);

/**
 * LMDB reports a page that could be written in part only as EIO, which is what a full disk gives.
 * With less than this left on the disk, EIO is taken for a full disk.
 */
const freeBytesAlmostFull = 4 * 1024 * 1024;
const ioErrorCode = 5;

/** The error to throw for one that LMDB threw while doing `what` with `file`. */
export function lmdbError(thrown: unknown, what: string, file: string): CronosError {
  if (thrown instanceof CronosError) return thrown;
  const code = numericCode(thrown);
  const isFull = code === ioErrorCode && isAlmostFull(file);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CronosError(
    isFull ? "DISK_FULL" : (codes.get(code) ?? "IO"),
    `Cannot ${what} ${file}: ${isFull ? "the disk is full" : message}`,
    { cause: thrown, details: { file, lmdbCode: code } },
  );
}

/** The reason why a commit failed, as said by the promise that the rejection carries. */
export async function commitFailure(rejection: unknown): Promise<unknown> {
  if (!(rejection instanceof Error) || !("commitError" in rejection)) return rejection;
  try {
    await rejection.commitError;
    return rejection;
  } catch (reason) {
    return reason;
  }
}

function numericCode(thrown: unknown): number {
  if (!(thrown instanceof Error) || !("code" in thrown)) return 0;
  return typeof thrown.code === "number" ? thrown.code : 0;
}

function isAlmostFull(file: string): boolean {
  const { bavail, bsize } = statfsSync(dirname(file));
  return bavail * bsize < freeBytesAlmostFull;
}
