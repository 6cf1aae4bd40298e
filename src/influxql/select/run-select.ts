/**
 * A SELECT ready to run: its groups are known, and each gives its rows when asked. Used for the
 * query itself and for its subqueries.
 */
import type { Call, SelectStatement } from "../ast.ts";
import { TIME_MAX, TIME_MIN, timeAt } from "../../models/series/series-time.ts";
import type { SelectContext, Value } from "../result.ts";
import type { AggregateSettings } from "./aggregate.ts";
import { Aggregation } from "./aggregate.ts";
import type { CallSeries } from "./call-series.ts";
import { missingValue } from "./call-series.ts";
import { collectSlots, selectedSlots } from "./collect-slots.ts";
import { compareText } from "./expand.ts";
import type { Group } from "./groups.ts";
import { planGroups } from "./groups.ts";
import { chainPoints, mergePoints } from "./merge-points.ts";
import type { Pacer } from "./pacer.ts";
import type { SelectPlan, Slot } from "./plan.ts";
import { isTop } from "./plan.ts";
import type { Points } from "./points.ts";
import { has } from "./points.ts";
import { QueryError } from "./query-error.ts";
import { RowBuilder, slotOf, startRows } from "./row-builder.ts";
import { RowFilter } from "./row-filter.ts";
import type { TimeBounds } from "./time-bounds.ts";
import { typeOf } from "./types.ts";
import { windowOf } from "./windows.ts";

export type Rows = readonly (readonly Value[])[];

export interface RunSettings {
  /** Whether points of equal time come in the order of series, and not of 1.x. */
  readonly keepsSeriesOrder?: boolean;
  readonly context: SelectContext;
  readonly pacer: Pacer;
  readonly countPoints: (count: number) => void;
}

/** Functions that choose points. */
export const selectors: ReadonlySet<string> = new Set([
  "first",
  "last",
  "min",
  "max",
  "percentile",
  "sample",
  "top",
  "bottom",
]);

export class SelectRun {
  readonly plan: SelectPlan;
  readonly #settings: RunSettings;
  readonly #slots: readonly Slot[];
  readonly #bounds: TimeBounds;
  #aggregation: Aggregation | undefined;
  #builder: RowBuilder | undefined;
  #rawSlots: RawSlots | undefined;

  constructor(plan: SelectPlan, settings: RunSettings) {
    this.plan = plan;
    this.#settings = settings;
    this.#slots = collectSlots(plan);
    const { range, isAscending } = plan.compiled;
    this.#bounds = { from: range.from ?? TIME_MIN, to: range.to ?? TIME_MAX, isAscending };
  }

  /** The groups in the order of the result; none if nothing can come of the query. */
  groups(): Group[] {
    const { plan } = this;
    const { statement, isRaw, hasPlainColumns, isAscending } = plan.compiled;
    if (this.#bounds.from > this.#bounds.to || !this.#hasKnownColumns()) return [];
    if (!isRaw) this.#aggregation = new Aggregation(this.#aggregateSettings());
    const groups = planGroups(plan, {
      context: this.#settings.context,
      slots: this.#slots,
      isOrdered: isRaw || hasPlainColumns || !plan.calls.every((call) => isOrderless(call)),
      countPoints: this.#settings.countPoints,
    });
    const limited = limitSeries(groups, statement);
    if (isAscending) return orderByTags(limited, statement);
    for (const group of limited) group.streams.reverse();
    return orderByTags(limited.toReversed(), statement);
  }

  /** Columns of unknown type have no values: with no other there is no row. */
  #hasKnownColumns(): boolean {
    const { plan } = this;
    if (plan.compiled.isRaw) return plan.types.slice(1).some((type) => type !== "unknown");
    return plan.calls.some((call) => typeOf(call, plan.typeOfReference) !== "unknown");
  }

