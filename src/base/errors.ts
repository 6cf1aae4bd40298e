/**
 * The errors that leave the system. Few kinds say what the caller can do; codes say what happened.
 * `errorCodes` is the one table; docs/errors.md has a section per code and a test compares them.
 *
 * Message style: capital first letter, no period; what was attempted, with the value, then
 * ": state".
 */

/** What a caller can do about an error. */
export type ErrorKind =
  | "request" // fix the request; repeating it as it is fails again
  | "conflict" // run the transaction again
  | "retry" // the state of the system is in the way; try again later
  | "data" // stored bytes failed a check
  | "closed" // the thing was closed
  | "internal"; // a bug or an unclassified fault of the machine

export const errorCodes = {
  INVALID_ARGUMENT: "request",
  NOT_FOUND: "request",
  ALREADY_EXISTS: "request",
  TOO_LARGE: "request",
  OUT_OF_RANGE: "request",
  UNAUTHENTICATED: "request",
  PERMISSION_DENIED: "request",
  CONFLICT: "conflict",
  DISK_FULL: "retry",
  READ_ONLY: "retry",
  OVERLOADED: "retry",
  UNAVAILABLE: "retry",
  TIMEOUT: "retry",
  FENCED: "retry",
  CORRUPTION: "data",
  LOCKED: "retry",
  CLOSED: "closed",
  IO: "internal",
  INTERNAL: "internal",
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCodes;

/** The error type of every public function. `details` hold the named values of the message. */
export class CronosError extends Error {
  override readonly name = "CronosError";
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  get kind(): ErrorKind {
    return errorCodes[this.code];
  }
}

/** Tells whether `error` is a CronosError, with this code if one is given. */
export function isCronosError(error: unknown, code?: ErrorCode): error is CronosError {
  return error instanceof CronosError && (code === undefined || error.code === code);
}

/** Wraps anything thrown as a CronosError; keeps one that already is. ENOSPC becomes DISK_FULL. */
export function toCronosError(thrown: unknown): CronosError {
  if (thrown instanceof CronosError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const systemCode = (thrown as { code?: unknown } | null)?.code;
  if (systemCode === "ENOSPC" || systemCode === "EDQUOT") {
    return new CronosError("DISK_FULL", `Disk is full: ${message}`, { cause: thrown });
  }
  if (typeof systemCode === "string" && /^E[A-Z]+$/.test(systemCode)) {
    return new CronosError("IO", message, { cause: thrown });
  }
  return new CronosError("INTERNAL", message, { cause: thrown });
}
