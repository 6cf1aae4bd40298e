/**
 * Which parts of the fired log hold which schedule times: the log is in the order in which events
 * fired, a replay is in the order of schedule times.
 *
 * A zone is some rows in a row of a partition's fired log with the span of their schedule times. On
 * time, the spans hardly overlap, and a replay reads zone after zone; events that were published
 * after their time make spans wide, and their zones are read more often. However long the log is,
 * there are at most zonesMax zones: when there would be more, neighbours become one.
 */
import { keyU48 } from "../../base/key.ts";
import type { ReadView, Row } from "../../store/base-tree.ts";
import { firedRowEnd, firedRowRuns, firedRowScheduledFrom, firedRowTime } from "./fired.ts";
import type { Partition } from "./partition.ts";
import type { ReplayRange } from "./replay-range.ts";
import { firedKeySequence } from "./rows.ts";

/** Runs of a zone at first: together with the same of other partitions they fit in a window. */
const ZONE_RUNS_MIN = 64;
const ALL_ZONE_RUNS = 65_536;
/** Rows read between two pauses: about 1 ms. */
const ROWS_PER_STEP = 1024;

export interface ZoneLimits {
  readonly zonesMax: number;
  /** Most runs of a zone at first. */
  readonly zoneRunsMax: number;
}

export const zoneLimits: ZoneLimits = Object.freeze({ zonesMax: 8192, zoneRunsMax: 4096 });

export interface Zone {
  readonly partition: Partition;
  /** Sequences of its rows. */
  readonly start: number;
  end: number;
  /** No event of the zone is scheduled before / after. */
  from: number;
  to: number;
  runs: number;
}

export class ReplayZones {
  readonly #range: ReplayRange;
  /** Per partition, in the order of sequences. */
  readonly #zones = new Map<Partition, Zone[]>();
  /** Per partition: the log was read up to here. */
  readonly #read = new Map<Partition, number>();
  readonly #zonesMax: number;
  #zoneRuns: number;
  #count = 0;

  constructor(range: ReplayRange, limits: ZoneLimits = zoneLimits) {
    this.#range = range;
    this.#zonesMax = limits.zonesMax;
    const share = Math.floor(ALL_ZONE_RUNS / range.partitions.length);
    this.#zoneRuns = Math.min(limits.zoneRunsMax, Math.max(ZONE_RUNS_MIN, share));
  }

  /** Takes in what fired since the last time. */
  *extend(view: ReadView): Generator<undefined, void> {
    let limit = ROWS_PER_STEP;
    for (const partition of this.#range.partitions) {
      let next = this.#read.get(partition) ?? firstFiredFrom(view, partition, this.#range.from);
      for (;;) {
        const start = partition.firedPrefix + keyU48(next);
        for (const row of view.range(start, partition.firedEnd, { limit })) {
          this.#add(partition, row);
          next = firedRowEnd(row);
          limit--;
        }
        this.#read.set(partition, next);
        if (limit > 0) break;
        limit = ROWS_PER_STEP;
        yield undefined;
      }
    }
  }

  /** The zones with events scheduled at `time` or later, the earliest start first. */
  inOrder(time: number): Zone[] {
    const left: Zone[] = [];
    for (const [partition, zones] of this.#zones) {
      const kept = zones.filter((zone) => zone.to >= time);
      this.#count -= zones.length - kept.length;
      this.#zones.set(partition, kept);
      left.push(...kept);
    }
    return left.sort((a, b) => a.from - b.from);
  }

  #add(partition: Partition, row: Row): void {
    const { from, to } = this.#range;
    const runs = firedRowRuns(row).filter((run) => this.#range.cut(partition, run) !== undefined);
    if (runs.length === 0) return;
    let earliest = Number.POSITIVE_INFINITY;
    let latest = 0;
    for (const { due } of runs) {
      if (due < earliest) earliest = due;
      if (due > latest) latest = due;
    }
    const scheduledFrom = firedRowScheduledFrom(row);
    if (scheduledFrom > 0) earliest = scheduledFrom;
    if (latest < from || earliest >= to) return;
    const end = firedRowEnd(row);
    const zone = this.#open(partition, row);
    zone.end = end;
    zone.from = Math.min(zone.from, earliest);
    zone.to = Math.max(zone.to, latest);
    zone.runs += scheduledFrom > 0 ? end - firedKeySequence(row[0]) : runs.length;
  }

  /** The zone that takes the row. */
  #open(partition: Partition, [key]: Row): Zone {
    let zones = this.#zones.get(partition);
    if (zones === undefined) this.#zones.set(partition, (zones = []));
    const last = zones.at(-1);
    if (last !== undefined && last.runs < this.#zoneRuns) return last;
    if (this.#count >= this.#zonesMax) this.#merge();
    const start = firedKeySequence(key);
    const zone = { partition, start, end: start, from: Number.MAX_SAFE_INTEGER, to: 0, runs: 0 };
    this.#zones.get(partition)?.push(zone);
    this.#count++;
    return zone;
  }

  /** Makes one zone of each two neighbours. */
  #merge(): void {
    this.#zoneRuns *= 2;
    this.#count = 0;
    for (const [partition, zones] of this.#zones) {
      const merged: Zone[] = [];
      for (let i = 0; i < zones.length; i += 2) {
        const zone = zones[i] as Zone;
        const next = zones[i + 1];
        if (next !== undefined) {
          zone.end = next.end;
          zone.from = Math.min(zone.from, next.from);
          zone.to = Math.max(zone.to, next.to);
          zone.runs += next.runs;
        }
        merged.push(zone);
      }
      this.#zones.set(partition, merged);
      this.#count += merged.length;
    }
  }
}

/**
 * Sequence of the first row that fired at `time` or later. Nothing fires before its schedule time,
 * and rows fire in the order of shard time.
 */
function firstFiredFrom(view: ReadView, partition: Partition, time: number): number {
  let low = 0;
  let high = time <= 0 ? 0 : partition.nextSequence;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = rowUpTo(view, partition, middle);
    if (row !== undefined && firedRowTime(row) >= time) high = firedKeySequence(row[0]);
    else low = Math.max(middle + 1, row === undefined ? 0 : firedRowEnd(row));
  }
  return low;
}

/** The last row that starts at or before `sequence`. */
function rowUpTo(view: ReadView, partition: Partition, sequence: number): Row | undefined {
  const end = partition.firedPrefix + keyU48(sequence + 1);
  for (const row of view.range(partition.firedPrefix, end, { reverse: true, limit: 1 })) return row;
  return undefined;
}
