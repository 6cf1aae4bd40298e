/**
 * One open database: the shard, the models on it, and the services that protocols call.
 *
 * Opened by open.ts, which chooses the parts (files or memory, real or simulated time).
 */
import { CronosError, toCronosError } from "../base/errors.ts";
import { epoch } from "../base/ids.ts";
import type { Log } from "../log/log.ts";
import { EventsModel } from "../models/events/events-model.ts";
import type { EventsListener } from "../models/events/listener.ts";
import type { TopicSettings } from "../models/events/topic.ts";
import { ZSpace } from "../models/zmap/rows.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { Shard } from "../shard/shard.ts";
import type { Transaction } from "../shard/transaction.ts";
import type { BaseTree } from "../store/base-tree.ts";
import { SeriesAccess } from "./auth/series-access.ts";
import { SeriesKeys } from "./auth/series-keys.ts";
import { SeriesUsers } from "./auth/series-users.ts";
import { Users } from "./auth/users.ts";
import { AdminService } from "./admin-service.ts";
import type { Database, EventsScope, TransactionScope } from "./database-api.ts";
import type { EventInput } from "./events-api.ts";
import { checkEvent, eventsScope } from "./events-scope.ts";
import { EventsService } from "./events-service.ts";
import { FireLag } from "./fire-lag.ts";
import type { EngineMetrics, EngineStats, StatsSource } from "./metrics.ts";
import { KeysAccess, keyContext } from "./keys-access.ts";
import type { KeysApi, KeysScope } from "./keys-api.ts";
import { keysScope } from "./keys-scope.ts";
import { KeysService } from "./keys-service.ts";
import { KeyspaceEvents } from "./keyspace-events.ts";
import { NamespacesService } from "./namespaces-service.ts";
import { PubSub } from "./pubsub.ts";
import { globalNamespace } from "./session-namespace.ts";
import { Session } from "./session.ts";
import { executeSelect } from "../influxql/execute-select.ts";
import { QueryService } from "./series/query-service.ts";
import { RetentionKeeper } from "./series/retention-keeper.ts";
import { diagnosticsOf, statisticsOf } from "./series/server-figures.ts";
import type { DefiningKind } from "./series/define.ts";
import { localSeries } from "./series/local-series.ts";
import { seriesApi, seriesScope } from "./series/series-api.ts";
import type { SeriesApi, SeriesScope } from "./series/series-api.ts";
import { SeriesWork } from "./series/series-work.ts";
import type { SendPoints } from "./series/subscription-sender.ts";
import { openSeriesModels } from "./series/series-models.ts";
import type { SeriesModels } from "./series/series-models.ts";
import { SeriesWriteService } from "./series/write-service.ts";
import type { EngineSettings } from "./settings.ts";
import { queryLimits } from "./settings.ts";
import type { Namespace, NamespacesApi } from "./namespaces-api.ts";
import type { ZMapApi, ZMapScope } from "./zmap-api.ts";
import { zmapScope } from "./zmap-scope.ts";
import { ZMapService } from "./zmap-service.ts";
import { ZMapWatches } from "./zmap-watches.ts";

/** The parts an engine is made of; close() closes the log and the tree and calls `release`. */
export interface EngineParts {
  readonly log: Log;
  readonly base: BaseTree;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: EngineSettings;
  readonly metrics: EngineMetrics;
  /** Told what an operator should know: a full disk, a flush that failed. */
  readonly warn: (message: string) => void;
  readonly release: () => Promise<void>;
  /** Free bytes where the database is; 0 if it is nowhere. */
  readonly freeBytes: () => Promise<number>;
  /** Sends points of subscriptions; without it they wait. */
  readonly sendPoints?: SendPoints | undefined;
}

