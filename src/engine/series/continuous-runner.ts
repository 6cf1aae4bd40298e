/**
 * Runs continuous queries: at the times of their schedule (continuous-schedule.ts), over what was
 * missed while the database was closed, and again over groups that late points touched.
 *
 *   row of a query: its text; `ran`, when it ran last; `done`, the time up to which it computed;
 *   `seen`, the record up to which late points were looked for
 *
 * A run writes its points first and its row after: one that a crash cuts off is run again, and its
 * points overwrite the same. Points are late when the next run would not see them; their groups are
 * noted and computed anew LATE_DELAY_MS later, many late writes at once.
 */
import { toCronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { Definitions } from "../../models/series/definitions.ts";
import type { WriteBatch } from "../../models/series/write-batch.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import { groupsTouched, mergeSpans, nextRun, spanOfRun } from "./continuous-schedule.ts";
import type { ContinuousIntervals, TimeSpan } from "./continuous-schedule.ts";
import type { SeriesFeed } from "./series-feed.ts";

/** Late points wait so long for others. */
export const LATE_DELAY_MS = 1000;
/** Groups that one run computes at most: those behind have to wait for other queries. */
export const RUN_GROUPS_MAX = 10_000n;
/** Spans of late points kept apart for a query; more become one. */
const LATE_SPANS_MAX = 1000;
const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;

/** What the row of a continuous query has. */
export interface ContinuousContent {
  /** The whole statement CREATE CONTINUOUS QUERY. */
  readonly text: string;
  /** ns since 1970, decimal; "" before the first run. */
  readonly ran: string;
  readonly done: string;
  readonly seen: number;
}

/** A query as it is run. */
export interface ContinuousPlan {
  readonly intervals: ContinuousIntervals;
  /** Whether a write has points that the query reads. */
  readonly reads: (policyId: number, measurementId: number) => boolean;
  /** Where its first run begins if it is to compute what is past, ns. */
  readonly firstPast: () => Promise<bigint | undefined>;
  /** Computes a span and writes the result; durable when it resolves. */
  readonly run: (span: TimeSpan) => Promise<void>;
}

export interface ContinuousRunnerOptions {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly feed: SeriesFeed;
  readonly definitions: Definitions<ContinuousContent>;
  /** Throws if the query cannot be run as things are: it is tried again at its next time. */
  readonly plan: (databaseId: number, text: string) => ContinuousPlan;
  readonly warn: (message: string) => void;
}

interface Query {
  readonly databaseId: number;
  readonly name: string;
}

export class ContinuousRunner {
  readonly #options: ContinuousRunnerOptions;
  /** Late spans by query. */
  readonly #late = new Map<string, TimeSpan[]>();
  #timer: Timer | undefined;
  #lateTimer: Timer | undefined;
  #reader: ReturnType<SeriesFeed["read"]> | undefined;
  /** Runs follow each other. */
  #running: Promise<void> = Promise.resolve();
  /** The last record that was looked at for late points. */
  #seen: number;
  #isClosed = false;

  constructor(options: ContinuousRunnerOptions) {
    this.#options = options;
    this.#seen = options.shard.durableIndex;
  }

  /** Runs what is due, and whatever falls due from now on. */
  start(): void {
    this.changed();
  }

  /** A query was made or dropped. */
  changed(): void {
    if (this.#isClosed) return;
    const queries = this.#options.definitions.list();
    if (queries.length > 0 && this.#reader === undefined) this.#follow();
    if (queries.length === 0) this.#stopFollowing();
    this.#arm();
  }

  /**
   * Computes now, as RUN CONTINUOUS QUERY asks: the groups that have something of the span, or what
   * the query's schedule would compute now.
   */
  runNow(query: Query, span: TimeSpan | undefined): Promise<void> {
    return this.#enqueue(async () => {
      const content = this.#options.definitions.get(query.databaseId, query.name);
      if (content === undefined) return;
      const plan = this.#plan(query, content);
      const now = BigInt(this.#options.clock.now()) * NS_PER_MS;
      const groups = span && groupsTouched(plan.intervals, span);
      const wanted = groups ?? spanOfRun(plan.intervals, now);
      if (wanted !== undefined) await plan.run(wanted);
    });
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#lateTimer?.cancel();
    this.#stopFollowing();
    await this.#running;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    let first: number | undefined;
    for (const { databaseId, name, content } of this.#options.definitions.list()) {
      const due = this.#dueAt({ databaseId, name }, content);
      if (due !== undefined && (first === undefined || due < first)) first = due;
    }
    if (first !== undefined && !this.#isClosed) {
      this.#timer = this.#options.clock.at(first, () => {
        void this.#enqueue(() => this.#runDue()).then(() => this.#arm());
      });
    }
  }

  /** Unix ms of its next run. A plan that cannot be made is looked at again in a minute. */
  #dueAt(query: Query, content: ContinuousContent): number | undefined {
    const now = BigInt(this.#options.clock.now()) * NS_PER_MS;
    try {
      const { intervals } = this.#plan(query, content);
      if (content.ran === "") return Number(now / NS_PER_MS);
      return Number((nextRun(intervals, BigInt(content.ran)) + NS_PER_MS - 1n) / NS_PER_MS);
    } catch {
      return Number(now / NS_PER_MS) + 60_000;
    }
  }

  async #runDue(): Promise<void> {
    const now = this.#options.clock.now();
    for (const { databaseId, name, content } of this.#options.definitions.list()) {
      const query = { databaseId, name };
      const due = this.#dueAt(query, content);
      if (due !== undefined && due <= now) await this.#runOne(query, content);
    }
  }

  async #runOne(query: Query, content: ContinuousContent): Promise<void> {
    const now = BigInt(this.#options.clock.now()) * NS_PER_MS;
    let { done } = content;
    let ran = String(now);
    await this.#guarded(query, async () => {
      const plan = this.#plan(query, content);
      const { from: current } = groupsTouched(plan.intervals, { from: now, to: now + 1n });
      const span = spanOfRun(plan.intervals, now) ?? { from: current, to: current };
      if (done === "") {
        const first = (await plan.firstPast()) ?? span.from;
        done = String(groupsTouched(plan.intervals, { from: first, to: first + 1n }).from);
      }
      // What was missed while nothing ran is computed too, piece by piece.
      const from = BigInt(done) > span.from ? span.from : BigInt(done);
      const most = from + RUN_GROUPS_MAX * plan.intervals.interval;
      const to = most < span.to ? most : span.to;
      if (to <= from) return;
      await plan.run({ from, to });
      done = String(to);
      if (to < span.to) ({ ran } = content);
    });
    await this.#keep(query, { ran, done });
  }

  /** Writes what changed in a query's row, if it is still there. */
  async #keep(query: Query, change: Partial<ContinuousContent>): Promise<void> {
    const { shard, definitions } = this.#options;
    await shard.execute((tx) => {
      const content = definitions.get(query.databaseId, query.name);
      if (content === undefined) return;
      // Late points that were noted and not computed yet must be found again after a crash.
      const seen = this.#late.has(keyOf(query)) ? content.seen : this.#seen;
      definitions.put(tx, { ...query, content: { ...content, ...change, seen } });
    });
  }

  /** Looks for late points in everything that is written. */
  #follow(): void {
    const { definitions, feed } = this.#options;
    // One that computed nothing yet has nothing that could be late.
    const begun = definitions.list().filter(({ content }) => content.done !== "");
    const from = Math.min(this.#seen, ...begun.map(({ content }) => content.seen));
    const reader = feed.read(logIndex(from + 1));
    this.#reader = reader;
    void (async () => {
      try {
        for await (const fed of reader) {
          if (fed.kind === "points") for (const batch of fed.batches) this.#noteLate(batch);
          this.#seen = fed.index;
        }
      } catch (error) {
        const { message } = toCronosError(error);
        this.#options.warn(`Late points are not looked for any more: ${message}`);
      }
    })();
  }

  #stopFollowing(): void {
    void this.#reader?.return?.();
    this.#reader = undefined;
  }

  #noteLate(batch: WriteBatch): void {
    const first = firstSecond(batch);
    for (const { databaseId, name, content } of this.#options.definitions.list()) {
      const query = { databaseId, name };
      if (content.done === "" || first >= BigInt(content.done)) continue;
      try {
        const plan = this.#plan(query, content);
        this.#addLate(query, lateSpans(batch, plan, lateBefore(plan.intervals, content)));
      } catch {
        // It cannot be planned now: it will say so when it runs.
      }
    }
  }

  #addLate(query: Query, spans: readonly TimeSpan[]): void {
    if (spans.length === 0) return;
    const key = keyOf(query);
    const all = mergeSpans([...(this.#late.get(key) ?? []), ...spans]);
    const [first, last] = [all[0], all.at(-1)];
    if (all.length > LATE_SPANS_MAX && first !== undefined && last !== undefined) {
      this.#late.set(key, [{ from: first.from, to: last.to }]);
    } else this.#late.set(key, all);
    this.#lateTimer ??= this.#options.clock.after(LATE_DELAY_MS, () => {
      this.#lateTimer = undefined;
      void this.#enqueue(() => this.#runLate());
    });
  }

  async #runLate(): Promise<void> {
    for (const { databaseId, name, content } of this.#options.definitions.list()) {
      const query = { databaseId, name };
      const spans = this.#late.get(keyOf(query)) ?? [];
      this.#late.delete(keyOf(query));
      await this.#guarded(query, async () => {
        const plan = this.#plan(query, content);
        for (const span of spans) await plan.run(span);
      });
      if (spans.length > 0) await this.#keep(query, {});
    }
  }

  #plan({ databaseId }: Query, { text }: ContinuousContent): ContinuousPlan {
    return this.#options.plan(databaseId, text);
  }

  async #guarded(query: Query, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      const { message } = toCronosError(error);
      this.#options.warn(`Continuous query "${query.name}" failed: ${message}`);
    }
  }

  #enqueue(run: () => Promise<void>): Promise<void> {
    const next = this.#running.then(() => (this.#isClosed ? undefined : run()));
    this.#running = next.catch((error: unknown) => {
      this.#options.warn(`Continuous queries: ${toCronosError(error).message}`);
    });
    return next;
  }
}

