/**
 * From the sources of a series in a window to batches. Sources that do not overlap any other are
 * given as they are, with their summaries, undecoded; those that overlap are merged first.
 */
import { lowerBound, upperBound } from "./bounds.ts";
import type { Column } from "./column.ts";
import { fieldType } from "./field-type.ts";
import { MergedSource } from "./merged-source.ts";
import type { PointSource } from "./point-source.ts";
import type { ColumnSummary, PointBatch } from "./series-scan.ts";

/** Points of a batch, at most. */
const BATCH_POINTS_MAX = 8192;

/** The part of a window that is asked for. */
export interface WindowPart {
  readonly startHour: number;
  /** Offsets, both included. */
  readonly from: number;
  readonly to: number;
  readonly descending: boolean;
  readonly fieldIds: readonly number[];
}

/** Batches of the points of these sources, which are of one series in one window. */
export function* batchesOf(
  sources: readonly PointSource[],
  part: WindowPart,
): Generator<PointBatch, void, undefined> {
  const inside = sources.filter((each) => {
    return each.lastOffset >= part.from && each.firstOffset <= part.to;
  });
  const clusters = clustersOf(inside);
  if (part.descending) clusters.reverse();
  for (const cluster of clusters) {
    const [first] = cluster as [PointSource];
    const isAlone = cluster.length === 1 && !first.hasRepeats;
    yield* slicesOf(isAlone ? first : new MergedSource(cluster), part);
  }
}

/** Groups of sources that overlap, in the order of time. */
export function clustersOf(sources: readonly PointSource[]): PointSource[][] {
  const clusters: PointSource[][] = [];
  let last: PointSource[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const source of sources.toSorted((a, b) => a.firstOffset - b.firstOffset)) {
    if (source.firstOffset > end) clusters.push((last = []));
    last.push(source);
    end = Math.max(end, source.lastOffset);
  }
  return clusters;
}

function* slicesOf(source: PointSource, part: WindowPart): Generator<PointBatch> {
  const { from, to, descending } = part;
  const start = source.firstOffset >= from ? 0 : lowerBound(source.offsets(), from);
  const end = source.lastOffset <= to ? source.count : upperBound(source.offsets(), to);
  const slices = Math.ceil((end - start) / BATCH_POINTS_MAX);
  for (let i = 0; i < slices; i++) {
    const at = start + (descending ? slices - 1 - i : i) * BATCH_POINTS_MAX;
    yield new SourceBatch(source, part, [at, Math.min(at + BATCH_POINTS_MAX, end)]);
  }
}

class SourceBatch implements PointBatch {
  readonly startHour: number;
  readonly count: number;
  readonly #source: PointSource;
  readonly #fieldIds: readonly number[];
  readonly #start: number;
  readonly #end: number;

  constructor(source: PointSource, part: WindowPart, rows: readonly [number, number]) {
    this.startHour = part.startHour;
    [this.#start, this.#end] = rows;
    this.count = this.#end - this.#start;
    this.#source = source;
    this.#fieldIds = part.fieldIds;
  }

  get firstOffset(): number {
    if (this.#start === 0) return this.#source.firstOffset;
    return this.#source.offsets()[this.#start] as number;
  }

  get lastOffset(): number {
    if (this.#end === this.#source.count) return this.#source.lastOffset;
    return this.#source.offsets()[this.#end - 1] as number;
  }

  offsets(): Float64Array {
    const offsets = this.#source.offsets();
    return this.#isWhole ? offsets : offsets.subarray(this.#start, this.#end);
  }

  column(field: number): Column | undefined {
    const column = this.#source.column(this.#fieldIds[field] as number);
    if (column === undefined || this.#isWhole) return column;
    return sliceColumn(column, this.#start, this.#end);
  }

  summary(field: number): ColumnSummary | "absent" | undefined {
    const summary = this.#source.summary(this.#fieldIds[field] as number);
    return this.#isWhole || summary === "absent" ? summary : undefined;
  }

  get #isWhole(): boolean {
    return this.count === this.#source.count;
  }
}

/** Rows `start` to `end` (not included); undefined when none of them has a value. */
export function sliceColumn(column: Column, start: number, end: number): Column | undefined {
  const present = column.present?.subarray(start, end);
  if (present?.every((flag) => flag === 0) === true) return undefined;
  if (column.type === fieldType.integer) {
    return { type: column.type, values: column.values.subarray(start, end), present };
  }
  if (column.type === fieldType.float) {
    return { type: column.type, values: column.values.subarray(start, end), present };
  }
  if (column.type === fieldType.boolean) {
    return { type: column.type, values: column.values.subarray(start, end), present };
  }
  return { type: column.type, values: column.values.slice(start, end), present };
}
