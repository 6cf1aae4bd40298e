/**
 * What one write() changes: per touched partition the runs that stay, and one new run on top of
 * them with the rows and the deleted ranges.
 *
 *   ranges   a partition that is deleted as a whole loses all of its runs; a run all of whose rows
 *            are deleted goes; what is left to hide is written into the new run
 *   rows     streamed into the new run of their partition, one partition after another
 */
import { must } from "../../base/assert.ts";
import type { Key } from "../../base/key.ts";
import type { Mutation } from "../base-tree.ts";
import { OrderedTree, TreeCursor } from "../ordered-tree.ts";
import { hideRange } from "../range-tombstones.ts";
import type { HiddenRanges, Span } from "../range-tombstones.ts";
import { entryBelow, hiddenSets, intersection, partitionOf, partitionSpan } from "./partitions.ts";
import type { Partition, PartitionRule, Partitions, RunEntry } from "./partitions.ts";
import { Run } from "./run.ts";
import type { RunFiles } from "./run.ts";
import { RunWriter } from "./run-writer.ts";
import type { DeletedRange, RunInfo } from "./run-writer.ts";
import { Slices, turn } from "./slices.ts";

/** Runs that are synced at the same time. */
const syncsMax = 4;

/** Runs that appear and disappear. */
export interface TreeChange {
  readonly partitions: readonly Partition[];
  readonly added: readonly Run[];
  readonly removed: readonly Run[];
}

export interface BatchOptions {
  readonly files: RunFiles;
  readonly rules: readonly PartitionRule[];
  readonly partitions: Partitions;
  /** Gives a number for a new run. */
  readonly nextId: () => number;
}

/** What becomes of a partition. */
interface PartitionPlan {
  readonly prefix: Key;
  /** The runs that stay. */
  readonly entries: readonly RunEntry[];
  /** What the new run must hide of them. */
  readonly ranges: readonly DeletedRange[];
  hasNewRun: boolean;
  /** The new run, once it is durable. */
  run: RunInfo | undefined;
}

