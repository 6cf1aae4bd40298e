/**
 * DROP SERIES, DROP MEASUREMENT, DROP SHARD, and DELETE where it takes whole series: what takes
 * points away at once. DELETE of some points of a series is in delete-points.ts.
 */
import type { Expression, Statement, StatementOf } from "../../influxql/ast.ts";
import { anyExpression } from "../../influxql/walk.ts";
import type { SeriesDatabase } from "../../models/series/catalog.ts";
import type { Measurement } from "../../models/series/measurement.ts";
import { databaseNotFound, seriesError } from "../../models/series/series-error.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { matchSeries, mentionsTime } from "./match-series.ts";
import type { SeriesModels } from "./series-models.ts";
import { measurementsOf } from "./series-state.ts";
import type { SeriesState } from "./series-state.ts";
import { shardsOf } from "./show-server.ts";

type RemovingKind = "delete" | "drop series" | "drop measurement" | "drop shard";
export type Removing = StatementOf<RemovingKind>;

export function isRemoving(statement: Statement): statement is Removing {
  const { kind } = statement;
  return (
    kind === "delete" ||
    kind === "drop series" ||
    kind === "drop measurement" ||
    kind === "drop shard"
  );
}

/** Runs a statement in an operation; `state` is that of the operation. */
export function remove(tx: Transaction, statement: Removing, state: SeriesState): void {
  if (statement.kind === "drop shard") return dropShard(tx, statement.id, state);
  const { models } = state;
  const database = models.catalog.database(state.database);
  if (database === undefined) throw databaseNotFound(state.database);
  if (statement.kind === "drop measurement") {
    const measurement = models.catalog.measurement(database, statement.name);
    if (measurement !== undefined) dropMeasurement(tx, { measurement, database }, models);
    return;
  }
  const { sources, condition, kind } = statement;
  if (kind === "drop series" && mentionsTime(condition)) {
    const message = "DROP SERIES doesn't support time in WHERE clause";
    throw seriesError("INVALID_ARGUMENT", message);
  }
  for (const measurement of measurementsOf(state, database, sources)) {
    removeFrom(tx, { measurement, database, condition }, state);
  }
}

function removeFrom(
  tx: Transaction,
  what: {
    readonly measurement: Measurement;
    readonly database: SeriesDatabase;
    readonly condition: Expression | undefined;
  },
  state: SeriesState,
): void {
  const { measurement, database, condition } = what;
  const { models, view } = state;
  refuseFields(condition, measurement);
  const seriesIds = matchSeries(condition, { index: models.index, view, measurement });
  const policyIds = database.policies.map(({ id }) => id);
  if (seriesIds.length === models.index.seriesCount(measurement.id)) {
    return dropMeasurement(tx, { measurement, database }, models);
  }
  models.storage.dropSeries(tx, { seriesIds, policyIds });
  models.index.removeSeries(tx, measurement.id, seriesIds);
}

/** As 1.x words it; its number is that of a shard. */
function refuseFields(condition: Expression | undefined, measurement: Measurement): void {
  if (condition === undefined) return;
  const hasField = anyExpression(condition, (part) => {
    return part.kind === "reference" && measurement.field(part.name) !== undefined;
  });
  if (!hasField) return;
  const message = "shard 1: fields not supported in WHERE clause during deletion";
  throw seriesError("INVALID_ARGUMENT", message);
}

function dropMeasurement(
  tx: Transaction,
  { measurement, database }: { measurement: Measurement; database: SeriesDatabase },
  { catalog, index, storage }: SeriesModels,
): void {
  const seriesIds = index.seriesOf(tx, measurement.id);
  storage.dropSeries(tx, { seriesIds, policyIds: database.policies.map(({ id }) => id) });
  index.removeMeasurement(tx, measurement.id);
  catalog.removeMeasurement(tx, measurement);
}

function dropShard(tx: Transaction, id: bigint, state: SeriesState): void {
  const shard = shardsOf(state).find((each) => BigInt(each.id) === id);
  if (shard === undefined) return;
  state.models.storage.dropWindow(tx, { policyId: shard.policyId, startHour: shard.startHour });
}
