/**
 * What a replay is about: the events of some partitions that were stored when it began, by schedule
 * time and offset.
 */
import type { Partition } from "./partition.ts";
import type { DueRun } from "./run.ts";
import type { Topic } from "./topic.ts";

export interface ReplayBounds {
  /** Undefined: all. */
  readonly partition: number | undefined;
  /** Schedule time at or after / before. */
  readonly from: number;
  readonly to: number;
  /** Offset at or after. */
  readonly startOffset: number;
}

export class ReplayRange {
  readonly partitions: readonly Partition[];
  readonly from: number;
  readonly to: number;
  readonly #topic: Topic;
  readonly #startOffset: number;
  /** Per partition: the offset behind the newest event of the beginning. */
  readonly #ends: ReadonlyMap<Partition, number>;

  constructor(topic: Topic, bounds: ReplayBounds) {
    const { partition, from, to, startOffset } = bounds;
    this.partitions = partition === undefined ? topic.partitions : [topic.partition(partition)];
    this.#topic = topic;
    this.from = from;
    this.to = to;
    this.#startOffset = startOffset;
    this.#ends = new Map(this.partitions.map((each) => [each, each.appliedOffset]));
  }

  partition(number: number): Partition {
    return this.#topic.partition(number);
  }

  /** The part of a run whose offsets take part. */
  cut(partition: Partition, run: DueRun): DueRun | undefined {
    const start = Math.max(run.offset, this.#startOffset);
    const end = Math.min(run.offset + run.count, this.#ends.get(partition) ?? 0);
    if (start >= end) return undefined;
    if (end - start === run.count) return run;
    return { due: run.due, offset: start, count: end - start };
  }
}
