/**
 * Checks a request against its route's schemas. A fault is an INVALID_ARGUMENT that names the
 * field, the value and what was expected: "Invalid body.id 7: expected string".
 *
 * A schema is compiled when the first request needs it: compiling all of them at the start would be
 * half of the time to ready and an eighth of the memory.
 */
import type { FastifyRequest } from "fastify";
import { CronosError } from "../../base/errors.ts";
import { nearestName } from "../../base/nearest-name.ts";
import { coerceQuery } from "./coerce-query.ts";
import type { Route } from "./route.ts";
import type { JsonSchema, Schema } from "./schema.ts";

/** What ajv tells about a fault; value and schema are there because of its option verbose. */
interface Fault {
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string | undefined;
  readonly data?: unknown;
  readonly parentSchema?: unknown;
}

/** What the route's function is called with. Throws INVALID_ARGUMENT. */
export function checkedRequest(
  request: FastifyRequest,
  { params, query, body, isBodyOptional }: Route,
): { readonly params: unknown; readonly query: unknown; readonly body: unknown } {
  const typedQuery = coerceQuery({ ...(request.query as object) }, query.json);
  const content = isBodyOptional === true ? (request.body ?? {}) : request.body;
  check(request, { part: "params", schema: params, value: request.params });
  check(request, { part: "querystring", schema: query, value: typedQuery });
  if (body !== undefined) check(request, { part: "body", schema: body, value: content });
  return { params: request.params, query: typedQuery, body: content };
}

const places = { params: "path", querystring: "query", body: "body" } as const;

interface Part {
  readonly part: keyof typeof places;
  readonly schema: Schema<unknown>;
  readonly value: unknown;
}

function check(request: FastifyRequest, { part, schema, value }: Part): void {
  const validate = request.compileValidationSchema(schema.json, part);
  if (validate(value)) return;
  // Of several faults the last one is about the outermost choice: the alternatives come before it.
  const fault: Fault | undefined = validate.errors?.at(-1);
  if (fault === undefined) throw invalid(places[part], value, "another value");
  throw invalidBy(fault, part);
}

function invalidBy(fault: Fault, part: keyof typeof places): CronosError {
  const path = fault.instancePath.split("/").slice(1).map(unescapePointer);
  const place = [places[part], ...path];
  const { missingProperty, additionalProperty } = fault.params;
  if (typeof missingProperty === "string") {
    const field = [...place, missingProperty].join(".");
    return invalid(field, undefined, "a value, it is required");
  }
  if (typeof additionalProperty === "string") {
    const known = Object.keys(schemaOf(fault).properties ?? {});
    const nearest = nearestName(additionalProperty, known);
    const field = [...place, additionalProperty].join(".");
    return invalid(field, undefined, nearest === undefined ? "no such field" : `field ${nearest}`);
  }
  return invalid(place.join("."), fault.data, expectation(fault));
}

function expectation(fault: Fault): string {
  const schema = schemaOf(fault);
  if (schema.anyOf !== undefined) return schema.description ?? "another value";
  if (schema.enum !== undefined) return `one of ${schema.enum.join(", ")}`;
  const { message = "must be another value" } = fault;
  return message.replace(/^must NOT have /, "not ").replace(/^must (?:be |have |match )?/, "");
}

/** The part of the schema that was not met; all our schemas are made by schema.ts. */
function schemaOf({ parentSchema }: Fault): JsonSchema {
  return (parentSchema ?? {}) as JsonSchema;
}

function unescapePointer(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** An error answer must not carry a megabyte of payload back. */
const valueCharsMax = 200;

/** An INVALID_ARGUMENT that names the field, its value (unless absent) and what was expected. */
export function invalid(field: string, value: unknown, expected: string): CronosError {
  const text = value === undefined ? "" : ` ${abbreviate(value)}`;
  return new CronosError("INVALID_ARGUMENT", `Invalid ${field}${text}: expected ${expected}`, {
    details: { field, value, expected },
  });
}

/** The value as JSON, cut to some 200 characters. */
export function abbreviate(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= valueCharsMax ? text : `${text.slice(0, valueCharsMax)}…`;
}
