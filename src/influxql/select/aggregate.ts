/**
 * Computes the calls of a SELECT for one group. Calls are taken apart into *leaves*, which read
 * points: functions of windows (accumulators, all fed by one scan) and functions of points in order
 * of time (derivative(v)). What stands around a leaf (derivative(mean(v))) works on its result.
 *
 * A function around windows needs windows before the first one: its leaf reads from earlier on.
 */
import type { Call, Fill } from "../ast.ts";
import type { Accumulator } from "./accumulators.ts";
import { Buckets } from "./buckets.ts";
import type { CallSeries } from "./call-series.ts";
import { emptySeries, fillValues, transformSeries } from "./call-series.ts";
import type { Group, Stream } from "./groups.ts";
import { makeAccumulator } from "./make-accumulator.ts";
import { makePointFunction } from "./make-point-function.ts";
import { mergePoints } from "./merge-points.ts";
import type { Pacer } from "./pacer.ts";
import type { SelectPlan } from "./plan.ts";
import { isTop } from "./plan.ts";
import type { Points } from "./points.ts";
import { has, valueAt } from "./points.ts";
import type { FieldValue, PointFunction } from "../functions/point-function.ts";
import type { Value } from "../result.ts";
import type { TimeBounds } from "./time-bounds.ts";
import { typeOf } from "./types.ts";
import { windowOf } from "./windows.ts";
import type { TimeInterval } from "./windows.ts";

export interface AggregateSettings {
  readonly plan: SelectPlan;
  readonly fill: Fill | undefined;
  readonly bounds: TimeBounds;
  readonly hasStart: boolean;
  readonly bucketsMax: number;
  readonly heldMax: number;
  readonly random: () => number;
  readonly slotOf: (call: Call) => number;
  readonly tagSlotsOf: (call: Call) => readonly number[];
  /** Whether the only call is a selector: then without windows its points keep their times. */
  readonly isSelector: boolean;
}

/** Calls computed by one scan: functions of windows over the same bounds. */
interface WindowScan {
  readonly bounds: TimeBounds;
  readonly buckets: Buckets;
  readonly leaves: WindowLeaf[];
}

interface WindowLeaf {
  readonly kind: "windows";
  readonly call: Call;
  readonly slot: number;
  readonly accumulator: Accumulator;
  readonly scan: WindowScan;
  readonly grid: Grid;
}

/** A function of points in the order of time. */
interface PointLeaf {
  readonly kind: "points";
  readonly call: Call;
  readonly slot: number;
}

interface Transformation {
  readonly kind: "transformation";
  readonly call: Call;
  readonly input: CallNode;
}

type CallNode = WindowLeaf | PointLeaf | Transformation;

/** The calls of a plan, ready to be computed for one group after the other. */
export class Aggregation {
  readonly #settings: AggregateSettings;
  readonly #scans: WindowScan[] = [];
  readonly #nodes: readonly CallNode[];

  constructor(settings: AggregateSettings) {
    this.#settings = settings;
    this.#nodes = settings.plan.calls.map((call) => this.#makeNode(call, settings.bounds));
  }

  /** Results of the plan's calls, in their order. */
  async compute(group: Group, pacer: Pacer): Promise<CallSeries[]> {
    for (const scan of this.#scans) {
      scan.buckets.reset();
      for (const { accumulator } of scan.leaves) accumulator.reset();
      await foldStreams(group.streams, scan, pacer);
    }
    const results: CallSeries[] = [];
    for (const node of this.#nodes) results.push(await this.#evaluate(node, group, pacer));
    return results;
  }

  #makeNode(call: Call, bounds: TimeBounds): CallNode {
    const { plan, random, heldMax, slotOf, tagSlotsOf } = this.#settings;
    const accumulator = makeAccumulator(call, {
      isInteger: typeOf(call.args[0] ?? call, plan.typeOfReference) === "integer",
      keepsPoints: this.#keepsPoints(call),
      tagSlots: tagSlotsOf(call),
      random,
      heldMax,
    });
    if (accumulator !== undefined) return this.#makeWindowLeaf(call, accumulator, bounds);
    const inner = call.args[0];
    if (inner?.kind !== "call") return { kind: "points", call, slot: slotOf(call) };
    const extended = readsAhead(call) ? this.#extend(bounds) : bounds;
    return { kind: "transformation", call, input: this.#makeNode(inner, extended) };
  }

  #keepsPoints(call: Call): boolean {
    const { plan, isSelector } = this.#settings;
    if (isTop(call) || call.name === "sample") return true;
    return plan.compiled.hasPlainColumns || (isSelector && plan.compiled.interval === undefined);
  }

