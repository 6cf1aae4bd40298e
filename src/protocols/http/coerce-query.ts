/**
 * A query string holds text only. Turns the values whose schema wants a number or a boolean into
 * one; what does not look like one stays text, so that the validator refuses it and names it.
 * Bodies are never coerced: JSON has types of its own.
 */
import type { JsonSchema } from "./schema.ts";

/** The query with typed values; a new object. */
export function coerceQuery(
  query: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
): Record<string, unknown> {
  const entries = Object.entries(query).map(([name, value]) => {
    const property = schema.properties?.[name];
    const isText = property !== undefined && typeof value === "string";
    return [name, isText ? coerce(value, property) : value] as const;
  });
  return Object.fromEntries(entries);
}

function coerce(text: string, schema: JsonSchema): unknown {
  switch (schema.type) {
    case "integer":
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case "number":
      return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    default:
      break;
  }
  const values = (schema.anyOf ?? []).map((each) => coerce(text, each));
  return values.find((value) => value !== text) ?? text;
}
