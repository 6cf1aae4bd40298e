/**
 * Everything /metrics tells, as Prometheus text: what the engine counts and times, how much there
 * is of everything (asked for at each scrape), requests, and the process.
 *
 * Names: cronosdb_<what>_<unit>; counters end in _total. docs/operations.md lists them, and a test
 * compares.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { engineCounters, engineTimings } from "../../engine/metrics.ts";
import type { EngineCounter, EngineMetrics, EngineStats } from "../../engine/metrics.ts";
import type { EngineTiming, StatsSource } from "../../engine/metrics.ts";
import type { UdpCounts } from "../../protocols/udp/listen.ts";
import type { CallObservation } from "../../protocols/grpc/observe-calls.ts";
import type { HttpObservation } from "../../protocols/http/http-server.ts";
import { TimingHistogram } from "./timing-histogram.ts";

const gauges = {
  topics: "Topics",
  subscriptions: "Running subscriptions",
  schedules: "Recurring schedules",
  eventsPending: "Events not yet due",
  eventsReady: "Events due that wait for a consumer",
  eventsInFlight: "Events handed out and not acknowledged",
  deadLetters: "Dead letters",
  logBytes: "Size of the log",
  logSegments: "Segment files of the log",
  logFirstIndex: "Oldest record in the log",
  logHeadIndex: "Newest durable record",
  memtableBytes: "Size of what is not yet in the base tree",
  storeBytesOnDisk: "Size of the base tree's files",
  storeBytesUsed: "Size of the rows in the base tree's files",
  storeRows: "Rows in the base tree",
} as const satisfies Record<keyof EngineStats, string>;

const counterNames = Object.keys(engineCounters) as EngineCounter[];
const timingNames = Object.keys(engineTimings) as EngineTiming[];
const gaugeNames = Object.keys(gauges) as (keyof EngineStats)[];

/** Seconds. */
const requestBounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30];
/** Watching the event loop costs a wake-up per so many ms: little enough to stay idle when idle. */
const eventLoopPrecisionMs = 100;

/** What the RESP listener tells when it is asked. */
export interface RespObservation {
  /** Clients now; connections taken and commands done since the start. */
  readonly clients: number;
  readonly connections: number;
  readonly commands: number;
}

const noDatagrams: UdpCounts = { datagrams: 0, points: 0, datagramsDropped: 0, pointsDropped: 0 };
const udpTotals: Readonly<Record<keyof UdpCounts, string>> = {
  datagrams: "UDP datagrams that came in",
  points: "Points over UDP that were stored",
  datagramsDropped: "UDP datagrams dropped: too much waited, or they could not be written",
  pointsDropped: "Points over UDP that were not stored, and lines that could not be read",
};

export class ServerMetrics implements EngineMetrics {
  readonly #registry = new Registry();
  // Plain numbers: the engine counts on hot paths, the registry is asked at most every few seconds.
  readonly #counts = new Map<EngineCounter, number>(counterNames.map((name) => [name, 0]));
  readonly #timings: Readonly<Record<EngineTiming, TimingHistogram>>;
  readonly #gauges: readonly (readonly [keyof EngineStats, Gauge])[];
  readonly #httpRequests: Counter<"method" | "path" | "status">;
  readonly #httpDurations: Histogram<"path">;
  #udp: () => UdpCounts = () => noDatagrams;
  #resp: () => RespObservation = () => ({ clients: 0, connections: 0, commands: 0 });
  readonly #grpcCalls: Counter<"method" | "code">;
  readonly #grpcDurations: Histogram<"method">;