export class Engine implements Database, StatsSource {
  readonly events: EventsService;
  readonly admin: AdminService;
  /** Who may do what. */
  readonly users: Users;
  readonly pubsub = new PubSub();
  /** Told by the keys model what happened to keys. */
  readonly keyspaceEvents = new KeyspaceEvents(this.pubsub);
  /** What services of time series share. */
  readonly seriesModels: SeriesModels;
  readonly seriesWrites: SeriesWriteService;
  readonly seriesUsers: SeriesUsers;
  readonly seriesKeys: SeriesKeys;
  /** Who may do what with time series. */
  readonly seriesAccess: SeriesAccess;
  readonly queries: QueryService;
  /** Continuous queries, streams, subscriptions, bindings. */
  readonly seriesWork: SeriesWork;
  readonly #retention: RetentionKeeper;
  readonly #namespaces: NamespacesService;
  readonly #zmapWatches: ZMapWatches;
  readonly #keys: KeysService;
  readonly #parts: EngineParts;
  readonly #shard: Shard;
  readonly #model: EventsModel;
  #closing: Promise<void> | undefined;

  private constructor(
    parts: EngineParts,
    running: { readonly shard: Shard; readonly model: EventsModel; readonly fireLag: FireLag },
  ) {
    this.#parts = parts;
    this.#shard = running.shard;
    this.#model = running.model;
    const { catalog } = this.#model;
    this.#namespaces = new NamespacesService(this.#shard, (tx, id) => {
      catalog.removeNamespace(tx, id);
    });
    this.#zmapWatches = new ZMapWatches(this.#shard);
    this.users = new Users(running.shard, parts.random);
    this.#keys = new KeysService({ ...parts, shard: this.#shard, events: this.keyspaceEvents });
    this.events = EventsService.start({ ...parts, ...running });
    const { clock, warn } = parts;
    const onError = (error: unknown): void => {
      warn(`Time series could not be compacted: ${toCronosError(error).message}`);
    };
    this.seriesModels = openSeriesModels(running.shard, {
      clock,
      onError,
      headBytesMax: parts.settings.seriesHeadBytes,
    });
    this.seriesWrites = new SeriesWriteService({
      shard: running.shard,
      clock,
      models: this.seriesModels,
      max: {
        series: parts.settings.seriesPerDatabaseMax,
        valuesPerTag: parts.settings.valuesPerTagMax,
      },
    });
    const { catalog: series } = this.seriesModels;
    this.seriesUsers = new SeriesUsers(this.users, series);
    this.seriesKeys = new SeriesKeys({ ...parts, shard: this.#shard, models: this.seriesModels });
    const { users, seriesKeys: keys } = this;
    this.seriesAccess = new SeriesAccess({ users, keys, catalog: series, clock });
    this.seriesWork = new SeriesWork({
      ...parts,
      shard: running.shard,
      models: this.seriesModels,
      writes: this.seriesWrites,
      events: running.model,
      sendPoints: parts.sendPoints,
    });
    this.queries = this.#openQueries(running.shard);
    this.seriesWork.start();
    const { shard } = running;
    this.#retention = new RetentionKeeper({ shard, clock, models: this.seriesModels, warn });
    this.admin = new AdminService({ ...parts, flush: () => running.shard.flush() });
  }

  #openQueries(shard: Shard): QueryService {
    const { clock, random } = this.#parts;
    return new QueryService({
      shard,
      clock,
      random,
      models: this.seriesModels,
      select: executeSelect,
      write: (request) => this.seriesWrites.write(request),
      access: { users: this.seriesUsers, keys: this.seriesKeys },
      limits: queryLimits(this.#parts.settings),
      stats: () => statisticsOf(this.seriesModels, this.queries.registry),
      diagnostics: () => diagnosticsOf(clock),
      runContinuous: (statement) => this.seriesWork.runContinuous(statement),
      onDefined: (kind) => {
        this.seriesWork.defined();
        if (changesPolicies.has(kind)) this.#retention.changed();
      },
    });
  }

  /** Opens the shard and everything derived from it. On failure the parts are closed. */
  static async start(parts: EngineParts): Promise<Engine> {
    try {
      return await startEngine(parts);
    } catch (error) {
      await closeParts(parts);
      throw error;
    }

    async function startEngine({ settings, metrics, clock, random }: EngineParts): Promise<Engine> {
      const started = clock.monotonic();
      const shard = await Shard.open(shardOptions(parts));
      metrics.observe("recovery", clock.monotonic() - started);
      parts.log.onSync((durationMs) => metrics.observe("logSync", durationMs));
      const fireLag = new FireLag();
      const model = new EventsModel({
        shard,
        clock,
        random,
        listener: modelListener(parts, fireLag),
        topicDefaults: topicDefaults(settings),
        tickMs: settings.tickMs,
        wheelSize: settings.wheelSize,
        creditsMax: settings.maxCredits,
      });
      model.start();
      return new Engine(parts, { shard, model, fireLag });
    }
  }

  /** The same events, as bytes. */
  get encoded(): EventsService {
    return this.events;
  }

  /** Keys, ordered maps and namespaces. */
  get data(): Pick<Database, "namespace" | "namespaces"> {
    return this;
  }

  /** A conversation of its own: what it sees, its transaction, its namespace. */
  openSession(): Session {
    const { clock } = this.#parts;
    return new Session({
      shard: this.#shard,
      clock,
      keys: this.#keys,
      namespaces: this.#namespaces,
      zmapWatches: this.#zmapWatches,
    });
  }

  get namespaces(): NamespacesApi {
    return this.#namespaces.api;
  }

  namespace(name: string): Namespace {
    return {
      name,
      events: this.eventsOf(name),
      keys: this.#keysOf(name),
      zmap: this.zmap(name),
    };
  }

  /** The events of a namespace, also as bytes. */
  eventsOf(name: string): EventsService {
    if (name === globalNamespace.name) return this.events;
    return this.events.inNamespace(() => this.#namespaces.find(this.#shard.tip, name).id);
  }

  get keys(): KeysApi {
    return this.#keysOf(globalNamespace.name);
  }

  zmap(namespace: string = globalNamespace.name): ZMapApi {
    const [shard, namespaces, watches] = [this.#shard, this.#namespaces, this.#zmapWatches];
    return new ZMapService({ shard, namespaces, watches }, namespace);
  }

  /** The operations on events in a running operation. */
  eventsIn(tx: Transaction, namespaceId: number): EventsScope {
    return eventsScope(this.#model, tx, namespaceId);
  }

  /** Throws INVALID_ARGUMENT unless the event can be published. */
  checkEvent(event: EventInput): void {
    checkEvent(this.#model, event);
  }

  /** A database of time series. It need not be there yet. */
  series(database: string): SeriesApi {
    const { seriesWrites: writes, queries, seriesWork } = this;
    return seriesApi(localSeries({ writes, queries, streams: seriesWork.streams }), database);
  }

  /** Why nothing can be written now, if so. */
  notWritable(): string | undefined {
    return this.#shard.cause?.message;
  }

  transact<T>(operation: (tx: TransactionScope) => T): Promise<T> {
    return this.#shard.execute((tx) => {
      const events = eventsScope(this.#model, tx, globalNamespace.id);
      const eventsIn = (namespace: string): EventsScope => {
        return eventsScope(this.#model, tx, this.#namespaces.find(tx, namespace).id);
      };
      const zmap = (namespace: string = globalNamespace.name): ZMapScope => {
        return zmapScope(tx, new ZSpace(this.#namespaces.find(tx, namespace).id));
      };
      const keys = (namespace: string = globalNamespace.name): KeysScope => {
        return keysScope(tx, keyContext(tx, this.#keyParts, namespace));
      };
      const series = (database: string): SeriesScope => {
        return seriesScope(tx, this.seriesWrites, database);
      };
      const result = operation({ series, now: tx.now, events, eventsIn, keys, zmap });
      if (result instanceof Promise) {
        throw new CronosError(
          "INVALID_ARGUMENT",
          "Transaction function must be synchronous: it returned a promise",
        );
      }
      return result;
    });
  }

  get #keyParts(): ConstructorParameters<typeof KeysAccess>[0] {
    const [shard, keys, namespaces] = [this.#shard, this.#keys, this.#namespaces];
    return { shard, keys, namespaces, clock: this.#parts.clock };
  }

  #keysOf(namespace: string): KeysApi {
    return new KeysAccess(this.#keyParts, namespace);
  }

  async stats(): Promise<EngineStats> {
    const log = await this.#parts.log.stats();
    const store = this.#parts.base.stats();
    return {
      ...this.events.counts(),
      logBytes: log.bytes,
      logSegments: log.segments.length,
      logFirstIndex: log.firstIndex,
      logHeadIndex: log.headIndex,
      memtableBytes: this.#shard.stats.memtableBytes,
      storeBytesOnDisk: store.bytesOnDisk,
      storeBytesUsed: store.bytesUsed,
      storeRows: store.rows,
    };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.seriesWork.close();
    this.events.close();
    this.#keys.close();
    this.#model.close();
    await this.#model.reads.close();
    this.queries.close();
    await this.#retention.close();
    await this.seriesModels.storage.close();
    await this.#shard.close();
    await closeParts(this.#parts);
  }
}

/** Kinds of statements after which points may be older than they are kept. */
const changesPolicies: ReadonlySet<string> = new Set<DefiningKind>([
  "create database",
  "create retention policy",
  "alter retention policy",
]);

async function closeParts({ log, base, release }: EngineParts): Promise<void> {
  const results = await Promise.allSettled([log.close(), base.close()]);
  await release();
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

function shardOptions(parts: EngineParts): Parameters<typeof Shard.open>[0] {
  const { log, base, clock, settings, metrics, warn } = parts;
  return {
    log,
    base,
    clock,
    epoch: epoch(log.headEpoch),
    groupCommit: settings.fsyncMode !== "every_event",
    memtableBytesMax: settings.memtableBytes,
    onCommit: (durationMs, operations) => metrics.observe("commit", durationMs, operations),
    onFlush: (durationMs) => {
      metrics.observe("memtableFlush", durationMs);
      metrics.count("memtableFlushes");
    },
    onFlushError: ({ message }) => warn(`Memtable could not be written to disk: ${message}`),
    onStateChange: (cause) => {
      if (cause === undefined) warn("Database can be written again");
      else warn(`Database is read-only: ${cause.message}`);
    },
  };
}

function modelListener({ metrics, warn }: EngineParts, fireLag: FireLag): EventsListener {
  return {
    delivered: (events) => metrics.count("eventsDelivered", events),
    acknowledged: (events) => metrics.count("eventsAcknowledged", events),
    failed: (events) => metrics.count("eventsFailed", events),
    timedOut: (events) => metrics.count("eventsTimedOut", events),
    died: (events) => metrics.count("eventsDeadLettered", events),
    scheduleRuns: (runs) => {
      metrics.count("scheduleRuns", runs);
      metrics.count("eventsPublished", runs);
    },
    scheduleFailed: (error) => warn(`Schedule could not run: ${toCronosError(error).message}`),
    removed: (events) => metrics.count("eventsRemoved", events),
    fireLag: (lagMs, count) => {
      fireLag.add(lagMs, count);
      metrics.observe("fireLag", lagMs, count);
    },
  };
}

function topicDefaults(settings: EngineSettings): TopicSettings {
  return {
    partitions: settings.partitionCount,
    retentionMs: settings.dedupTtlMs,
    retentionBytes: 0,
    dedupTtlMs: settings.dedupTtlMs,
    maxAttempts: settings.maxRetries + 1,
    ackTimeoutMs: settings.ackTimeoutMs,
    retryBackoffMs: settings.retryBackoffMs,
  };
}
