/**
 * The one table between our error codes and gRPC's status codes. A status says less than a code, so
 * the code travels too: in the trailer `cronos-code`, or in `error_code` of an answer.
 */
import { Metadata, status } from "@grpc/grpc-js";
import type { ServiceError, StatusObject } from "@grpc/grpc-js";
import { CronosError, errorCodes, toCronosError } from "../../base/errors.ts";
import type { ErrorCode } from "../../base/errors.ts";

const codeTrailer = "cronos-code";

const statusOfCode = {
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  TOO_LARGE: status.INVALID_ARGUMENT,
  OUT_OF_RANGE: status.OUT_OF_RANGE,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  CONFLICT: status.ABORTED,
  DISK_FULL: status.RESOURCE_EXHAUSTED,
  READ_ONLY: status.UNAVAILABLE,
  OVERLOADED: status.RESOURCE_EXHAUSTED,
  UNAVAILABLE: status.UNAVAILABLE,
  TIMEOUT: status.DEADLINE_EXCEEDED,
  FENCED: status.UNAVAILABLE,
  CORRUPTION: status.DATA_LOSS,
  LOCKED: status.UNAVAILABLE,
  CLOSED: status.UNAVAILABLE,
  IO: status.INTERNAL,
  INTERNAL: status.INTERNAL,
} as const satisfies Record<ErrorCode, status>;

/** For a status that came without our trailer: from the transport, or from another server. */
const codeOfStatus: Partial<Record<status, ErrorCode>> = {
  [status.CANCELLED]: "CLOSED",
  [status.INVALID_ARGUMENT]: "INVALID_ARGUMENT",
  [status.UNIMPLEMENTED]: "INVALID_ARGUMENT",
  [status.NOT_FOUND]: "NOT_FOUND",
  [status.ALREADY_EXISTS]: "ALREADY_EXISTS",
  [status.OUT_OF_RANGE]: "OUT_OF_RANGE",
  [status.UNAUTHENTICATED]: "UNAUTHENTICATED",
  [status.PERMISSION_DENIED]: "PERMISSION_DENIED",
  [status.ABORTED]: "CLOSED",
  [status.RESOURCE_EXHAUSTED]: "OVERLOADED",
  [status.UNAVAILABLE]: "UNAVAILABLE",
  [status.DEADLINE_EXCEEDED]: "TIMEOUT",
  [status.DATA_LOSS]: "CORRUPTION",
};

/** The status a call fails with when its work threw `thrown`. */
export function statusOf(thrown: unknown): StatusObject {
  const error = toCronosError(thrown);
  const metadata = new Metadata();
  metadata.set(codeTrailer, error.code);
  return { code: statusOfCode[error.code], details: error.message, metadata };
}

/** The error a call failed with, on the client's side. */
export function errorOfStatus(failure: StatusObject | ServiceError): CronosError {
  const sent = failure.metadata?.get(codeTrailer)[0];
  const code = isErrorCode(sent) ? sent : (codeOfStatus[failure.code] ?? "INTERNAL");
  return new CronosError(code, failure.details, { cause: failure });
}

/** Tells whether `value` is the name of one of our error codes. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(errorCodes, value);
}

/**
 * The error, if it is the request's own fault: it is answered with success = false. Anything else,
 * and what is about the caller, is thrown on, to become the status of the call.
 */
export function requestError(thrown: unknown): CronosError {
  const error = toCronosError(thrown);
  const isAboutCaller = error.code === "PERMISSION_DENIED" || error.code === "UNAUTHENTICATED";
  if (error.kind !== "request" || isAboutCaller) throw error;
  return error;
}
