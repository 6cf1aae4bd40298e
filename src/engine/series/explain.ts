/**
 * EXPLAIN: what a SELECT would read, found from the catalog, the index of tags and the rows of
 * points, without computing anything. In the form of 1.x: for each function (or once, for columns
 * alone) and source the expression with the types of its columns, and what it costs. A file is a
 * window's part of the storage here; series are counted in each window that has points of them.
 */
import { must } from "../../base/assert.ts";
import type { Call, Expression, Reference, SelectStatement, Source } from "../../influxql/ast.ts";
import { isMathFunction } from "../../influxql/functions/math.ts";
import { printExpression } from "../../influxql/print-expression.ts";
import type { SelectContext } from "../../influxql/result.ts";
import type { MeasurementInfo } from "../../influxql/select-data.ts";
import type { CompiledSelect } from "../../influxql/select/compile.ts";
import { compileSelect } from "../../influxql/select/compile.ts";
import { compareText } from "../../influxql/select/expand.ts";
import { Pacer } from "../../influxql/select/pacer.ts";
import type { SelectPlan } from "../../influxql/select/plan.ts";
import { planSelect } from "../../influxql/select/plan.ts";
import { prepareSelect } from "../../influxql/select/prepare-select.ts";
import { findSeries } from "../../influxql/select/series-finder.ts";
import { partsOf } from "../../influxql/walk.ts";
import { HOUR_NS_BIG, TIME_MAX, TIME_MIN } from "../../models/series/series-time.ts";
import type { StorageView } from "../../models/series/view.ts";

export interface ExplainContext {
  readonly select: SelectContext;
  readonly points: StorageView;
  /** Length of a policy's windows, hours. */
  readonly windowHours: (policyId: number) => number;
}

/** The lines of the answer. Throws what the query itself would fail with before it reads. */
export async function explainLines(
  select: SelectStatement,
  context: ExplainContext,
): Promise<string[]> {
  const compiled = compileSelect(select, context.select.now);
  const pacer = new Pacer(context.select);
  prepareSelect(compiled, { context: context.select, pacer, countPoints: () => {} }, []);
  const sections: string[] = [];
  for (const part of sectionsOf(compiled, context)) {
    if (sections.length > 0) sections.push("");
    sections.push(...(await sectionLines(part, context, pacer)));
  }
  return sections;
}

/** What is read at once: a function's argument, or the columns, of one source. */
interface Section {
  readonly plan: SelectPlan;
  readonly call: Call | undefined;
}

function sectionsOf(compiled: CompiledSelect, context: ExplainContext): Section[] {
  const plans = compiled.statement.sources.map((source) => plansOf(compiled, source, context));
  const sections: Section[] = [];
  const most = Math.max(...plans.flat().map(({ calls }) => calls.length), 0);
  for (let at = 0; at < Math.max(most, 1); at++) {
    for (const plan of plans.flat()) {
      const isOver = plan.calls.length === 0 ? at > 0 : at >= plan.calls.length;
      if (!isOver) sections.push({ plan, call: plan.calls[at] });
    }
  }
  return sections;
}

/** Plans of what reads points: inside subqueries and joins, too. */
function plansOf(compiled: CompiledSelect, source: Source, context: ExplainContext): SelectPlan[] {
  switch (source.kind) {
    case "subquery": {
      const { statement } = source;
      const inner =
        compiled.subqueries.get(statement) ??
        compileSelect(statement, context.select.now, compiled);
      return inner.statement.sources.flatMap((each) => plansOf(inner, each, context));
    }
    case "measurement": {
      const statement = { ...compiled.statement, sources: [source] };
      const settings = { context: context.select, outerDimensions: [], makeRowSource: noRows };
      return [planSelect({ ...compiled, statement }, settings)];
    }
    default: {
      // A side of a join is read whole; its condition is looked at afterwards.
      const fields = [{ expression: { kind: "wildcard", type: undefined }, alias: "" }] as const;
      const side = { ...compiled, fields, condition: undefined };
      return source.sources.flatMap((each) => plansOf(side, each, context));
    }
  }
}

function noRows(): never {
  throw new TypeError("A measurement is read without rows of others");
}

