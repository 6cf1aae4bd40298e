/**
 * Several sources of one series and window as one: in the order of time, each time once. Where
 * points have the same time, the source of the larger sequence wins, field by field; inside a
 * source the later point does.
 *
 *   entries   source and row of every point, by time, the winner of equal times first
 *   starts    where the entries of each time begin
 */
import type { Column } from "./column.ts";
import { MutableColumn } from "./mutable-column.ts";
import type { PointSource } from "./point-source.ts";

/** How far a source has been taken, and the time of its next point. */
interface Cursor {
  readonly source: PointSource;
  readonly number: number;
  readonly offsets: Float64Array;
  at: number;
}

export class MergedSource implements PointSource {
  readonly sequence: number;
  readonly hasRepeats = false;
  readonly #sources: readonly PointSource[];
  readonly #offsets: Float64Array;
  readonly #entrySources: Uint32Array;
  readonly #entryRows: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #columns = new Map<number, Column | undefined>();

  /** `sources` has at least one, in any order. */
  constructor(sources: readonly PointSource[]) {
    this.#sources = sources.toSorted((a, b) => b.sequence - a.sequence);
    this.sequence = (this.#sources[0] as PointSource).sequence;
    const total = sources.reduce((sum, { count }) => sum + count, 0);
    const entries = { sources: new Uint32Array(total), rows: new Uint32Array(total) };
    const offsets = new Float64Array(total);
    const starts = new Uint32Array(total + 1);
    const count = mergeInto(this.#sources, { ...entries, offsets, starts });
    this.#entrySources = entries.sources;
    this.#entryRows = entries.rows;
    this.#offsets = offsets.subarray(0, count);
    this.#starts = starts.subarray(0, count + 1);
  }

  get count(): number {
    return this.#offsets.length;
  }

  get firstOffset(): number {
    return this.#offsets[0] as number;
  }

  get lastOffset(): number {
    return this.#offsets[this.count - 1] as number;
  }

  offsets(): Float64Array {
    return this.#offsets;
  }

  fieldIds(): readonly number[] {
    const ids = new Set(this.#sources.flatMap((source) => source.fieldIds()));
    return [...ids].sort((a, b) => a - b);
  }

  column(fieldId: number): Column | undefined {
    if (this.#columns.has(fieldId)) return this.#columns.get(fieldId);
    const column = this.#merge(fieldId);
    this.#columns.set(fieldId, column);
    return column;
  }

  summary(fieldId: number): "absent" | undefined {
    const isAbsent = this.#sources.every((source) => source.summary(fieldId) === "absent");
    return isAbsent ? "absent" : undefined;
  }

  #merge(fieldId: number): Column | undefined {
    const columns = this.#sources.map((source) => source.column(fieldId));
    // Newest first: a value of another type than the newest is not seen any more.
    const type = columns.find((column) => column !== undefined)?.type;
    if (type === undefined) return undefined;
    const merged = new MutableColumn(type, this.count);
    for (let i = 0; i < this.count; i++) {
      const end = this.#starts[i + 1] as number;
      for (let entry = this.#starts[i] as number; entry < end; entry++) {
        const column = columns[this.#entrySources[entry] as number];
        const row = this.#entryRows[entry] as number;
        if (column === undefined || column.type !== type || column.present?.[row] === 0) continue;
        merged.copy(i, column, row);
        break;
      }
    }
    return merged.finish();
  }
}

interface Entries {
  readonly sources: Uint32Array;
  readonly rows: Uint32Array;
  readonly offsets: Float64Array;
  readonly starts: Uint32Array;
}

/** Returns how many times there are. `sources`: the winner of equal times first. */
function mergeInto(sources: readonly PointSource[], into: Entries): number {
  const waiting = sources
    .map((source, number) => ({ source, number, offsets: source.offsets(), at: 0 }))
    .sort((a, b) => a.source.firstOffset - b.source.firstOffset);
  let begun = 0;
  /** Those that may have the next point, the winner first. */
  let active: Cursor[] = [];
  let times = 0;
  let entries = 0;
  for (;;) {
    let next = earliest(active);
    for (; begun < waiting.length; begun++) {
      const cursor = waiting[begun] as Cursor;
      if (cursor.source.firstOffset > next) break;
      next = cursor.source.firstOffset;
      active = [...active, cursor].sort((a, b) => a.number - b.number);
    }
    if (next === Number.POSITIVE_INFINITY) return times;
    into.offsets[times] = next;
    for (const cursor of active) entries = takeAll(cursor, next, { into, entries });
    into.starts[++times] = entries;
    if (active.some(isDone)) active = active.filter((cursor) => !isDone(cursor));
  }
}

function earliest(cursors: readonly Cursor[]): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { offsets, at } of cursors) {
    const offset = offsets[at] as number;
    if (offset < next) next = offset;
  }
  return next;
}

/** Takes the cursor's points of one time, the last of them first. */
function takeAll(
  cursor: Cursor,
  offset: number,
  out: { readonly into: Entries; readonly entries: number },
): number {
  const { offsets } = cursor;
  let end = cursor.at;
  while (end < offsets.length && offsets[end] === offset) end++;
  let { entries } = out;
  for (let row = end - 1; row >= cursor.at; row--) {
    out.into.sources[entries] = cursor.number;
    out.into.rows[entries++] = row;
  }
  cursor.at = end;
  return entries;
}

function isDone(cursor: Cursor): boolean {
  return cursor.at >= cursor.offsets.length;
}
