/**
 * A SELECT planned against the data there is: sources found, wildcards expanded, names told apart
 * into fields and tags, types known. What it takes from each point has a *slot*: a name and a type.
 */
import type { Call, Expression, Field, Reference, Source } from "../ast.ts";
import { isMathFunction } from "../functions/math.ts";
import type { ColumnType, SelectContext } from "../result.ts";
import type { MeasurementInfo } from "../select-data.ts";
import { fieldTypeName } from "../../models/series/field-type.ts";
import { columnNames, fieldName } from "./column-names.ts";
import type { CompiledSelect } from "./compile.ts";
import { compilePattern } from "./evaluate.ts";
import type { SourceColumns } from "./expand.ts";
import { compareText, expandDimensions, expandFields } from "./expand.ts";
import type { RowSource } from "./row-source.ts";
import { QueryError } from "./query-error.ts";
import { castType, strongerType, typeOf } from "./types.ts";

export interface MeasurementInput {
  readonly kind: "measurement";
  readonly info: MeasurementInfo;
  readonly columns: SourceColumns;
}

/** Rows of a subquery or a join, which are points to the outer query. */
export interface RowInput {
  readonly kind: "rows";
  readonly source: RowSource;
  readonly columns: SourceColumns;
}

export type Input = MeasurementInput | RowInput;

export interface Slot {
  readonly name: string;
  readonly type: ColumnType;
}

export interface SelectPlan {
  readonly compiled: CompiledSelect;
  readonly inputs: readonly Input[];
  /** Columns of the result without time. */
  readonly fields: readonly Field[];
  /** Names and types of all columns, time first. */
  readonly columns: readonly string[];
  readonly types: readonly ColumnType[];
  /** Tags grouped by, sorted; those that an outer query groups by are among them. */
  readonly dimensions: readonly string[];
  readonly calls: readonly Call[];
  readonly typeOfReference: (reference: Reference) => ColumnType;
}

export interface PlanSettings {
  readonly context: SelectContext;
  /** Tags that an outer query groups by. */
  readonly outerDimensions: readonly string[];
  /** Makes what stands for a source that is no measurement. */
  readonly makeRowSource: (source: Source, dimensions: readonly string[]) => RowSource;
}

export function planSelect(compiled: CompiledSelect, settings: PlanSettings): SelectPlan {
  const { statement } = compiled;
  // What a subquery groups by depends on what the outer query groups by, by name or by wildcard.
  const named = statement.dimensions.flatMap((part) =>
    part.kind === "reference" ? [part.name] : [],
  );
  const inputs = statement.sources.flatMap((source) =>
    findInputs(source, settings, [...settings.outerDimensions, ...named]),
  );
  const columns = mergedColumns(inputs);
  const own = expandDimensions(statement.dimensions, columns);
  const dimensions = [...new Set([...own, ...settings.outerDimensions])].toSorted(compareText);
  const expanded = expandFields(compiled.fields, { columns, dimensions: statement.dimensions });
  const fields = withTopColumns(expanded);
  const typeOfReference = (reference: Reference): ColumnType =>
    castType(reference) ?? nativeType(reference.name, columns);
  const types = fields.map(({ expression }) => typeOf(expression, typeOfReference));
  const calls = uniqueCalls(fields);
  for (const call of calls) checkArgumentType(call, typeOfReference);
  return {
    compiled,
    inputs,
    fields,
    columns: [compiled.timeName, ...columnNames(fields)],
    types: ["time", ...types],
    dimensions,
    calls,
    typeOfReference,
  };
}

/** Type of a name without a cast: a field's before a tag's. */
export function nativeType(name: string, columns: SourceColumns): ColumnType {
  return columns.fields.get(name) ?? (columns.tags.has(name) ? "tag" : "unknown");
}

function findInputs(
  source: Source,
  settings: PlanSettings,
  dimensions: readonly string[],
): Input[] {
  const { context, makeRowSource } = settings;
  if (source.kind !== "measurement") {
    const rows = makeRowSource(source, dimensions);
    return [{ kind: "rows", source: rows, columns: rows.columns }];
  }
  const database = source.database === "" ? context.database : source.database;
  if (database === "") throw new QueryError("database name required");
  const policy =
    source.policy === "" && source.database === "" ? context.policy : source.policy;
  const policyId = context.data.policyId(database, policy);
  const names = source.regex === undefined ? [source.name] : [];
  if (source.regex !== undefined) {
    const pattern = compilePattern(source.regex.source);
    for (const name of context.data.measurementNames(policyId)) {
      if (pattern.test(name)) names.push(name);
    }
  }
  return names.flatMap((name) => {
    const info = context.data.measurement(policyId, name);
    return info === undefined ? [] : [measurementInput(info)];
  });
}

function measurementInput(info: MeasurementInfo): MeasurementInput {
  const fields = new Map(
    info.fields.map(({ name, type }): [string, ColumnType] => [name, fieldTypeName(type)]),
  );
  return { kind: "measurement", info, columns: { fields, tags: new Set(info.tagKeys) } };
}

function mergedColumns(inputs: readonly Input[]): SourceColumns {
  const fields = new Map<string, ColumnType>();
  const tags = new Set<string>();
  for (const { columns } of inputs) {
    for (const [name, type] of columns.fields) {
      fields.set(name, strongerType(type, fields.get(name) ?? "unknown"));
    }
    for (const tag of columns.tags) tags.add(tag);
  }
  return { fields, tags };
}

/** top(v, host, 3) has a column for host too. */
function withTopColumns(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => {
    const { expression } = field;
    if (expression.kind !== "call" || !isTop(expression)) return [field];
    const extra = expression.args.slice(1, -1).map((arg) => ({ expression: arg, alias: "" }));
    return [field, ...extra];
  });
}

export function isTop(call: Call): boolean {
  return call.name === "top" || call.name === "bottom";
}

/** The calls of the columns, each once however often it stands there; mathematical ones not. */
function uniqueCalls(fields: readonly Field[]): Call[] {
  const found = new Map<string, Call>();
  const visit = (expression: Expression): void => {
    if (expression.kind === "call") {
      if (isMathFunction(expression.name)) expression.args.forEach(visit);
      else found.set(callKey(expression), expression);
    } else if (expression.kind === "binary") {
      visit(expression.left);
      visit(expression.right);
    } else if (expression.kind === "parens") visit(expression.inner);
  };
  for (const field of fields) visit(field.expression);
  return [...found.values()];
}

/** Equal for equal calls. */
export function callKey(call: Call): string {
  return JSON.stringify(call, (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
}

const takesAnyType: ReadonlySet<string> = new Set([
  "count",
  "first",
  "last",
  "distinct",
  "elapsed",
  "mode",
  "sample",
]);

/** Functions of numbers refuse strings and booleans, in 1.x's words. */
function checkArgumentType(
  call: Call,
  typeOfReference: (reference: Reference) => ColumnType,
): void {
  const arg = call.args[0];
  if (arg?.kind === "call") checkArgumentType(arg, typeOfReference);
  if (arg === undefined || takesAnyType.has(call.name)) return;
  const type = typeOf(arg, typeOfReference);
  if (type !== "string" && type !== "boolean") return;
  if (type === "boolean" && (call.name === "min" || call.name === "max")) return;
  const name = call.name.replaceAll("_", " ");
  throw new QueryError(`unsupported ${name} iterator type: *query.${type}InterruptIterator`);
}

/** Name of a column that an outer query sees. */
export function outerName(field: Field): string {
  return fieldName(field);
}
