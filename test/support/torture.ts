/**
 * The length of randomised tests. `npm test` runs each of them small; `npm run torture` sets
 * TORTURE=1 and the same tests run long.
 */

/** Whether this is a long run. */
export const isTorture = process.env["TORTURE"] === "1";

/** How many rounds (or operations, or seconds) to run: `small` in `npm test`, `long` in torture. */
export function rounds(small: number, long: number): number {
  return isTorture ? long : small;
}
