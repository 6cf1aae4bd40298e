/** The figures of a histogram that results show. */
import type { Percentiles } from "./bench-result.ts";
import type { Histogram } from "./histogram.ts";

export function percentiles(histogram: Histogram): Percentiles {
  return {
    p50: histogram.percentile(0.5),
    p95: histogram.percentile(0.95),
    p99: histogram.percentile(0.99),
    max: histogram.max,
  };
}
