/**
 * What one connection wrote of time series, and what a server that was killed may show of it.
 *
 * A writer has series of its own, and sends one request at a time. So at most one request has no
 * answer, and what the others lead to is exact. Of a request without an answer may be done:
 * - lines: the first n slices of the body, whole (a slice is `sliceLines` lines, the unit in which
 *   a body is stored), the last one of them too, since the answer may be what was lost;
 * - DELETE: any of the points that it deletes; a point is there as it was, or not at all;
 * - DROP: all of it or nothing.
 */
import assert from "node:assert/strict";

/** Lines of a body that are stored or lost together. */
export const sliceLines = 5000;

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
    assert.equal(after, undefined, `neither before: ${before}, nor after ${request.kind}: ${after}`);
  }

  /** Series of the measurement that SHOW SERIES must tell, and may tell. */
  series(measurement: string): { readonly must: Set<string>; readonly may: Set<string> } {
    const rows = this.#holding.get(measurement) ?? new Map<string, Rows>();
    const must = [...rows].filter(([, { size }]) => size > 0).map(([series]) => series);
    return { must: new Set(must), may: this.#known.get(measurement) ?? new Set() };
  }

  #settleLines(points: readonly SentPoint[], seen: Holding): void {
    const reasons: string[] = [];
    for (let done = 0; ; done += sliceLines) {
      const reason = mismatch(this.#holding, seen);
      if (reason === undefined) return;
      reasons.push(`after ${done} lines: ${reason}`);
      const slice = points.slice(done, done + sliceLines);
      assert.ok(slice.length > 0, `nothing that was sent leads here:\n${reasons.join("\n")}`);
      this.#apply({ kind: "lines", points: slice });
    }
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

/** The first difference between what should be there and what is; undefined: there is none. */
export function mismatch(want: Holding, seen: Holding): string | undefined {
  for (const measurement of new Set([...want.keys(), ...seen.keys()])) {
    const [wanted, found] = [want.get(measurement), seen.get(measurement)];
    for (const series of new Set([...(wanted?.keys() ?? []), ...(found?.keys() ?? [])])) {
      const reason = rowsMismatch(wanted?.get(series), found?.get(series));
      if (reason !== undefined) return `${measurement},s=${series} ${reason}`;
    }
  }
  return undefined;
}

function rowsMismatch(want: Rows = new Map(), seen: Rows = new Map()): string | undefined {
  for (const [time, fields] of want) {
    const found = seen.get(time);
    if (found === undefined) return `at ${time}: lost ${JSON.stringify(fields)}`;
    if (!sameFields(fields, found)) {
      return `at ${time}: ${JSON.stringify(found)} instead of ${JSON.stringify(fields)}`;
    }
  }
  for (const time of seen.keys()) {
    if (!want.has(time)) return `at ${time}: ${JSON.stringify(seen.get(time))} was not to be there`;
  }
  return undefined;
}

function sameFields(a: Fields, b: Fields): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