  #makeWindowLeaf(call: Call, accumulator: Accumulator, bounds: TimeBounds): WindowLeaf {
    const { plan, bucketsMax, hasStart, fill, slotOf } = this.#settings;
    const { interval } = plan.compiled;
    let scan = this.#scans.find(
      (each) => each.bounds.from === bounds.from && each.bounds.to === bounds.to,
    );
    if (scan === undefined) {
      const stamp = hasStart ? bounds.from : 0n;
      const countsEmpty = fill?.mode !== "none" && !givesMany(call);
      const options = { interval, bounds, hasStart, stamp, bucketsMax, countsEmpty };
      scan = { bounds, buckets: new Buckets(options), leaves: [] };
      this.#scans.push(scan);
    }
    const grid = new Grid(interval, bounds, hasStart);
    const leaf: WindowLeaf = { kind: "windows", call, slot: slotOf(call), accumulator, scan, grid };
    scan.leaves.push(leaf);
    return leaf;
  }

  /** One window more, before the first one in the order of the result. */
  #extend(bounds: TimeBounds): TimeBounds {
    const { interval } = this.#settings.plan.compiled;
    if (interval === undefined) return bounds;
    // A month is 31 days at most.
    const length =
      interval.months > 0 ? BigInt(interval.months) * 2_678_400_000_000_000n : interval.ns;
    if (!bounds.isAscending) return { ...bounds, to: bounds.to + length };
    return this.#settings.hasStart ? { ...bounds, from: bounds.from - length } : bounds;
  }

  async #evaluate(node: CallNode, group: Group, pacer: Pacer): Promise<CallSeries> {
    switch (node.kind) {
      case "windows":
        return this.#finish(node);
      case "points":
        return this.#runOverPoints(node, group, pacer);
      case "transformation": {
        const input = await this.#evaluate(node.input, group, pacer);
        if (input === emptySeries) return input;
        return transformSeries(input, this.#makeFunction(node.call));
      }
    }
  }

  #makeFunction(call: Call): PointFunction {
    const { plan, bounds } = this.#settings;
    const { interval, range } = plan.compiled;
    const first = call.args[0];
    return makePointFunction(call, {
      isAscending: bounds.isAscending,
      isInteger: first !== undefined && typeOf(first, plan.typeOfReference) === "integer",
      interval,
      from: range.from,
    });
  }

  async #runOverPoints(node: PointLeaf, group: Group, pacer: Pacer): Promise<CallSeries> {
    const made = this.#makeFunction(node.call);
    const times: bigint[] = [];
    const values: Value[] = [];
    const emit = (time: bigint, value: FieldValue): void => {
      times.push(time);
      values.push(value);
    };
    const { bounds } = this.#settings;
    const options = { bounds, pacer, rowsWanted: Infinity, tieSlots: [] };
    for await (const block of mergePoints(group.streams, options)) {
      for (const [i, points] of block.points.entries()) {
        const row = block.rows[i] ?? 0;
        const column = points.column(node.slot);
        if (column === undefined || !has(column, row)) continue;
        made.push(points.time(row), valueAt(column, row), emit);
      }
    }
    made.end?.(emit);
    return { times, values, points: [], rows: [] };
  }

  #finish(leaf: WindowLeaf): CallSeries {
    const { plan, fill, isSelector } = this.#settings;
    const { interval } = plan.compiled;
    const { accumulator, call, scan } = leaf;
    const ownTimes =
      isTop(call) || call.name === "sample" || (isSelector && interval === undefined);
    const times: bigint[] = [];
    const values: Value[] = [];
    const points: (Points | undefined)[] = [];
    const rows: number[] = [];
    const inOrder = scan.buckets.order();
    const slots = scan.bounds.isAscending ? inOrder : inOrder.toReversed();
    for (const slot of slots) {
      const start = scan.buckets.startOf(slot);
      for (const cell of accumulator.results(slot)) {
        const row = cell.row ?? 0;
        times.push(ownTimes && cell.points !== undefined ? cell.points.time(row) : start);
        values.push(cell.value);
        points.push(cell.points);
        rows.push(row);
      }
    }
    const series = { times, values, points, rows };
    const isFilled = interval !== undefined && fill?.mode !== "none" && !givesMany(call);
    if (!isFilled || times.length === 0) return times.length === 0 ? emptySeries : series;
    const filled = leaf.grid.spread(series);
    fillValues(filled.values, {
      fill,
      isCount: call.name === "count",
      type: typeOf(call, plan.typeOfReference),
    });
    return filled;
  }
}

