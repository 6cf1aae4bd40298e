/**
 * A window of a replay: all runs from a position on, in the order of (schedule time, partition,
 * offset), as far as a bounded number of them reaches.
 *
 *   zones by their start   ├──────┤
 *                            ├────────┤
 *                                  ├───────┤
 *   window             after ▸─────▸ next      all that is in between is known: no zone that was
 *                                              not read starts before `next`
 *
 * Zones are read in the order in which they start, until enough is known, keeping only the nearest
 * runsMax runs. So memory is bounded whatever the order of the fired log; how often a zone is read
 * grows with how many others its times overlap. Pending events follow from the due index, which has
 * the order already.
 */
import { Heap } from "../../base/heap.ts";
import { keyU48 } from "../../base/key.ts";
import type { ReadView, Row } from "../../store/base-tree.ts";
import type { Block } from "./block.ts";
import { firedRowEnd, firedRowRuns, firedRowScheduledFrom } from "./fired.ts";
import { findBlock } from "./lookup.ts";
import type { PartitionRun, TimePosition } from "./pending-merge.ts";
import { cutAfter, endOf, isBehind, isEarlier, mergePending, positionBefore } from "./pending-merge.ts";
import type { Partition } from "./partition.ts";
import type { ReplayRange } from "./replay-range.ts";
import type { ReplayZones, Zone } from "./replay-zones.ts";
import type { DueRun } from "./run.ts";
import { scheduleTime } from "./schedule-time.ts";

export interface WindowLimits {
  /** Runs kept while zones are read. */
  readonly runsMax: number;
  /** Enough for a window. */
  readonly runsMin: number;
  /** Runs taken from the due index at once. */
  readonly pendingMax: number;
}

/** The runs are about 10 MiB. */
export const windowLimits: WindowLimits = Object.freeze({
  runsMax: 131_072,
  runsMin: 2048,
  pendingMax: 4096,
});

/** Runs, and events looked at one by one, between two pauses. */
const RUNS_PER_STEP = 4096;

/** Events with consecutive offsets and the same schedule time, which is called `due`. */
export interface ReplayRun extends PartitionRun {
  /** It waited in the due index. */
  readonly isPending: boolean;
}

export interface ReplayWindow {
  /** The earliest first. */
  readonly runs: Heap<ReplayRun>;
  /** Position of the next window; undefined when nothing is behind this one. */
  readonly next: TimePosition | undefined;
}

/** What a replay is about, and what it knows of where that is. */
export interface ReplayPlan {
  readonly range: ReplayRange;
  readonly zones: ReplayZones;
  readonly limits: WindowLimits;
}

/** Finds the window behind `after`. The view must stay as it is; pauses often. */
export function* findWindow(
  view: ReadView,
  source: ReplayPlan,
  after: TimePosition,
): Generator<undefined, ReplayWindow> {
  const { range, zones, limits } = source;
  yield* zones.extend(view);
  const nearest = new NearestRuns(limits);
  let next = yield* readZones(view, { zones: zones.inOrder(after.due), range, nearest }, after);
  const runs = new Heap<ReplayRun>(isEarlier);
  for (const run of mergePending(view, range.partitions, after)) {
    if (run.due >= range.to || (next !== undefined && isBehind(run, next))) break;
    const cut = range.cut(run.partition, run);
    if (cut !== undefined) runs.push({ ...run, ...cut, isPending: true });
    if (runs.size < limits.pendingMax) continue;
    next = endOf(run);
    break;
  }
  let steps = runs.size;
  for (const run of nearest.values()) {
    if (next === undefined || !isBehind(run, next)) runs.push(run);
    if (++steps % RUNS_PER_STEP === 0) yield undefined;
  }
  return { runs, next };
}

/** The nearest runs of a stream in any order. */
class NearestRuns {
  /** The farthest first. */
  readonly #heap = new Heap<ReplayRun>((a, b) => isEarlier(b, a));
  readonly limits: WindowLimits;
  #stepsLeft = RUNS_PER_STEP;
  /** Something was left out behind the farthest. */
  isCut = false;

  constructor(limits: WindowLimits) {
    this.limits = limits;
  }

  get size(): number {
    return this.#heap.size;
  }

