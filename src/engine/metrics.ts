/**
 * What the engine tells about itself. Two sides:
 *
 * - push: while it works the engine counts and times into an EngineMetrics it was given. The names
 *   are the tables below; a new metric is a new row here and a call where it happens.
 * - pull: stats() tells how much there is of everything, asked for when somebody looks.
 *
 * No metrics library below the server layer: server/metrics turns both into Prometheus text.
 */

/** Things counted, each with its help text. */
export const engineCounters = {
  eventsPublished: "Events stored",
  eventsDuplicate: "Published events that were refused because their id is known",
  eventsRejected: "Published events that were refused because they are invalid",
  eventsCancelled: "Events cancelled before they were due",
  eventsDelivered: "Events handed to a consumer, every attempt counted",
  eventsAcknowledged: "Events acknowledged by a consumer",
  eventsFailed: "Events given back by a consumer, or not acknowledged in time",
  eventsTimedOut: "Of these, events not acknowledged in time",
  eventsDeadLettered: "Events whose attempts are used up",
  eventsRemoved: "Events removed by retention",
  scheduleRuns: "Events published by recurring schedules",
  memtableFlushes: "Memtables written into the base tree",
} as const satisfies Record<string, string>;
export type EngineCounter = keyof typeof engineCounters;

/** Durations measured in milliseconds, each with its help text. */
export const engineTimings = {
  fireLag: "From an event's due time to its first delivery",
  commit: "From a write's execution to its being durable",
  logSync: "Making the log durable: fsync or the quorum's acknowledgement",
  memtableFlush: "Writing a memtable into the base tree",
  recovery: "Replaying the log when the database was opened",
} as const satisfies Record<string, string>;
export type EngineTiming = keyof typeof engineTimings;

/** Where the engine reports to. Called on hot paths: cheap, and never throws. */
export interface EngineMetrics {
  /** Adds `by` (default 1) to a counter. */
  count(counter: EngineCounter, by?: number): void;
  /** `times` (default 1) things took `durationMs` each. */
  observe(timing: EngineTiming, durationMs: number, times?: number): void;
}

/** Reports to nobody. */
export const noMetrics: EngineMetrics = Object.freeze({ count: () => {}, observe: () => {} });

/** How much there is of everything at one moment. */
export interface EngineStats {
  readonly topics: number;
  readonly subscriptions: number;
  readonly schedules: number;
  /** Events not yet due. */
  readonly eventsPending: number;
  /** Events due that wait for a consumer. */
  readonly eventsReady: number;
  /** Events handed out and neither acknowledged nor given back. */
  readonly eventsInFlight: number;
  readonly deadLetters: number;
  readonly logBytes: number;
  readonly logSegments: number;
  readonly logFirstIndex: number;
  readonly logHeadIndex: number;
  readonly memtableBytes: number;
  readonly storeBytesOnDisk: number;
  readonly storeBytesUsed: number;
  readonly storeRows: number;
}

/** The pull side; the open database implements it. */
export interface StatsSource {
  /** Costs at most a few ms, whatever the database holds. */
  stats(): Promise<EngineStats>;
}
