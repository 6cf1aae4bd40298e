/**
 * Errors as replies: a word in capitals that programs look at, then a text.
 */
import { toCronosError } from "../../base/errors.ts";
import type { ErrorCode } from "../../base/errors.ts";
import { KeyError } from "../../models/keys/key-error.ts";

/** An error whose reply is known word for word. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";
}

/**
 * The word of each code, for errors that do not say theirs in `details`; the rest are ERR.
 * Compatible words where Redis or Kronotop has one.
 */
const words: Partial<Readonly<Record<ErrorCode, string>>> = {
  UNAUTHENTICATED: "NOAUTH",
  PERMISSION_DENIED: "NOPERM",
  CONFLICT: "NOT_COMMITTED",
  DISK_FULL: "MISCONF",
  READ_ONLY: "MISCONF",
  OVERLOADED: "BUSY",
  UNAVAILABLE: "TRYAGAIN",
  FENCED: "TRYAGAIN",
};

/** Whether its message is the reply. */
export function isReply(thrown: unknown): thrown is ReplyError | KeyError {
  return thrown instanceof ReplyError || thrown instanceof KeyError;
}

/** The text of the error reply for anything thrown. */
export function errorText(thrown: unknown): string {
  if (isReply(thrown)) return thrown.message;
  const { code, message, details } = toCronosError(thrown);
  const word = typeof details["word"] === "string" ? details["word"] : words[code];
  return `${word ?? "ERR"} ${message}`;
}

export function syntaxError(): ReplyError {
  return new ReplyError("ERR syntax error");
}

export function notAnInteger(): ReplyError {
  return new ReplyError("ERR value is not an integer or out of range");
}

/** The error for a wrong number of arguments; subcommands are `config|get`. */
export function arityError(name: string): ReplyError {
  return new ReplyError(`ERR wrong number of arguments for '${name}' command`);
}
