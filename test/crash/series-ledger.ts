/**
 * What one connection wrote of time series, and what a server that was killed may show of it.
 *
 * A writer has series of its own, and sends one request at a time. So at most one request has no
 * answer, and what the others lead to is exact. Of a request without an answer may be done:
 * - lines: the first n of the body, whole lines. The unit in which a body is stored is a slice of
 *   up to 5,000 lines (some 1,000 when they are of new series): each is there whole or not at all,
 *   and none without those before it. Of a short body that is all or nothing;
 * - DELETE: any of the points that it deletes; a point is there as it was, or not at all;
 * - DROP: all of it or nothing.
 */
import assert from "node:assert/strict";

/** Lines that are surely one slice. */
const sliceLinesMin = 1000;

export type Cell = number | string | boolean;
export type Fields = Readonly<Record<string, Cell>>;
/** Rows of a series by Unix ms. */
type Rows = Map<number, Fields>;
/** By measurement, then by the series' tag `s`. */
export type Holding = Map<string, Map<string, Rows>>;

export interface SentPoint {
  readonly measurement: string;
  readonly series: string;
  readonly time: number;
  readonly fields: Fields;
}

export type Request =
  | { readonly kind: "lines"; readonly points: readonly SentPoint[] }
  | {
      readonly kind: "delete";
      readonly measurement: string;
      /** Unix ms, both included. */
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: "drop series"; readonly measurement: string; readonly series: string }
  | { readonly kind: "drop measurement"; readonly measurement: string };

export class SeriesLedger {
  #holding: Holding = new Map();
  /** Sent, and not answered. */
  #open: Request | undefined;
  /** By measurement: series that were written and not dropped since; some may have no points. */
  readonly #known = new Map<string, Set<string>>();
  readonly counts = { answered: 0, points: 0, halfDone: 0 };

  /** What is there, once settle() has said which it is. */
  get holding(): Holding {
    return this.#holding;
  }

