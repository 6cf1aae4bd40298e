/**
 * How many series a database and how many values a tag may have, asked before a series is made.
 * What is counted for that is kept; it is void when ids are (see SeriesIndex.generation).
 */
import type { ReadView } from "../../store/base-tree.ts";
import type { Catalog, SeriesDatabase } from "./catalog.ts";
import type { Measurement } from "./measurement.ts";
import type { UnknownSeries } from "./new-series.ts";
import type { SeriesIndex } from "./series-index.ts";
import { textOf } from "./series-tags.ts";

/** 0: no limit. */
export interface SeriesMaxima {
  /** Series of a database. */
  readonly series: number;
  /** Values of a tag of a measurement. */
  readonly valuesPerTag: number;
}

export const noMaxima: SeriesMaxima = { series: 0, valuesPerTag: 0 };

interface Place {
  readonly view: ReadView;
  readonly database: SeriesDatabase;
  readonly measurement: Measurement;
}

export class SeriesLimits {
  readonly #catalog: Catalog;
  readonly #index: SeriesIndex;
  readonly #max: SeriesMaxima;
  /** Of each database that got a new one: how many series it has. */
  readonly #series = new Map<number, number>();
  /** By measurement and tag key: how many values there are, those of this operation included. */
  readonly #values = new Map<string, number>();
  /** Values that this operation adds, for they are in no row yet. */
  readonly #added = new Set<string>();

  constructor(parts: { catalog: Catalog; index: SeriesIndex; max: SeriesMaxima }) {
    this.#catalog = parts.catalog;
    this.#index = parts.index;
    this.#max = parts.max;
  }

  /** Why a series cannot be made, in the words of 1.x; undefined: it can, and counts then. */
  refusal(place: Place, series: UnknownSeries): string | undefined {
    const { database } = place;
    const count = this.#seriesIn(database);
    if (this.#max.series > 0 && count >= this.#max.series) {
      return `max-series-per-database limit exceeded: (${this.#max.series})`;
    }
    const refusal = this.#max.valuesPerTag > 0 ? this.#valuesRefusal(place, series) : undefined;
    if (refusal === undefined) this.#series.set(database.id, count + 1);
    return refusal;
  }

  /** The rows of the series that were counted are written. */
  endSlice(): void {
    this.#added.clear();
  }

  /** Counts are void. */
  clear(): void {
    this.#series.clear();
    this.#values.clear();
    this.#added.clear();
  }

  #valuesRefusal({ view, measurement }: Place, { tags }: UnknownSeries): string | undefined {
    const max = this.#max.valuesPerTag;
    const fresh: (readonly [key: string, tag: string])[] = [];
    for (const [key, value] of tags) {
      const tag = JSON.stringify([measurement.id, key, value]);
      if (this.#added.has(tag)) continue;
      if (this.#index.hasTagValue(view, measurement.id, { key, value })) continue;
      const count = this.#valuesOf(view, measurement.id, key);
      if (count >= max) {
        const [name, text] = [textOf(key), textOf(value)].map((each) => JSON.stringify(each));
        const where = `measurement=${JSON.stringify(measurement.name)} tag=${name} value=${text}`;
        return `max-values-per-tag limit exceeded (${count}/${max}): ${where}`;
      }
      fresh.push([key, tag]);
    }
    for (const [key, tag] of fresh) {
      this.#added.add(tag);
      const name = JSON.stringify([measurement.id, key]);
      this.#values.set(name, (this.#values.get(name) ?? 0) + 1);
    }
    return undefined;
  }

  #valuesOf(view: ReadView, measurementId: number, key: string): number {
    const name = JSON.stringify([measurementId, key]);
    let count = this.#values.get(name);
    if (count === undefined) {
      count = 0;
      // More than the maximum need not be counted.
      for (const _ of this.#index.tagValues(view, measurementId, textOf(key))) {
        if (++count >= this.#max.valuesPerTag) break;
      }
      this.#values.set(name, count);
    }
    return count;
  }

  #seriesIn(database: SeriesDatabase): number {
    const known = this.#series.get(database.id);
    if (known !== undefined) return known;
    let count = 0;
    for (const { id } of this.#catalog.measurements(database)) count += this.#index.seriesCount(id);
    return count;
  }
}
