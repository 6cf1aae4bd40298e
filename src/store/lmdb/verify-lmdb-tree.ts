/**
 * Checks every row of a base tree on disk and counts them, for `cronosdb inspect`. Opens the file
 * for reading only and goes on after a bad row, so that the report names all of them.
 */
import { CronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { LogIndex } from "../../base/ids.ts";
import { openEnvironment, readMeta } from "./lmdb-environment.ts";
import type { LmdbEnvironment } from "./lmdb-environment.ts";
import { LmdbRows } from "./lmdb-rows.ts";
import { rowChecksumBytes } from "./row-codec.ts";

/** Rows between two turns of the event loop. */
const turnRows = 4096;
/** Faults that are reported one by one; further ones are counted. */
export const faultsReportedMax = 100;

export interface RowCount {
  rows: number;
  /** Of keys and values. */
  bytes: number;
}

export interface LmdbTreeReport extends Readonly<RowCount> {
  readonly file: string;
  readonly appliedIndex: LogIndex;
  /** By the first byte of the key, in order. */
  readonly byFirstByte: ReadonlyMap<number, Readonly<RowCount>>;
  readonly faultCount: number;
  /** What is wrong, with file and key; at most faultsReportedMax. */
  readonly faults: readonly string[];
}

/** Reads the whole tree in `directory`. Rejects with NOT_FOUND if there is none. */
export async function verifyLmdbTree(directory: string): Promise<LmdbTreeReport> {
  const environment = openEnvironment(directory, { readOnly: true });
  try {
    const counts = await countRows(environment);
    const appliedIndex = logIndex(readMeta(environment, "applied") ?? 0);
    return { file: environment.file, appliedIndex, ...counts };
  } finally {
    await environment.root.close();
  }
}

async function countRows(
  environment: LmdbEnvironment,
): Promise<Omit<LmdbTreeReport, "file" | "appliedIndex">> {
  const { codec } = environment;
  const byFirstByte = new Map<number, RowCount>();
  const total: RowCount = { rows: 0, bytes: 0 };
  const faults: string[] = [];
  let faultCount = 0;
  const report = (fault: CronosError): void => {
    if (faultCount++ < faultsReportedMax) faults.push(fault.message);
  };
  const rows = new LmdbRows(environment, { start: "", end: undefined }, {});
  try {
    for (let row = rows.nextStored(); row !== undefined; row = rows.nextStored()) {
      const { key, size } = row;
      if (codec.takeIfSound(key, size) === undefined) report(codec.corruption(key));
      const first = key.charCodeAt(0);
      const count = byFirstByte.get(first) ?? { rows: 0, bytes: 0 };
      byFirstByte.set(first, count);
      for (const sum of [count, total]) {
        sum.rows++;
        sum.bytes += key.length + size - rowChecksumBytes;
      }
      if (total.rows % turnRows === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (error) {
    // A bad page, not a bad row: what lies behind it cannot be reached.
    if (!(error instanceof CronosError)) throw error;
    report(error);
  }
  return { ...total, byFirstByte, faultCount, faults };
}
