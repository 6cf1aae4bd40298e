/**
 * Runs statements of InfluxQL, one after the other, and gives what they answer piece by piece.
 *
 *   text ─parse─▶ statements ─▶ SELECT: executor over one state of the data ─▶ chunks
 *                           ─▶ SHOW: catalog and index ─▶ tables
 *                           ─▶ the rest: one operation each, durable when it is answered
 *
 * A statement that fails answers its error; those behind it are not executed.
 */
import { CronosError, toCronosError } from "../../base/errors.ts";
import type { ErrorCode } from "../../base/errors.ts";
import { must } from "../../base/assert.ts";
import type { SelectStatement, Statement, StatementOf } from "../../influxql/ast.ts";
import { printStatement } from "../../influxql/print-statement.ts";
import type { SelectContext, SelectLimits, SeriesChunk } from "../../influxql/result.ts";
import type { SelectData } from "../../influxql/select-data.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Shard } from "../../shard/shard.ts";
import type { SeriesView } from "../../models/series/series-scan.ts";
import { define, isDefining } from "./define.ts";
import type { DefiningKind } from "./define.ts";
import { deletePoints, deletesPoints } from "./delete-points.ts";
import { explainLines } from "./explain.ts";
import { linesOf, tagColumnsOf, writtenTable } from "./into.ts";
import type { WriteLines } from "./into.ts";
import type { ManagedAccess } from "./user-statements.ts";
import { isManaging, manageAccess } from "./user-statements.ts";
import { ReadCounters } from "./read-counters.ts";
import { QueryRegistry } from "./query-registry.ts";
import type { RunningQuery } from "./query-registry.ts";
import type { Message, QueryEvent, ResultSeries } from "./query-result.ts";
import { table } from "./query-result.ts";
import { isRemoving, remove } from "./remove.ts";
import type { SeriesModels } from "./series-models.ts";
import type { SeriesState } from "./series-state.ts";
import { show } from "./show.ts";
import type { StatsModule } from "./show-server.ts";
import { StoredSelectData, TagCache } from "./stored-select-data.ts";

/** What a query may take; 0: no limit. The settings say it. */
export interface QueryLimits {
  readonly timeoutMs: number;
  readonly concurrentMax: number;
  readonly seriesMax: number;
  readonly pointsMax: number;
  readonly bucketsMax: number;
  readonly heldMax: number;
  readonly rowsMax: number;
}

/** How long a SHOW works before others have their turn. */
const TURN_MS = 5;

export type SelectExecutor = (
  statement: SelectStatement,
  context: SelectContext,
) => AsyncIterable<SeriesChunk>;

export interface QueryServiceOptions {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly random: Random;
  readonly models: SeriesModels;
  readonly select: SelectExecutor;
  readonly write: WriteLines;
  readonly access: ManagedAccess;
  readonly limits: QueryLimits;
  /** What SHOW STATS and SHOW DIAGNOSTICS tell. */
  readonly stats: () => readonly StatsModule[];
  readonly diagnostics: () => readonly StatsModule[];
  /** RUN CONTINUOUS QUERY. */
  readonly runContinuous?: (statement: StatementOf<"run continuous query">) => Promise<void>;
  /** Called after a statement made, changed or dropped something of this kind. */
  readonly onDefined?: (kind: DefiningKind) => void;
}

export interface QueryRequest {
  readonly statements: readonly Statement[];
  /** As it was sent: what SHOW QUERIES tells. */
  readonly text: string;
  /** "": none was given. */
  readonly database: string;
  /** Policy of sources that name none; "": the default one. */
  readonly policy: string;
  /** Asked with GET: statements that change something warn. */
  readonly isReadOnly: boolean;
  /** Rows of a piece. */
  readonly chunkRows: number;
  /** Aborted when the client has gone. */
  readonly signal?: AbortSignal;
  /** Which databases SHOW DATABASES tells of; default: all. */
  readonly isVisible?: (database: string) => boolean;
}

export class QueryService {
  readonly registry: QueryRegistry;
  readonly #options: QueryServiceOptions;
  readonly #tags: TagCache;

  constructor(options: QueryServiceOptions) {
    this.#options = options;
    this.#tags = new TagCache(options.models.index);
    this.registry = new QueryRegistry(options.clock, options.limits);
  }

  /** Runs the statements. Throws if too many queries run; everything else is in the events. */
  async *run(request: QueryRequest): AsyncGenerator<QueryEvent, void, undefined> {
    const { text, database, signal } = request;
    const { query, end } = this.registry.start({ text, database }, signal);
    try {
      let hasFailed = false;
      for (const [statementId, statement] of request.statements.entries()) {
        if (hasFailed) {
          yield { kind: "end", statementId, messages: [], error: "not executed" };
          continue;
        }
        for await (const event of this.#runStatement(statement, { request, query, statementId })) {
          if (event.kind === "end") hasFailed = event.error !== undefined;
          yield event;
        }
      }
    } finally {
      end();
    }
  }

