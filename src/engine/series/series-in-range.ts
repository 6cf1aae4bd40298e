/**
 * Series that SHOW statements speak of: those for which the condition on tags holds and which,
 * if the condition bounds time, have points in the windows of storage that the bounds touch.
 */
import type { Expression } from "../../influxql/ast.ts";
import { splitCondition } from "../../influxql/select/time-condition.ts";
import type { Measurement } from "../../models/series/measurement.ts";
import type { SeriesIds } from "../../models/series/series-ids.ts";
import {
  HOUR_NS_BIG,
  TIME_MAX,
  TIME_MIN,
  windowStartOf,
} from "../../models/series/series-time.ts";
import { matchInSteps } from "./match-series.ts";
import type { SeriesState } from "./series-state.ts";
import type { Steps } from "./steps.ts";
import { STEP_ITEMS } from "./steps.ts";

/** Ids, ascending, in steps. */
export function* seriesInRange(
  measurement: Measurement,
  condition: Expression | undefined,
  { needsTag = false, ...state }: SeriesState & { readonly needsTag?: boolean },
): Steps<SeriesIds> {
  const { models, view, now } = state;
  const place = { index: models.index, view, measurement, needsTag };
  const { range, rest } = splitCondition(condition, { now, zone: undefined });
  const ids = yield* matchInSteps(rest, place);
  const { from = TIME_MIN, to = TIME_MAX } = range;
  if (range.from === undefined && range.to === undefined) return ids;
  const database = models.catalog.databases.find(({ id }) => id === measurement.databaseId);
  const policies = database?.policies ?? [];
  const points = state.points();
  const hasPoints = (seriesId: number): boolean =>
    policies.some(({ id: policyId, windowHours }) => {
      const span = wholeWindows(from, to, windowHours);
      if (span === undefined) return false;
      const scan = points.scan({ policyId, measurementId: measurement.id, seriesId }, [], span);
      for (const { count } of scan) if (count > 0) return true;
      return false;
    });
  const found: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    if (hasPoints(ids[i] as number)) found.push(ids[i] as number);
    if (i % STEP_ITEMS === 0) yield;
  }
  return Uint32Array.from(found);
}

/** The windows that a span touches; 1.x looks at them whole. */
function wholeWindows(
  from: bigint,
  to: bigint,
  windowHours: number,
): { readonly from: bigint; readonly to: bigint } | undefined {
  if (from > to) return undefined;
  const first = BigInt(windowStartOf(from, windowHours)) * HOUR_NS_BIG;
  const last = BigInt(windowStartOf(to, windowHours) + windowHours) * HOUR_NS_BIG - 1n;
  return { from: first < TIME_MIN ? TIME_MIN : first, to: last > TIME_MAX ? TIME_MAX : last };
}
