/**
 * SHOW … CARDINALITY: how many there are. Everything comes from the index and is exact; where 1.x
 * estimates, the column is named as there.
 */
import type { StatementOf } from "../../influxql/ast.ts";
import type { Measurement } from "../../models/series/measurement.ts";
import type { ResultSeries } from "./query-result.ts";
import { table } from "./query-result.ts";
import { seriesInRange } from "./series-in-range.ts";
import { databaseOf } from "./series-state.ts";
import type { SeriesState } from "./series-state.ts";
import { chosen, hasSeries, keysWith, refuseTime, tagPairs } from "./show-schema.ts";
import type { Tables } from "./show-schema.ts";
import type { Steps } from "./steps.ts";
import { STEP_ITEMS } from "./steps.ts";

type Statement = StatementOf<"show cardinality">;

export function* showCardinality(statement: Statement, state: SeriesState): Tables {
  const { of, isExact, condition, sources, dimensions } = statement;
  const isPlain = sources.length === 0 && condition === undefined && dimensions.length === 0;
  const canEstimate = of === "series" || of === "measurement";
  if (canEstimate && isPlain && !isExact) return yield* estimate(statement, state);
  if (of !== "tag values") {
    const exact = of === "field key" ? "" : " EXACT";
    refuseTime(condition, `SHOW ${of.toUpperCase()}${exact} CARDINALITY`);
  }
  if (of === "measurement") {
    let count = 0;
    for (const each of chosen(statement, state)) {
      yield undefined;
      if (yield* hasSeries(each, condition, state)) count++;
    }
    if (count > 0) yield table(["count"], [[count]]);
    return;
  }
  for (const measurement of chosen(statement, state)) {
    yield undefined;
    if (of === "series" && dimensions.length > 0) {
      yield* byTags(measurement, statement, state);
    } else {
      const count = yield* countOf(measurement, statement, state);
      if (count > 0) yield table(["count"], [[count]], measurement.name);
    }
  }
}

function estimate({ of, database: on }: Statement, state: SeriesState): ResultSeries[] {
  const { catalog, index } = state.models;
  const columns = ["cardinality estimation"];
  const name = on === "" ? state.database : on;
  if (name !== "" && catalog.database(name) === undefined) return [table(columns, [[0]])];
  const measurements = [...catalog.measurements(databaseOf(state, on))];
  if (of === "measurement") return [table(columns, [[measurements.length]])];
  const count = measurements.reduce((sum, { id }) => sum + index.seriesCount(id), 0);
  return [table(columns, [[count]])];
}

function* countOf(
  measurement: Measurement,
  statement: Statement,
  state: SeriesState,
): Steps<number> {
  const { of, condition, filter } = statement;
  switch (of) {
    case "series":
      return condition === undefined
        ? state.models.index.seriesCount(measurement.id)
        : (yield* seriesInRange(measurement, condition, state)).length;
    case "tag key":
      return (yield* keysWith(measurement, condition, state)).length;
    case "tag values": {
      if (filter === undefined) return 0;
      let count = 0;
      const strict = { ...state, needsTag: true };
      for (const pair of tagPairs(measurement, { filter, condition }, strict)) {
        if (pair === undefined) yield;
        else count++;
      }
      return count;
    }
    default:
      return (yield* hasSeries(measurement, condition, state)) ? measurement.fields.length : 0;
  }
}

/** One row for each combination of values of the tags of GROUP BY. */
function* byTags(
  measurement: Measurement,
  { condition, dimensions }: Statement,
  state: SeriesState,
): Tables {
  const keys = dimensions.flatMap((each) => (each.kind === "reference" ? [each.name] : []));
  const counts = new Map<string, { tags: [string, string][]; count: number }>();
  const ids = yield* seriesInRange(measurement, condition, state);
  let seen = 0;
  for (const id of ids) {
    if (++seen % STEP_ITEMS === 0) yield undefined;
    const tags = new Map(state.models.index.tagsOf(state.view, measurement.id, id) ?? []);
    const values = keys.toSorted().map((key): [string, string] => [key, tags.get(key) ?? ""]);
    const group = JSON.stringify(values);
    const known = counts.get(group);
    if (known === undefined) counts.set(group, { tags: values, count: 1 });
    else known.count++;
  }
  for (const [, { tags, count }] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    yield { ...table(["count"], [[count]], measurement.name), tags };
  }
}
