/**
 * The groups of a planned SELECT: a name, values of the tags grouped by, and the streams of points
 * that belong to it. Groups come in the order of names and tags, streams in the order of series
 * keys. No point is read here.
 */
import type { Expression } from "../ast.ts";
import type { PointBatch } from "../../models/series/series-scan.ts";
import type { SelectContext } from "../result.ts";
import type { Tags } from "../select-data.ts";
import { anyExpression } from "../walk.ts";
import { compareText } from "./expand.ts";
import type { MeasurementInput, RowInput, SelectPlan, Slot } from "./plan.ts";
import type { Binding } from "./points.ts";
import { Points, SelectedBatch, tagValue } from "./points.ts";
import type { Filter } from "./predicate.ts";
import { compileFilter, reduceForTags } from "./predicate.ts";
import { QueryError } from "./query-error.ts";
import { compareTags, findSeries } from "./series-finder.ts";
import type { TimeBounds } from "./time-bounds.ts";

export interface Stream {
  readonly tags: Tags;
  /** Of RowGroup: such streams come one after the other, as in 1.x, and not in order of time. */
  readonly isUnordered: boolean;
  /** Whether its points are rows of another query, and not those of a series. */
  readonly isOfRows: boolean;
  read(bounds: TimeBounds): Iterable<Points> | AsyncIterable<Points>;
}

export interface Group {
  readonly name: string;
  /** Of the tags grouped by, in their order. */
  readonly tags: Tags;
  readonly streams: Stream[];
}

export interface GroupSettings {
  readonly context: SelectContext;
  readonly slots: readonly Slot[];
  /** Whether the order of streams shows in the result. */
  readonly isOrdered: boolean;
  /** Counts points read; throws when there are too many. */
  readonly countPoints: (count: number) => void;
}

export function planGroups(plan: SelectPlan, settings: GroupSettings): Group[] {
  const groups = new Map<string, Group>();
  for (const input of plan.inputs) {
    if (input.kind === "measurement") addSeries(groups, input, { plan, settings });
    else addRows(groups, input, { plan, settings });
  }
  const sorted = [...groups.values()].toSorted(
    (a, b) => compareText(a.name, b.name) || compareTags(a.tags, b.tags),
  );
  if (settings.isOrdered) {
    for (const group of sorted) {
      if (group.streams.length > 1) group.streams.sort((a, b) => compareTags(a.tags, b.tags));
    }
  }
  return sorted;
}

interface Scope {
  readonly plan: SelectPlan;
  readonly settings: GroupSettings;
}

function groupOf(
  groups: Map<string, Group>,
  name: string,
  tags: Tags,
): Group {
  let key = name;
  for (const [, value] of tags) key += `\0${value}`;
  let group = groups.get(key);
  if (group === undefined) {
    group = { name, tags, streams: [] };
    groups.set(key, group);
  }
  return group;
}

function dimensionTags(dimensions: readonly string[], tags: Tags): Tags {
  return dimensions.map((name) => [name, tagValue(tags, name) ?? ""] as const);
}

function addSeries(groups: Map<string, Group>, input: MeasurementInput, scope: Scope): void {
  const { plan, settings } = scope;
  const { context } = settings;
  const { info } = input;
  const isField = (name: string): boolean => input.columns.fields.has(name);
  const binding = bindMeasurement(input, settings.slots);
  if (binding.places.every((place) => place === -1)) return;
  const { condition } = plan.compiled;
  const ids = findSeries(condition, { data: context.data, info, isField });
  const filters = new Filters(condition, binding, isField);
  const needsTags =
    settings.isOrdered ||
    plan.dimensions.length > 0 ||
    binding.tagSlots.size > 0 ||
    filters.needsTags;
  const seriesMax = context.limits.seriesMax;
  if (seriesMax > 0 && ids.length > seriesMax) {
    throw new QueryError(`max-select-series limit exceeded: (${ids.length}/${seriesMax})`);
  }
  for (const seriesId of ids) {
    const tags = needsTags ? context.data.tagsOf(info, seriesId) : [];
    const filter = filters.forTags(tags);
    if (filter === undefined) continue;
    const group = groupOf(groups, info.name, dimensionTags(plan.dimensions, tags));
    group.streams.push(
      new SeriesStream({ input, binding, filter, seriesId, tags, settings }),
    );
  }
}

type IsField = (name: string) => boolean;

/** Conditions by what remains of them for a series; most series share one. */
class Filters {
  readonly needsTags: boolean;
  readonly #condition: Expression | undefined;
  readonly #binding: Binding;
  readonly #isField: IsField;
  #shared: Filter | "all" | undefined;

  constructor(condition: Expression | undefined, binding: Binding, isField: IsField) {
    this.#condition = condition;
    this.#binding = binding;
    this.#isField = isField;
    this.needsTags =
      condition !== undefined &&
      anyExpression(
        condition,
        (part) => part.kind === "reference" && (part.cast === "tag" || !isField(part.name)),
      );
  }

