/** A continuous query as its statement says: when it runs, what it reads, what a run does. */
import type { CreateContinuousQuery, SelectStatement } from "../../influxql/ast.ts";
import type { SeriesChunk } from "../../influxql/result.ts";
import { parseQuery } from "../../influxql/parse.ts";
import { compileInterval } from "../../influxql/select/compile-interval.ts";
import { QueryError } from "../../influxql/select/query-error.ts";
import { isUniform, windowOf } from "../../influxql/select/windows.ts";
import type { TimeInterval } from "../../influxql/select/windows.ts";
import type { Catalog } from "../../models/series/catalog.ts";
import type { WriteReport } from "../../models/series/write-report.ts";
import type { ContinuousPlan } from "./continuous-runner.ts";
import type { ContinuousIntervals, TimeSpan } from "./continuous-schedule.ts";
import { linesOf } from "./into.ts";
import { withinSpan } from "./statement-span.ts";
import { measurementsIn, statementReads } from "./statement-places.ts";
import type { StatementPlace } from "./statement-places.ts";

const DAY_NS = 86_400_000_000_000n;

export interface ContinuousParts {
  readonly catalog: Catalog;
  /** Runs a SELECT over what is stored. */
  readonly select: (
    statement: SelectStatement,
    place: StatementPlace,
  ) => AsyncIterable<SeriesChunk>;
  readonly write: (request: {
    readonly database: string;
    readonly policy: string;
    readonly lines: Uint8Array;
  }) => Promise<WriteReport>;
  /** ns since 1970. */
  readonly now: () => bigint;
  readonly warn: (message: string) => void;
}

/** Reads the statement of a row. Throws if it cannot be run as things are. */
export function continuousPlan(text: string, parts: ContinuousParts): ContinuousPlan {
  const [statement] = parseQuery(text);
  if (statement?.kind !== "create continuous query") {
    throw new QueryError("row of a continuous query has no such statement");
  }
  const { select, name, backfill } = statement;
  const place = { database: statement.database, policy: "" };
  const interval = intervalOf(select, parts.now());
  const run = async (span: TimeSpan): Promise<void> => {
    const groups = wholeGroups(interval, span, parts.now());
    if (groups === undefined) return;
    const report = await writeResult(withinSpan(select, groups), place, parts);
    if (report !== undefined) parts.warn(`Continuous query "${name}": ${report}`);
  };
  const firstPast = async (): Promise<bigint | undefined> => {
    if (backfill === "all") return firstTime(select, place, parts);
    return backfill === undefined ? undefined : parts.now() - backfill;
  };
  return {
    intervals: continuousIntervals(statement, interval),
    reads: statementReads(select, place, parts.catalog),
    firstPast,
    run,
  };
}

/** The windows of GROUP BY time. Throws if there are none: a run computes windows. */
export function intervalOf(select: SelectStatement, now: bigint): TimeInterval {
  const interval = compileInterval(select, now);
  if (interval !== undefined) return interval;
  throw new QueryError("a continuous query needs GROUP BY time(...)");
}

/** Months and days of a zone are looked at each day: a run takes those that are over. */
function continuousIntervals(
  { resampleEveryNs, resampleForNs }: CreateContinuousQuery,
  { ns, months, offsetNs }: TimeInterval,
): ContinuousIntervals {
  const interval = months > 0 ? DAY_NS : ns;
  const offset = months > 0 ? 0n : offsetNs;
  return { interval, offset, every: resampleEveryNs, for: resampleForNs };
}

/** The groups that a span stands for; undefined: none of them is over. */
function wholeGroups(
  interval: TimeInterval,
  span: TimeSpan,
  now: bigint,
): TimeSpan | undefined {
  if (isUniform(interval)) return span;
  const last = windowOf(interval, span.to - 1n);
  const from = windowOf(interval, span.from).start;
  const to = last.end <= now ? last.end : last.start;
  return to > from ? { from, to } : undefined;
}

/** Writes the rows of a SELECT … INTO; resolves with what could not be written. */
async function writeResult(
  select: SelectStatement,
  place: StatementPlace,
  parts: ContinuousParts,
): Promise<string | undefined> {
  const { into } = select;
  if (into === undefined) throw new QueryError("a continuous query needs INTO");
  const { policy } = into;
  const database = into.database === "" ? place.database : into.database;
  let refused: string | undefined;
  for await (const chunk of parts.select(select, place)) {
    const { lines, count } = linesOf(chunk, into);
    if (count === 0) continue;
    refused ??= (await parts.write({ database, policy, lines })).message;
  }
  return refused;
}

/** The time of the oldest point of the sources; now, if there is none. */
async function firstTime(
  select: SelectStatement,
  place: StatementPlace,
  parts: ContinuousParts,
): Promise<bigint> {
  const oldest: SelectStatement = {
    ...select,
    fields: [{ expression: { kind: "wildcard", type: undefined }, alias: "" }],
    into: undefined,
    sources: measurementsIn(select.sources),
    condition: undefined,
    dimensions: [],
    having: undefined,
    fill: undefined,
    orderBy: [],
    limit: 1,
    offset: 0,
    slimit: 0,
    soffset: 0,
  };
  let first = parts.now();
  for await (const { rows } of parts.select(oldest, place)) {
    for (const [time] of rows) if (typeof time === "bigint" && time < first) first = time;
  }
  return first;
}