  /** Ends all queries. */
  close(): void {
    this.registry.killAll();
  }

  async *#runStatement(
    statement: Statement,
    run: { request: QueryRequest; query: RunningQuery; statementId: number },
  ): AsyncGenerator<QueryEvent, void, undefined> {
    const { request, statementId } = run;
    const messages: Message[] = [];
    let error: { readonly error: string; readonly code: ErrorCode } | undefined;
    let isEmpty = true;
    try {
      if (request.isReadOnly && changesSomething(statement)) {
        messages.push({ level: "warning", text: deprecation(statement) });
      }
      const answer = this.#answer(statement, { ...run, messages });
      for await (const series of answer) {
        run.query.signal.throwIfAborted();
        isEmpty = false;
        yield { kind: "series", statementId, series };
      }
    } catch (thrown) {
      error = toldError(thrown);
    }
    // Help is for who wonders about an answer without rows.
    const told = isEmpty ? messages : messages.filter(({ level }) => level !== "info");
    yield { kind: "end", statementId, messages: told, error: undefined, ...error };
  }

  async *#answer(statement: Statement, run: StatementRun): AsyncGenerator<ResultSeries> {
    const { request, query } = run;
    query.signal.throwIfAborted();
    if (statement.kind === "select") return yield* this.#select(statement, run);
    if (statement.kind === "explain") return yield* this.#explain(statement, run);
    if (statement.kind === "kill query") return this.registry.kill(statement.id);
    const { shard, models, access, runContinuous } = this.#options;
    if (isManaging(statement)) {
      const answer = await manageAccess(statement, { ...access, database: request.database });
      if (answer !== undefined) yield answer;
      return;
    }
    if (statement.kind === "run continuous query" && runContinuous !== undefined) {
      return runContinuous(statement);
    }
    if (isDefining(statement)) {
      const place = { models, database: request.database };
      await shard.execute((tx) => define(tx, statement, place));
      this.#options.onDefined?.(statement.kind);
      return;
    }
    if (statement.kind === "delete" && deletesPoints(statement, this.#stateOf(request))) {
      return await deletePoints(statement, this.#stateOf(request), shard);
    }
    if (isRemoving(statement)) {
      await shard.execute((tx) => {
        remove(tx, statement, { ...this.#stateOf(request), view: tx });
      });
      return;
    }
    yield* this.#show(statement, run);
  }

  async *#show(
    statement: Statement,
    { request, query }: StatementRun,
  ): AsyncGenerator<ResultSeries, void, undefined> {
    const { clock } = this.#options;
    const snapshot = this.#options.shard.snapshot();
    let points: SeriesView | undefined;
    try {
      const state: SeriesState = {
        ...this.#stateOf(request),
        view: snapshot,
        points: () => (points ??= this.#options.models.storage.view()),
      };
      const steps = show(statement, {
        ...this.#options,
        state,
        registry: this.registry,
        isVisible: request.isVisible ?? (() => true),
      });
      let since = clock.monotonic();
      for (const step of steps) {
        if (step !== undefined) yield step;
        if (clock.monotonic() - since < TURN_MS) continue;
        await new Promise<void>((resolve) => clock.soon(resolve));
        query.signal.throwIfAborted();
        since = clock.monotonic();
      }
    } finally {
      points?.release();
      snapshot.release();
    }
  }

  #stateOf({ database }: QueryRequest): SeriesState {
    const { models, shard, clock } = this.#options;
    const points = (): SeriesView => models.storage.view();
    return { models, view: shard.tip, points, database, now: BigInt(clock.now()) * 1_000_000n };
  }

  async *#select(
    statement: SelectStatement,
    run: StatementRun,
  ): AsyncGenerator<ResultSeries, void, undefined> {
    const { into } = statement;
    if (into === undefined) return yield* this.#counted(this.#chunks(statement, run));
    const database = into.database === "" ? run.request.database : into.database;
    this.#options.models.catalog.needDatabase(database);
    const tagColumns = tagColumnsOf(statement);
    let written = 0;
    for await (const chunk of this.#chunks(statement, run)) {
      const { lines, count } = linesOf(chunk, into, tagColumns);
      if (count === 0) continue;
      await this.#options.write({ database, policy: into.policy, lines });
      written += count;
    }
    yield writtenTable(written);
  }

  /** Ends the query when it answers too many rows. */
  async *#counted(chunks: AsyncIterable<SeriesChunk>): AsyncGenerator<SeriesChunk> {
    const { rowsMax } = this.#options.limits;
    let rows = 0;
    for await (const chunk of chunks) {
      rows += chunk.rows.length;
      if (rowsMax > 0 && rows > rowsMax) {
        throw new CronosError("TOO_LARGE", `max-select-rows limit exceeded: (${rows}/${rowsMax})`);
      }
      yield chunk;
    }
  }

  async *#chunks(
    statement: SelectStatement,
    run: StatementRun,
    counters?: ReadCounters,
  ): AsyncGenerator<SeriesChunk, void, undefined> {
    const { shard, models } = this.#options;
    const snapshot = shard.snapshot();
    const points = models.storage.view();
    try {
      const data = new StoredSelectData({ models, tags: this.#tags, snapshot, points });
      yield* this.#options.select(statement, this.#contextOf(run, counters?.over(data) ?? data));
    } finally {
      points.release();
      snapshot.release();
    }
  }

  #contextOf({ request, query, messages }: StatementRun, data: SelectData): SelectContext {
    const { clock, random } = this.#options;
    return {
      data,
      database: request.database,
      policy: request.policy,
      now: BigInt(clock.now()) * 1_000_000n,
      limits: this.#limitsOf(request),
      signal: query.signal,
      pause: () => new Promise((resolve) => clock.soon(resolve)),
      clock: () => clock.monotonic(),
      random: () => random.next(),
      warn: (text) => messages.push({ level: "info", text }),
    };
  }

  #limitsOf({ chunkRows }: QueryRequest): SelectLimits {
    const { seriesMax, pointsMax, bucketsMax, heldMax } = this.#options.limits;
    return { seriesMax, pointsMax, bucketsMax, heldMax, chunkRows };
  }

  async #plan(select: SelectStatement, run: StatementRun): Promise<readonly string[]> {
    const { shard, models } = this.#options;
    const snapshot = shard.snapshot();
    const points = models.storage.view();
    try {
      const data = new StoredSelectData({ models, tags: this.#tags, snapshot, points });
      const policies = models.catalog.databases.flatMap((database) => database.policies);
      const windowHours = (policyId: number): number =>
        must(policies.find(({ id }) => id === policyId)).windowHours;
      const context = this.#contextOf(run, data);
      return await explainLines(select, { select: context, points, windowHours });
    } finally {
      points.release();
      snapshot.release();
    }
  }

  /** What EXPLAIN can tell without running; ANALYZE runs and tells what came of it. */
  async *#explain(
    { select, isAnalyze }: Extract<Statement, { kind: "explain" }>,
    run: StatementRun,
  ): AsyncGenerator<ResultSeries, void, undefined> {
    if (!isAnalyze) {
      const lines = await this.#plan(select, run);
      yield table(
        ["QUERY PLAN"],
        lines.map((line) => [line]),
      );
      return;
    }
    const { clock } = this.#options;
    const started = clock.monotonic();
    await this.#plan(select, run);
    const planned = clock.monotonic();
    const counters = new ReadCounters();
    let rows = 0;
    let series = 0;
    for await (const chunk of this.#chunks(select, run, counters)) {
      rows += chunk.rows.length;
      if (!chunk.isPartial) series++;
    }
    const ended = clock.monotonic();
    const lines = [
      ".",
      "└── select",
      `    ├── execution_time: ${(ended - planned).toFixed(3)}ms`,
      `    ├── planning_time: ${(planned - started).toFixed(3)}ms`,
      `    ├── total_time: ${(ended - started).toFixed(3)}ms`,
      "    ├── read",
      `    │   ├── statement: ${printStatement(select)}`,
      `    │   ├── series: ${counters.series}`,
      `    │   ├── batches: ${counters.batches}`,
      `    │   └── points: ${counters.points}`,
      "    └── answer",
      `        ├── series: ${series}`,
      `        └── rows: ${rows}`,
    ];
    yield table(
      ["EXPLAIN ANALYZE"],
      lines.map((line) => [line]),
    );
  }
}

interface StatementRun {
  readonly request: QueryRequest;
  readonly query: RunningQuery;
  readonly statementId: number;
  readonly messages: Message[];
}

function changesSomething(statement: Statement): boolean {
  if (statement.kind === "select") return statement.into !== undefined;
  return /^(?:create|alter|drop|delete|grant|revoke|set|run) ?/.test(statement.kind);
}

function deprecation(statement: Statement): string {
  const text = printStatement(statement);
  const advice = "in a read only context, please use a POST request instead";
  return `deprecated use of '${text}' ${advice}`;
}

/** What the user is told of a fault; our own faults are told without their cause. */
function toldError(thrown: unknown): { readonly error: string; readonly code: ErrorCode } {
  const { kind, code, message } = toCronosError(thrown);
  return { error: kind === "internal" ? "internal error" : message, code };
}
