/** SHOW statements about what there is in a database: measurements, series, tags and fields. */
import type { Measurement as MeasurementSource, Expression } from "../../influxql/ast.ts";
import type { StatementOf, TagKeyFilter } from "../../influxql/ast.ts";
import { fieldTypeName } from "../../models/series/field-type.ts";
import type { Measurement } from "../../models/series/measurement.ts";
import { seriesError } from "../../models/series/series-error.ts";
import type { SeriesIds } from "../../models/series/series-ids.ts";
import { intersectIds } from "../../models/series/series-ids.ts";
import { binaryOf, seriesKeyText, textOf } from "../../models/series/series-tags.ts";
import { aboutTags, mentionsTime, regexTester } from "./match-series.ts";
import type { ResultSeries } from "./query-result.ts";
import { table } from "./query-result.ts";
import { compareNames, databaseOf, limited, measurementsOf } from "./series-state.ts";
import type { SeriesState } from "./series-state.ts";
import { seriesInRange } from "./series-in-range.ts";
import type { Steps } from "./steps.ts";
import { sortInSteps, STEP_ITEMS } from "./steps.ts";

/** Tables, in steps: undefined is where it may be paused. */
export type Tables = Iterable<ResultSeries | undefined>;

/** Rows of a piece of a table. */
const PIECE_ROWS = 1000;

/** The rows that LIMIT and OFFSET leave, in pieces; what is behind them is not asked for. */
function* pieces(
  columns: readonly string[],
  rows: Iterable<readonly string[] | undefined>,
  { limit, offset, name = "" }: Cut,
): Tables {
  let piece: (readonly string[])[] = [];
  let place = 0;
  for (const row of rows) {
    if (row === undefined) {
      yield undefined;
      continue;
    }
    if (place++ < offset) continue;
    if (piece.length === PIECE_ROWS) {
      yield { ...table(columns, piece, name), isPartial: true };
      piece = [];
    }
    piece.push(row);
    if (limit > 0 && place === offset + limit) break;
  }
  if (piece.length > 0) yield table(columns, piece, name);
}

interface Cut {
  readonly limit: number;
  readonly offset: number;
  readonly name?: string;
}

export function* showMeasurements(
  statement: StatementOf<"show measurements">,
  state: SeriesState,
): Tables {
  const { condition, filter } = statement;
  const name = statement.database === "" ? state.database : statement.database;
  // 1.x answers nothing for a database that it does not know.
  if (name !== "" && state.models.catalog.database(name) === undefined) return;
  const database = databaseOf(state, statement.database);
  refuseTime(condition, "SHOW MEASUREMENTS");
  const named = measurementsOf(state, database, filter === undefined ? [] : [filter]);
  const strict = { ...state, needsTag: true };
  const found = namesWith(named, condition, strict);
  const { limit, offset } = statement;
  yield* pieces(["name"], found, { limit, offset, name: "measurements" });
}

function* namesWith(
  measurements: readonly Measurement[],
  condition: Expression | undefined,
  state: SeriesState & { readonly needsTag: boolean },
): Iterable<readonly string[] | undefined> {
  for (const each of measurements) {
    yield undefined;
    if (yield* hasSeries(each, condition, state)) yield [each.name];
  }
}

/** Whether a measurement has series for which the condition holds, in steps. */
export function* hasSeries(
  measurement: Measurement,
  condition: Expression | undefined,
  state: SeriesState & { readonly needsTag?: boolean },
): Steps<boolean> {
  if (condition === undefined) return true;
  return (yield* seriesInRange(measurement, condition, state)).length > 0;
}

/** Throws if a condition is about time, in the words of 1.x. */
export function refuseTime(condition: Expression | undefined, what: string): void {
  if (!mentionsTime(condition)) return;
  throw seriesError("INVALID_ARGUMENT", `${what} doesn't support time in WHERE clause`);
}

