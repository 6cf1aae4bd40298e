/**
 * Checks every page of every run of a tree on disk and counts its rows, for `cronosdb inspect`.
 * Changes nothing, and goes on after a bad page, so that the report names all of them.
 */
import { CronosError, toCronosError } from "../../base/errors.ts";
import type { Disk } from "../../ports/disk.ts";
import { loadManifest } from "./manifest.ts";
import { partitionRows, partitionSpan } from "./partitions.ts";
import type { Partition } from "./partitions.ts";
import { decodePointer } from "./page-pointer.ts";
import { filterPageStarts } from "./run-filter.ts";
import { RunFiles } from "./run.ts";
import type { Run } from "./run.ts";
import type { TreeRoot } from "./run-footer.ts";
import { Slices, turn } from "./slices.ts";

export interface RunTreeReport {
  readonly rows: number;
  /** Of keys and values. */
  readonly bytes: number;
  /** By the first byte of the key. */
  readonly byFirstByte: ReadonlyMap<number, { readonly rows: number; readonly bytes: number }>;
  /** What is wrong, with the file. */
  readonly faults: readonly string[];
}

/** Reads the whole tree in `directory`, of which there need be none. */
export async function verifyRunTree(disk: Disk, directory: string): Promise<RunTreeReport> {
  const check = new RunTreeCheck();
  const files = new RunFiles(disk, directory);
  try {
    const manifest = await loadManifest(files);
    for (const partition of manifest?.partitions.all() ?? []) await check.partition(partition);
  } catch (error) {
    check.report(error);
  } finally {
    files.readers.closeAll();
  }
  return check;
}

class RunTreeCheck implements RunTreeReport {
  rows = 0;
  bytes = 0;
  readonly byFirstByte = new Map<number, { rows: number; bytes: number }>();
  readonly faults: string[] = [];
  readonly #slices = new Slices();

  report(error: unknown): void {
    const fault = toCronosError(error);
    if (!(error instanceof CronosError) && fault.code === "INTERNAL") throw error;
    this.faults.push(fault.message);
  }

  async partition(partition: Partition): Promise<void> {
    const faultsBefore = this.faults.length;
    for (const { run } of partition.entries) await this.#run(run);
    // Rows can be counted only where all of them can be read.
    if (this.faults.length === faultsBefore) await this.#count(partition);
    for (const { run } of partition.entries) run.close();
  }

  async #run(run: Run): Promise<void> {
    try {
      const { rows, ranges, filterBlocks } = run.footer;
      await this.#pages(run, rows);
      await this.#pages(run, ranges);
      for (const block of filterPageStarts(filterBlocks)) {
        this.#try(() => run.filterPage(block));
        if (this.#slices.isDone(0)) await turn();
      }
    } catch (error) {
      this.report(error);
    }
  }

  async #pages(run: Run, { offset, pageBytes, depth }: TreeRoot): Promise<void> {
    if (pageBytes === 0) return;
    const page = this.#try(() => run.readPage(offset, pageBytes));
    if (this.#slices.isDone(pageBytes)) await turn();
    if (page === undefined || depth === 0) return;
    for (let entry = 0; entry < page.count; entry++) {
      const child = decodePointer(page.bytes, page.valueStart(entry));
      await this.#pages(run, { ...child, depth: depth - 1 });
    }
  }

  async #count(partition: Partition): Promise<void> {
    const span = partitionSpan(partition.prefix);
    for (const [key, value] of partitionRows(partition, span, {})) {
      const first = key.charCodeAt(0);
      const count = this.byFirstByte.get(first) ?? { rows: 0, bytes: 0 };
      this.byFirstByte.set(first, count);
      for (const sum of [count, this]) {
        sum.rows++;
        sum.bytes += key.length + value.length;
      }
      if (this.#slices.isDone(value.length)) await turn();
    }
  }

  #try<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.report(error);
      return undefined;
    }
  }
}
