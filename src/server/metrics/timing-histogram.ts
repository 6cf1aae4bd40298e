/**
 * A histogram of durations that takes many equal values at once: a batch of a thousand events that
 * fired with the same lag is one addition. (prom-client's histogram takes one value at a time.)
 *
 * Rendered as Prometheus text: cumulative counts per upper bound, sum and count, in seconds.
 */
import { assert } from "../../base/assert.ts";

/** Upper bounds in ms: from what a timer can tell to what an operator calls an outage. */
export const timingBoundsMs = [
  0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 200, 500, 1_000, 2_000, 5_000,
  10_000, 30_000, 60_000, 600_000, 3_600_000,
] as const;

export class TimingHistogram {
  readonly #name: string;
  readonly #help: string;
  /** One more than the bounds: what is above the last one. */
  readonly #counts = new Float64Array(timingBoundsMs.length + 1);
  #sumMs = 0;

  constructor(name: string, help: string) {
    assert(name.endsWith("_seconds"), "A timing's name ends in its unit, _seconds");
    this.#name = name;
    this.#help = help;
  }

  /** `times` things took `durationMs` each; a negative duration counts as 0. */
  observe(durationMs: number, times = 1): void {
    const ms = Math.max(durationMs, 0);
    const bucket = bucketOf(ms);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + times;
    this.#sumMs += ms * times;
  }

  /** The metric in Prometheus' text format. */
  text(): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} histogram`];
    let cumulative = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      cumulative += count;
      const bound = timingBoundsMs[bucket];
      const le = bound === undefined ? "+Inf" : String(bound / 1_000);
      lines.push(`${this.#name}_bucket{le="${le}"} ${cumulative}`);
    }
    lines.push(`${this.#name}_sum ${this.#sumMs / 1_000}`, `${this.#name}_count ${cumulative}`);
    return `${lines.join("\n")}\n`;
  }
}

/** The first bound that is not below the value; binary search, because it is on the hot path. */
function bucketOf(ms: number): number {
  let low = 0;
  let high: number = timingBoundsMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((timingBoundsMs[middle] ?? Infinity) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
