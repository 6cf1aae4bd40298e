/**
 * Points as the interface of 0.8 takes them, made line protocol:
 *
 *   [{"name": "cpu", "columns": ["time", "value", "host"], "points": [[1500000000000, 1.5, "a"]]}]
 *
 * Every column is a field, "time" the time, null no value. `sequence_number` is left out: points of
 * one time are one point here. Numbers are floats.
 */
import { z } from "zod";
import { CronosError } from "../../../base/errors.ts";
import type { Point, PointValue } from "../../../engine/series/point-lines.ts";
import { linesOfPoints } from "../../../engine/series/point-lines.ts";

const Body = z.array(
  z.object({
    name: z.string(),
    columns: z.array(z.string()),
    points: z.array(z.array(z.union([z.number(), z.string(), z.boolean(), z.null()]))),
  }),
);
type Series = z.infer<typeof Body>[number];

/** Nanoseconds of what `time_precision` may say. */
const units: ReadonlyMap<string, bigint> = new Map([
  ["s", 1_000_000_000n],
  ["ms", 1_000_000n],
  ["m", 1_000_000n],
  ["u", 1_000n],
]);

/** The lines of a body. Throws INVALID_ARGUMENT. */
export function linesOfJson(body: Buffer, precision: string): string {
  const unit = units.get(precision === "" ? "ms" : precision);
  if (unit === undefined) {
    throw refused(`Unknown time precision ${precision.slice(0, 100)}: expected s, ms or u`);
  }
  const points: Point[] = [];
  for (const series of parse(body)) points.push(...pointsOf(series, unit));
  return linesOfPoints(points);
}

function parse(body: Buffer): readonly Series[] {
  let content: unknown;
  try {
    content = JSON.parse(body.toString("utf8"));
  } catch {
    throw refused("Body is not JSON");
  }
  const parsed = Body.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refused(`Invalid body at ${issue?.path.join(".")}: ${issue?.message}`);
}

function pointsOf({ name, columns, points }: Series, unit: bigint): Point[] {
  const found: Point[] = [];
  for (const row of points) {
    if (row.length !== columns.length) {
      throw refused(`Invalid point of ${name}: expected ${columns.length} values`);
    }
    const fields: Record<string, PointValue> = {};
    let time: bigint | undefined;
    for (const [at, column] of columns.entries()) {
      const value = row[at];
      if (value === null || value === undefined || column === "sequence_number") continue;
      if (column === "time") time = timeOf(value, unit);
      else fields[column] = value;
    }
    if (Object.keys(fields).length === 0) continue;
    found.push({ measurement: name, fields, ...(time === undefined ? {} : { time }) });
  }
  return found;
}

function timeOf(value: number | string | boolean, unit: bigint): bigint {
  if (Number.isSafeInteger(value)) return BigInt(value) * unit;
  throw refused(`Invalid time ${String(value).slice(0, 100)}: expected an integer`);
}

function refused(message: string): CronosError {
  return new CronosError("INVALID_ARGUMENT", message);
}
