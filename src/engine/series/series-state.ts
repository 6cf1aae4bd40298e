/** What statements about measurements and series read: the catalog, and one state of the rows. */
import type { Measurement as MeasurementSource, ShowParts } from "../../influxql/ast.ts";
import type { Measurement } from "../../models/series/measurement.ts";
import type { SeriesDatabase } from "../../models/series/catalog.ts";
import { databaseNotFound, seriesError } from "../../models/series/series-error.ts";
import { binaryOf } from "../../models/series/series-tags.ts";
import type { SeriesView } from "../../models/series/series-scan.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { regexTester } from "./match-series.ts";
import type { SeriesModels } from "./series-models.ts";

export interface SeriesState {
  readonly models: SeriesModels;
  readonly view: ReadView;
  /** Made when it is first asked for. */
  readonly points: () => SeriesView;
  /** The database of the request; "" if none was given. */
  readonly database: string;
  /** ns since 1970. */
  readonly now: bigint;
}

/** The database of ON or of the request. */
export function databaseOf(state: SeriesState, on: string): SeriesDatabase {
  const name = on === "" ? state.database : on;
  if (name === "") throw seriesError("INVALID_ARGUMENT", "database name required");
  const database = state.models.catalog.database(name);
  if (database === undefined) throw databaseNotFound(name);
  return database;
}

/** Measurements that the sources name, in the order of their names; no sources: all. */
export function measurementsOf(
  state: SeriesState,
  database: SeriesDatabase,
  sources: readonly MeasurementSource[],
): readonly Measurement[] {
  const { catalog } = state.models;
  if (sources.length === 0) return sortedByName(catalog.measurements(database));
  const found = new Map<string, Measurement>();
  for (const { name, regex } of sources) {
    if (regex === undefined) {
      const measurement = catalog.measurement(database, name);
      if (measurement !== undefined) found.set(name, measurement);
      continue;
    }
    const matches = regexTester(regex.source);
    for (const measurement of catalog.measurements(database)) {
      if (matches(measurement.name)) found.set(measurement.name, measurement);
    }
  }
  return sortedByName(found.values());
}

function sortedByName(measurements: Iterable<Measurement>): Measurement[] {
  return [...measurements].toSorted((a, b) => compareNames(a.name, b.name));
}

/** Orders names by the bytes of their UTF-8. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  // UTF-16 orders as UTF-8 does but for characters beyond 65,535.
  if (!/[\uD800-\uDFFF]/.test(a + b)) return a < b ? -1 : 1;
  return binaryOf(a) < binaryOf(b) ? -1 : 1;
}

/** The rows that LIMIT and OFFSET leave. */
export function limited<T>(rows: readonly T[], { limit, offset }: ShowParts): readonly T[] {
  if (limit === 0 && offset === 0) return rows;
  return rows.slice(offset, limit === 0 ? undefined : offset + limit);
}
