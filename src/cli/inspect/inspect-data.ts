/**
 * What `cronosdb inspect` finds out about a stopped database: its log, its store, and whether the
 * two belong together.
 */
import { CronosError, isCronosError, toCronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { Disk } from "../../ports/disk.ts";
import type { LmdbTreeReport } from "../../store/lmdb/verify-lmdb-tree.ts";
import { verifyRunTree } from "../../store/runs/verify-run-tree.ts";
import type { RunTreeReport } from "../../store/runs/verify-run-tree.ts";
import { inspectLog } from "./inspect-log.ts";
import type { LogReport } from "./inspect-log.ts";

export interface DataReport {
  readonly dataDir: string;
  readonly log: LogReport;
  /** Absent: nothing was ever flushed. */
  readonly store?: LmdbTreeReport;
  /** Faults of log, store and of what is between them; none when everything is sound. */
  readonly faults: readonly string[];
}

/** The parts that differ between a disk and a test. */
export interface InspectParts {
  readonly disk: Disk;
  readonly verifyStore: (directory: string) => Promise<LmdbTreeReport>;
}

/**
 * Reads and checks everything in `dataDir`. Rejects with LOCKED while a server has it open, with
 * NOT_FOUND when there is no database.
 */
export async function inspectData(dataDir: string, parts: InspectParts): Promise<DataReport> {
  const { disk } = parts;
  if (!(await disk.exists(`${dataDir}/log`)) && !(await disk.exists(`${dataDir}/store`))) {
    throw new CronosError("NOT_FOUND", `No database in ${dataDir}`, { details: { dataDir } });
  }
  const unlock = await lockIfWritable(disk, dataDir);
  try {
    const log = await inspectLog(disk, `${dataDir}/log`);
    const store = await inspectStore(`${dataDir}/store`, parts);
    const faults = [
      ...log.faults,
      ...(store?.faults ?? []),
      ...unreportedFaults(store),
      ...gapFaults(log, store),
    ];
    return { dataDir, log, faults, ...(store === undefined ? {} : { store }) };
  } finally {
    await unlock();
  }
}

/** A running server changes what is read; on a medium that cannot be written none can run. */
async function lockIfWritable(disk: Disk, dataDir: string): Promise<() => Promise<void>> {
  try {
    return await disk.lockDirectory(dataDir);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "EROFS" && code !== "EACCES" && code !== "EPERM") throw error;
    return async () => {};
  }
}

async function inspectStore(
  directory: string,
  { disk, verifyStore }: InspectParts,
): Promise<LmdbTreeReport | undefined> {
  if (!(await disk.exists(directory))) return undefined;
  try {
    const rows = await verifyStore(directory);
    return withRuns(rows, await verifyRunTree(disk, `${directory}/runs`));
  } catch (error) {
    if (isCronosError(error, "NOT_FOUND")) return undefined;
    const { message } = toCronosError(error);
    const nothing = { rows: 0, bytes: 0, byFirstByte: new Map(), faultCount: 1 };
    return { file: directory, appliedIndex: logIndex(0), ...nothing, faults: [message] };
  }
}

/** The rows of LMDB and of the runs are one store. */
function withRuns(main: LmdbTreeReport, runs: RunTreeReport): LmdbTreeReport {
  const byFirstByte = new Map(main.byFirstByte);
  for (const [first, { rows, bytes }] of runs.byFirstByte) {
    const own = byFirstByte.get(first) ?? { rows: 0, bytes: 0 };
    byFirstByte.set(first, { rows: own.rows + rows, bytes: own.bytes + bytes });
  }
  return {
    ...main,
    rows: main.rows + runs.rows,
    bytes: main.bytes + runs.bytes,
    byFirstByte: new Map([...byFirstByte].sort(([a], [b]) => a - b)),
    faultCount: main.faultCount + runs.faults.length,
    faults: [...main.faults, ...runs.faults],
  };
}

function unreportedFaults(store: LmdbTreeReport | undefined): string[] {
  const more = store === undefined ? 0 : store.faultCount - store.faults.length;
  return more === 0 ? [] : [`${more} more faults in ${store?.file ?? "the store"}`];
}

/** Store and log together must hold every record. */
function gapFaults({ segments }: LogReport, store: LmdbTreeReport | undefined): string[] {
  const first = segments[0]?.firstIndex;
  const applied = store?.appliedIndex ?? 0;
  if (first === undefined) {
    return applied === 0 ? [] : [`The log is missing: the store has records up to ${applied}`];
  }
  if (first <= applied + 1) return [];
  return [`Records ${applied + 1} to ${first - 1} are missing in the store and in the log`];
}
