/**
 * A running server: the open database and its listeners.
 *
 *   starting ── all listeners up ──> ready ── stop() ──> draining ── answered ──> stopped
 *       └── a listener fails ──> what was started is stopped; the error names the listener
 *
 * Order of stopping: the listeners finish what they were asked, then the database closes, so that a
 * durable write is not cut off from its answer by us.
 */
import { CronosError, toCronosError } from "../base/errors.ts";
import type { AdminApi } from "../engine/admin-api.ts";
import type { KeyOperations } from "../engine/auth/guarded-series-keys.ts";
import type { SeriesAccess } from "../engine/auth/series-access.ts";
import type { Users } from "../engine/auth/users.ts";
import type { EncodedEventsApi } from "../engine/encoded-events.ts";
import type { Database, EventsScope } from "../engine/database-api.ts";
import type { EventInput, EventsApi } from "../engine/events-api.ts";
import type { EngineMetrics, StatsSource } from "../engine/metrics.ts";
import type { KeyspaceEvents } from "../engine/keyspace-events.ts";
import type { PubSub } from "../engine/pubsub.ts";
import type { QueryService } from "../engine/series/query-service.ts";
import type { SeriesStreams } from "../engine/series/series-streams.ts";
import type { SeriesWriteService } from "../engine/series/write-service.ts";
import type { Session } from "../engine/session.ts";
import type { Clock } from "../ports/clock.ts";
import type { Transaction } from "../shard/transaction.ts";
import { formatListenAddress } from "./config/listen-address.ts";
import type { ListenAddress } from "./config/listen-address.ts";
import type { ServerConfig } from "./config/server-config.ts";
import { ServerMetrics } from "./metrics/server-metrics.ts";

/** What the server needs of an open database. */
export interface ServerEngine extends StatsSource {
  readonly events: EventsApi;
  readonly encoded: EncodedEventsApi;
  /** The events of a namespace. */
  eventsOf(namespace: string): EventsApi & EncodedEventsApi;
  readonly admin?: AdminApi;
  /** Keys, ordered maps and namespaces. */
  readonly data?: Pick<Database, "namespace" | "namespaces">;
  /** Where points go. */
  readonly seriesWrites?: Pick<SeriesWriteService, "write">;
  readonly seriesKeys?: KeyOperations;
  readonly seriesAccess?: SeriesAccess;
  readonly queries?: Pick<QueryService, "run" | "registry">;
  readonly seriesWork?: { readonly streams: Pick<SeriesStreams, "open"> };
  readonly users: Users;
  readonly pubsub: PubSub;
  readonly keyspaceEvents: KeyspaceEvents;
  openSession(): Session;
  /** The operations on events in a running operation. */
  eventsIn(tx: Transaction, namespaceId: number): EventsScope;
  /** Throws INVALID_ARGUMENT unless the event can be published. */
  checkEvent(event: EventInput): void;
  /** Why nothing can be written now, if so. */
  notWritable(): string | undefined;
  /** Waits for what is in flight; everything acknowledged is durable when it resolves. */
  close(): Promise<void>;
}

/** Where the server says what happens; pino's signature. */
export interface ServerLog {
  info(details: object, text: string): void;
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}

/** A listener that is up. */
export interface Listener {
  readonly address: ListenAddress;
  /**
   * Takes nothing new, ends what has no end, resolves when the rest is answered. Bounded: clients
   * that do not take their answers for seconds are cut off.
   */
  close(): Promise<void>;
}

/** What a listener is started with. */
export interface ListenContext {
  readonly config: ServerConfig;
  readonly engine: ServerEngine;
  readonly metrics: ServerMetrics;
  readonly clock: Clock;
  readonly log: ServerLog;
  notReady(): string | undefined;
}

export const listenerNames = ["grpc", "http", "resp", "udp", "admin"] as const;
export type ListenerName = (typeof listenerNames)[number];
export type StartListener = (address: ListenAddress, context: ListenContext) => Promise<Listener>;

/** Where the engine reports to. */
export interface EngineReports {
  readonly metrics: EngineMetrics;
  /** What an operator should know. */
  warn(message: string): void;
}