  #aggregateSettings(): AggregateSettings {
    const { plan } = this;
    const { statement, range } = plan.compiled;
    const { limits, random } = this.#settings.context;
    const [only, ...others] = plan.calls;
    const inner = (call: Call): Call => {
      const first = call.args[0];
      return first?.kind === "call" ? inner(first) : call;
    };
    return {
      plan,
      fill: statement.fill,
      bounds: this.#bounds,
      hasStart: range.from !== undefined,
      bucketsMax: limits.bucketsMax,
      heldMax: limits.heldMax,
      random,
      isSelector: only !== undefined && others.length === 0 && selectors.has(only.name),
      slotOf: (call) => {
        const arg = inner(call).args[0];
        return arg?.kind === "reference"
          ? slotOf(this.#slots, arg.name, plan.typeOfReference(arg))
          : -1;
      },
      tagSlotsOf: (call) =>
        (isTop(call) ? call.args.slice(1, -1) : []).flatMap((arg) => {
          if (arg.kind !== "reference") return [];
          return [slotOf(this.#slots, arg.name, plan.typeOfReference(arg))];
        }),
    };
  }

  /** The rows of a group, some at a time; each starts with the time. */
  async *rows(group: Group): AsyncGenerator<Rows> {
    const filter = new RowFilter(this.plan);
    const source = this.plan.compiled.isRaw ? this.#rawRows(group) : this.#computedRows(group);
    for await (const rows of source) {
      const kept = filter.take(rows);
      if (kept.length > 0) yield kept;
      if (filter.isDone) return;
    }
    const rest = filter.finish();
    if (rest.length > 0) yield rest;
  }

  async *#rawRows(group: Group): AsyncGenerator<Rows> {
    const builder = (this.#builder ??= new RowBuilder(this.plan, this.#slots));
    const state = startRows();
    const { driving, ties } = (this.#rawSlots ??= rawSlots(this.#slots, this.plan));
    const { keepsSeriesOrder, pacer } = this.#settings;
    const options = {
      bounds: this.#bounds,
      pacer,
      rowsWanted: rowsWanted(this.plan.compiled.statement) ?? Infinity,
      tieSlots: keepsSeriesOrder === true ? undefined : ties,
    };
    const blocks = group.streams.every(({ isUnordered }) => isUnordered)
      ? chainPoints(group.streams, options)
      : mergePoints(group.streams, options);
    for await (const block of blocks) {
      const rows: Value[][] = [];
      for (const [i, points] of block.points.entries()) {
        const row = block.rows[i] ?? 0;
        if (!points.isRows && !hasAny(points, driving, row)) continue;
        state.points = points;
        state.row = row;
        rows.push(builder.build(points.time(row), state));
      }
      yield rows;
    }
  }

  async *#computedRows(group: Group): AsyncGenerator<Rows> {
    const { pacer } = this.#settings;
    for await (const bounds of this.#firstBounds(group)) {
      const part = new Aggregation({ ...this.#aggregateSettings(), bounds });
      const found = await part.compute(group, pacer);
      const wanted = rowsWanted(this.plan.compiled.statement) ?? Infinity;
      if (!found.some(({ times }) => times.length >= wanted)) continue;
      yield* this.#joinCalls(found);
      return;
    }
    const series = await this.#aggregation?.compute(group, pacer);
    if (series !== undefined) yield* this.#joinCalls(series);
  }

  /**
   * With LIMIT the first windows may do: bounds to try before all is read, each some times as long
   * as the one before. None where a later point can change an earlier row.
   */
  async *#firstBounds(group: Group): AsyncGenerator<TimeBounds> {
    const { plan } = this;
    const { interval, statement } = plan.compiled;
    const wanted = rowsWanted(statement);
    if (interval === undefined || wanted === undefined || interval.months > 0) return;
    if (statement.fill?.mode === "linear" || !plan.calls.every((call) => isOrderless(call))) return;
    if (plan.calls.some((call) => call.args[0]?.kind === "call")) return;
    const all = this.#bounds;
    const first = all.isAscending
      ? (plan.compiled.range.from ?? (await someFirstTime(group, all)))
      : all.to;
    if (first === undefined) return;
    const length = interval.ns * BigInt(wanted);
    for (let times = 1n; times <= LONGEST_TRY; times *= TRY_GROWTH) {
      const end = all.isAscending
        ? windowOf(interval, first + length * times).start - 1n
        : windowOf(interval, first - length * times).end;
      if (all.isAscending ? end >= all.to : end <= all.from) return;
      yield all.isAscending ? { ...all, to: end } : { ...all, from: end };
    }
  }

  /** Puts the results of the calls side by side: one row per time that one of them has. */
  async *#joinCalls(series: readonly CallSeries[]): AsyncGenerator<Rows> {
    const { plan } = this;
    const builder = (this.#builder ??= new RowBuilder(plan, this.#slots));
    const state = startRows();
    const { fill } = plan.compiled.statement;
    const missing = plan.calls.map((call) =>
      missingValue(fill, typeOf(call, plan.typeOfReference)),
    );
    const places = series.map(() => 0);
    const { isAscending } = this.#bounds;
    let rows: Value[][] = [];
    for (;;) {
      const time = nextTime(series, places, isAscending);
      if (time === undefined) break;
      state.points = undefined;
      for (const [call, { times, values, points, rows: ownRows }] of series.entries()) {
        const place = places[call] ?? 0;
        if (times[place] === time) {
          state.values[call] = values[place] ?? null;
          if (points[place] !== undefined) state.points = points[place];
          state.row = ownRows[place] ?? 0;
          places[call] = place + 1;
        } else if (fill?.mode !== "previous") state.values[call] = missing[call] ?? null;
      }
      rows.push(builder.build(time, state));
      if (rows.length < ROWS_PER_STEP) continue;
      yield rows;
      rows = [];
      if (this.#settings.pacer.isDue()) await this.#settings.pacer.pause();
    }
    yield rows;
  }
}

const ROWS_PER_STEP = 1024;

/** How much longer the next try is, and the longest, in lengths of what is wanted. */
const TRY_GROWTH = 8n;
const LONGEST_TRY = 512n;

/** How many rows of a series suffice; undefined: all are needed. */
function rowsWanted({ limit, offset, having, orderBy }: SelectStatement): number | undefined {
  const isByTime = orderBy.every(({ name }) => name.toLowerCase() === "time");
  return limit === 0 || having !== undefined || !isByTime ? undefined : limit + offset;
}

/** A time that the group has a point at, and none of that stream before; undefined: no point. */
async function someFirstTime(group: Group, bounds: TimeBounds): Promise<bigint | undefined> {
  for (const stream of group.streams) {
    for await (const points of stream.read(bounds)) {
      return timeAt(points.startHour, points.firstOffset);
    }
  }
  return undefined;
}

function nextTime(
  series: readonly CallSeries[],
  places: readonly number[],
  isAscending: boolean,
): bigint | undefined {
  let next: bigint | undefined;
  for (const [call, { times }] of series.entries()) {
    const time = times[places[call] ?? 0];
    if (time === undefined) continue;
    if (next === undefined || (isAscending ? time < next : time > next)) next = time;
  }
  return next;
}

/** What rows of points go by, the same for all groups. */
interface RawSlots {
  /** A point has to have one of these fields. */
  readonly driving: readonly number[];
  readonly ties: readonly number[];
}

function rawSlots(slots: readonly Slot[], plan: SelectPlan): RawSlots {
  const driving = slots.flatMap((slot, index) =>
    slot.type === "tag" || slot.type === "unknown" ? [] : [index],
  );
  return { driving, ties: tieSlots(selectedSlots(plan)) };
}

/** Slots of text that come before all others by name: 1.x orders points of equal time by them. */
function tieSlots(slots: readonly Slot[]): number[] {
  const places = slots.map((_slot, place) => place);
  places.sort((a, b) => compareText(slots[a]?.name ?? "", slots[b]?.name ?? ""));
  const end = places.findIndex((place) => !isText(slots[place]));
  return end === -1 ? places : places.slice(0, end);
}

function isText(slot: Slot | undefined): boolean {
  return slot?.type === "tag" || slot?.type === "string";
}

/** Functions for which it does not matter in which order series are read. */
function isOrderless(call: Call): boolean {
  const first = call.args[0];
  if (first?.kind === "call" && call.name !== "count") return isOrderless(first);
  return ["count", "sum", "mean", "min", "max", "spread", "stddev", "median"].includes(call.name);
}

function hasAny(points: Points, slots: readonly number[], row: number): boolean {
  for (const slot of slots) {
    const column = points.column(slot);
    if (column !== undefined && has(column, row)) return true;
  }
  return false;
}

/**
 * SLIMIT and SOFFSET count the series of each measurement, whether they have rows or not. SOFFSET
 * alone leaves none, as in 1.x.
 */
function limitSeries(groups: readonly Group[], { slimit, soffset }: SelectStatement): Group[] {
  if (slimit === 0 && soffset === 0) return [...groups];
  const counts = new Map<string, number>();
  return groups.filter(({ name }) => {
    const place = counts.get(name) ?? 0;
    counts.set(name, place + 1);
    return place >= soffset && place < soffset + slimit;
  });
}

/** ORDER BY a tag that is grouped by is about the order of series. */
function orderByTags(groups: Group[], { orderBy }: SelectStatement): Group[] {
  for (const { name, isAscending } of orderBy.toReversed()) {
    const sign = isAscending ? 1 : -1;
    const value = ({ tags }: Group): string | undefined => tags.find(([key]) => key === name)?.[1];
    groups.sort((a, b) => compareText(value(a) ?? "", value(b) ?? "") * sign);
  }
  return groups;
}

/** Fails when more points are read than allowed; 0: no limit. */
export function pointCounter(max: number): (count: number) => void {
  let total = 0;
  return (count) => {
    total += count;
    if (max > 0 && total > max) {
      throw new QueryError(`max-select-point limit exceeed: (${total}/${max})`);
    }
  };
}

