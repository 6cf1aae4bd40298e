/**
 * Finds the series a condition may hold for, in the index of tags: postings joined by AND and OR.
 * The set found is exact for conditions on tags, and no smaller than needed where fields take part.
 */
import type { Binary, Expression } from "../ast.ts";
import type { MeasurementInfo, SelectData } from "../select-data.ts";
import { compareText } from "./expand.ts";
import { matches } from "./predicate.ts";

export interface FinderOptions {
  readonly data: SelectData;
  readonly info: MeasurementInfo;
  readonly isField: (name: string) => boolean;
}

/** Ids, ascending. */
export function findSeries(condition: Expression | undefined, options: FinderOptions): Uint32Array {
  return bound(condition, options) ?? options.data.allSeries(options.info);
}

/** Series for which the condition can be true; undefined: all. */
function bound(
  condition: Expression | undefined,
  options: FinderOptions,
): Uint32Array | undefined {
  switch (condition?.kind) {
    case "parens":
      return bound(condition.inner, options);
    case "binary":
      return boundOfBinary(condition, options);
    case "in": {
      const { operand, items, isNegated } = condition;
      if (isNegated || operand.kind !== "reference" || options.isField(operand.name)) {
        return undefined;
      }
      const sets = items.map((item) =>
        bound({ kind: "binary", operator: "=", left: operand, right: item }, options),
      );
      return sets.reduce((all, set) => (all && set ? unite(all, set) : undefined), noIds);
    }
    default:
      return undefined;
  }
}

const noIds: Uint32Array | undefined = new Uint32Array(0);

function boundOfBinary(condition: Binary, options: FinderOptions): Uint32Array | undefined {
  const { operator, left, right } = condition;
  if (operator === "AND" || operator === "OR") {
    const one = bound(left, options);
    const two = bound(right, options);
    if (operator === "OR") return one && two ? unite(one, two) : undefined;
    return one && two ? intersect(one, two) : (one ?? two);
  }
  const name = left.kind === "parens" ? left.inner : left;
  if (name.kind !== "reference") return undefined;
  if (name.cast !== "tag" && options.isField(name.name)) return undefined;
  return boundOfTag(name.name, condition, options);
}

function boundOfTag(
  key: string,
  condition: Binary,
  { data, info }: FinderOptions,
): Uint32Array | undefined {
  const { operator, right } = condition;
  if (!["=", "!=", "=~", "!~"].includes(operator)) return undefined;
  if (right.kind !== "string" && right.kind !== "regex") return undefined;
  const takesEmpty = matches(operator, "", right);
  if (operator === "=" && right.kind === "string" && !takesEmpty) {
    return data.seriesWithTag(info, key, right.value);
  }
  // Series without the tag are told by taking away those that have it with another value.
  let ids: Uint32Array = new Uint32Array(0);
  const parts: Uint32Array[] = [];
  for (const value of data.tagValues(info, key)) {
    if (matches(operator, value, right) !== takesEmpty) {
      parts.push(data.seriesWithTag(info, key, value));
    }
  }
  ids = uniteAll(parts);
  return takesEmpty ? without(data.allSeries(info), ids) : ids;
}

function uniteAll(parts: readonly Uint32Array[]): Uint32Array {
  if (parts.length === 1 && parts[0] !== undefined) return parts[0];
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Uint32Array(total);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  // A series has one value of a tag: parts do not overlap.
  return all.sort();
}

function unite(a: Uint32Array, b: Uint32Array): Uint32Array {
  const result = new Uint32Array(a.length + b.length);
  let count = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const x = a[i] ?? Infinity;
    const y = b[j] ?? Infinity;
    result[count++] = Math.min(x, y);
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return result.subarray(0, count);
}

function intersect(a: Uint32Array, b: Uint32Array): Uint32Array {
  const result: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const x = a[i] ?? 0;
    const y = b[j] ?? 0;
    if (x === y) result.push(x);
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return Uint32Array.from(result);
}

function without(a: Uint32Array, b: Uint32Array): Uint32Array {
  let j = 0;
  return a.filter((id) => {
    while ((b[j] ?? Infinity) < id) j++;
    return b[j] !== id;
  });
}

/** Order of series keys of one measurement. */
export function compareTags(
  a: readonly (readonly [string, string])[],
  b: readonly (readonly [string, string])[],
): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [keyA = "", valueA = ""] = a[i] ?? [];
    const [keyB = "", valueB = ""] = b[i] ?? [];
    const order = compareText(keyA, keyB) || compareText(valueA, valueB);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
