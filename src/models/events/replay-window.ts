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
import type { TimePosition } from "./pending-merge.ts";
import { mergePending, positionBefore } from "./pending-merge.ts";
import type { Partition } from "./partition.ts";
import type { ReplayRange } from "./replay-range.ts";
import type { ReplayZones, Zone } from "./replay-zones.ts";
import type { NumberedRun } from "./run-set.ts";
import { isBefore, RunSet } from "./run-set.ts";
import type { DueRun } from "./run.ts";
import { scheduleTime } from "./schedule-time.ts";

export interface WindowLimits {
  /** Runs kept while zones are read: at least so many, at most twice. */
  readonly runsMax: number;
  /** Enough for a window. */
  readonly runsMin: number;
  /** Runs taken from the due index at once. */
  readonly pendingMax: number;
}

/** The runs are 12 MiB at most. */
export const windowLimits: WindowLimits = Object.freeze({
  runsMax: 262_144,
  runsMin: 2048,
  pendingMax: 1024,
});

/** Runs, or events looked at one by one, between two pauses: a few ms. */
const RUNS_PER_STEP = 2048;

/** Events with consecutive offsets and the same schedule time, which is called `due`. */
export interface ReplayRun extends NumberedRun {
  /** It waited in the due index: its events may have been moved since. */
  readonly isPending: boolean;
}

/** The runs of a window, taken in order. */
export class ReplayWindow {
  /** Position of the next window; undefined when nothing is behind this one. */
  readonly next: TimePosition | undefined;
  readonly #fired: RunSet;
  /** In order. */
  readonly #pending: readonly NumberedRun[];
  #pendingAt = 0;
  /** Events that were moved on since the window was found. */
  readonly #moved = new Heap<NumberedRun>(isBefore);

  constructor(
    runs: { readonly fired: RunSet; readonly pending: readonly NumberedRun[] },
    next: TimePosition | undefined,
  ) {
    this.#fired = runs.fired;
    this.#fired.order(next);
    this.#pending = runs.pending;
    this.next = next;
  }

  get isEmpty(): boolean {
    return this.#earliest() === undefined;
  }

  /** Takes an event in that was moved on, unless the next window will have it. */
  addMoved(run: NumberedRun): void {
    if (this.next === undefined || !isBehind(run, this.next)) this.#moved.push(run);
  }

  /** Takes the earliest run out. */
  take(): ReplayRun | undefined {
    const run = this.#earliest();
    if (run === undefined) return undefined;
    if (run === this.#moved.peek()) this.#moved.pop();
    else if (run === this.#pending[this.#pendingAt]) this.#pendingAt++;
    else {
      this.#fired.pop();
      return { ...run, isPending: false };
    }
    return { ...run, isPending: true };
  }

  #earliest(): NumberedRun | undefined {
    let first = this.#fired.peek();
    for (const other of [this.#pending[this.#pendingAt], this.#moved.peek()]) {
      if (other !== undefined && (first === undefined || isBefore(other, first))) first = other;
    }
    return first;
  }
}

/** Whether the run starts behind the position. */
function isBehind(run: NumberedRun, position: TimePosition): boolean {
  return isBefore({ ...position, count: 0 }, run);
}

/** The position of the run's last event. */
function endOf({ due, partition, offset, count }: NumberedRun): TimePosition {
  return { due, partition, offset: offset + count - 1 };
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
  const fired = new RunSet(limits.runsMax);
  const reading = { range, fired, after, runsMin: limits.runsMin };
  let next = yield* readZones(view, zones.inOrder(after.due), reading);
  const pending: NumberedRun[] = [];
  let left = limits.pendingMax;
  for (const { partition, due, offset, count } of mergePending(view, range.partitions, after)) {
    const run = { partition: partition.number, due, offset, count };
    if (due >= range.to || (next !== undefined && isBehind(run, next))) break;
    const cut = range.cut(partition, run);
    if (cut !== undefined) pending.push({ ...run, offset: cut.offset, count: cut.count });
    if (--left > 0) continue;
    next = endOf(run);
    break;
  }
  return new ReplayWindow({ fired, pending }, next);
}

/** A window while its zones are read. */
interface ZoneReading {
  readonly range: ReplayRange;
  readonly fired: RunSet;
  readonly after: TimePosition;
  readonly runsMin: number;
}

/** Reads zones until enough is known; returns up to where that is everything. */
function* readZones(
  view: ReadView,
  zones: readonly Zone[],
  reading: ZoneReading,
): Generator<undefined, TimePosition | undefined> {
  const { fired, runsMin } = reading;
  let countAt = runsMin;
  let steps = 0;
  for (const zone of zones) {
    const { bound } = fired;
    if (bound !== undefined && zone.from > bound.due) return endOf(bound);
    if (fired.size >= countAt) {
      if (fired.countBefore(zone.from) >= runsMin) return positionBefore(zone.from);
      countAt = fired.size * 1.25;
    }
    steps = yield* readZone(view, zone, { reading, steps });
  }
  return fired.bound === undefined ? undefined : endOf(fired.bound);
}

/**
 * Adds a zone's runs behind `after`, and makes the zone's span exact. Returns the steps since the
 * last pause.
 */
function* readZone(
  view: ReadView,
  zone: Zone,
  state: { readonly reading: ZoneReading; readonly steps: number },
): Generator<undefined, number> {
  const { partition } = zone;
  const endKey = partition.firedPrefix + keyU48(zone.end);
  const span = { from: Number.MAX_SAFE_INTEGER, to: 0 };
  let sequence = zone.start;
  let { steps } = state;
  while (sequence < zone.end) {
    let last = zone.end;
    for (const row of view.range(partition.firedPrefix + keyU48(sequence), endKey)) {
      for (const run of scheduledRuns(view, partition, row)) {
        steps++;
        addRun(state.reading, { partition, run, span });
      }
      if (steps < RUNS_PER_STEP) continue;
      last = firedRowEnd(row);
      break;
    }
    sequence = last;
    if (steps < RUNS_PER_STEP) continue;
    steps = 0;
    yield undefined;
  }
  zone.from = span.from;
  zone.to = span.to;
  return steps;
}

/** Adds the part of a run that is in the range and behind the position. */
function addRun(
  { range, fired, after }: ZoneReading,
  found: {
    readonly partition: Partition;
    readonly run: DueRun;
    readonly span: { from: number; to: number };
  },
): void {
  const { partition, run, span } = found;
  const { due } = run;
  if (due < range.from || due >= range.to) return;
  const cut = range.cut(partition, run);
  if (cut === undefined) return;
  if (due < span.from) span.from = due;
  if (due > span.to) span.to = due;
  if (due < after.due) return;
  const { number } = partition;
  let { offset, count } = cut;
  if (due === after.due) {
    if (number < after.partition) return;
    const skipped = number > after.partition ? 0 : Math.max(0, after.offset + 1 - offset);
    offset += skipped;
    count -= skipped;
  }
  if (count > 0) fired.add({ due, partition: number, offset, count });
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