export function* showSeries(statement: StatementOf<"show series">, state: SeriesState): Tables {
  const keys: string[] = [];
  for (const measurement of chosen(statement, state)) {
    const { index } = state.models;
    if (statement.condition === undefined) {
      for (const tags of index.tagsOfAll(state.view, measurement.id)) {
        if (keys.push(binaryOf(seriesKeyText(measurement.name, tags))) % STEP_ITEMS === 0) yield;
      }
      continue;
    }
    const ids = yield* seriesInRange(measurement, statement.condition, state);
    for (let i = 0; i < ids.length; i++) {
      const tags = index.tagsOf(state.view, measurement.id, ids[i] as number) ?? [];
      keys.push(binaryOf(seriesKeyText(measurement.name, tags)));
      if (i % STEP_ITEMS === 0) yield;
    }
  }
  // Binary text is ordered as its bytes are.
  yield* pieces(["key"], keyRows(yield* sortInSteps(keys)), statement);
}

function* keyRows(keys: readonly string[]): Iterable<readonly string[]> {
  for (const key of keys) yield [textOf(key)];
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

export function* showTagKeys(statement: StatementOf<"show tag keys">, state: SeriesState): Tables {
  const { filter } = statement;
  const condition = aboutTags(statement.condition);
  for (const measurement of chosen(statement, state)) {
    yield undefined;
    const keys = (yield* keysWith(measurement, condition, state)).filter(keyTester(filter));
    const rows = limited(keys, statement).map((key) => [key]);
    if (rows.length > 0) yield table(["tagKey"], rows, measurement.name);
  }
}

/** Tag keys of the series for which the condition holds, in steps. */
export function* keysWith(
  measurement: Measurement,
  condition: Expression | undefined,
  state: SeriesState,
): Steps<readonly string[]> {
  const { index } = state.models;
  const keys = index.tagKeys(state.view, measurement.id);
  if (condition === undefined) return keys;
  const ids = yield* seriesInRange(measurement, condition, state);
  if (ids.length === 0) return [];
  const found: string[] = [];
  for (const key of keys) {
    let seen = 0;
    for (const set of index.setsWithKey(state.view, measurement.id, key)) {
      if (++seen % STEP_ITEMS === 0) yield;
      if (!overlap(set, ids)) continue;
      found.push(key);
      break;
    }
  }
  return found;
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

export function* showTagValues(
  statement: StatementOf<"show tag values">,
  state: SeriesState,
): Tables {
  const { filter, limit, offset } = statement;
  const condition = aboutTags(statement.condition);
  for (const measurement of chosen(statement, state)) {
    const pairs = tagPairs(measurement, { filter, condition }, state);
    yield* pieces(["key", "value"], pairs, { limit, offset, name: measurement.name });
  }
}

/** Keys and values of series for which the condition holds, by key, then value; in steps. */
export function* tagPairs(
  measurement: Measurement,
  { filter, condition }: { filter: TagKeyFilter; condition: Expression | undefined },
  state: SeriesState & { readonly needsTag?: boolean },
): Iterable<readonly [string, string] | undefined> {
  const { index } = state.models;
  yield undefined;
  const ids =
    condition === undefined ? undefined : yield* seriesInRange(measurement, condition, state);
  if (ids?.length === 0) return;
  let seen = 0;
  for (const key of index.tagKeys(state.view, measurement.id).filter(keyTester(filter))) {
    for (const { value, series } of index.tagValues(state.view, measurement.id, key)) {
      if (ids === undefined || overlap(series(), ids)) yield [key, value];
      if (++seen % STEP_ITEMS === 0) yield undefined;
    }
  }
}

function overlap(a: SeriesIds, b: SeriesIds): boolean {
  return intersectIds(a, b).length > 0;
}

export function showFieldKeys(
  statement: StatementOf<"show field keys">,
  state: SeriesState,
): readonly ResultSeries[] {
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
