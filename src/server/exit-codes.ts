/** Exit statuses of `cronosdb`, for scripts and service managers; see docs/operations.md. */
import { isCronosError } from "../base/errors.ts";

export const exitCodes = {
  /** Stopped because it was asked to, or the command did what it should. */
  ok: 0,
  /** A fault, or `inspect` found damage. */
  fault: 1,
  /** A flag, variable or file has a wrong value: starting again as it is fails again. */
  settings: 2,
  /** The data directory is in use, or a port is: something else has to stop first. */
  inUse: 3,
} as const;

/** The status for an error that kept the server from starting. */
export function startExitCode(error: unknown): number {
  if (isCronosError(error, "INVALID_ARGUMENT")) return exitCodes.settings;
  if (isCronosError(error, "LOCKED") || isCronosError(error, "UNAVAILABLE")) return exitCodes.inUse;
  return exitCodes.fault;
}
