/**
 * What goes on by itself in time series, put together: continuous queries, streams, subscriptions
 * and bindings. All but streams follow what is defined; told of a change, they look again.
 */
import type { StatementOf } from "../../influxql/ast.ts";
import { parseQuery } from "../../influxql/parse.ts";
import { QueryError } from "../../influxql/select/query-error.ts";
import { splitCondition } from "../../influxql/select/time-condition.ts";
import type { EventsModel } from "../../models/events/events-model.ts";
import type { Defined } from "../../models/series/definitions.ts";
import { seriesError } from "../../models/series/series-error.ts";
import type { SeriesDatabase } from "../../models/series/catalog.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Shard } from "../../shard/shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { BindingRunner } from "./binding-runner.ts";
import type { BindingPlan } from "./binding-runner.ts";
import { continuousPlan } from "./continuous-plan.ts";
import { ContinuousRunner } from "./continuous-runner.ts";
import type { ContinuousPlan } from "./continuous-runner.ts";
import type { TimeSpan } from "./continuous-schedule.ts";
import { SelectRunner } from "./select-runner.ts";
import { SeriesFeed } from "./series-feed.ts";
import type { BindingContent, SeriesModels } from "./series-models.ts";
import { SeriesStreams } from "./series-streams.ts";
import { subscriptionFilter } from "./subscription-filter.ts";
import { SubscriptionSender } from "./subscription-sender.ts";
import type { SendPoints } from "./subscription-sender.ts";
import type { SeriesWriteService } from "./write-service.ts";

const NS_PER_MS = 1_000_000n;

export interface SeriesWorkOptions {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly random: Random;
  readonly models: SeriesModels;
  readonly writes: SeriesWriteService;
  readonly events: EventsModel;
  /** Sends points of subscriptions; without it they wait until the database is opened with it. */
  readonly sendPoints: SendPoints | undefined;
  readonly warn: (message: string) => void;
}

export class SeriesWork {
  readonly streams: SeriesStreams;
  readonly #options: SeriesWorkOptions;
  readonly #feed: SeriesFeed;
  readonly #runner: SelectRunner;
  readonly #continuous: ContinuousRunner;
  readonly #subscriptions: SubscriptionSender | undefined;
  readonly #bindings: BindingRunner;
  /** Of continuous queries, by database and text. */
  readonly #plans = new Map<string, ContinuousPlan>();

  constructor(options: SeriesWorkOptions) {
    this.#options = options;
    const { shard, clock, models, warn } = options;
    const feed = new SeriesFeed(shard);
    const runner = new SelectRunner(options);
    this.#feed = feed;
    this.#runner = runner;
    this.streams = new SeriesStreams({ shard, clock, catalog: models.catalog, feed, runner });
    this.#continuous = new ContinuousRunner({
      shard,
      clock,
      feed,
      definitions: models.continuousQueries,
      plan: (databaseId, text) => this.#continuousPlan(databaseId, text),
      warn,
    });
    this.#subscriptions = this.#openSubscriptions();
    this.#bindings = this.#openBindings();
  }

  /** Starts what is defined. */
  start(): void {
    this.defined();
  }

  /** Continuous queries, subscriptions or bindings were made or dropped. */
  defined(): void {
    this.#plans.clear();
    this.#continuous.changed();
    this.#subscriptions?.changed();
    this.#bindings.changed();
  }

  /** RUN CONTINUOUS QUERY; durable when it resolves. */
  async runContinuous(statement: StatementOf<"run continuous query">): Promise<void> {
    const { catalog, continuousQueries } = this.#options.models;
    const { name, condition } = statement;
    const { id: databaseId } = catalog.needDatabase(statement.database);
    if (continuousQueries.get(databaseId, name) === undefined) {
      throw seriesError("NOT_FOUND", `continuous query not found: ${name}`);
    }
    const now = this.#now();
    const { range, rest } = splitCondition(condition, { now, zone: undefined });
    if (rest !== undefined) throw new QueryError("RUN CONTINUOUS QUERY takes conditions on time");
    let span: TimeSpan | undefined;
    if (condition !== undefined) {
      if (range.from === undefined) {
        throw new QueryError("RUN CONTINUOUS QUERY needs a first time: WHERE time >= ...");
      }
      span = { from: range.from, to: range.to === undefined ? now : range.to + 1n };
    }
    await this.#continuous.runNow({ databaseId, name }, span);
  }

  /** Ends everything; before the shard is closed. */
  async close(): Promise<void> {
    this.streams.close();
    this.#subscriptions?.close();
    this.#bindings.close();
    await this.#continuous.close();
    this.#feed.close();
  }

  #now(): bigint {
    return BigInt(this.#options.clock.now()) * NS_PER_MS;
  }

  #continuousPlan(databaseId: number, text: string): ContinuousPlan {
    const key = `${databaseId} ${text}`;
    let plan = this.#plans.get(key);
    if (plan === undefined) {
      const { models, writes, warn } = this.#options;
      plan = continuousPlan(text, {
        catalog: models.catalog,
        select: (statement, place) => this.#runner.stored(statement, place),
        write: (request) => writes.write(request),
        now: () => this.#now(),
        warn,
      });
      this.#plans.set(key, plan);
    }
    return plan;
  }

  #openSubscriptions(): SubscriptionSender | undefined {
    const { shard, clock, models, sendPoints, warn } = this.#options;
    if (sendPoints === undefined) return undefined;
    const { catalog } = models;
    return new SubscriptionSender({
      shard,
      clock,
      feed: this.#feed,
      definitions: models.subscriptions,
      filter: (subscription) => {
        const database = this.#databaseOf(subscription.databaseId);
        return subscriptionFilter(subscription, { catalog, database, runner: this.#runner });
      },
      send: (destination, lines, { databaseId, content }) => {
        const { name: database } = this.#databaseOf(databaseId);
        return sendPoints(destination, { database, policy: content.policy, lines });
      },
      warn,
    });
  }

  #openBindings(): BindingRunner {
    const { events, models, warn } = this.#options;
    return new BindingRunner({
      model: events,
      definitions: models.bindings,
      plan: bindingPlan,
      write: (tx, binding, lines) => this.#writeBound(tx, binding, lines),
      check: (binding) => {
        const database = models.catalog.databases.find(({ id }) => id === binding.databaseId);
        const { policy } = bindingPlan(binding);
        if (database === undefined) return "database not found";
        const found = models.catalog.policy(database, policy);
        return found === undefined ? `retention policy not found: ${policy}` : undefined;
      },
      warn,
    });
  }

  #writeBound(tx: Transaction, binding: Defined<BindingContent>, text: string): void {
    const { writes, warn } = this.#options;
    const { name: database } = this.#databaseOf(binding.databaseId);
    const { policy } = bindingPlan(binding);
    const lines = Buffer.from(text);
    const { message } = writes.writeIn(tx, { database, policy, precision: "ms", lines });
    if (message !== undefined) warn(`Binding "${binding.name}": ${message}`);
  }

  #databaseOf(databaseId: number): SeriesDatabase {
    const found = this.#options.models.catalog.databases.find(({ id }) => id === databaseId);
    if (found === undefined) throw seriesError("NOT_FOUND", "database not found");
    return found;
  }
}

function bindingPlan({ content }: Defined<BindingContent>): BindingPlan & { policy: string } {
  const [statement] = parseQuery(content.text);
  if (statement?.kind !== "create binding") {
    throw new QueryError("row of a binding has no such statement");
  }
  const { topic, into, tags, fields } = statement;
  return { topic, measurement: into.name, policy: into.policy, tags, fields };
}
