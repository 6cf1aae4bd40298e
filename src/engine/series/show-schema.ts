/** SHOW statements about what there is in a database: measurements, series, tags and fields. */
import type { Measurement as MeasurementSource, Expression } from "../../influxql/ast.ts";
import type { StatementOf, TagKeyFilter } from "../../influxql/ast.ts";
import { fieldTypeName } from "../../models/series/field-type.ts";
import type { Measurement } from "../../models/series/measurement.ts";
import { seriesError } from "../../models/series/series-error.ts";
import type { SeriesIds } from "../../models/series/series-ids.ts";
import { intersectIds } from "../../models/series/series-ids.ts";
import { seriesKeyText } from "../../models/series/series-tags.ts";
import { mentionsTime, regexTester } from "./match-series.ts";
import type { ResultSeries } from "./query-result.ts";
import { table } from "./query-result.ts";
import { compareNames, databaseOf, limited, measurementsOf } from "./series-state.ts";
import type { SeriesState } from "./series-state.ts";
import { seriesInRange } from "./series-in-range.ts";

type Tables = readonly ResultSeries[];

export function showMeasurements(
  statement: StatementOf<"show measurements">,
  state: SeriesState,
): Tables {
  const { condition, filter } = statement;
  const name = statement.database === "" ? state.database : statement.database;
  // 1.x answers nothing for a database that it does not know.
  if (name !== "" && state.models.catalog.database(name) === undefined) return [];
  const database = databaseOf(state, statement.database);
  refuseTime(condition, "SHOW MEASUREMENTS");
  const named = measurementsOf(state, database, filter === undefined ? [] : [filter]);
  const strict = { ...state, needsTag: true };
  const found = named.filter((each) => hasSeries(each, condition, strict));
  const rows = limited(found, statement).map((each) => [each.name]);
  return rows.length === 0 ? [] : [table(["name"], rows, "measurements")];
}

/** Whether a measurement has series for which the condition holds. */
export function hasSeries(
  measurement: Measurement,
  condition: Expression | undefined,
  state: SeriesState & { readonly needsTag?: boolean },
): boolean {
  return condition === undefined || seriesInRange(measurement, condition, state).length > 0;
}

/** Throws if a condition is about time, in the words of 1.x. */
export function refuseTime(condition: Expression | undefined, what: string): void {
  if (!mentionsTime(condition)) return;
  throw seriesError("INVALID_ARGUMENT", `${what} doesn't support time in WHERE clause`);
}

export function showSeries(statement: StatementOf<"show series">, state: SeriesState): Tables {
  const keys: string[] = [];
  for (const measurement of chosen(statement, state)) {
    for (const id of seriesInRange(measurement, statement.condition, state)) {
      const tags = state.models.index.tagsOf(state.view, measurement.id, id) ?? [];
      keys.push(seriesKeyText(measurement.name, tags));
    }
  }
  const rows = limited(keys.toSorted(compareNames), statement).map((key) => [key]);
  return rows.length === 0 ? [] : [table(["key"], rows)];
}

/** The measurements of ON and FROM. */
export function chosen(
  statement: { readonly database: string; readonly sources: readonly MeasurementSource[] },
  state: SeriesState,
): readonly Measurement[] {
  const database = databaseOf(state, statement.database);
  for (const { policy } of statement.sources) {
    if (policy !== "") state.models.catalog.needPolicy(database, policy);
  }
  return measurementsOf(state, database, statement.sources);
}

export function showTagKeys(statement: StatementOf<"show tag keys">, state: SeriesState): Tables {
  const { condition, filter } = statement;
  const tables: ResultSeries[] = [];
  for (const measurement of chosen(statement, state)) {
    const keys = keysWith(measurement, condition, state).filter(keyTester(filter));
    const rows = limited(keys, statement).map((key) => [key]);
    if (rows.length > 0) tables.push(table(["tagKey"], rows, measurement.name));
  }
  return tables;
}

/** Tag keys of the series for which the condition holds. */
export function keysWith(
  measurement: Measurement,
  condition: Expression | undefined,
  state: SeriesState,
): readonly string[] {
  const { index } = state.models;
  const keys = index.tagKeys(state.view, measurement.id);
  if (condition === undefined) return keys;
  const ids = seriesInRange(measurement, condition, state);
  if (ids.length === 0) return [];
  return keys.filter((key) => {
    return intersectIds(index.seriesWithKey(state.view, measurement.id, key), ids).length > 0;
  });
}

/** Which tag keys WITH KEY takes. */
export function keyTester(filter: TagKeyFilter | undefined): (key: string) => boolean {
  if (filter === undefined) return () => true;
  const { operator, key } = filter;
  if (key.kind === "list") return (name) => key.values.includes(name);
  const matches =
    key.kind === "regex" ? regexTester(key.source) : (name: string) => name === key.value;
  return operator === "!=" || operator === "!~" ? (name) => !matches(name) : matches;
}

export function showTagValues(
  statement: StatementOf<"show tag values">,
  state: SeriesState,
): Tables {
  const tables: ResultSeries[] = [];
  for (const measurement of chosen(statement, state)) {
    const pairs = tagPairs(measurement, statement, state);
    const rows = limited(pairs, statement);
    if (rows.length > 0) tables.push(table(["key", "value"], rows, measurement.name));
  }
  return tables;
}

/** Keys and values of the series for which the condition holds, ordered by key, then value. */
export function tagPairs(
  measurement: Measurement,
  { filter, condition }: { filter: TagKeyFilter; condition: Expression | undefined },
  state: SeriesState & { readonly needsTag?: boolean },
): (readonly [string, string])[] {
  const { index } = state.models;
  const ids = condition === undefined ? undefined : seriesInRange(measurement, condition, state);
  if (ids?.length === 0) return [];
  const pairs: (readonly [string, string])[] = [];
  for (const key of index.tagKeys(state.view, measurement.id).filter(keyTester(filter))) {
    for (const { value, series } of index.tagValues(state.view, measurement.id, key)) {
      if (ids === undefined || overlap(series(), ids)) pairs.push([key, value]);
    }
  }
  return pairs;
}

function overlap(a: SeriesIds, b: SeriesIds): boolean {
  return intersectIds(a, b).length > 0;
}

export function showFieldKeys(
  statement: StatementOf<"show field keys">,
  state: SeriesState,
): Tables {
  const tables: ResultSeries[] = [];
  for (const measurement of chosen(statement, state)) {
    const fields = measurement.fields.toSorted((a, b) => compareNames(a.name, b.name));
    const shown = limited(fields, statement);
    if (shown.length === 0) continue;
    const isDescribed = shown.some(({ unit, description }) => unit ?? description);
    const columns = ["fieldKey", "fieldType", ...(isDescribed ? ["unit", "description"] : [])];
    const rows = shown.map(({ name, type, unit = "", description = "" }) => {
      return [name, fieldTypeName(type), ...(isDescribed ? [unit, description] : [])];
    });
    tables.push(table(columns, rows, measurement.name));
  }
  return tables;
}
