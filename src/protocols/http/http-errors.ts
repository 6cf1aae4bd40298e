/**
 * Errors as HTTP answers: the one place that maps codes to statuses.
 *
 *   {"error": {"code": "INVALID_ARGUMENT", "message": "Invalid body.id 7: expected string",
 *              "details": {"field": "body.id", "value": 7, "expected": "string"}}}
 *
 * What a caller cannot act on (IO, INTERNAL) is logged with its cause and told without it.
 */
import type { FastifyError, FastifySchemaValidationError } from "fastify";
import type { ErrorCode } from "../../base/errors.ts";
import { CronosError, errorCodes, toCronosError } from "../../base/errors.ts";
import { nearestName } from "../../base/nearest-name.ts";
import type { JsonSchema } from "./schema.ts";
import { object, oneOf, optional, string } from "./schema.ts";

/** 429 is left to a future limit per caller; an overloaded server is a 503 with Retry-After. */
export const statusOfCode: Readonly<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  TOO_LARGE: 413,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  CONFLICT: 409,
  DISK_FULL: 507,
  READ_ONLY: 503,
  OVERLOADED: 503,
  UNAVAILABLE: 503,
  TIMEOUT: 504,
  FENCED: 503,
  CORRUPTION: 500,
  LOCKED: 503,
  CLOSED: 503,
  IO: 500,
  INTERNAL: 500,
};

export const retryAfterSeconds = 1;

export const ErrorBody = object(
  {
    error: object({
      code: oneOf(Object.keys(errorCodes)),
      message: string(),
      details: optional({ json: { type: "object", description: "The values of the message" } }),
    }),
  },
  { title: "Error" },
);

export interface HttpError {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly code: ErrorCode;
      readonly message: string;
      readonly details?: Readonly<Record<string, unknown>>;
    };
  };
  /** What to log; absent when it is the caller's fault. */
  readonly fault?: CronosError;
}

/** The answer to anything thrown. */
export function httpError(thrown: unknown): HttpError {
  if (isFastifyError(thrown)) return requestError(thrown);
  const error = toCronosError(thrown);
  if (error.kind === "internal" || error.kind === "data") {
    const message = error.kind === "data" ? error.message : "The server failed; see its log";
    return { ...answer(error.code, message), fault: error };
  }
  return answer(error.code, error.message, error.details);
}

/** An error of the caller, found before a route's function ran. */
function requestError(error: FastifyError): HttpError {
  const [validation] = (error.validation ?? []).slice(-1);
  if (validation !== undefined) return validationError(validation, error.validationContext ?? "");
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    const fault = new CronosError("INTERNAL", error.message, { cause: error });
    return { ...answer("INTERNAL", "The server failed; see its log"), fault };
  }
  if (status === 413) return answer("TOO_LARGE", "Request body is larger than this path takes");
  const message =
    status === 415 ? "Unknown Content-Type: expected application/json" : firstLine(error.message);
  return { ...answer("INVALID_ARGUMENT", message), status };
}

/** A fault of ajv: it names the place; value and schema are there because of its option verbose. */
function validationError(fault: FastifySchemaValidationError, part: string): HttpError {
  const { data, parentSchema } = verboseParts(fault);
  const place = part === "querystring" ? "query" : part === "params" ? "path" : part;
  const path = fault.instancePath.split("/").slice(1).map(unescapePointer);
  const { missingProperty, additionalProperty } = fault.params;
  if (typeof missingProperty === "string") {
    const field = [place, ...path, missingProperty].join(".");
    return invalid({ field, value: undefined, expected: "a value, it is required" });
  }
  if (typeof additionalProperty === "string") {
    const nearest = nearestName(additionalProperty, Object.keys(parentSchema?.properties ?? {}));
    const field = [place, ...path, additionalProperty].join(".");
    const expected = nearest === undefined ? "no such field" : `the field ${nearest}`;
    return invalid({ field, value: undefined, expected });
  }
  const expected = expectation(fault, parentSchema);
  return invalid({ field: [place, ...path].join("."), value: data, expected });
}

function expectation(fault: FastifySchemaValidationError, schema: JsonSchema | undefined): string {
  if (schema?.anyOf !== undefined) return schema.description ?? "another value";
  if (schema?.enum !== undefined) return `one of ${schema.enum.join(", ")}`;
  return (fault.message ?? "another value").replace(/^must (be |NOT have |have )?/, (match) =>
    match === "must NOT have " ? "not " : "",
  );
}

function invalid(details: { field: string; value: unknown; expected: string }): HttpError {
  const value = details.value === undefined ? "" : ` ${abbreviate(details.value)}`;
  const message = `Invalid ${details.field}${value}: expected ${details.expected}`;
  return answer("INVALID_ARGUMENT", message, details);
}

function answer(
  code: ErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): HttpError {
  const told = Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, abbreviated(value)]),
  );
  const error = { code, message, ...(Object.keys(told).length === 0 ? {} : { details: told }) };
  return { status: statusOfCode[code], body: { error } };
}

/** An error answer must not carry a megabyte of payload back. */
const valueCharsMax = 200;

function abbreviate(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= valueCharsMax ? text : `${text.slice(0, valueCharsMax)}…`;
}

function abbreviated(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "string" && value.length <= valueCharsMax) return value;
  return value === undefined ? undefined : abbreviate(value);
}

interface VerboseParts {
  readonly data?: unknown;
  readonly parentSchema?: JsonSchema;
}

function verboseParts(fault: FastifySchemaValidationError & VerboseParts): VerboseParts {
  return fault;
}

function isFastifyError(thrown: unknown): thrown is FastifyError {
  if (!(thrown instanceof Error) || thrown instanceof CronosError) return false;
  // The JSON parser's own errors have no code, but the status that the server gave them.
  if ("validation" in thrown) return true;
  return "statusCode" in thrown && typeof thrown.statusCode === "number";
}

function unescapePointer(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}