async function sectionLines(
  { plan, call }: Section,
  context: ExplainContext,
  pacer: Pacer,
): Promise<string[]> {
  const { compiled, inputs } = plan;
  const read = call === undefined ? undefined : readBy(call);
  const columns = new Map<string, Reference>();
  for (const each of plan.fields.flatMap(({ expression }) => columnsIn(expression))) {
    columns.set(printExpression(typed(each, plan)), each);
  }
  const names = [...columns.keys()].toSorted(compareText);
  const references = [
    ...(read === undefined ? [] : referencesIn(read)),
    ...columns.values(),
    ...(compiled.condition === undefined ? [] : referencesIn(compiled.condition)),
  ];
  const cost = newCost();
  for (const input of inputs) {
    const { info } = must(input.kind === "measurement" ? input : undefined);
    await addCost(cost, { info, references, compiled, pacer }, context);
  }
  const shown = cost.shards > 0 && read !== undefined ? typed(read, plan) : read;
  return [
    `EXPRESSION: ${shown === undefined ? "<nil>" : printExpression(shown)}`,
    ...(names.length === 0 ? [] : [`AUXILIARY FIELDS: ${names.join(", ")}`]),
    `NUMBER OF SHARDS: ${cost.shards}`,
    `NUMBER OF SERIES: ${cost.series}`,
    `CACHED VALUES: ${cost.cachedValues}`,
    `NUMBER OF FILES: ${cost.files}`,
    `NUMBER OF BLOCKS: ${cost.blocks}`,
    `SIZE OF BLOCKS: ${cost.bytes}`,
  ];
}

interface Cost {
  shards: number;
  series: number;
  cachedValues: number;
  files: number;
  blocks: number;
  bytes: number;
}

function newCost(): Cost {
  return { shards: 0, series: 0, cachedValues: 0, files: 0, blocks: 0, bytes: 0 };
}

async function addCost(
  cost: Cost,
  part: {
    readonly info: MeasurementInfo;
    readonly references: readonly Reference[];
    readonly compiled: CompiledSelect;
    readonly pacer: Pacer;
  },
  { points, select, windowHours }: ExplainContext,
): Promise<void> {
  const { info, references, compiled, pacer } = part;
  const { policyId, measurementId } = info;
  const { from = TIME_MIN, to = TIME_MAX } = compiled.range;
  const hours = BigInt(windowHours(policyId));
  const starts = points.windowStarts(policyId).filter((startHour) => {
    const start = BigInt(startHour);
    return start * HOUR_NS_BIG <= to && (start + hours) * HOUR_NS_BIG > from;
  });
  if (starts.length === 0) return;
  cost.shards += starts.length;
  const touched = new Set(starts);
  const fieldIds = references.flatMap(({ name }) => {
    const field = info.fields.find((each) => each.name === name);
    return field === undefined ? [] : [field.id];
  });
  const isField = (name: string): boolean => info.fields.some((field) => field.name === name);
  let files = 0;
  for (const seriesId of findSeries(compiled.condition, { data: select.data, info, isField })) {
    if (pacer.isDue()) await pacer.pause();
    const found = points.costOf({ policyId, measurementId, seriesId }, fieldIds, touched);
    cost.series += found.windows;
    cost.cachedValues += found.cachedValues;
    cost.blocks += found.blocks;
    cost.bytes += found.blockBytes;
    files = Math.max(files, found.sealedWindows);
  }
  cost.files += files;
}

/** Functions that 1.x computes where it reads. */
const computedAtSource: ReadonlySet<string> = new Set([
  "count",
  "first",
  "last",
  "max",
  "mean",
  "min",
  "sum",
]);

/** What is read for a call: itself, or what is inside. */
function readBy(call: Call): Expression {
  const [first] = call.args;
  if (first?.kind === "call") return readBy(first);
  return first === undefined || computedAtSource.has(call.name) ? call : first;
}

/** Columns outside of calls. */
function columnsIn(expression: Expression): readonly Reference[] {
  if (expression.kind === "call" && !isMathFunction(expression.name)) return [];
  if (expression.kind === "reference") return expression.name === "time" ? [] : [expression];
  return partsOf(expression).flatMap(columnsIn);
}

function referencesIn(expression: Expression): readonly Reference[] {
  if (expression.kind === "reference") return [expression];
  return partsOf(expression).flatMap(referencesIn);
}

/** The same, with the type of each column that is a field or a tag. */
function typed(expression: Expression, plan: SelectPlan): Expression {
  if (expression.kind === "call") {
    return { ...expression, args: expression.args.map((each) => typed(each, plan)) };
  }
  if (expression.kind !== "reference" || expression.cast !== undefined) return expression;
  const type = plan.typeOfReference(expression);
  return type === "unknown" || type === "time" ? expression : { ...expression, cast: type };
}
