/** Errors about databases, policies and measurements, in the words that clients of 1.x look for. */
import { CronosError } from "../../base/errors.ts";
import type { ErrorCode } from "../../base/errors.ts";

/** An error of the series model: its message is shown to clients as it is. */
export function seriesError(code: ErrorCode, message: string): CronosError {
  return new CronosError(code, message, { details: {} });
}

/** Whether it tells of something that the caller, not we, got wrong. */
export function isSeriesError(thrown: unknown): thrown is CronosError {
  return thrown instanceof CronosError;
}

export function databaseNotFound(name: string): CronosError {
  return seriesError("NOT_FOUND", `database not found: ${name}`);
}

export function policyNotFound(name: string): CronosError {
  return seriesError("NOT_FOUND", `retention policy not found: ${name}`);
}
