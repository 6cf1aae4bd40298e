/**
 * Which series of a measurement a condition on tags holds for, as SHOW and DROP SERIES understand
 * it: exactly, from the index of tags alone. `_name` is the name of the measurement; a tag that a
 * series does not have is "". Fields and everything else are refused as in 1.x.
 */
import type { Expression } from "../../influxql/ast.ts";
import { compilePattern } from "../../influxql/select/evaluate.ts";
import { anyExpression } from "../../influxql/walk.ts";
import type { Measurement } from "../../models/series/measurement.ts";
import { seriesError } from "../../models/series/series-error.ts";
import type { SeriesIds } from "../../models/series/series-ids.ts";
import { intersectIds, noSeries, subtractIds, uniteIds } from "../../models/series/series-ids.ts";
import type { SeriesIndex } from "../../models/series/series-index.ts";
import type { ReadView } from "../../store/base-tree.ts";
import type { Steps } from "./steps.ts";
import { finish, STEP_ITEMS } from "./steps.ts";

export interface SeriesPlaceToMatch {
  readonly index: SeriesIndex;
  readonly view: ReadView;
  readonly measurement: Measurement;
  /** A series without the tag satisfies nothing that is said of it, not even that it differs. */
  readonly needsTag?: boolean;
}

/** Ids, ascending. Throws "invalid tag comparison operator" for what is no condition on tags. */
export function matchSeries(
  condition: Expression | undefined,
  place: SeriesPlaceToMatch,
): SeriesIds {
  return finish(matchInSteps(condition, place));
}

/** As matchSeries(), in steps. */
export function* matchInSteps(
  condition: Expression | undefined,
  place: SeriesPlaceToMatch,
): Steps<SeriesIds> {
  if (condition === undefined) return all(place);
  switch (condition.kind) {
    case "parens":
      return yield* matchInSteps(condition.inner, place);
    case "not":
      return subtractIds(all(place), yield* matchInSteps(condition.inner, place));
    case "boolean":
      return condition.value ? all(place) : noSeries;
    case "in": {
      const { operand, items, isNegated } = condition;
      const sets: SeriesIds[] = [];
      for (const right of items) sets.push(yield* matchInSteps(comparison(operand, right), place));
      const found = uniteIds(sets);
      return isNegated ? subtractIds(all(place), found) : found;
    }
    case "binary":
      return yield* matchBinary(condition, place);
    default:
      throw invalidComparison();
  }
}

function comparison(left: Expression, right: Expression): Expression {
  return { kind: "binary", operator: "=", left, right };
}

function all({ index, view, measurement }: SeriesPlaceToMatch): SeriesIds {
  return index.seriesOf(view, measurement.id);
}

function* matchBinary(
  condition: Extract<Expression, { kind: "binary" }>,
  place: SeriesPlaceToMatch,
): Steps<SeriesIds> {
  const { operator, left, right } = condition;
  if (operator === "AND" || operator === "OR") {
    const one = yield* matchInSteps(left, place);
    const two = yield* matchInSteps(right, place);
    return operator === "AND" ? intersectIds(one, two) : uniteIds([one, two]);
  }
  const reversed = left.kind === "string";
  const name = reversed ? right : left;
  const value = reversed ? left : right;
  if (name.kind !== "reference") throw invalidComparison();
  switch (operator) {
    case "=":
    case "=~":
      return yield* seriesWith(name.name, tester(value), place);
    case "!=":
    case "!~": {
      const found = yield* seriesWith(name.name, tester(value), place);
      return subtractIds(yield* candidates(name.name, place), found);
    }
    default:
      throw invalidComparison();
  }
}

/** Series of which it can be said that a tag differs. */
function* candidates(key: string, place: SeriesPlaceToMatch): Steps<SeriesIds> {
  const { needsTag = false } = place;
  return !needsTag || key === "_name" ? all(place) : yield* withKey(key, place);
}

/** Series that have the tag. */
function* withKey(
  key: string,
  { index, view, measurement }: SeriesPlaceToMatch,
): Steps<SeriesIds> {
  const sets: SeriesIds[] = [];
  for (const set of index.setsWithKey(view, measurement.id, key)) {
    if (sets.push(set) % STEP_ITEMS === 0) yield;
  }
  return uniteIds(sets);
}

/** What a value of a tag must be. `exact`: only this one will do. */
interface Tester {
  readonly exact: string | undefined;
  readonly matches: (value: string) => boolean;
}

function tester(operand: Expression): Tester {
  if (operand.kind === "string") {
    return { exact: operand.value, matches: (value) => value === operand.value };
  }
  if (operand.kind === "regex") {
    return { exact: undefined, matches: regexTester(operand.source) };
  }
  throw invalidComparison();
}

/** Tells whether a text has a match of the expression. */
export function regexTester(source: string): (text: string) => boolean {
  const pattern = compilePattern(source);
  return (text) => pattern.matcher(text).find();
}

function* seriesWith(
  key: string,
  { exact, matches }: Tester,
  place: SeriesPlaceToMatch,
): Steps<SeriesIds> {
  const { index, view, measurement, needsTag = false } = place;
  if (key === "_name") return matches(measurement.name) ? all(place) : noSeries;
  if (exact !== undefined && exact !== "") {
    return index.seriesWithTag(view, measurement.id, { key, value: exact });
  }
  const sets: SeriesIds[] = [];
  if (matches("") && !needsTag) {
    sets.push(subtractIds(all(place), yield* withKey(key, place)));
  }
  if (exact === undefined) {
    let seen = 0;
    for (const { value, series } of index.tagValues(view, measurement.id, key)) {
      if (matches(value)) sets.push(series());
      if (++seen % STEP_ITEMS === 0) yield;
    }
  }
  return uniteIds(sets);
}

function invalidComparison(): Error {
  return seriesError("INVALID_ARGUMENT", "invalid tag comparison operator");
}

/** Whether a condition says anything about time. */
export function mentionsTime(condition: Expression | undefined): boolean {
  return (
    condition !== undefined &&
    anyExpression(condition, (part) => {
      return part.kind === "reference" && part.name.toLowerCase() === "time";
    })
  );
}

/** A condition without what it says of values of fields: 1.x passes over that for tags. */
export function aboutTags(condition: Expression | undefined): Expression | undefined {
  if (condition?.kind === "parens") return aboutTags(condition.inner);
  if (condition?.kind !== "binary") return condition;
  const { operator, left, right } = condition;
  if (operator === "AND" || operator === "OR") {
    const [one, two] = [aboutTags(left), aboutTags(right)];
    if (one === undefined || two === undefined) return one ?? two;
    return { ...condition, left: one, right: two };
  }
  const isValue = [left, right].some(({ kind }) => valueKinds.has(kind));
  return isValue && operator === "=" && !mentionsTime(condition) ? undefined : condition;
}

const valueKinds: ReadonlySet<Expression["kind"]> = new Set(["integer", "number", "boolean"]);
