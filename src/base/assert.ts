/**
 * Assertions: claims about our own code. A failed one is a bug in CronosDB, never bad input
 * (bad input is a CronosError, see errors.ts).
 */

/** Thrown by a failed assertion; nothing should catch it except a process-level handler. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws an AssertionError unless `condition` holds. Pass a function when the text is costly. */
export function assert(condition: boolean, text: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionError(typeof text === "string" ? text : text());
}

/** Returns `value`, asserting that it is neither null nor undefined. */
export function must<T>(value: T | null | undefined, text = "Value must be present"): T {
  if (value === null || value === undefined) throw new AssertionError(text);
  return value;
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`Unreachable: ${String(value)}`);
}
