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

type Statement = StatementOf<"show cardinality">;

export function showCardinality(
  statement: Statement,
  state: SeriesState,
): readonly ResultSeries[] {
  const { of, isExact, condition, sources, dimensions } = statement;
  const isPlain = sources.length === 0 && condition === undefined && dimensions.length === 0;
  const canEstimate = of === "series" || of === "measurement";
  if (canEstimate && isPlain && !isExact) return estimate(statement, state);
  if (of !== "tag values") {
    const exact = of === "field key" ? "" : " EXACT";
    refuseTime(condition, `SHOW ${of.toUpperCase()}${exact} CARDINALITY`);
  }
  if (of === "measurement") {
    const found = chosen(statement, state).filter((each) => hasSeries(each, condition, state));
    return found.length === 0 ? [] : [table(["count"], [[found.length]])];
  }
  return chosen(statement, state).flatMap((measurement) => {
    if (of === "series" && dimensions.length > 0) return byTags(measurement, statement, state);
    const count = countOf(measurement, statement, state);
    return count === 0 ? [] : [table(["count"], [[count]], measurement.name)];
  });
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

function countOf(measurement: Measurement, statement: Statement, state: SeriesState): number {
  const { of, condition, filter } = statement;
  switch (of) {
    case "series":
      return condition === undefined
        ? state.models.index.seriesCount(measurement.id)
        : seriesInRange(measurement, condition, state).length;
    case "tag key":
      return keysWith(measurement, condition, state).length;
    case "tag values":
      if (filter === undefined) return 0;
      return tagPairs(measurement, { filter, condition }, { ...state, needsTag: true }).length;
    default:
      return hasSeries(measurement, condition, state) ? measurement.fields.length : 0;
  }
}

/** One row for each combination of values of the tags of GROUP BY. */
function byTags(
  measurement: Measurement,
  { condition, dimensions }: Statement,
  state: SeriesState,
): ResultSeries[] {
  const keys = dimensions.flatMap((each) => (each.kind === "reference" ? [each.name] : []));
  const counts = new Map<string, { tags: [string, string][]; count: number }>();
  for (const id of seriesInRange(measurement, condition, state)) {
    const tags = new Map(state.models.index.tagsOf(state.view, measurement.id, id) ?? []);
    const values = keys.toSorted().map((key): [string, string] => [key, tags.get(key) ?? ""]);
    const group = JSON.stringify(values);
    const known = counts.get(group);
    if (known === undefined) counts.set(group, { tags: values, count: 1 });
    else known.count++;
  }
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { tags, count }]) => ({ ...table(["count"], [[count]], measurement.name), tags }));
}
