/**
 * Numbers the windows of GROUP BY time() that points fall into, so that what is computed per window
 * lies in arrays. With a known start and not too many windows, the number is the window's place
 * from the start (*dense*); else windows are numbered as they appear.
 *
 * locate() is asked once per run of points in one window: it also tells where the window ends.
 */
import { HOUR_NS_BIG, timeAt } from "../../models/series/series-time.ts";
import { QueryError } from "./query-error.ts";
import type { TimeBounds } from "./time-bounds.ts";
import type { TimeInterval } from "./windows.ts";
import { isUniform, windowCount, windowOf } from "./windows.ts";
import { floorDivide } from "./zone-time.ts";

/** Windows that are numbered by their place without a look-up. */
const DENSE_MAX = 100_000;

export interface BucketOptions {
  /** Undefined: one window over everything. */
  readonly interval: TimeInterval | undefined;
  readonly bounds: TimeBounds;
  /** Whether the bounds' start was said, and not just the least time there is. */
  readonly hasStart: boolean;
  /** Start of the one window, when there is no interval. */
  readonly stamp: bigint;
  /** 0: no limit. */
  readonly bucketsMax: number;
  /** Whether windows without points count too. */
  readonly countsEmpty: boolean;
}

export class Buckets {
  /** Offset, in the batch that locate() was asked for, at which the window found ends. */
  endOffset = Infinity;
  readonly #options: BucketOptions;
  readonly #uniform: UniformGrid | undefined;
  readonly #denseCount: number;
  readonly #origin: bigint;
  #dense: readonly number[] | undefined;
  readonly #slots = new Map<bigint | number, number>();
  readonly #starts: bigint[] = [];

  constructor(options: BucketOptions) {
    this.#options = options;
    const { interval, bounds, hasStart } = options;
    if (interval === undefined) {
      this.#denseCount = 1;
      this.#origin = options.stamp;
      return;
    }
    const count = hasStart ? windowCount(interval, bounds.from, bounds.to) : Infinity;
    if (hasStart && options.countsEmpty) this.#checkCount(count);
    const uniform = isUniform(interval) && interval.ns < 2n ** 50n;
    this.#origin = hasStart ? windowOf(interval, bounds.from).start : 0n;
    this.#denseCount = uniform && count <= DENSE_MAX ? count : 0;
    this.#uniform = uniform ? new UniformGrid(interval, this.#origin) : undefined;
  }

  /** Whether windows are numbered by place from the start of the bounds. */
  get isDense(): boolean {
    return this.#denseCount > 0;
  }

  /** Forgets the windows of the group before. */
  reset(): void {
    this.#slots.clear();
    this.#starts.length = 0;
  }

  /** Number of the window that an instant lies in; sets endOffset. */
  locate(startHour: number, offset: number): number {
    const grid = this.#uniform;
    if (grid === undefined) return this.#locateSlowly(startHour, offset);
    const place = grid.placeOf(startHour, offset);
    this.endOffset = grid.endOffset;
    if (this.#denseCount > 0) return place;
    const known = this.#slots.get(place);
    return known ?? this.#add(place, timeAt(startHour, offset));
  }

  #locateSlowly(startHour: number, offset: number): number {
    const { interval } = this.#options;
    if (interval === undefined) return 0;
    const time = timeAt(startHour, offset);
    const { start, end } = windowOf(interval, time);
    this.endOffset = Number(end - BigInt(startHour) * HOUR_NS_BIG);
    return this.#slots.get(start) ?? this.#add(start, time);
  }

  #add(key: bigint | number, time: bigint): number {
    const { interval, bounds, countsEmpty } = this.#options;
    const slot = this.#starts.length;
    this.#checkCount(slot + 1);
    if (interval !== undefined) {
      if (countsEmpty) this.#checkCount(windowCount(interval, time, bounds.to));
      this.#starts.push(windowOf(interval, time).start);
    }
    this.#slots.set(key, slot);
    return slot;
  }

  #checkCount(count: number): void {
    const { bucketsMax } = this.#options;
    if (bucketsMax > 0 && count > bucketsMax) {
      throw new QueryError(`max-select-buckets limit exceeded: (${count}/${bucketsMax})`);
    }
  }

  startOf(slot: number): bigint {
    const { interval } = this.#options;
    if (interval === undefined) return this.#origin;
    if (this.#denseCount > 0) return this.#origin + BigInt(slot) * interval.ns;
    return this.#starts[slot] ?? 0n;
  }

  /** Numbers of the windows that may have points, by time. */
  order(): readonly number[] {
    if (this.#denseCount > 0) {
      return (this.#dense ??= Array.from({ length: this.#denseCount }, (_, slot) => slot));
    }
    const slots = this.#starts.map((_start, slot) => slot);
    return slots.sort((a, b) => ((this.#starts[a] ?? 0n) < (this.#starts[b] ?? 0n) ? -1 : 1));
  }
}

/** Windows of one length: places by arithmetic on doubles, exact within a batch. */
class UniformGrid {
  endOffset = 0;
  readonly #length: number;
  readonly #lengthNs: bigint;
  readonly #shift: bigint;
  readonly #originPlace: bigint;
  #hour = NaN;
  /** Place of the window that the hour's start lies in, and how far into it that is. */
  #hourPlace = 0;
  #hourInto = 0;

  constructor(interval: TimeInterval, origin: bigint) {
    this.#lengthNs = interval.ns;
    this.#length = Number(interval.ns);
    this.#shift = interval.offsetNs;
    this.#originPlace = floorDivide(origin - interval.offsetNs, interval.ns);
  }

  placeOf(startHour: number, offset: number): number {
    if (startHour !== this.#hour) {
      const at = BigInt(startHour) * HOUR_NS_BIG - this.#shift;
      const place = floorDivide(at, this.#lengthNs);
      this.#hour = startHour;
      this.#hourPlace = Number(place - this.#originPlace);
      this.#hourInto = Number(at - place * this.#lengthNs);
    }
    const steps = Math.floor((offset + this.#hourInto) / this.#length);
    this.endOffset = (steps + 1) * this.#length - this.#hourInto;
    return this.#hourPlace + steps;
  }
}
