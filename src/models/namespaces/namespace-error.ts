/** Errors about namespaces. `details.word` is the first word of the reply over RESP. */
import { CronosError } from "../../base/errors.ts";
import type { ErrorCode } from "../../base/errors.ts";

export function noSuchNamespace(path: string): CronosError {
  return error("NOT_FOUND", `No such namespace: '${path}'`, { path, word: "NOSUCHNAMESPACE" });
}

export function namespaceExists(path: string): CronosError {
  const details = { path, word: "NAMESPACEALREADYEXISTS" };
  return error("ALREADY_EXISTS", `Namespace already exists: ${path}`, details);
}

export function beingRemoved(path: string): CronosError {
  const details = { path, word: "NAMESPACEBEINGREMOVED" };
  return error("NOT_FOUND", `Namespace '${path}' is being removed`, details);
}

export function invalidNamespace(path: string, message: string): CronosError {
  return error("INVALID_ARGUMENT", message, { path });
}

function error(
  code: ErrorCode,
  message: string,
  details: Readonly<Record<string, string>>,
): CronosError {
  return new CronosError(code, message, { details });
}