  /** What every point of a series is asked; "all": nothing; undefined: the series has none. */
  forTags(tags: Tags): Filter | "all" | undefined {
    const condition = this.#condition;
    if (condition === undefined) return "all";
    if (!this.needsTags && this.#shared !== undefined) return this.#shared;
    const reduced = reduceForTags(condition, {
      isField: this.#isField,
      tag: (name) => tagValue(tags, name) ?? (this.#hasTag(tags, name) ? "" : undefined),
    });
    if (reduced === false) return undefined;
    const slotOf = (name: string): number =>
      this.#binding.slots.findIndex((slot) => slot.name === name && slot.type === "unknown");
    const filter = reduced === true ? "all" : compileFilter(reduced, slotOf);
    if (!this.needsTags) this.#shared = filter;
    return filter;
  }

  #hasTag(tags: Tags, name: string): boolean {
    return !this.#binding.isRows || tags.some(([key]) => key === name);
  }
}

function bindMeasurement(input: MeasurementInput, slots: readonly Slot[]): Binding {
  const tagSlots = new Map<number, string>();
  const places: number[] = [];
  let next = 0;
  for (const [index, slot] of slots.entries()) {
    const isField = slot.type !== "tag" && input.columns.fields.has(slot.name);
    places.push(isField ? next++ : -1);
    if (slot.type === "tag") tagSlots.set(index, slot.name);
  }
  return { slots, places, tagSlots, isRows: false };
}

interface SeriesStreamOptions {
  readonly input: MeasurementInput;
  readonly binding: Binding;
  readonly filter: Filter | "all";
  readonly seriesId: number;
  readonly tags: Tags;
  readonly settings: GroupSettings;
}

class SeriesStream implements Stream {
  readonly tags: Tags;
  readonly isUnordered = false;
  readonly isOfRows = false;
  readonly #options: SeriesStreamOptions;

  constructor(options: SeriesStreamOptions) {
    this.tags = options.tags;
    this.#options = options;
  }

  *read({ from, to, isAscending }: TimeBounds): Iterable<Points> {
    const { input, binding, seriesId, settings } = this.#options;
    const { policyId, measurementId } = input.info;
    const range = { from, to, descending: !isAscending };
    const place = { policyId, measurementId, seriesId };
    const fieldIds = fieldIdsOf(input, binding);
    for (const batch of settings.context.data.scan(place, fieldIds, range)) {
      settings.countPoints(batch.count);
      const points = filtered(batch, this.#options);
      if (points !== undefined) yield points;
    }
  }
}

interface Filtered {
  readonly binding: Binding;
  readonly filter: Filter | "all";
  readonly tags: Tags;
}

function filtered(batch: PointBatch, { binding, filter, tags }: Filtered): Points | undefined {
  const points = new Points(batch, binding, tags);
  if (filter === "all") return points;
  const mask = filter(points);
  let count = 0;
  for (let i = 0; i < mask.length; i++) count += mask[i] ?? 0;
  if (count === mask.length) return points;
  if (count === 0) return undefined;
  const rows = new Uint32Array(count);
  for (let i = 0, at = 0; i < mask.length; i++) if (mask[i] === 1) rows[at++] = i;
  return new Points(new SelectedBatch(batch, rows), binding, tags);
}

const fieldIds = new WeakMap<Binding, number[]>();

/** Ids of the fields that a binding reads, in the order of their places. */
function fieldIdsOf(input: MeasurementInput, binding: Binding): number[] {
  const known = fieldIds.get(binding);
  if (known !== undefined) return known;
  const ids: number[] = [];
  for (const [index, place] of binding.places.entries()) {
    const name = binding.slots[index]?.name;
    const field = input.info.fields.find((each) => each.name === name);
    if (place !== -1 && field !== undefined) ids[place] = field.id;
  }
  fieldIds.set(binding, ids);
  return ids;
}

function addRows(groups: Map<string, Group>, input: RowInput, scope: Scope): void {
  const { plan, settings } = scope;
  const { source } = input;
  const binding = bindRows(input, settings.slots);
  const isField = (name: string): boolean => source.columnNames.includes(name);
  const filters = new Filters(plan.compiled.condition, binding, isField);
  for (const rows of source.groups()) {
    const filter = filters.forTags(rows.tags);
    if (filter === undefined) continue;
    const group = groupOf(groups, rows.name, dimensionTags(plan.dimensions, rows.tags));
    group.streams.push({
      tags: rows.tags,
      isUnordered: rows.isUnordered,
      isOfRows: true,
      async *read(bounds) {
        for await (const batch of rows.batches(bounds)) {
          settings.countPoints(batch.count);
          const points = filtered(batch, { binding, filter, tags: rows.tags });
          if (points !== undefined) yield points;
        }
      },
    });
  }
}

function bindRows({ source }: RowInput, slots: readonly Slot[]): Binding {
  const tagSlots = new Map<number, string>();
  const places = slots.map((slot, index) => {
    const place = source.columnNames.indexOf(slot.name);
    if (place === -1 && source.columns.tags.has(slot.name)) tagSlots.set(index, slot.name);
    return place;
  });
  return { slots, places, tagSlots, isRows: true };
}