  sent(request: Request): void {
    assert.equal(this.#open, undefined, "One request at a time");
    this.#open = request;
  }

  answered(): void {
    const request = this.#open;
    assert.ok(request !== undefined, "Nothing was asked");
    this.#open = undefined;
    this.counts.answered++;
    this.#apply(request);
  }

  /** Holds what a restarted server shows against what was sent. */
  settle(seen: Holding): void {
    const request = this.#open;
    this.#open = undefined;
    if (request === undefined) return same(this.#holding, seen);
    this.counts.halfDone++;
    if (request.kind === "lines") return this.#settleLines(request.points, seen);
    if (request.kind === "delete") return this.#settleDelete(request, seen);
    const before = mismatch(this.#holding, seen);
    if (before === undefined) return;
    this.#apply(request);
    const after = mismatch(this.#holding, seen);
    assert.equal(after, undefined, `not before ${request.kind}: ${before}; not after: ${after}`);
  }

  /** Series of the measurement that SHOW SERIES must tell, and may tell. */
  series(measurement: string): { readonly must: Set<string>; readonly may: Set<string> } {
    const rows = this.#holding.get(measurement) ?? new Map<string, Rows>();
    const must = [...rows].filter(([, { size }]) => size > 0).map(([series]) => series);
    return { must: new Set(must), may: this.#known.get(measurement) ?? new Set() };
  }

  /** Applies lines until what there should be is what is there. */
  #settleLines(points: readonly SentPoint[], seen: Holding): void {
    const wrong = new Set<string>();
    for (const [place, reason] of mismatches(this.#holding, seen)) {
      assert.ok(points.some((point) => placeOf(point) === place), `${place}: ${reason}`);
      wrong.add(place);
    }
    let done = 0;
    for (const point of wrong.size === 0 ? [] : points) {
      this.#apply({ kind: "lines", points: [point] });
      done++;
      const place = placeOf(point);
      if (rowMismatch(rowOf(this.#holding, point), rowOf(seen, point)) === undefined) {
        wrong.delete(place);
      } else wrong.add(place);
      if (wrong.size === 0) break;
    }
    assert.equal(wrong.size, 0, `no number of the lines leads to what is at ${[...wrong][0]}`);
    if (done === 0 || done >= sliceLinesMin) return;
    // A slice is stored whole: the rest of its lines were done, too, and changed nothing.
    this.#apply({ kind: "lines", points: points.slice(done, sliceLinesMin) });
    same(this.#holding, seen);
  }

  /** What it could delete is as it was, or gone; the rest is as it was. */
  #settleDelete(request: Request & { readonly kind: "delete" }, seen: Holding): void {
    for (const [series, rows] of this.#holding.get(request.measurement) ?? []) {
      for (const time of rows.keys()) {
        const isThere = seen.get(request.measurement)?.get(series)?.has(time) === true;
        if (time >= request.from && time <= request.to && !isThere) rows.delete(time);
      }
    }
    same(this.#holding, seen);
  }

  #apply(request: Request): void {
    switch (request.kind) {
      case "lines":
        for (const point of request.points) this.#put(point);
        this.counts.points += request.points.length;
        break;
      case "delete":
        for (const rows of this.#holding.get(request.measurement)?.values() ?? []) {
          for (const time of rows.keys()) {
            if (time >= request.from && time <= request.to) rows.delete(time);
          }
        }
        break;
      case "drop series":
        this.#holding.get(request.measurement)?.delete(request.series);
        this.#known.get(request.measurement)?.delete(request.series);
        break;
      case "drop measurement":
        this.#holding.delete(request.measurement);
        this.#known.delete(request.measurement);
    }
  }

  /** The fields of points at the same time are merged, the later ones win. */
  #put({ measurement, series, time, fields }: SentPoint): void {
    const all = this.#holding.get(measurement) ?? new Map<string, Rows>();
    const rows: Rows = all.get(series) ?? new Map();
    rows.set(time, { ...rows.get(time), ...fields });
    this.#holding.set(measurement, all.set(series, rows));
    const known = this.#known.get(measurement) ?? new Set();
    this.#known.set(measurement, known.add(series));
  }
}

function same(want: Holding, seen: Holding): void {
  assert.equal(mismatch(want, seen), undefined);
}

function mismatch(want: Holding, seen: Holding): string | undefined {
  for (const [place, reason] of mismatches(want, seen)) return `${place}: ${reason}`;
  return undefined;
}

/** The points that are not what they should be, with what is wrong with them. */
function* mismatches(want: Holding, seen: Holding): Generator<readonly [string, string]> {
  for (const measurement of new Set([...want.keys(), ...seen.keys()])) {
    const [wanted, found] = [want.get(measurement), seen.get(measurement)];
    for (const series of new Set([...(wanted?.keys() ?? []), ...(found?.keys() ?? [])])) {
      const [rows, others] = [wanted?.get(series), found?.get(series)];
      for (const time of new Set([...(rows?.keys() ?? []), ...(others?.keys() ?? [])])) {
        const reason = rowMismatch(rows?.get(time), others?.get(time));
        if (reason !== undefined) yield [placeOf({ measurement, series, time }), reason];
      }
    }
  }
}

type Place = Pick<SentPoint, "measurement" | "series" | "time">;

function placeOf({ measurement, series, time }: Place): string {
  return `${measurement},s=${series} at ${time}`;
}

function rowOf(holding: Holding, { measurement, series, time }: Place): Fields | undefined {
  return holding.get(measurement)?.get(series)?.get(time);
}

function rowMismatch(want: Fields | undefined, seen: Fields | undefined): string | undefined {
  if (want === undefined || seen === undefined) {
    if (want === seen) return undefined;
    return want === undefined
      ? `${JSON.stringify(seen)} was not to be there`
      : `lost ${JSON.stringify(want)}`;
  }
  const names = Object.keys(want);
  const isSame =
    names.length === Object.keys(seen).length && names.every((name) => want[name] === seen[name]);
  return isSame ? undefined : `${JSON.stringify(seen)} instead of ${JSON.stringify(want)}`;
}
