/**
 * What a user can tune of one open database. Units are in the names: Ms are milliseconds, Bytes
 * bytes. Numbers only; the parts a program passes in (clock, disk, log, metrics) are not settings.
 *
 * Each field is a flag of `cronosdb serve`; src/server/config declares its text form and reads
 * command line, environment and file. Here are the names, the defaults and what they mean.
 */

import type { QueryLimits } from "./series/query-service.ts";

/**
 * When a write is durable, as the answer to it promises.
 * - every_event: each write is a record and a sync of its own; answered after the sync.
 * - batch: writes that arrive during a sync share the next one; answered after the sync.
 * - periodic: answered when written; synced every `flushIntervalMs`. A crash of the machine loses
 *   at most that interval, a crash or a stop of the process nothing.
 */
export const fsyncModes = ["every_event", "batch", "periodic"] as const;
export type FsyncMode = (typeof fsyncModes)[number];

export interface EngineSettings {
  /** Name of this node in records, metrics and listings. */
  readonly nodeId: string;

  /** Log: size at which a segment file is full and the next one is begun. */
  readonly segmentBytes: number;
  /** Log: bytes of records between two entries of a segment's sparse index. */
  readonly indexIntervalBytes: number;
  readonly fsyncMode: FsyncMode;
  /** Log: longest time between two syncs in fsync-mode periodic. The other modes do not use it. */
  readonly flushIntervalMs: number;

  /** Scheduler: due times are looked at in steps of so many ms; an event is late by at most one. */
  readonly tickMs: number;
  /** Scheduler: steps of the timing wheel; what is due later than tickMs × wheelSize overflows. */
  readonly wheelSize: number;

  /** Partitions of a topic that is created by its first event. */
  readonly partitionCount: number;
  /** Topic default: time a consumer has to acknowledge a delivery. */
  readonly ackTimeoutMs: number;
  /**
   * Topic default: deliveries after the first one before an event becomes a dead letter. A topic's
   * maxAttempts is one more.
   */
  readonly maxRetries: number;
  /** Topic default: wait before the first retry; doubles with each one, at most 1 h. */
  readonly retryBackoffMs: number;
  /** Most events a subscription may hold unacknowledged; what it asks for is cut to it. */
  readonly maxCredits: number;
  /** Topic default: how long a published id is remembered. */
  readonly dedupTtlMs: number;

  /** Bytes of rows in memory above which they are written to the base tree. */
  readonly memtableBytes: number;
  /** Time series: memory of points above which they are sealed into blocks. */
  readonly seriesHeadBytes: number;
  /** Time series: series of a database; 0: no limit. */
  readonly seriesPerDatabaseMax: number;
  /** Time series: values of a tag of a measurement; 0: no limit. */
  readonly valuesPerTagMax: number;
  /** Queries: a query ends after this time; 0: never. */
  readonly queryTimeoutMs: number;
  /** Queries at once; 0: no limit, as for the limits below. */
  readonly queryConcurrentMax: number;
  /** Series that a query may read. */
  readonly querySeriesMax: number;
  /** Points that a query may read. */
  readonly queryPointsMax: number;
  /** Groups of time of one series of a result. */
  readonly queryBucketsMax: number;
  /** Values that a function may hold in memory: median() and others need all of a window. */
  readonly queryHeldMax: number;
  /** Rows of a query's answer. */
  readonly queryRowsMax: number;
}

/** What holds when nothing is set. */
export const defaultEngineSettings: EngineSettings = Object.freeze({
  nodeId: "node-1",
  segmentBytes: 512 * 1024 * 1024,
  indexIntervalBytes: 64 * 1024,
  fsyncMode: "batch",
  flushIntervalMs: 100,
  tickMs: 1,
  wheelSize: 1024,
  partitionCount: 8,
  ackTimeoutMs: 30_000,
  maxRetries: 5,
  retryBackoffMs: 1_000,
  maxCredits: 10_000,
  dedupTtlMs: 168 * 60 * 60 * 1_000,
  memtableBytes: 16 * 1024 * 1024,
  seriesHeadBytes: 64 * 1024 * 1024,
  seriesPerDatabaseMax: 100_000_000,
  valuesPerTagMax: 0,
  queryTimeoutMs: 120_000,
  queryConcurrentMax: 256,
  querySeriesMax: 0,
  queryPointsMax: 0,
  queryBucketsMax: 1_000_000,
  queryHeldMax: 10_000_000,
  queryRowsMax: 50_000_000,
});

/** The defaults with some of them replaced, frozen. */
export function engineSettings(overrides: Partial<EngineSettings> = {}): EngineSettings {
  return Object.freeze({ ...defaultEngineSettings, ...overrides });
}

/** The settings that queries of time series go by. */
export function queryLimits(settings: EngineSettings): QueryLimits {
  return {
    timeoutMs: settings.queryTimeoutMs,
    concurrentMax: settings.queryConcurrentMax,
    seriesMax: settings.querySeriesMax,
    pointsMax: settings.queryPointsMax,
    bucketsMax: settings.queryBucketsMax,
    heldMax: settings.queryHeldMax,
    rowsMax: settings.queryRowsMax,
  };
}
