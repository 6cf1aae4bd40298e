/**
 * What a run of the benchmark found, and how it is shown.
 */
import type { BenchOptions } from "./bench-options.ts";

/** In ms. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface BenchResult {
  readonly options: BenchOptions;
  readonly published: {
    readonly events: number;
    readonly calls: number;
    /** Events the server did not store, and calls that failed. */
    readonly refused: number;
    readonly failures: number;
    readonly ms: number;
    readonly perSecond: number;
    /** Of a call, or of a message of a stream, from sending to the durable answer. */
    readonly latencyMs: Percentiles;
  };
  readonly delivered: {
    readonly events: number;
    /** Acknowledged durably, and acknowledgements the server refused. */
    readonly acknowledged: number;
    readonly ackRefused: number;
    /** From when the first could be delivered to the last acknowledgement. */
    readonly ms: number;
    readonly perSecond: number;
    /** From due to received. */
    readonly lagMs: Percentiles;
  };
  readonly lost: number;
  readonly early: number;
  readonly duplicates: number;
  readonly foreign: number;
}

export interface BenchProgress {
  readonly elapsedMs: number;
  readonly stored: number;
  readonly received: number;
  readonly acknowledged: number;
  readonly storedPerSecond: number;
  readonly receivedPerSecond: number;
  readonly acknowledgedPerSecond: number;
}

/** Who watches a run. */
export interface BenchReporter {
  /** Once a second. */
  progress(progress: BenchProgress): void;
}

/** Nothing was lost, early, twice, foreign or refused. */
export function isClean(result: BenchResult): boolean {
  const { published, delivered } = result;
  const refused = published.refused + published.failures + delivered.ackRefused;
  return result.lost + result.early + result.duplicates + result.foreign + refused === 0;
}

/** One line. */
export function formatProgress(progress: BenchProgress): string {
  const elapsed = `${Math.round(progress.elapsedMs / 1000)}s`.padStart(4);
  const parts = [
    `published ${whole(progress.stored)} (${whole(progress.storedPerSecond)}/s)`,
    `received ${whole(progress.received)} (${whole(progress.receivedPerSecond)}/s)`,
    `acked ${whole(progress.acknowledged)} (${whole(progress.acknowledgedPerSecond)}/s)`,
  ];
  return `${elapsed}  ${parts.join("  ")}`;
}

/** A table of a few lines. */
export function formatResult(result: BenchResult): string {
  const { published, delivered } = result;
  const rows: readonly (readonly [string, string])[] = [
    ["published", `${whole(published.events)} events in ${seconds(published.ms)}`],
    ["", `${whole(published.perSecond)} events/s, ${whole(published.calls)} calls`],
    ["latency per call", formatPercentiles(published.latencyMs)],
    ["delivered + acked", `${whole(delivered.acknowledged)} events in ${seconds(delivered.ms)}`],
    ["", `${whole(delivered.perSecond)} events/s`],
    ["due to received", formatPercentiles(delivered.lagMs)],
    ["lost / early / twice", `${result.lost} / ${result.early} / ${result.duplicates}`],
    ["refused / failed calls", `${published.refused} / ${published.failures}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join("\n");
}

function formatPercentiles({ p50, p95, p99, max }: Percentiles): string {
  return `p50 ${ms(p50)}  p95 ${ms(p95)}  p99 ${ms(p99)}  max ${ms(max)}`;
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}

function seconds(value: number): string {
  return `${(value / 1000).toFixed(1)} s`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