  constructor() {
    const registers = [this.#registry];
    this.#timings = timings();
    this.#registerCounters();
    this.#gauges = gaugeNames.map((name) => {
      return [name, new Gauge({ name: metricName(name), help: gauges[name], registers })] as const;
    });
    this.#httpRequests = new Counter({
      name: "cronosdb_http_requests_total",
      help: "HTTP requests answered",
      labelNames: ["method", "path", "status"],
      registers,
    });
    this.#httpDurations = new Histogram({
      name: "cronosdb_http_request_duration_seconds",
      help: "From an HTTP request's arrival to its answer",
      labelNames: ["path"],
      buckets: requestBounds,
      registers,
    });
    this.#grpcCalls = new Counter({
      name: "cronosdb_grpc_calls_total",
      help: "gRPC calls that ended",
      labelNames: ["method", "code"],
      registers,
    });
    this.#grpcDurations = new Histogram({
      name: "cronosdb_grpc_call_duration_seconds",
      help: "From a gRPC call's begin to its end; a stream's whole life",
      labelNames: ["method"],
      buckets: requestBounds,
      registers,
    });
    this.#registerResp();
    this.#registerUdp();
    collectDefaultMetrics({
      register: this.#registry,
      eventLoopMonitoringPrecision: eventLoopPrecisionMs,
    });
  }

  count(counter: EngineCounter, by = 1): void {
    this.#counts.set(counter, (this.#counts.get(counter) ?? 0) + by);
  }

  observe(timing: EngineTiming, durationMs: number, times = 1): void {
    this.#timings[timing].observe(durationMs, times);
  }

  httpRequest({ method, path, status, durationMs }: HttpObservation): void {
    this.#httpRequests.inc({ method, path, status });
    this.#httpDurations.observe({ path }, durationMs / 1_000);
  }

  grpcCall({ method, code, durationMs }: CallObservation): void {
    this.#grpcCalls.inc({ method, code });
    this.#grpcDurations.observe({ method }, durationMs / 1_000);
  }

  /** From now on the RESP metrics tell what `observe` tells. */
  observeResp(observe: () => RespObservation): void {
    this.#resp = observe;
  }

  /** From now on the UDP metrics tell what `observe` tells. */
  observeUdp(observe: () => UdpCounts): void {
    this.#udp = observe;
  }

  /** All metrics; `source` is asked for the gauges. */
  async text(source: StatsSource): Promise<{ contentType: string; text: string }> {
    const stats = await source.stats();
    for (const [name, gauge] of this.#gauges) gauge.set(stats[name]);
    return { contentType: this.#registry.contentType, text: await this.describe() };
  }

  /** All metrics as they are, gauges as of the last time they were asked for. */
  async describe(): Promise<string> {
    const registered = await this.#registry.metrics();
    const timed = timingNames.map((name) => this.#timings[name].text());
    return [registered, ...timed].join("\n");
  }

  #registerResp(): void {
    const registers = [this.#registry];
    const clients: Gauge = new Gauge({
      name: "cronosdb_resp_clients",
      help: "RESP clients connected",
      registers,
      collect: () => clients.set(this.#resp().clients),
    });
    const totals = { connections: "RESP connections taken", commands: "RESP commands done" };
    for (const name of ["connections", "commands"] as const) {
      const counter: Counter = new Counter({
        name: `cronosdb_resp_${name}_total`,
        help: totals[name],
        registers,
        collect: () => {
          counter.reset();
          counter.inc(this.#resp()[name]);
        },
      });
    }
  }

  #registerUdp(): void {
    for (const name of Object.keys(udpTotals) as (keyof UdpCounts)[]) {
      const counter: Counter = new Counter({
        name: `${metricName(`udp${name[0]?.toUpperCase()}${name.slice(1)}`)}_total`,
        help: udpTotals[name],
        registers: [this.#registry],
        collect: () => {
          counter.reset();
          counter.inc(this.#udp()[name]);
        },
      });
    }
  }

  #registerCounters(): void {
    for (const each of counterNames) {
      const counter: Counter = new Counter({
        name: `${metricName(each)}_total`,
        help: engineCounters[each],
        registers: [this.#registry],
        collect: () => {
          counter.reset();
          counter.inc(this.#counts.get(each) ?? 0);
        },
      });
    }
  }
}

function timings(): Record<EngineTiming, TimingHistogram> {
  const entries = timingNames.map((name) => {
    return [name, new TimingHistogram(`${metricName(name)}_seconds`, engineTimings[name])] as const;
  });
  return Object.fromEntries(entries) as Record<EngineTiming, TimingHistogram>;
}

/** fireLag -> cronosdb_fire_lag */
function metricName(name: string): string {
  return `cronosdb_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}
