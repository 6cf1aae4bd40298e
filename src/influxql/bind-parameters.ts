/**
 * Bound parameters: `$name` in a query stands for a value of the request's `params`, which takes
 * the token's place, so that it can never be more than one literal or name.
 */
import { formatDuration } from "./duration.ts";
import { plainDigits } from "./plain-digits.ts";
import type { TokenKind } from "./token.ts";

/**
 * Values by name: a string, number, bigint (a whole number), boolean, or an object of one member
 * that says what it is: { regex: "…" }, { duration: "…" | ns }, { identifier: "…" },
 * { string: "…" }, { float: … }, { integer: … }.
 */
export type QueryParameters = Readonly<Record<string, unknown>>;

/** The token a parameter becomes; of kind BOUNDPARAM when `text` says what is wrong with it. */
export interface BoundValue {
  readonly kind: TokenKind;
  readonly text: string;
}

export function bindParameters(parameters: QueryParameters): ReadonlyMap<string, BoundValue> {
  return new Map(Object.entries(parameters).map(([name, value]) => [name, bound(value)]));
}

function bound(value: unknown): BoundValue {
  if (typeof value === "string") return { kind: "STRING", text: value };
  if (typeof value === "bigint") return { kind: "INTEGER", text: String(value) };
  if (typeof value === "number") return numberValue(value);
  if (typeof value === "boolean") return { kind: value ? "TRUE" : "FALSE", text: "" };
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return boundObject(Object.entries(value));
  }
  const type = value === null ? "<nil>" : Array.isArray(value) ? "[]interface {}" : typeof value;
  return fault(`unable to bind parameter with type ${type}`);
}

function boundObject(entries: readonly (readonly [string, unknown])[]): BoundValue {
  const [entry] = entries;
  if (entry === undefined || entries.length !== 1) {
    return fault("bound object parameter value must have exactly one entry");
  }
  const [type, value] = entry;
  switch (type) {
    case "ident":
    case "identifier":
      return textValue("IDENT", value, "identifier");
    case "regex":
      return textValue("REGEX", value, "regex literal");
    case "string":
      return textValue("STRING", value, "string literal");
    case "float":
    case "number":
      return floatValue(value);
    case "int":
    case "integer":
      return integerValue(value);
    case "duration":
      return durationValue(value);
    default:
      return fault(`unknown bind object type: ${type}`);
  }
}

function textValue(kind: TokenKind, value: unknown, what: string): BoundValue {
  return typeof value === "string"
    ? { kind, text: value }
    : fault(`${what} must be a string value`);
}

function floatValue(value: unknown): BoundValue {
  if (typeof value !== "number" && typeof value !== "bigint") {
    return fault("number literal must be a float value");
  }
  return { kind: "NUMBER", text: plainDigits(Number(value)) };
}

function integerValue(value: unknown): BoundValue {
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  if (!isWhole) return fault("integer literal must be an integer value");
  return { kind: "INTEGER", text: String(value) };
}

function durationValue(value: unknown): BoundValue {
  if (typeof value === "string") return { kind: "DURATIONVAL", text: value };
  if (typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value))) {
    return { kind: "DURATIONVAL", text: formatDuration(BigInt(value)) };
  }
  return fault("duration literal must be a string or integer value");
}

function numberValue(value: number): BoundValue {
  if (Number.isSafeInteger(value)) return { kind: "INTEGER", text: String(value) };
  return { kind: "NUMBER", text: plainDigits(value) };
}

function fault(text: string): BoundValue {
  return { kind: "BOUNDPARAM", text };
}
