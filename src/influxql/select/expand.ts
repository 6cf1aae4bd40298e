/**
 * Replaces wildcards and regular expressions among columns and GROUP BY by what they stand for in
 * the sources: fields and tags in the order of their names; tags that are grouped by are left out.
 */
import type { Call, Expression, Field } from "../ast.ts";
import type { ColumnType } from "../result.ts";
import { compilePattern } from "./evaluate.ts";
import { fieldName } from "./column-names.ts";
import { QueryError } from "./query-error.ts";

/** What the sources have, all taken together. */
export interface SourceColumns {
  /** Types of fields by name. */
  readonly fields: ReadonlyMap<string, ColumnType>;
  readonly tags: ReadonlySet<string>;
}

interface NamedColumn {
  readonly name: string;
  readonly isTag: boolean;
  readonly type: ColumnType;
}

/** Names of the tags grouped by, sorted; time() is not among them. */
export function expandDimensions(
  dimensions: readonly Expression[],
  columns: SourceColumns,
): string[] {
  const names = new Set<string>();
  for (const dimension of dimensions) {
    if (dimension.kind === "reference") names.add(dimension.name);
    const pattern = dimension.kind === "regex" ? compilePattern(dimension.source) : undefined;
    if (dimension.kind !== "wildcard" && pattern === undefined) continue;
    for (const tag of columns.tags) if (pattern?.test(tag) ?? true) names.add(tag);
  }
  return [...names].toSorted(compareText);
}

/** As bytes compare; what differs for characters beyond 16 bits is not told apart. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export interface ExpandSettings {
  readonly columns: SourceColumns;
  readonly dimensions: readonly Expression[];
}

export function expandFields(fields: readonly Field[], settings: ExpandSettings): Field[] {
  const named = namedColumns(settings);
  return fields.flatMap((field) => expandField(field, named));
}

function namedColumns({ columns, dimensions }: ExpandSettings): NamedColumn[] {
  const named: NamedColumn[] = [];
  for (const [name, type] of columns.fields) named.push({ name, isTag: type === "tag", type });
  const takesAllTags = dimensions.some(({ kind }) => kind === "wildcard" || kind === "regex");
  if (!takesAllTags && named.length > 0) {
    const grouped = new Set(dimensions.map((part) => (part.kind === "reference" ? part.name : "")));
    for (const name of columns.tags) {
      if (!grouped.has(name)) named.push({ name, isTag: true, type: "tag" });
    }
  }
  return named.toSorted((a, b) => compareText(a.name, b.name) || Number(a.isTag) - Number(b.isTag));
}

function expandField(field: Field, named: readonly NamedColumn[]): Field[] {
  const { expression } = field;
  switch (expression.kind) {
    case "wildcard":
      return named
        .filter(({ isTag }) => (expression.type ?? kindOf(isTag)) === kindOf(isTag))
        .map(asField);
    case "regex": {
      const pattern = compilePattern(expression.source);
      return named.filter(({ name }) => pattern.test(name)).map(asField);
    }
    case "call":
      return expandCall(field, expression, named);
    default:
      return [field];
  }
}

function kindOf(isTag: boolean): "tag" | "field" {
  return isTag ? "tag" : "field";
}

function asField({ name, type }: NamedColumn): Field {
  const cast =
    type === "unknown" || type === "time" ? undefined : type;
  return { expression: { kind: "reference", name, cast }, alias: "" };
}

/** Types every function takes that takes a wildcard, and those that some take besides. */
const numeric: readonly ColumnType[] = ["float", "integer"];
const moreTypes: Readonly<Record<string, readonly ColumnType[]>> = {
  count: ["string", "boolean"],
  first: ["string", "boolean"],
  last: ["string", "boolean"],
  distinct: ["string", "boolean"],
  elapsed: ["string", "boolean"],
  mode: ["string", "boolean"],
  sample: ["string", "boolean"],
  min: ["boolean"],
  max: ["boolean"],
};

function expandCall(field: Field, call: Call, named: readonly NamedColumn[]): Field[] {
  const inner = innermost(call);
  const symbol = inner.args[0];
  if (symbol?.kind !== "wildcard" && symbol?.kind !== "regex") return [field];
  if (symbol.kind === "wildcard" && symbol.type === "tag") {
    throw new QueryError(`unable to use tag wildcard in ${inner.name}()`);
  }
  const pattern = symbol.kind === "regex" ? compilePattern(symbol.source) : undefined;
  const types = [...numeric, ...(moreTypes[inner.name] ?? [])];
  return named
    .filter(({ name, type }) => types.includes(type) && (pattern?.test(name) ?? true))
    .map(({ name }) => ({
      expression: withSymbol(call, name),
      alias: `${fieldName(field)}_${name}`,
    }));
}

function innermost(call: Call): Call {
  const first = call.args[0];
  return first?.kind === "call" ? innermost(first) : call;
}

function withSymbol(call: Call, name: string): Call {
  const [first, ...others] = call.args;
  const replaced: Expression =
    first?.kind === "call"
      ? withSymbol(first, name)
      : { kind: "reference", name, cast: undefined };
  return { ...call, args: [replaced, ...others] };
}