export class RunBatch {
  readonly #options: BatchOptions;
  readonly #plans = new Map<Key, PartitionPlan>();
  readonly #syncs: Promise<void>[] = [];
  readonly #paths: string[] = [];
  readonly #slices = new Slices();
  #open: { readonly plan: PartitionPlan; readonly writer: RunWriter } | undefined = undefined;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  /** Writes the files; durable when it resolves, apart from their names. None if it rejects. */
  async write(mutations: Iterable<Mutation>): Promise<void> {
    try {
      await this.#writeRuns(mutations);
    } catch (error) {
      await this.#open?.writer.abandon().catch(() => undefined);
      await Promise.allSettled(this.#syncs);
      const { disk } = this.#options.files;
      for (const path of this.#paths) await disk.remove(path).catch(() => undefined);
      throw error;
    }
  }

  change(): TreeChange {
    const { partitions: before, files } = this.#options;
    const changed: Partition[] = [];
    const added: Run[] = [];
    const removed: Run[] = [];
    for (const { prefix, entries, run: info } of this.#plans.values()) {
      const stay = new Set(entries.map(({ run }) => run));
      for (const { run } of before.get(prefix)?.entries ?? []) {
        if (!stay.has(run)) removed.push(run);
      }
      if (info === undefined) {
        changed.push({ prefix, entries });
        continue;
      }
      const run = new Run(files, info);
      added.push(run);
      changed.push({ prefix, entries: [{ run, hiddenRows: 0, hiddenBytes: 0 }, ...entries] });
    }
    return { partitions: changed, added, removed };
  }

  async #writeRuns(mutations: Iterable<Mutation>): Promise<void> {
    const ranges = new OrderedTree<Key | null>();
    let isPlanned = false;
    for (const mutation of mutations) {
      if (mutation.kind === "deleteRange") {
        const { start, end } = mutation;
        if (end === undefined || start < end) hideRange(ranges, start, end);
        continue;
      }
      if (!isPlanned) await this.#planRanges(ranges.capture());
      isPlanned = true;
      const wait = this.#put(mutation.key, mutation.kind === "put" ? mutation.value : null);
      if (wait !== undefined) await wait;
    }
    if (!isPlanned) await this.#planRanges(ranges.capture());
    await this.#finishRun();
    for (const plan of this.#plans.values()) {
      if (plan.hasNewRun || plan.ranges.length === 0) continue;
      await this.#openRun(plan);
      await this.#finishRun();
    }
    await Promise.all(this.#syncs);
  }

  /** Waits only where a run is begun, or a slice is done. */
  #put(key: Key, value: Uint8Array | null): Promise<void> | undefined {
    const open = this.#open;
    if (open === undefined || !this.#isIn(open.plan, key)) return this.#putFirst(key, value);
    open.writer.put(key, value);
    const isDone = this.#slices.isDone(value === null ? 0 : value.length);
    if (open.writer.isFull) return open.writer.drain();
    return isDone ? turn() : undefined;
  }

  async #putFirst(key: Key, value: Uint8Array | null): Promise<void> {
    await this.#finishRun();
    const prefix = partitionOf(this.#options.rules, key);
    let plan = this.#plans.get(prefix);
    if (plan === undefined) {
      const entries = this.#options.partitions.get(prefix)?.entries ?? [];
      plan = { prefix, entries, ranges: [], hasNewRun: false, run: undefined };
      this.#plans.set(prefix, plan);
    }
    const writer = await this.#openRun(plan);
    writer.put(key, value);
  }

  #isIn({ prefix }: PartitionPlan, key: Key): boolean {
    return key.startsWith(prefix) && partitionOf(this.#options.rules, key) === prefix;
  }

  async #openRun(plan: PartitionPlan): Promise<RunWriter> {
    const { files, nextId } = this.#options;
    const id = nextId();
    this.#paths.push(files.path(id));
    plan.hasNewRun = true;
    const writer = await RunWriter.open(files.disk, files.path(id), id);
    this.#open = { plan, writer };
    return writer;
  }

  /** Leaves the open run to be finished in the background. */
  async #finishRun(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const finished = open.writer.finish(open.plan.ranges).then((info) => {
      open.plan.run = info;
    });
    // Its failure is thrown by the await of the whole.
    finished.catch(() => undefined);
    this.#syncs.push(finished);
    if (this.#syncs.length >= syncsMax) await must(this.#syncs.shift());
  }

  async #planRanges(ranges: HiddenRanges): Promise<void> {
    const { partitions } = this.#options;
    const spans = new Map<Partition, Span[]>();
    const cursor = new TreeCursor(ranges);
    for (cursor.seek(""); cursor.key !== undefined; cursor.next()) {
      const range = { start: cursor.key, end: cursor.value ?? undefined };
      for (const partition of partitions.within(range)) {
        const span = intersection(range, partitionSpan(partition.prefix));
        if (span === undefined) continue;
        const known = spans.get(partition);
        if (known === undefined) spans.set(partition, [span]);
        else known.push(span);
      }
      if (this.#slices.isDone(0)) await turn();
    }
    for (const [partition, deleted] of spans) {
      this.#plans.set(partition.prefix, planRanges(partition, deleted, ranges));
      await turn();
    }
  }
}

/** What the deleted spans leave of a partition. */
function planRanges(
  { prefix, entries }: Partition,
  deleted: readonly Span[],
  ranges: HiddenRanges,
): PartitionPlan {
  const left = withoutCovered(entries, deleted);
  const needed = deleted.filter((span) => left.some(({ run }) => touches(run, span)));
  const hidden = left.map(({ run }, at) => {
    return entryBelow(run, [ranges, ...hiddenSets(left.slice(0, at))]);
  });
  return {
    prefix,
    entries: hidden,
    ranges: needed.map(({ start, end }) => [start, end ?? null]),
    hasNewRun: false,
    run: undefined,
  };
}

/** Without runs of which nothing can be seen; one that hides older ones stays while they do. */
function withoutCovered(entries: readonly RunEntry[], deleted: readonly Span[]): RunEntry[] {
  const left: RunEntry[] = [];
  for (const entry of entries.toReversed()) {
    const { run } = entry;
    const isNeeded = left.length > 0 && run.info.rangeCount > 0;
    const hasRows = run.entryCount > 0 && !deleted.some((span) => covers(span, run));
    // Tombstones of a covered run are for rows that are covered as well.
    if (isNeeded || hasRows) left.push(entry);
  }
  return left.toReversed();
}

function covers({ start, end }: Span, { info }: Run): boolean {
  return start <= info.firstKey && (end === undefined || info.lastKey < end);
}

function touches({ info, entryCount }: Run, { start, end }: Span): boolean {
  return entryCount > 0 && info.lastKey >= start && (end === undefined || info.firstKey < end);
}
