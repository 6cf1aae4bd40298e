/**
 * integral(): the area under the line through the points, by the trapezium rule, per unit of time.
 * With windows of time the line is cut at their borders and each window has its own area.
 */
import type { EmitPoint, FieldValue, PointFunction } from "./point-function.ts";
import { floatOf } from "./point-function.ts";

export interface IntegralWindow {
  readonly start: bigint;
  /** Not included. */
  readonly end: bigint;
}

export interface IntegralOptions {
  readonly unitNs: bigint;
  readonly isAscending: boolean;
  /** The window a time lies in; undefined: no GROUP BY time. */
  readonly windowOf: ((time: bigint) => IntegralWindow) | undefined;
  /** Time of the result without windows. */
  readonly stamp: bigint;
}

interface Point {
  time: bigint;
  value: number;
}

export function makeIntegral(options: IntegralOptions): PointFunction {
  return new Integral(options);
}

class Integral implements PointFunction {
  readonly #options: IntegralOptions;
  #before: Point | undefined;
  #sum = 0;
  /** In the order of reading: newest first, the window is entered at its end. */
  #windowFrom = 0n;
  #windowTo = 0n;

  constructor(options: IntegralOptions) {
    this.#options = options;
    this.#windowFrom = options.stamp;
  }

  push(time: bigint, fieldValue: FieldValue, emit: EmitPoint): void {
    const value = floatOf(fieldValue);
    const before = this.#before;
    if (before === undefined) {
      this.#before = { time, value };
      this.#enterWindow(time);
      return;
    }
    if (before.time === time) {
      before.value = value;
      return;
    }
    if (this.#options.windowOf !== undefined && this.#isPast(time)) {
      this.#closeWindow(before, { time, value });
      emit(this.#windowFrom, this.#sum);
      this.#enterWindow(time);
      this.#sum = 0;
    }
    this.#add(before, { time, value });
    this.#before = { time, value };
  }

  end(emit: EmitPoint): void {
    const before = this.#before;
    if (before === undefined) return;
    const hasWindows = this.#options.windowOf !== undefined;
    if (hasWindows && before.time === this.#windowFrom) return;
    emit(this.#windowFrom, this.#sum);
  }

  #enterWindow(time: bigint): void {
    if (this.#options.windowOf === undefined) return;
    const { start, end } = this.#options.windowOf(time);
    this.#windowFrom = this.#options.isAscending ? start : end;
    this.#windowTo = this.#options.isAscending ? end : start;
  }

  #isPast(time: bigint): boolean {
    return this.#options.isAscending ? time >= this.#windowTo : time <= this.#windowTo;
  }

  /** Adds what lies before the window's border and moves the last point onto the border. */
  #closeWindow(before: Point, next: Point): void {
    const border = this.#windowTo;
    if (before.time === border) return;
    const part = Number(border - before.time) / Number(next.time - before.time);
    const atBorder = { time: border, value: before.value + (next.value - before.value) * part };
    this.#add(before, atBorder);
    before.time = atBorder.time;
    before.value = atBorder.value;
  }

  #add(from: Point, to: Point): void {
    const elapsed = Number(to.time - from.time) / Number(this.#options.unitNs);
    this.#sum += 0.5 * (from.value + to.value) * elapsed;
  }
}
