/**
 * Plans a compiled SELECT with everything inside it: subqueries, and the sides of joins and merges,
 * each of which is a SELECT * of its own, grouped by the tags that have to match.
 */
import { must } from "../../base/assert.ts";
import type { Expression, Join, Measurement, Merge, SelectStatement, Source } from "../ast.ts";
import { anyExpression } from "../walk.ts";
import type { CompiledSelect } from "./compile.ts";
import { compileSelect } from "./compile.ts";
import { compilePattern } from "./evaluate.ts";
import type { Side } from "./join-source.ts";
import { JoinSource, MergeSource } from "./join-source.ts";
import { planSelect } from "./plan.ts";
import { QueryError } from "./query-error.ts";
import type { RowSource } from "./row-source.ts";
import type { RunSettings } from "./run-select.ts";
import { SelectRun } from "./run-select.ts";
import { warnOfPlan } from "./warn-of-plan.ts";
import { SubquerySource } from "./subquery-source.ts";

/** `dimensions` are the tags that the query around it groups by. */
export function prepareSelect(
  compiled: CompiledSelect,
  settings: RunSettings,
  dimensions: readonly string[],
): SelectRun {
  const { context } = settings;
  const makeRowSource = (source: Source, outer: readonly string[]): RowSource => {
    switch (source.kind) {
      case "join":
        return prepareJoin(source, compiled, { settings, outer });
      case "merge":
        return prepareMerge(source, compiled, { settings, outer });
      case "subquery": {
        const inner = must(compiled.subqueries.get(source.statement));
        return new SubquerySource(prepareSelect(inner, settings, outer));
      }
      case "measurement":
        throw new QueryError("a measurement is no source of rows");
    }
  };
  const plan = planSelect(compiled, { context, outerDimensions: dimensions, makeRowSource });
  warnOfPlan(plan, context);
  return new SelectRun(plan, settings);
}

interface Scope {
  readonly settings: RunSettings;
  /** Tags that the query of the join groups by. */
  readonly outer: readonly string[];
}

function prepareJoin(join: Join, compiled: CompiledSelect, { settings, outer }: Scope): RowSource {
  const dimensions = [...new Set([...join.on, ...outer])];
  const sides = join.sources
    .flatMap((source) => namedSources(source, settings))
    .map((source) => makeSide(source, compiled, { settings, outer: dimensions }));
  const { type, toleranceNs } = join;
  const made = new JoinSource(sides, { type, toleranceNs, dimensions });
  checkNames(compiled.condition, made);
  return made;
}

function prepareMerge(merge: Merge, compiled: CompiledSelect, scope: Scope): RowSource {
  const sides = merge.sources
    .flatMap((source) => namedSources(source, scope.settings))
    .map((source) => makeSide(source, compiled, scope));
  return new MergeSource(sides, scope.outer);
}

/** A regular expression stands for every measurement that it fits, each a side of its own. */
function namedSources(source: Source, { context }: RunSettings): Source[] {
  if (source.kind !== "measurement" || source.regex === undefined) return [source];
  const database = source.database === "" ? context.database : source.database;
  const policy = source.policy === "" && source.database === "" ? context.policy : source.policy;
  const policyId = context.data.policyId(database, policy);
  const pattern = compilePattern(source.regex.source);
  const named: Measurement[] = [];
  for (const name of context.data.measurementNames(policyId)) {
    if (pattern.test(name)) named.push({ ...source, name, regex: undefined });
  }
  return named;
}

function makeSide(source: Source, compiled: CompiledSelect, { settings, outer }: Scope): Side {
  const statement: SelectStatement = {
    kind: "select",
    fields: [{ expression: { kind: "wildcard", type: undefined }, alias: "" }],
    into: undefined,
    sources: [source],
    condition: undefined,
    dimensions: outer.map((name) => ({ kind: "reference", name, cast: undefined })),
    having: undefined,
    fill: undefined,
    orderBy: [],
    limit: 0,
    offset: 0,
    slimit: 0,
    soffset: 0,
    timeZone: undefined,
  };
  const inner = compileSelect(statement, settings.context.now, compiled);
  const title = titleOf(source);
  const alias = source.kind === "join" ? "" : title;
  const inOrder = { ...settings, keepsSeriesOrder: true };
  return { alias, title, run: prepareSelect(inner, inOrder, []) };
}

function titleOf(source: Source): string {
  if (source.kind === "join") return source.sources.map(titleOf).join("_join_");
  if (source.kind === "merge") return "merged";
  if (source.alias !== "") return source.alias;
  return source.kind === "measurement" ? source.name : "subquery";
}

/** What a condition on a join names has to be told with its source: both sides may have it. */
function checkNames(condition: Expression | undefined, { columns }: RowSource): void {
  if (condition === undefined) return;
  anyExpression(condition, (part) => {
    if (part.kind !== "reference") return false;
    if (columns.fields.has(part.name) || columns.tags.has(part.name)) return false;
    throw new QueryError(`unknown column in the condition of a join: ${part.name}`);
  });
}
