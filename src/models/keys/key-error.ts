/**
 * Errors of the keys model, in Redis' words: what a RESP client is told as it is.
 */

/** The first word is the error's code. */
export class KeyError extends Error {
  override readonly name = "KeyError";
}

export const wrongType = "WRONGTYPE Operation against a key holding the wrong kind of value";
export const notInteger = "ERR value is not an integer or out of range";
export const notFloat = "ERR value is not a valid float";
export const incrementOverflow = "ERR increment or decrement would overflow";
export const decrementOverflow = "ERR decrement would overflow";
export const incrementNaN = "ERR increment would produce NaN or Infinity";
export const incrementOfNaN = "ERR value is NaN or Infinity";
export const hashNotInteger = "ERR hash value is not an integer";
export const hashNotFloat = "ERR hash value is not a float";
export const stringTooLong =
  "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
export const offsetOutOfRange = "ERR offset is out of range";
export const noSuchKey = "ERR no such key";

/** Longest string, in bytes: what one record of the log holds with room to spare. */
export const STRING_BYTES_MAX = 16 * 1024 * 1024;
