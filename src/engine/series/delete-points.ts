/**
 * DELETE with a range of time or a condition on fields: points of series that stay. Series that
 * have no points left after it are dropped from the index.
 */
import type { Expression, StatementOf } from "../../influxql/ast.ts";
import { Points } from "../../influxql/select/points.ts";
import { compileFilter, reduceForTags } from "../../influxql/select/predicate.ts";
import type { Filter } from "../../influxql/select/predicate.ts";
import { splitCondition } from "../../influxql/select/time-condition.ts";
import { anyExpression } from "../../influxql/walk.ts";
import type { SeriesDatabase } from "../../models/series/catalog.ts";
import type { DeleteCondition } from "../../models/series/deleter.ts";
import { fieldTypeName } from "../../models/series/field-type.ts";
import type { Measurement } from "../../models/series/measurement.ts";
import type { SeriesIds } from "../../models/series/series-ids.ts";
import { TIME_MAX, TIME_MIN } from "../../models/series/series-time.ts";
import type { Shard } from "../../shard/shard.ts";
import { matchSeries, mentionsTime } from "./match-series.ts";
import { measurementsOf } from "./series-state.ts";
import type { SeriesState } from "./series-state.ts";

/** Series that one operation drops from the index. */
const SERIES_PER_OPERATION = 256;

/** Whether a DELETE leaves some points of its series. */
export function deletesPoints(
  { condition, sources }: StatementOf<"delete">,
  state: SeriesState,
): boolean {
  if (condition === undefined) return false;
  if (mentionsTime(condition)) return true;
  const database = state.models.catalog.database(state.database);
  if (database === undefined) return false;
  return measurementsOf(state, database, sources).some((each) => namesField(condition, each));
}

function namesField(condition: Expression, measurement: Measurement): boolean {
  return anyExpression(condition, (part) => {
    return part.kind === "reference" && measurement.field(part.name) !== undefined;
  });
}

/** Deletes the points; durable when it resolves. */
export async function deletePoints(
  { sources, condition }: StatementOf<"delete">,
  state: SeriesState,
  shard: Shard,
): Promise<void> {
  const database = state.models.catalog.needDatabase(state.database);
  const { range, rest } = splitCondition(condition, { now: state.now, zone: undefined });
  const { from = TIME_MIN, to = TIME_MAX } = range;
  for (const measurement of measurementsOf(state, database, sources)) {
    const seriesIds = seriesToLookAt(measurement, rest, state);
    const where = rest === undefined ? undefined : whereOf(measurement, rest, state);
    for (const { id: policyId } of database.policies) {
      await state.models.storage.deletePoints({ policyId, seriesIds, from, to, where });
    }
    await dropEmpty({ measurement, database, seriesIds }, state, shard);
  }
}

/** Series that may have points to delete. */
function seriesToLookAt(
  measurement: Measurement,
  condition: Expression | undefined,
  { models, view }: SeriesState,
): SeriesIds {
  const place = { index: models.index, view, measurement };
  const isAboutFields = condition !== undefined && namesField(condition, measurement);
  return matchSeries(isAboutFields ? undefined : condition, place);
}

/** The condition on fields; undefined: it has none. */
function whereOf(
  measurement: Measurement,
  condition: Expression,
  { models, view }: SeriesState,
): DeleteCondition | undefined {
  const fields = measurement.fields.filter(({ name }) => {
    return anyExpression(condition, (part) => part.kind === "reference" && part.name === name);
  });
  if (fields.length === 0) return undefined;
  const slotOf = (name: string): number => fields.findIndex((field) => field.name === name);
  const binding = {
    slots: fields.map(({ name, type }) => ({ name, type: fieldTypeName(type) })),
    places: fields.map((_, place) => place),
    tagSlots: new Map<number, string>(),
    isRows: false,
  };
  const filterOf = (seriesId: number): Filter | boolean => {
    const tags = new Map(models.index.tagsOf(view, measurement.id, seriesId) ?? []);
    const isField = (name: string): boolean => slotOf(name) >= 0;
    const rest = reduceForTags(condition, { isField, tag: (name) => tags.get(name) ?? "" });
    return typeof rest === "boolean" ? rest : compileFilter(rest, slotOf);
  };
  return {
    fieldIds: fields.map(({ id }) => id),
    matches: (batch, seriesId) => {
      const filter = filterOf(seriesId);
      if (typeof filter === "boolean") return new Uint8Array(batch.count).fill(filter ? 1 : 0);
      return filter(new Points(batch, binding, []));
    },
  };
}

/**
 * Drops series without points from the index. Only while no write is on its way to disk: a point
 * that is not seen yet must not lose its series. Else they stay, which does no harm.
 */
async function dropEmpty(
  what: {
    readonly measurement: Measurement;
    readonly database: SeriesDatabase;
    readonly seriesIds: SeriesIds;
  },
  { models }: SeriesState,
  shard: Shard,
): Promise<void> {
  const { measurement, database, seriesIds } = what;
  for (let at = 0; at < seriesIds.length; at += SERIES_PER_OPERATION) {
    await shard.tipDurable();
    if (shard.pending !== undefined) continue;
    const points = models.storage.view();
    const empty = seriesIds.slice(at, at + SERIES_PER_OPERATION).filter((seriesId) =>
      database.policies.every(({ id: policyId }) => {
        const place = { policyId, measurementId: measurement.id, seriesId };
        const scan = points.scan(place, [], { from: TIME_MIN, to: TIME_MAX });
        for (const { count } of scan) if (count > 0) return false;
        return true;
      }),
    );
    points.release();
    if (empty.length === 0) continue;
    shard.run((tx) => {
      models.index.removeSeries(tx, measurement.id, empty);
      if (models.index.seriesCount(measurement.id) > 0) return;
      models.index.removeMeasurement(tx, measurement.id);
      models.catalog.removeMeasurement(tx, measurement);
    });
  }
  await shard.tipDurable();
}
