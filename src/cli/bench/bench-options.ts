/**
 * The workloads of `cronosdb bench`, one line each:
 *
 *   harness  closed-loop publishers, batches of 100, due in 5 s, one acking subscriber
 *   single   one event per unary call, over many connections
 *   stream   one event per message of a PublishStream, pipelined
 *   drain    events that all fall due at the same moment: how fast they are delivered and acked
 *   lag      20,000 events a second: how late each is delivered
 *   idle     20 events a second: the same on an idle server
 */

/** How events are published. */
export type BenchCall = "batch" | "single" | "stream";

export interface BenchOptions {
  /** "host:port" of the server. */
  readonly address: string;
  readonly call: BenchCall;
  /** Closed loops; in a stream workload: streams. */
  readonly publishers: number;
  /** Connections the publishers share; the subscribers have their own. */
  readonly connections: number;
  /** Events of one call, or of one message of a stream. */
  readonly batch: number;
  /** Messages of one stream that wait for their answers. */
  readonly window: number;
  readonly payloadBytes: number;
  /** An event is due so long after its call starts. */
  readonly delayMs: number;
  /** All events are due at the same moment: delayMs after the start. */
  readonly sameDue: boolean;
  /** Publishing ends after this time, or after so many events if that is not 0. */
  readonly durationMs: number;
  readonly events: number;
  /** Events per second; 0: as many as possible. */
  readonly rate: number;
  /** Members of the one group that receives everything. */
  readonly subscribers: number;
  /** Unacknowledged events a member may hold; the server may cut it. */
  readonly credits: number;
  /** Partitions of the topic; 0: the server's default. */
  readonly partitions: number;
  /** Leave the topic and its events there. */
  readonly keepTopic: boolean;
}

const harness: BenchOptions = {
  address: "localhost:9000",
  call: "batch",
  publishers: 30,
  connections: 6,
  batch: 100,
  window: 256,
  payloadBytes: 256,
  delayMs: 5_000,
  sameDue: false,
  durationMs: 30_000,
  events: 0,
  rate: 0,
  subscribers: 1,
  credits: 100_000,
  partitions: 0,
  keepTopic: false,
};

export const benchProfiles = {
  harness,
  single: { ...harness, call: "single", publishers: 50, connections: 25, batch: 1 },
  stream: { ...harness, call: "stream", publishers: 4, connections: 4, batch: 1 },
  drain: { ...harness, sameDue: true, delayMs: 10_000, events: 500_000 },
  lag: { ...harness, publishers: 10, delayMs: 2_000, rate: 20_000 },
  idle: { ...harness, publishers: 1, connections: 1, batch: 1, delayMs: 500, rate: 20 },
} as const satisfies Record<string, BenchOptions>;

export type BenchProfile = keyof typeof benchProfiles;

/** The options of a workload with some of them replaced. */
export function benchOptions(
  profile: BenchProfile,
  overrides: Partial<BenchOptions> = {},
): BenchOptions {
  return { ...benchProfiles[profile], ...overrides };
}
