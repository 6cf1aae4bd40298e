/**
 * The newest partitions, and those that readers still hold. A run that a change took out of the
 * tree has its file until nobody holds a version that it is in: then it is closed and removed.
 */
import { must } from "../../base/assert.ts";
import type { Partitions } from "./partitions.ts";
import type { Run, RunFiles } from "./run.ts";

/** The partitions between two changes. */
export interface Version {
  readonly number: number;
  readonly partitions: Partitions;
}

/** A run that is not in the tree any more. */
interface Retired {
  readonly run: Run;
  /** Version in which it appeared; and the first one without it. */
  readonly from: number;
  readonly until: number;
}

export class Versions {
  readonly #files: RunFiles;
  #newest: Version;
  readonly #holders = new Map<number, number>();
  readonly #firstVersion = new WeakMap<Run, number>();
  #retired: Retired[] = [];
  readonly #removals = new Set<Promise<void>>();

  constructor(files: RunFiles, partitions: Partitions) {
    this.#files = files;
    this.#newest = { number: 0, partitions };
  }

  get newest(): Version {
    return this.#newest;
  }

  /** Bytes of files that only readers keep. */
  get retiredBytes(): number {
    let bytes = 0;
    for (const { run } of this.#retired) bytes += run.info.fileBytes;
    return bytes;
  }

  /** The partitions from now on, of which `added` are new; `removed` are in them no more. */
  install(partitions: Partitions, added: readonly Run[], removed: readonly Run[]): void {
    const number = this.#newest.number + 1;
    this.#newest = { number, partitions };
    for (const run of added) this.#firstVersion.set(run, number);
    for (const run of removed) {
      const from = this.#firstVersion.get(run) ?? 0;
      this.#retired.push({ run, from, until: number });
    }
    this.#removeUnheld();
  }

  hold(): Version {
    const { number } = this.#newest;
    this.#holders.set(number, (this.#holders.get(number) ?? 0) + 1);
    return this.#newest;
  }

  release({ number }: Version): void {
    const holders = must(this.#holders.get(number)) - 1;
    if (holders > 0) {
      this.#holders.set(number, holders);
      return;
    }
    this.#holders.delete(number);
    this.#removeUnheld();
  }

  /** Resolves when no file is being removed. */
  async settled(): Promise<void> {
    while (this.#removals.size > 0) await Promise.all(this.#removals);
  }

  #removeUnheld(): void {
    if (this.#retired.length === 0) return;
    const held = [...this.#holders.keys()];
    const kept: Retired[] = [];
    for (const retired of this.#retired) {
      const { run, from, until } = retired;
      if (held.some((number) => number >= from && number < until)) kept.push(retired);
      else this.#remove(run);
    }
    this.#retired = kept;
  }

  #remove(run: Run): void {
    run.close();
    // What cannot be removed now is removed when the tree is opened again.
    const removal = this.#files.disk.remove(run.path).catch(() => undefined);
    const counted = removal.finally(() => this.#removals.delete(counted));
    this.#removals.add(counted);
  }
}