  /** The farthest that is kept, once no more are. */
  get bound(): ReplayRun | undefined {
    return this.#heap.size < this.limits.runsMax ? undefined : this.#heap.peek();
  }

  values(): Iterable<ReplayRun> {
    return this.#heap.values();
  }

  add(run: ReplayRun): void {
    const { bound } = this;
    if (bound === undefined) this.#heap.push(run);
    else {
      this.isCut = true;
      if (isEarlier(run, bound)) this.#heap.replace(run);
    }
  }

  /** Counts work that was done; tells whether it is time for a pause. */
  isPauseDue(steps: number): boolean {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft > 0) return false;
    this.#stepsLeft = RUNS_PER_STEP;
    return true;
  }

  countBefore(time: number): number {
    let count = 0;
    for (const { due } of this.#heap.values()) if (due < time) count++;
    return count;
  }
}

/** Reads zones until enough is known; returns up to where that is everything. */
function* readZones(
  view: ReadView,
  source: { readonly zones: readonly Zone[]; range: ReplayRange; nearest: NearestRuns },
  after: TimePosition,
): Generator<undefined, TimePosition | undefined> {
  const { zones, range, nearest } = source;
  const { runsMin } = nearest.limits;
  let countAt = runsMin;
  for (const zone of zones) {
    const { bound } = nearest;
    if (bound !== undefined && zone.from > bound.due) return endOf(bound);
    if (nearest.size >= countAt) {
      if (nearest.countBefore(zone.from) >= runsMin) return positionBefore(zone.from);
      countAt = nearest.size * 1.25;
    }
    yield* readZone(view, zone, { range, nearest, after });
  }
  return nearest.isCut && nearest.bound !== undefined ? endOf(nearest.bound) : undefined;
}

/** Adds a zone's runs behind `after`, and makes the zone's span exact. */
function* readZone(
  view: ReadView,
  zone: Zone,
  into: { readonly range: ReplayRange; nearest: NearestRuns; after: TimePosition },
): Generator<undefined, void> {
  const { range, nearest, after } = into;
  const { partition } = zone;
  const endKey = partition.firedPrefix + keyU48(zone.end);
  let sequence = zone.start;
  let from = Number.MAX_SAFE_INTEGER;
  let to = 0;
  while (sequence < zone.end) {
    let steps = 0;
    let last = zone.end;
    for (const row of view.range(partition.firedPrefix + keyU48(sequence), endKey)) {
      for (const run of scheduledRuns(view, partition, row)) {
        steps++;
        const cut = run.due < range.from || run.due >= range.to ? undefined : range.cut(partition, run);
        if (cut === undefined) continue;
        from = Math.min(from, run.due);
        to = Math.max(to, run.due);
        const rest = cutAfter({ partition, ...cut }, after);
        if (rest.count > 0 && isBehind(rest, after)) nearest.add({ ...rest, isPending: false });
      }
      if (steps < RUNS_PER_STEP) continue;
      last = firedRowEnd(row);
      break;
    }
    sequence = last;
    if (nearest.isPauseDue(steps)) yield undefined;
  }
  zone.from = from;
  zone.to = to;
}

/** The runs of a fired row by schedule time. */
function scheduledRuns(view: ReadView, partition: Partition, row: Row): Iterable<DueRun> {
  const runs = firedRowRuns(row);
  return firedRowScheduledFrom(row) === 0 ? runs : lateRuns(view, partition, runs);
}

/** Runs whose events say themselves what their schedule times are. */
function* lateRuns(
  view: ReadView,
  partition: Partition,
  runs: readonly DueRun[],
): Generator<DueRun, void> {
  let block: Block | undefined;
  for (const { offset: first, count } of runs) {
    let run = { due: 0, offset: first, count: 0 };
    for (let offset = first; offset < first + count; offset++) {
      if (block === undefined || offset < block.firstOffset || offset >= block.endOffset) {
        block = findBlock(view, partition, offset);
      }
      const position = offset - (block?.firstOffset ?? 0);
      if (block === undefined || block.isGone(position)) continue;
      const start = block.start(position);
      const due = scheduleTime(block.bytes, start, start + block.length(position));
      if (due === run.due && offset === run.offset + run.count) {
        run.count++;
        continue;
      }
      if (run.count > 0) yield run;
      run = { due, offset, count: 1 };
    }
    if (run.count > 0) yield run;
  }
}
