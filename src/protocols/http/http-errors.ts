/**
 * Errors as HTTP answers: the one place that maps codes to statuses.
 *
 *   {"error": {"code": "INVALID_ARGUMENT", "message": "Invalid body.id 7: expected string",
 *              "details": {"field": "body.id", "value": 7, "expected": "string"}}}
 *
 * What a caller cannot act on (IO, INTERNAL) is logged with its cause and told without it.
 */
import type { FastifyError } from "fastify";
import type { ErrorCode } from "../../base/errors.ts";
import { CronosError, errorCodes, toCronosError } from "../../base/errors.ts";
import { abbreviate } from "./check-request.ts";
import { object, oneOf, optional, string } from "./schema.ts";

/** 429 is left to a future limit per caller; an overloaded server is a 503 with Retry-After. */
export const statusOfCode: Readonly<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  TOO_LARGE: 413,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
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

/** What the server found wrong before a route was asked. */
function requestError(error: FastifyError): HttpError {
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

function abbreviated(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  if (value === undefined) return undefined;
  const text = abbreviate(value);
  return typeof value === "string" && !text.endsWith("…") ? value : text;
}

function isFastifyError(thrown: unknown): thrown is FastifyError {
  if (!(thrown instanceof Error) || thrown instanceof CronosError) return false;
  // The JSON parser's own errors have no code, but the status that the server gave them.
  return "statusCode" in thrown && typeof thrown.statusCode === "number";
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}
