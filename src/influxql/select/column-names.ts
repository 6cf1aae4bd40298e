/** Names of the columns of a result, told apart by `_1`, `_2` where they repeat. */
import type { Expression, Field } from "../ast.ts";
import { partsOf } from "../walk.ts";

/** The name of one selected column. */
export function fieldName(field: Field): string {
  return field.alias === "" ? expressionName(field.expression) : field.alias;
}

function expressionName(expression: Expression): string {
  switch (expression.kind) {
    case "reference":
    case "call":
    case "distinct":
      return expression.name;
    case "parens":
      return expressionName(expression.inner);
    case "binary":
      return namesInside(expression).join("_");
    default:
      return "";
  }
}

function namesInside(expression: Expression): string[] {
  if (expression.kind === "reference" || expression.kind === "call") return [expression.name];
  return partsOf(expression).flatMap(namesInside);
}

/** Names for all columns: aliases stand first, then every other name finds a free form. */
export function columnNames(fields: readonly Field[]): string[] {
  const used = new Map<string, number>();
  for (const { alias } of fields) if (alias !== "") used.set(alias, 1);
  return fields.map((field) => {
    if (field.alias !== "") return field.alias;
    const name = fieldName(field);
    const free = freeName(name, used);
    used.set(free, (used.get(free) ?? 0) + 1);
    return free;
  });
}

function freeName(name: string, used: Map<string, number>): string {
  const count = used.get(name);
  if (count === undefined) return name;
  for (let number = count; ; number++) {
    const candidate = `${name}_${number}`;
    if (used.has(candidate)) continue;
    used.set(name, number + 1);
    return candidate;
  }
}
