/**
 * Functions that take points in the order of time and give points: what derivative(), elapsed(),
 * moving_average() and their like are made of. One object serves one group of one query.
 */
import type { Int } from "./int64.ts";

/** A value of a field: integers are doubles or bigints (int64.ts). */
export type FieldValue = number | bigint | string | boolean;

export type EmitPoint = (time: bigint, value: FieldValue) => void;

export interface PointFunction {
  /** Takes the next point; values are never null. */
  push(time: bigint, value: FieldValue, emit: EmitPoint): void;
  /** After the last point. */
  end?(emit: EmitPoint): void;
}

/** The number a field value is to functions that compute with floats. */
export function floatOf(value: FieldValue): number {
  return Number(value);
}

/** The integer a value of an integer column is. */
export function intOf(value: FieldValue): Int {
  return typeof value === "bigint" ? value : Number(value);
}
