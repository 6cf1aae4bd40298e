/** Series in memory, written as lines: what the tests of queries read from. */
import type { Column } from "../../models/series/column.ts";
import type { FieldType } from "../../models/series/field-type.ts";
import { fieldType } from "../../models/series/field-type.ts";
import type { PointBatch, ScanRange, SeriesPlace } from "../../models/series/series-scan.ts";
import { offsetOf, windowStartOf } from "../../models/series/series-time.ts";
import { toInt } from "../functions/int64.ts";
import type { FieldValue } from "../functions/point-function.ts";
import type { FieldInfo, MeasurementInfo, SelectData, Tags } from "../select-data.ts";
import { QueryError } from "./query-error.ts";

interface MemorySeries {
  readonly id: number;
  readonly tags: Tags;
  /** By time: values by field id. */
  readonly points: Map<bigint, Map<number, FieldValue>>;
}

interface MemoryMeasurement extends MeasurementInfo {
  readonly fields: FieldInfo[];
  readonly tagKeys: string[];
  readonly series: Map<string, MemorySeries>;
}

const WINDOW_HOURS = 168;
/** Points of a batch; few, so that small tests have several. */
const BATCH_POINTS = 5;

export class MemoryData implements SelectData {
  readonly #policies = new Map<string, number>();
  readonly #measurements = new Map<string, MemoryMeasurement>();
  readonly #series = new Map<number, MemorySeries>();

