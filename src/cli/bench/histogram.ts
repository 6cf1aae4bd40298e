/**
 * Percentiles of millions of durations in little memory: counts in buckets whose width grows with
 * the value, so that a percentile is off by at most 1/64 of itself.
 *
 * Values are whole microseconds inside. Below 128 each has its own bucket; above, every power of
 * two is divided into 64 buckets.
 */

const subBucketBits = 6;
const subBuckets = 1 << subBucketBits;
/** Values from 2^40 µs (12 days) up share the last bucket. */
const octaves = 40 - subBucketBits;
const bucketCount = subBuckets * (octaves + 1);

export class Histogram {
  readonly #counts = new Float64Array(bucketCount);
  #total = 0;
  #max = 0;

  get count(): number {
    return this.#total;
  }

  /** Adds a duration, `times` over. Negative ones count as 0. */
  record(durationMs: number, times = 1): void {
    const index = bucketOf(Math.max(0, Math.round(durationMs * 1000)));
    this.#counts[index] = (this.#counts[index] ?? 0) + times;
    this.#total += times;
    if (durationMs > this.#max) this.#max = durationMs;
  }

  /** The duration that `share` (0 to 1) of the recorded ones do not exceed, in ms; 0 if empty. */
  percentile(share: number): number {
    const wanted = Math.ceil(share * this.#total);
    let seen = 0;
    for (let index = 0; index < bucketCount - 1; index++) {
      seen += this.#counts[index] ?? 0;
      if (seen >= wanted && seen > 0) return Math.min(topOf(index) / 1000, this.#max);
    }
    return this.#max;
  }

  get max(): number {
    return this.#max;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#max = 0;
  }
}

function bucketOf(micros: number): number {
  if (micros < 2 * subBuckets) return micros;
  const octave = Math.min(Math.floor(Math.log2(micros)) - subBucketBits, octaves - 1);
  return Math.min(subBuckets * octave + Math.floor(micros / 2 ** octave), bucketCount - 1);
}

/** The largest value of a bucket. */
function topOf(index: number): number {
  if (index < 2 * subBuckets) return index;
  const octave = Math.floor(index / subBuckets) - 1;
  return (index - subBuckets * octave + 1) * 2 ** octave - 1;
}
