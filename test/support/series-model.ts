/** The storage of points as a map of times: what random tests compare the real one with. */
import type { TestPoint, TestValue } from "./series-batch.ts";

type Fields = Record<number, TestValue>;

export class SeriesModel {
  readonly #series = new Map<number, Map<bigint, Fields>>();

  write(points: readonly TestPoint[]): void {
    for (const { seriesId, time, fields } of points) {
      const known = this.#series.get(seriesId) ?? new Map<bigint, Fields>();
      this.#series.set(seriesId, known);
      known.set(time, { ...known.get(time), ...fields });
    }
  }

  /**
   * Deletes points from `from` to `to`, both included; of these series or all. Returns how many
   * there were.
   */
  delete(range: {
    readonly from: bigint;
    readonly to: bigint;
    readonly seriesIds?: readonly number[];
    readonly where?: (fields: Fields) => boolean;
  }): number {
    let deleted = 0;
    for (const [seriesId, points] of this.#series) {
      if (range.seriesIds?.includes(seriesId) === false) continue;
      for (const [time, fields] of points) {
        if (time < range.from || time > range.to || range.where?.(fields) === false) continue;
        points.delete(time);
        deleted++;
      }
    }
    return deleted;
  }

  /** Points in a range, with these fields. */
  scan(
    seriesId: number,
    range: { readonly from: bigint; readonly to: bigint; readonly descending?: boolean },
    fieldIds: readonly number[],
  ): { readonly time: bigint; readonly fields: Fields }[] {
    const points = [...(this.#series.get(seriesId) ?? [])]
      .filter(([time]) => time >= range.from && time <= range.to)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([time, fields]) => ({ time, fields: only(fields, fieldIds) }));
    return range.descending === true ? points.toReversed() : points;
  }

  copy(): SeriesModel {
    const copy = new SeriesModel();
    for (const [seriesId, points] of this.#series) copy.#series.set(seriesId, new Map(points));
    return copy;
  }
}

function only(fields: Fields, ids: readonly number[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([id]) => ids.includes(Number(id))));
}
