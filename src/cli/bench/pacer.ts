/**
 * When a publisher may start its next call: at once until time or events are up, or at a fixed
 * rate.
 */
import type { BenchOptions } from "./bench-options.ts";
import type { Tally } from "./tally.ts";

/**
 * A function that waits for the next call's turn and tells whether there is one. At a fixed rate
 * the turns are set in advance, so a server that was slow for a while gets the missed ones at once:
 * being slow does not lower the load.
 */
export function pacer(
  options: Pick<BenchOptions, "batch" | "durationMs" | "events" | "rate">,
  tally: Pick<Tally, "taken">,
): () => boolean | Promise<boolean> {
  const start = performance.now();
  const isOver = (): boolean =>
    options.events > 0
      ? tally.taken >= options.events
      : performance.now() - start >= options.durationMs;
  if (options.rate === 0) return () => !isOver();
  const turnMs = (options.batch * 1000) / options.rate;
  let turns = 0;
  return async () => {
    const waitMs = start + turns++ * turnMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    return !isOver();
  };
}
