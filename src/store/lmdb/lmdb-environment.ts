/**
 * The LMDB environment of a base tree: one file, `base.mdb` (and LMDB's lock file beside it), with
 * two databases. docs/formats/base-tree.md has the bytes.
 *
 *   rows   the rows
 *   meta   "format": the version of this format; "applied": the applied index; both as decimal text
 *
 * Settings and why:
 * - overlappingSync off: LMDB's own order (pages, sync, meta page, sync), so that the newest meta
 *   page never names pages that a power cut lost. The log has its own sync; this one is in the
 *   background.
 * - eventTurnBatching off: only an explicit batch is a transaction, so its promise tells all
 *   failures.
 * - no noMemInit (it would write uninitialized memory to disk), no cache (rows would stay in the
 *   heap).
 */
import { join } from "node:path";
import { open } from "lmdb";
import type { Database, RootDatabase, RootDatabaseOptions } from "lmdb";
import { CronosError } from "../../base/errors.ts";
import type { Key } from "../../base/key.ts";
import { lmdbError } from "./lmdb-errors.ts";
import { checkFile, syncDirectory } from "./lmdb-file.ts";
import { latin1Keys, RowCodec } from "./row-codec.ts";

/** A database whose values are read through the codec: what it returns is their stored size. */
export type RowDatabase = Database<Buffer | number, Key>;

/** Snapshots share readers, so a few more than one per flush slice in use are plenty. */
const readersMax = 256;

/**
 * Addresses, not memory: what the file may grow to. A map that grows is made anew, and the pages of
 * the old one stay resident beside it.
 */
const mapBytes = 2 ** 42;

const formatVersion = 1;

export interface LmdbEnvironment {
  readonly file: string;
  readonly root: RootDatabase;
  readonly codec: RowCodec;
  readonly rows: RowDatabase;
  readonly meta: RowDatabase;
}

/** Opens the environment in a directory that exists; creates the file unless `readOnly`. */
export function openEnvironment(
  directory: string,
  options: { readonly readOnly?: boolean } = {},
): LmdbEnvironment {
  const file = join(directory, "base.mdb");
  const { readOnly = false } = options;
  try {
    const state = checkFile(file, readOnly);
    if (readOnly && state === "missing") {
      throw new CronosError("NOT_FOUND", `Cannot open the base tree ${file}: there is none`);
    }
    const codec = new RowCodec(file);
    const root = open({
      path: file,
      noSubdir: true,
      readOnly,
      overlappingSync: false,
      eventTurnBatching: false,
      maxDbs: 2,
      maxReaders: readersMax,
      mapSize: mapBytes,
    });
    const settings: RootDatabaseOptions = { keyEncoder: latin1Keys, encoder: codec };
    const rows = root.openDB<Buffer | number, Key>({ ...settings, name: "rows" });
    const meta = root.openDB<Buffer | number, Key>({ ...settings, name: "meta" });
    const environment = { file, root, codec, rows, meta };
    checkFormat(environment, readOnly);
    if (state === "missing") syncDirectory(directory);
    return environment;
  } catch (error) {
    throw lmdbError(error, "open the base tree", file);
  }
}

/** The number under `name` in the meta database. */
export function readMeta({ meta, codec }: LmdbEnvironment, name: string): number | undefined {
  const size = meta.get(name);
  if (typeof size !== "number") return undefined;
  return Number(codec.take(name, size).toString("latin1"));
}

/** Puts the number under `name` into the batch that is being made. */
export function putMeta({ meta, codec }: LmdbEnvironment, name: string, value: number): void {
  void meta.put(name, codec.store(name, Buffer.from(String(value), "latin1")));
}

function checkFormat(environment: LmdbEnvironment, readOnly: boolean): void {
  const { file, root } = environment;
  const found = readMeta(environment, "format");
  if (found === formatVersion) return;
  if (found !== undefined) {
    void root.close();
    throw new CronosError(
      "CORRUPTION",
      `Cannot open the base tree ${file}: it has format ${found}, not ${formatVersion}`,
      { details: { file, format: found } },
    );
  }
  if (!readOnly) root.transactionSync(() => putMeta(environment, "format", formatVersion));
}
