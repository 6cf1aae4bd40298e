/**
 * Merges runs in the background, one merge after another, beside writes and reads:
 *
 *   idle ── consider(): something is to be merged ──> merging ── nothing is any more ──> idle
 *
 * A merge reads the version it was planned on, and is committed between two writes. If a write took
 * one of its runs out of the tree in the meantime, its result is thrown away. One that failed is
 * tried again when its partition is written to, or the tree is opened, again.
 */
import type { Key } from "../../base/key.ts";
import { mergeRuns } from "./merge-runs.ts";
import type { MergeInput } from "./merge-runs.ts";
import { pickMerge } from "./merge-policy.ts";
import type { MergePlan } from "./merge-policy.ts";
import { entryBelow, hiddenSets } from "./partitions.ts";
import type { Partition, RunEntry } from "./partitions.ts";
import type { TreeChange } from "./run-batch.ts";
import { Run } from "./run.ts";
import type { RunFiles } from "./run.ts";
import type { RunInfo } from "./run-writer.ts";
import type { Versions } from "./versions.ts";

export interface RunMergerOptions {
  readonly files: RunFiles;
  readonly versions: Versions;
  readonly nextId: () => number;
  /** Makes the change that `plan` gives between two writes; none if it gives none. */
  readonly commit: (plan: () => TreeChange | undefined) => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

export class RunMerger {
  readonly #options: RunMergerOptions;
  readonly #waiting = new Set<Key>();
  #running: Promise<void> | undefined = undefined;
  #isClosed = false;

  constructor(options: RunMergerOptions) {
    this.#options = options;
  }

  /** Looks at the partitions that were changed. */
  consider(partitions: Iterable<Partition>): void {
    for (const { prefix, entries } of partitions) {
      if (entries.length > 0 && pickMerge(entries) !== undefined) this.#waiting.add(prefix);
    }
    this.#start();
  }

  /** Resolves when nothing is being merged. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Resolves when the merge that is running has stopped. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.idle();
  }

  #start(): void {
    if (this.#running !== undefined || this.#waiting.size === 0 || this.#isClosed) return;
    this.#running = this.#mergeAll().finally(() => {
      this.#running = undefined;
      this.#start();
    });
  }

  async #mergeAll(): Promise<void> {
    for (const prefix of this.#waiting) {
      this.#waiting.delete(prefix);
      if (this.#isClosed) break;
      try {
        await this.#mergePartition(prefix);
      } catch (error) {
        if (!this.#isClosed) this.#options.onError(error);
      }
    }
  }

  async #mergePartition(prefix: Key): Promise<void> {
    const { versions, files, nextId } = this.#options;
    const version = versions.hold();
    try {
      const partition = version.partitions.get(prefix);
      const plan = partition === undefined ? undefined : pickMerge(partition.entries);
      if (partition === undefined || plan === undefined) return;
      const { entries } = partition;
      const input = {
        entries: entries.slice(plan.from, plan.to),
        hasOlder: plan.to < entries.length,
        newerHidden: hiddenSets(entries.slice(0, plan.from)),
      };
      const id = nextId();
      const info = await this.#merge(input, id);
      if (info === undefined) return;
      if (!(await this.#commit(partition, plan, info))) await removeFile(files, id);
    } finally {
      versions.release(version);
    }
  }

  /** Undefined if it was cancelled; the file is gone then, and where it fails. */
  async #merge(input: MergeInput, id: number): Promise<RunInfo | undefined> {
    const { files } = this.#options;
    let info: RunInfo | undefined;
    try {
      info = await mergeRuns(files, input, { id, isCancelled: () => this.#isClosed });
      return info;
    } finally {
      if (info === undefined) await removeFile(files, id);
    }
  }

  /** Tells whether the file is part of the tree now. */
  async #commit(partition: Partition, plan: MergePlan, info: RunInfo): Promise<boolean> {
    const { versions, files, commit } = this.#options;
    const { prefix } = partition;
    const merged = partition.entries.slice(plan.from, plan.to);
    const isEmpty = info.puts + info.tombstones + info.rangeCount === 0;
    const run = new Run(files, info);
    const isDone = await commit(() => {
      const current = versions.newest.partitions.get(prefix)?.entries ?? [];
      const at = placeOf(merged, current);
      if (at < 0) return undefined;
      const newer = current.slice(0, at);
      const output = isEmpty ? [] : [entryBelow(run, hiddenSets(newer))];
      const entries = [...newer, ...output, ...current.slice(at + merged.length)];
      return {
        partitions: [{ prefix, entries }],
        added: isEmpty ? [] : [run],
        removed: merged.map((entry) => entry.run),
      };
    });
    return isDone && !isEmpty;
  }
}

/** What cannot be removed now is removed when the tree is opened again. */
async function removeFile(files: RunFiles, id: number): Promise<void> {
  await files.disk.remove(files.path(id)).catch(() => undefined);
}

/** Where the merged runs are in the list, one behind the other; -1 if they are not any more. */
function placeOf(merged: readonly RunEntry[], current: readonly RunEntry[]): number {
  const at = current.findIndex(({ run }) => run === merged[0]?.run);
  return merged.every(({ run }, n) => current[at + n]?.run === run) ? at : -1;
}
