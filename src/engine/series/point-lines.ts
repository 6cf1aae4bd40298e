/** Points given as objects, as the line protocol that is written for them. */
import { CronosError } from "../../base/errors.ts";

/** A number is a float, a bigint an integer. */
export type PointValue = number | bigint | string | boolean;

export interface Point {
  readonly measurement: string;
  /** A tag without a value is left out. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, PointValue>>;
  /** Unix ms, or as a bigint ns since 1970; absent: the time at which it is written. */
  readonly time?: number | bigint;
}

/** Lines with timestamps in ns. Throws INVALID_ARGUMENT for what no line can say. */
export function linesOfPoints(points: readonly Point[]): string {
  return points.map(lineOf).join("\n");
}

function lineOf({ measurement, tags = {}, fields, time }: Point): string {
  let line = escaped("measurement", measurement, /[, ]/g);
  for (const [key, value] of Object.entries(tags)) {
    if (value === "") continue;
    line += `,${escaped("tag key", key, /[,= ]/g)}=${escaped("tag value", value, /[,= ]/g)}`;
  }
  const texts = Object.entries(fields).map(([key, value]) => {
    return `${escaped("field", key, /[,= "]/g)}=${valueText(key, value)}`;
  });
  if (texts.length === 0) throw refused("fields", "", "at least one");
  return `${line} ${texts.join(",")}${time === undefined ? "" : ` ${timeText(time)}`}`;
}

function valueText(field: string, value: PointValue): string {
  switch (typeof value) {
    case "string":
      return `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
    case "bigint":
      return `${value}i`;
    case "boolean":
      return String(value);
    default:
      if (Number.isFinite(value)) return String(value);
      throw refused(`field ${field}`, value, "a finite number");
  }
}

function timeText(time: number | bigint): string {
  if (typeof time === "bigint") return String(time);
  if (!Number.isFinite(time)) throw refused("time", time, "Unix ms, or ns as a bigint");
  const ms = Math.floor(time);
  return String(BigInt(ms) * 1_000_000n + BigInt(Math.round((time - ms) * 1e6)));
}

function escaped(what: string, text: string, special: RegExp): string {
  const isFit = text !== "" && !text.includes("\n") && !text.endsWith("\\");
  if (isFit) return text.replaceAll(special, "\\$&");
  throw refused(what, text, "a text without newlines that does not end in a backslash");
}

function refused(what: string, value: unknown, expected: string): CronosError {
  const shown = String(value).slice(0, 100);
  return new CronosError("INVALID_ARGUMENT", `Invalid ${what} "${shown}": expected ${expected}`);
}