  /** Makes a retention policy; the first of a database is its default. */
  addPolicy(database: string, policy: string): void {
    const id = this.#policies.size + 1;
    this.#policies.set(`${database}.${policy}`, id);
    if (!this.#policies.has(`${database}.`)) this.#policies.set(`${database}.`, id);
  }

  /** Writes lines without escapes: name,tag=v field=1i,other="x" time. */
  write(database: string, policy: string, lines: string): void {
    const policyId = this.policyId(database, policy);
    for (const line of lines.split("\n")) {
      const match = /^(\S+) ((?:[^"\s]|"[^"]*")+) (-?\d+)$/.exec(line.trim());
      if (match === null) continue;
      const [, key = "", fields = "", time = "0"] = match;
      const [name = "", ...tagTexts] = key.split(",");
      const tags = tagTexts.map(pair).toSorted(([a], [b]) => (a < b ? -1 : 1));
      this.#put(this.#ensure(policyId, name), tags, { fields, time: BigInt(time) });
    }
  }

  #ensure(policyId: number, name: string): MemoryMeasurement {
    const key = `${policyId}.${name}`;
    let found = this.#measurements.get(key);
    if (found === undefined) {
      const measurementId = this.#measurements.size + 1;
      found = { policyId, measurementId, name, fields: [], tagKeys: [], series: new Map() };
      this.#measurements.set(key, found);
    }
    return found;
  }

  #put(
    measurement: MemoryMeasurement,
    tags: Tags,
    point: { readonly fields: string; readonly time: bigint },
  ): void {
    const key = JSON.stringify(tags);
    let series = measurement.series.get(key);
    if (series === undefined) {
      series = { id: this.#series.size + 1, tags, points: new Map() };
      measurement.series.set(key, series);
      this.#series.set(series.id, series);
      for (const [tag] of tags) {
        if (!measurement.tagKeys.includes(tag)) measurement.tagKeys.push(tag);
      }
    }
    const values = series.points.get(point.time) ?? new Map<number, FieldValue>();
    series.points.set(point.time, values);
    for (const [, name = "", text = ""] of point.fields.matchAll(/([^=,]+)=("[^"]*"|[^,]+)/g)) {
      const { value, type } = readValue(text);
      let field = measurement.fields.find((each) => each.name === name);
      if (field === undefined) {
        field = { name, id: measurement.fields.length, type };
        measurement.fields.push(field);
      }
      if (field.type === type) values.set(field.id, value);
    }
  }

  policyId(database: string, policy: string): number {
    const id = this.#policies.get(`${database}.${policy}`);
    if (id !== undefined) return id;
    if (!this.#policies.has(`${database}.`)) {
      throw new QueryError(`database not found: ${database}`);
    }
    throw new QueryError(`retention policy not found: ${policy}`);
  }

  measurementNames(policyId: number): string[] {
    const all = [...this.#measurements.values()].filter((each) => each.policyId === policyId);
    return all.map(({ name }) => name).toSorted();
  }

  measurement(policyId: number, name: string): MemoryMeasurement | undefined {
    return this.#measurements.get(`${policyId}.${name}`);
  }

  allSeries(measurement: MeasurementInfo): Uint32Array {
    const found = this.#measurements.get(`${measurement.policyId}.${measurement.name}`);
    return Uint32Array.from([...(found?.series.values() ?? [])].map(({ id }) => id)).sort();
  }

  seriesWithTag(measurement: MeasurementInfo, key: string, value: string): Uint32Array {
    return this.allSeries(measurement).filter((id) =>
      this.tagsOf(measurement, id).some(([tag, text]) => tag === key && text === value),
    );
  }

  tagValues(measurement: MeasurementInfo, key: string): Set<string> {
    const values = new Set<string>();
    for (const id of this.allSeries(measurement)) {
      for (const [tag, value] of this.tagsOf(measurement, id)) if (tag === key) values.add(value);
    }
    return values;
  }

  tagsOf(_measurement: MeasurementInfo, seriesId: number): Tags {
    return this.#series.get(seriesId)?.tags ?? [];
  }

  *scan(place: SeriesPlace, fieldIds: readonly number[], range: ScanRange): Iterable<PointBatch> {
    const series = this.#series.get(place.seriesId);
    const times = [...(series?.points.keys() ?? [])]
      .filter((time) => time >= range.from && time <= range.to)
      .sort((a, b) => (a < b ? -1 : 1));
    const batches: MemoryBatch[] = [];
    const types = [...this.#measurements.values()].find(
      ({ measurementId }) => measurementId === place.measurementId,
    )?.fields;
    for (let from = 0; from < times.length; ) {
      const startHour = windowStartOf(times[from] ?? 0n, WINDOW_HOURS);
      let to = from + 1;
      while (
        to < times.length &&
        to - from < BATCH_POINTS &&
        windowStartOf(times[to] ?? 0n, WINDOW_HOURS) === startHour
      ) {
        to += 1;
      }
      const points = times.slice(from, to).map((time) => ({
        offset: offsetOf(startHour, time),
        values: series?.points.get(time) ?? new Map<number, FieldValue>(),
      }));
      batches.push(
        new MemoryBatch(
          startHour,
          points,
          fieldIds.map((id) => ({ id, type: types?.[id]?.type ?? fieldType.float })),
        ),
      );
      from = to;
    }
    yield* range.descending === true ? batches.toReversed() : batches;
  }
}

function pair(text: string): readonly [string, string] {
  const [key = "", value = ""] = text.split("=");
  return [key, value];
}

function readValue(text: string): { value: FieldValue; type: FieldType } {
  if (text.startsWith('"')) return { value: text.slice(1, -1), type: fieldType.string };
  if (/^-?\d+[iu]$/.test(text)) {
    return { value: toInt(BigInt(text.slice(0, -1))), type: fieldType.integer };
  }
  if (/^[tf]/i.test(text)) return { value: /^t/i.test(text), type: fieldType.boolean };
  return { value: Number(text), type: fieldType.float };
}

class MemoryBatch implements PointBatch {
  readonly startHour: number;
  readonly count: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly #points: readonly { offset: number; values: Map<number, FieldValue> }[];
  readonly #fields: readonly { id: number; type: FieldType }[];

  constructor(
    startHour: number,
    points: readonly { offset: number; values: Map<number, FieldValue> }[],
    fields: readonly { id: number; type: FieldType }[],
  ) {
    this.startHour = startHour;
    this.count = points.length;
    this.firstOffset = points[0]?.offset ?? 0;
    this.lastOffset = points.at(-1)?.offset ?? 0;
    this.#points = points;
    this.#fields = fields;
  }

  offsets(): Float64Array {
    return Float64Array.from(this.#points, ({ offset }) => offset);
  }

  column(field: number): Column | undefined {
    const { id = -1, type } = this.#fields[field] ?? {};
    const values = this.#points.map((point) => point.values.get(id));
    if (type === undefined || values.every((value) => value === undefined)) return undefined;
    const present = Uint8Array.from(values, (value) => (value === undefined ? 0 : 1));
    switch (type) {
      case fieldType.float:
        return { type, values: Float64Array.from(values, (value) => Number(value ?? 0)), present };
      case fieldType.integer: {
        const isWide = values.some((value) => typeof value === "bigint");
        const numbers = isWide
          ? BigInt64Array.from(values, (value) => BigInt(value ?? 0))
          : Float64Array.from(values, (value) => Number(value ?? 0));
        return { type, values: numbers, present };
      }
      case fieldType.string:
        return { type, values: values.map((value) => String(value ?? "")), present };
      case fieldType.boolean:
        return { type, values: Uint8Array.from(values, (value) => Number(value ?? 0)), present };
    }
  }

  summary(): undefined {
    return undefined;
  }
}

