/**
 * The length of randomised tests. `npm test` runs each of them small; `npm run torture` sets
 * TORTURE=1 and the same tests run long. TORTURE_SEED=n replays the run of one seed.
 */
import { randomInt } from "node:crypto";

/** Whether this is a long run. */
export const isTorture = process.env["TORTURE"] === "1";

const seedMax = 2 ** 31;

/** How many rounds (or operations, or seconds) to run: `small` in `npm test`, `long` in torture. */
export function rounds(small: number, long: number): number {
  return isTorture ? long : small;
}

/**
 * The seeds to run: the one that TORTURE_SEED names, or always the same in `npm test`, or random
 * ones in torture. Their user says the seed when a run fails.
 */
export function seeds(small: number, long: number): number[] {
  const named = process.env["TORTURE_SEED"];
  if (named !== undefined) return [Number(named)];
  if (!isTorture) return Array.from({ length: small }, (_, n) => n + 1);
  return Array.from({ length: long }, () => randomInt(1, seedMax));
}

/** Runs `run`, and says how to replay it when it fails. */
export async function replayable<T>(seed: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const told = error instanceof Error ? error : new Error(String(error));
    told.message = `TORTURE_SEED=${seed} replays this: ${told.message}`;
    throw told;
  }
}
