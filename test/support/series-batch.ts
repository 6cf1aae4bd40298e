/** Points as tests write them down, as a batch; and what a scan gives, as points again. */
import type { Column } from "../../src/models/series/column.ts";
import { fieldType } from "../../src/models/series/field-type.ts";
import type { FieldType } from "../../src/models/series/field-type.ts";
import type { PointBatch } from "../../src/models/series/series-scan.ts";
import { timeAt } from "../../src/models/series/series-time.ts";
import type { WriteBatch } from "../../src/models/series/write-batch.ts";

/** A number is a float, a bigint an integer. */
export type TestValue = number | bigint | string | boolean;

export interface TestPoint {
  readonly seriesId: number;
  /** The series' id if not given. */
  readonly measurementId?: number;
  readonly time: bigint;
  /** By field id. */
  readonly fields: Readonly<Record<number, TestValue>>;
}

const SECOND = 1_000_000_000n;

export function seriesBatch(
  points: readonly TestPoint[],
  policy: { readonly policyId?: number; readonly windowHours?: number } = {},
): WriteBatch {
  const fields = points.map((point) => Object.entries(point.fields));
  const all = fields.flat();
  const texts: string[] = [];
  const bigs = new Map<number, bigint>();
  const fieldStart = new Uint32Array(points.length + 1);
  for (const [row, of] of fields.entries()) {
    fieldStart[row + 1] = (fieldStart[row] as number) + of.length;
  }
  const values = all.map(([, value], at) => {
    if (typeof value === "string") return texts.push(value) - 1;
    if (typeof value === "bigint" && !Number.isSafeInteger(Number(value))) {
      bigs.set(at, value);
      return Number.NaN;
    }
    return Number(value);
  });
  return {
    policyId: policy.policyId ?? 1,
    windowHours: policy.windowHours ?? 168,
    rows: points.length,
    measurementIds: Uint32Array.from(points, (each) => each.measurementId ?? each.seriesId),
    seriesIds: Uint32Array.from(points, ({ seriesId }) => seriesId),
    seconds: Float64Array.from(points, ({ time }) => Number((time - nanosOf(time)) / SECOND)),
    nanos: Float64Array.from(points, ({ time }) => Number(nanosOf(time))),
    fieldStart,
    fieldIds: Uint16Array.from(all, ([id]) => Number(id)),
    fieldTypes: Uint8Array.from(all, ([, value]) => typeOfValue(value)),
    values: Float64Array.from(values),
    texts,
    bigs,
  };
}

export function typeOfValue(value: TestValue): FieldType {
  if (typeof value === "string") return fieldType.string;
  if (typeof value === "boolean") return fieldType.boolean;
  return typeof value === "bigint" ? fieldType.integer : fieldType.float;
}

/** The points of batches, in their order. */
export function pointsOf(
  batches: Iterable<PointBatch>,
  fieldIds: readonly number[],
): { readonly time: bigint; readonly fields: Record<number, TestValue> }[] {
  return Array.from(batches).flatMap((batch) => {
    const columns = fieldIds.map((_id, place) => batch.column(place));
    return Array.from(batch.offsets(), (offset, row) => {
      const fields: Record<number, TestValue> = {};
      for (const [place, column] of columns.entries()) {
        const value = valueAt(column, row);
        if (value !== undefined) fields[fieldIds[place] as number] = value;
      }
      return { time: timeAt(batch.startHour, offset), fields };
    });
  });
}

export function valueAt(column: Column | undefined, row: number): TestValue | undefined {
  if (column === undefined || column.present?.[row] === 0) return undefined;
  if (column.type === fieldType.string) return column.values[row] as string;
  if (column.type === fieldType.boolean) return column.values[row] === 1;
  const value = column.values[row] as number | bigint;
  return column.type === fieldType.integer ? BigInt(value) : (value as number);
}

function nanosOf(time: bigint): bigint {
  return ((time % SECOND) + SECOND) % SECOND;
}