/** The parts that a program passes in. */
export interface ServerParts {
  readonly clock: Clock;
  readonly log: ServerLog;
  readonly listeners: Readonly<Record<ListenerName, StartListener>>;
  openEngine(config: ServerConfig, reports: EngineReports): Promise<ServerEngine>;
}

/** The line that says that every listener is up; null for one that is off or not there yet. */
export interface ReadyLine {
  readonly ready: true;
  readonly grpc: string | null;
  readonly http: string | null;
  readonly resp: string | null;
  readonly udp: string | null;
  readonly admin: string | null;
}

export class Server {
  readonly #parts: ServerParts;
  readonly #engine: ServerEngine;
  readonly #metrics: ServerMetrics;
  readonly #listeners = new Map<ListenerName, Listener>();
  #state: "starting" | "ready" | "draining" = "starting";
  #stopped: Promise<void> | undefined;

  private constructor(parts: ServerParts, engine: ServerEngine, metrics: ServerMetrics) {
    this.#parts = parts;
    this.#engine = engine;
    this.#metrics = metrics;
  }

  /** Opens the database and every listener that is not off. Rejects with a CronosError. */
  static async start(config: ServerConfig, parts: ServerParts): Promise<Server> {
    const metrics = new ServerMetrics();
    const warn = (message: string): void => parts.log.warn({}, message);
    const engine = await parts.openEngine(config, { metrics, warn });
    if (config.respPassword !== undefined) {
      engine.users.requirePassword(Buffer.from(config.respPassword).toString("latin1"));
    }
    if (config.requiresAuth) engine.seriesAccess?.requireCredentials();
    const server = new Server(parts, engine, metrics);
    try {
      await server.#listen(config);
    } catch (error) {
      await server.stop();
      throw error;
    }
    server.#state = "ready";
    return server;
  }

  get readyLine(): ReadyLine {
    const address = (name: ListenerName): string | null => {
      const listener = this.#listeners.get(name);
      return listener === undefined ? null : formatListenAddress(listener.address);
    };
    return {
      ready: true,
      grpc: address("grpc"),
      http: address("http"),
      resp: address("resp"),
      udp: address("udp"),
      admin: address("admin"),
    };
  }

  /** Drains and closes; calling it again gives the same promise. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #listen(config: ServerConfig): Promise<void> {
    const { clock, log, listeners } = this.#parts;
    const context: ListenContext = {
      config,
      engine: this.#engine,
      metrics: this.#metrics,
      clock,
      log,
      notReady: () => this.#notReady(),
    };
    for (const name of listenerNames) {
      const address = config[name];
      if (address === undefined) continue;
      const start = listeners[name](address, context);
      this.#listeners.set(name, await start.catch((thrown: unknown) => {
        throw listenError(name, address, thrown);
      }));
    }
  }

  #notReady(): string | undefined {
    if (this.#state !== "ready") return `The server is ${this.#state}`;
    return this.#engine.notWritable();
  }

  async #stop(): Promise<void> {
    this.#state = "draining";
    await this.#closeListeners();
    await this.#engine.close();
  }

  async #closeListeners(): Promise<void> {
    const closing = [...this.#listeners].map(async ([name, listener]) => {
      await listener.close().catch((error: unknown) => {
        this.#parts.log.error({ err: error, listener: name }, "Closing a listener failed");
      });
    });
    await Promise.all(closing);
  }
}

function listenError(name: ListenerName, address: ListenAddress, thrown: unknown): CronosError {
  const error = toCronosError(thrown);
  const text = formatListenAddress(address);
  const reason = error.message.includes("EADDRINUSE")
    ? "another program uses this port"
    : // gRPC's library does not tell why.
      error.code === "UNAVAILABLE"
      ? "another program uses this port, or the address is not this machine's"
      : error.message;
  return new CronosError("UNAVAILABLE", `Cannot listen on --${name}-addr ${text}: ${reason}`, {
    cause: thrown,
    details: { field: `${name}-addr`, value: text },
  });
}