/** Functions that give several rows per window, or none: their windows are not filled. */
function givesMany(call: Call): boolean {
  return isTop(call) || ["distinct", "histogram", "sample"].includes(call.name);
}

/** Functions that compare a window with the one before it. */
function readsAhead(call: Call): boolean {
  return !["cumulative_sum", "holt_winters", "holt_winters_with_fit"].includes(call.name);
}

async function foldStreams(
  streams: readonly Stream[],
  scan: WindowScan,
  pacer: Pacer,
): Promise<void> {
  for (const stream of streams) {
    const source = stream.read(scan.bounds);
    if (Symbol.iterator in source) {
      for (const points of source) {
        foldPoints(points, scan);
        if (pacer.isDue()) await pacer.pause();
      }
    } else {
      for await (const points of source) {
        foldPoints(points, scan);
        if (pacer.isDue()) await pacer.pause();
      }
    }
    if (pacer.isDue()) await pacer.pause();
  }
}

function foldPoints(points: Points, { buckets, leaves }: WindowScan): void {
  const slot = buckets.locate(points.startHour, points.firstOffset);
  if (points.lastOffset < buckets.endOffset) {
    foldWhole(points, slot, leaves);
    return;
  }
  const { offsets, count } = points;
  for (let from = 0; from < count; ) {
    const at = buckets.locate(points.startHour, offsets[from] ?? 0);
    const to = endOfRun(offsets, from + 1, buckets.endOffset);
    for (const leaf of leaves) {
      const column = points.column(leaf.slot);
      if (column !== undefined) leaf.accumulator.fold({ points, column, from, to, slot: at });
    }
    from = to;
  }
}

/** First place from `from` on with an offset that is not before `end`. */
function endOfRun(offsets: Float64Array, from: number, end: number): number {
  let low = from;
  let step = 1;
  let high = from;
  while (high < offsets.length && (offsets[high] ?? Infinity) < end) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  high = Math.min(high, offsets.length);
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] ?? Infinity) < end) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A batch that lies in one window: its summary may do. */
function foldWhole(points: Points, slot: number, leaves: readonly WindowLeaf[]): void {
  for (const leaf of leaves) {
    const summary = points.summary(leaf.slot);
    if (summary === "absent") continue;
    if (summary !== undefined && leaf.accumulator.foldSummary(summary, slot)) continue;
    const column = points.column(leaf.slot);
    if (column === undefined) continue;
    leaf.accumulator.fold({ points, column, from: 0, to: points.count, slot });
  }
}

/** All windows from the start (or the first point) to the end, in the order of the result. */
class Grid {
  readonly #interval: TimeInterval | undefined;
  readonly #bounds: TimeBounds;
  readonly #hasStart: boolean;
  #known: bigint[] | undefined;

  constructor(interval: TimeInterval | undefined, bounds: TimeBounds, hasStart: boolean) {
    this.#interval = interval;
    this.#bounds = bounds;
    this.#hasStart = hasStart;
  }

  /** The series with a null for every window that has no value. */
  spread(series: CallSeries): CallSeries & { values: Value[] } {
    const times = this.#starts(series.times);
    const values: Value[] = [];
    const points: (Points | undefined)[] = [];
    const rows: number[] = [];
    let at = 0;
    for (const time of times) {
      const isHere = series.times[at] === time;
      values.push(isHere ? (series.values[at] ?? null) : null);
      points.push(isHere ? series.points[at] : undefined);
      rows.push(isHere ? (series.rows[at] ?? 0) : 0);
      if (isHere) at += 1;
    }
    return { times, values, points, rows };
  }

  #starts(found: readonly bigint[]): bigint[] {
    if (this.#known !== undefined) return this.#known;
    const { from, to, isAscending } = this.#bounds;
    const first = isAscending ? found[0] : found.at(-1);
    const starts = this.#windowsFrom(this.#hasStart ? from : (first ?? from), to);
    if (!isAscending) starts.reverse();
    if (this.#hasStart) this.#known = starts;
    return starts;
  }

  #windowsFrom(from: bigint, to: bigint): bigint[] {
    const interval = this.#interval;
    const starts: bigint[] = [];
    if (interval === undefined) return starts;
    for (let window = windowOf(interval, from); window.start <= to; ) {
      starts.push(window.start);
      const next = windowOf(interval, window.end);
      if (next.start <= window.start) break;
      window = next;
    }
    return starts;
  }
}