function keyOf({ databaseId, name }: Query): string {
  return `${databaseId} ${name}`;
}

/** The earliest time of a batch, ns, or a little before it. */
function firstSecond({ seconds, rows }: WriteBatch): bigint {
  let first = Number.POSITIVE_INFINITY;
  for (let row = 0; row < rows; row++) first = Math.min(first, seconds[row] as number);
  return rows === 0 ? 0n : BigInt(first) * NS_PER_S;
}

/** Points before this time were computed, and the next run does not compute them again. */
function lateBefore(intervals: ContinuousIntervals, { ran, done }: ContinuousContent): bigint {
  // While what is past is computed the next run goes on behind what is done.
  if (ran === "") return BigInt(done);
  const next = spanOfRun(intervals, nextRun(intervals, BigInt(ran)));
  return next === undefined || next.from > BigInt(done) ? BigInt(done) : next.from;
}

/** The groups of points in the batch that are before `before`. */
function lateSpans(batch: WriteBatch, plan: ContinuousPlan, before: bigint): TimeSpan[] {
  const spans = new Map<bigint, TimeSpan>();
  for (let row = 0; row < batch.rows; row++) {
    if (!plan.reads(batch.policyId, batch.measurementIds[row] as number)) continue;
    const seconds = BigInt(batch.seconds[row] as number);
    const time = seconds * NS_PER_S + BigInt(batch.nanos[row] as number);
    if (time >= before) continue;
    const span = groupsTouched(plan.intervals, { from: time, to: time + 1n });
    spans.set(span.from, span);
  }
  return [...spans.values()];
}
