/**
 * CronosDB beside BullMQ on redis-server: the same delayed events, one machine, one run.
 *
 *   publish  batches of 100, due in an hour, nobody receives: published/s
 *   drain    everything due at the same moment: fired and acknowledged/s
 *   steady   2,000 events a second, a rate that all sustain: how late
 *   full     as many as the publishers can, due in 5 s, received meanwhile: all of it at once
 *
 *   --only cronosdb,always  some of the systems     --runs 3   the median of so many
 *   --scale 0.1             shorter, not recorded
 *
 * Each load has a fresh server on an empty directory. Events have 256 bytes, three tags and an id
 * to deduplicate by. BullMQ has the fastest of a few settings of its workers, found before it
 * begins, and removes jobs that are done. Prints Markdown and appends a line to
 * bench/results/compare.jsonl. Keys beside redis-server and etcd are in redis.ts.
 */
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { benchOptions } from "../src/cli/bench/bench-options.ts";
import type { BenchOptions, BenchProfile } from "../src/cli/bench/bench-options.ts";
import { runBullmqLoad } from "./support/bullmq-load.ts";
import type { BullmqTuning } from "./support/bullmq-load.ts";
import { loadFigures, measureLoad } from "./support/cronosdb.ts";
import type { LoadOverrides } from "./support/cronosdb.ts";
import { formatFigure, medianFigures } from "./support/figures.ts";
import type { Figures } from "./support/figures.ts";
import { formatMachine, machine } from "./support/machine.ts";
import { redisVersion, withRedis } from "./support/redis.ts";
import type { RedisMode } from "./support/redis.ts";
import { markdownTable, recordResult } from "./support/results.ts";

export const systems = {
  cronosdb: "CronosDB",
  always: "BullMQ, AOF always",
  everysec: "BullMQ, AOF everysec",
  snapshots: "BullMQ, no AOF",
} as const satisfies Record<"cronosdb" | RedisMode, string>;

export type System = keyof typeof systems;

type LoadName = "publish" | "drain" | "steady" | "full";

interface Load {
  readonly profile: BenchProfile;
  readonly options: LoadOverrides;
}

/** What the table shows; `better` says which way a ratio counts. */
const rows: readonly {
  readonly what: string;
  readonly load: LoadName;
  readonly figure: string;
  readonly better?: "more" | "less";
}[] = [
  { what: "published/s", load: "publish", figure: "publishedPerSecond", better: "more" },
  { what: "p99 of a call of 100, ms", load: "publish", figure: "callP99Ms", better: "less" },
  { what: "fired + acked/s", load: "drain", figure: "ackedPerSecond", better: "more" },
  { what: "lag at 2,000/s, p50 ms", load: "steady", figure: "lagP50Ms", better: "less" },
  { what: "lag at 2,000/s, p99 ms", load: "steady", figure: "lagP99Ms", better: "less" },
  { what: "full load: published/s", load: "full", figure: "publishedPerSecond", better: "more" },
  { what: "full load: fired + acked/s", load: "full", figure: "ackedPerSecond", better: "more" },
  { what: "full load: lag p50, ms", load: "full", figure: "lagP50Ms", better: "less" },
  { what: "full load: lag p99, ms", load: "full", figure: "lagP99Ms", better: "less" },
  { what: "drain: lost, early, twice, refused", load: "drain", figure: "wrong" },
  { what: "full load: lost, early, twice, refused", load: "full", figure: "wrong" },
];

const guarantees: readonly (readonly string[])[] = [
  ["", "CronosDB", "BullMQ"],
  [
    "an answered publish is durable",
    "yes: fsync per group commit",
    "with AOF always; everysec: up to about 1 s lost; no AOF: all since the last snapshot",
  ],
  [
    "the same id again",
    "refused for 168 h (a setting), exact, across restarts; the first one's offset is answered",
    "ignored while the job exists; here it is removed when done, and the id with it",
  ],
  [
    "a consumer dies",
    "at least once: redelivered when its connection breaks or the ack timeout passes, with " +
      "backoff, then a dead letter",
    "at least once: its lock expires (30 s), once; stalled a second time, the job fails",
  ],
  [
    "a consumer fails",
    "5 retries with backoff, then a dead letter (defaults)",
    "no retry unless the job asks for attempts; then the failed set",
  ],
  [
    "who receives",
    "every consumer group its own copy; replay by time or offset",
    "one worker; a job that is done is gone, or kept as a record",
  ],
  ["order", "due time within a topic partition", "due time, then the order of adding"],
  ["pending events live", "on disk", "in the memory of Redis"],
];

/** The loads, `scale` times their length. */
export function loads(scale: number): Readonly<Record<LoadName, Load>> {
  const seconds = (count: number): number => Math.max(200, Math.round(count * 1000 * scale));
  const events = Math.max(1000, Math.round(1000 * scale) * 100);
  // The more loops, the longer a call waits in any system: all have the same.
  const few = { publishers: 10 };
  return {
    publish: {
      profile: "harness",
      options: { ...few, delayMs: 3_600_000, durationMs: seconds(10), subscribers: 0 },
    },
    drain: { profile: "drain", options: { ...few, events, delayMs: seconds(20) } },
    steady: {
      profile: "lag",
      options: { ...few, rate: 2000, batch: 10, delayMs: seconds(1), durationMs: seconds(15) },
    },
    full: {
      profile: "harness",
      options: { ...few, delayMs: seconds(5), durationMs: seconds(15) },
    },
  };
}

/** What BullMQ is tried with; more workers do not help on a few cores. */
const defaultTuning: BullmqTuning = { workers: 1, concurrency: 100, autoPipelining: false };
const bullmqTunings: readonly BullmqTuning[] = [
  defaultTuning,
  { workers: 2, concurrency: 50, autoPipelining: false },
  { workers: 1, concurrency: 100, autoPipelining: true },
  { workers: 2, concurrency: 50, autoPipelining: true },
  { workers: 2, concurrency: 200, autoPipelining: true },
];

/** The tuning that drains fastest. */
async function fastestTuning(
  mode: RedisMode,
  { scale, tunings = bullmqTunings }: CompareOptions,
): Promise<BullmqTuning> {
  const events = Math.max(1000, Math.round(200 * scale) * 100);
  const options = benchOptions("drain", { events, delayMs: Math.max(200, 3000 * scale) });
  let fastest = { tuning: defaultTuning, perSecond: 0 };
  for (const tuning of tunings) {
    const { delivered } = await withRedis(mode, (port) => runBullmqLoad(port, options, tuning));
    if (delivered.perSecond > fastest.perSecond) {
      fastest = { tuning, perSecond: delivered.perSecond };
    }
  }
  return fastest.tuning;
}

export interface CompareOptions {
  readonly runs: number;
  readonly scale: number;
  /** What BullMQ is tried with; default: a few. */
  readonly tunings?: readonly BullmqTuning[];
}

export interface Comparison {
  readonly systems: readonly System[];
  readonly runs: number;
  readonly scale: number;
  readonly loads: ReturnType<typeof loads>;
  /** What BullMQ ran with on each redis-server. */
  readonly tunings: Readonly<Partial<Record<System, BullmqTuning>>>;
  readonly figures: Readonly<Record<LoadName, SystemFigures>>;
}

type SystemFigures = Readonly<Partial<Record<System, Figures>>>;

/** Runs every load on the systems in turn, so that a slow moment of the machine is nobody's own. */
export async function compare(
  names: readonly System[],
  options: CompareOptions,
): Promise<Comparison> {
  const { runs, scale } = options;
  const all = loads(scale);
  const tunings: Partial<Record<System, BullmqTuning>> = {};
  for (const name of names) {
    if (name !== "cronosdb") tunings[name] = await fastestTuning(name, options);
  }
  const measure = async (load: Load): Promise<SystemFigures> => {
    const found = names.map((name) => ({ name, runs: [] as Figures[] }));
    for (let run = 0; run < runs; run++) {
      for (const each of found) each.runs.push(await runOne(each.name, load, tunings[each.name]));
    }
    return Object.fromEntries(found.map((each) => [each.name, medianFigures(each.runs)]));
  };
  const figures = {
    publish: await measure(all.publish),
    drain: await measure(all.drain),
    steady: await measure(all.steady),
    full: await measure(all.full),
  };
  return { systems: names, runs, scale, loads: all, tunings, figures };
}

async function runOne(
  system: System,
  { profile, options }: Load,
  tuning: BullmqTuning | undefined,
): Promise<Figures> {
  if (system === "cronosdb" || tuning === undefined) return measureLoad(profile, options);
  const whole: BenchOptions = benchOptions(profile, options);
  return withRedis(system, async (port) => loadFigures(await runBullmqLoad(port, whole, tuning)));
}

/** The tables. The last column compares us with BullMQ under the same promise. */
export function formatComparison({ systems: names, figures }: Comparison): string {
  const value = (name: System, { load, figure }: (typeof rows)[number]): number =>
    figures[load][name]?.[figure] ?? 0;
  const hasRatio = names.includes("cronosdb") && names.includes("always");
  const ratio = (row: (typeof rows)[number]): string => {
    const [ours, theirs] = [value("cronosdb", row), value("always", row)];
    if (row.better === undefined) return "";
    return `${formatFigure(row.better === "more" ? ours / theirs : theirs / ours)} ×`;
  };
  const head = ["", ...names.map((name) => systems[name]), ...(hasRatio ? ["ahead"] : [])];
  const body = rows.map((row) => [
    row.what,
    ...names.map((name) => formatFigure(value(name, row))),
    ...(hasRatio ? [ratio(row)] : []),
  ]);
  return `${markdownTable([head, ...body])}\n\n${markdownTable(guarantees)}`;
}

function versions(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url);
  const version = (name: string): string =>
    (require(`${name}/package.json`) as { readonly version: string }).version;
  return { redis: redisVersion(), bullmq: version("bullmq"), ioredis: version("ioredis") };
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: Object.keys(systems).join(",") },
      runs: { type: "string", default: "1" },
      scale: { type: "string", default: "1" },
    },
  });
  const names = values.only.split(",").filter((name): name is System => name in systems);
  const where = { machine: machine(), versions: versions() };
  const result = await compare(names, { runs: Number(values.runs), scale: Number(values.scale) });
  const text = Object.entries(where.versions).map(([name, version]) => `${name} ${version}`);
  console.log(`${formatMachine(where.machine)}; ${text.join(", ")}; median of ${result.runs}\n`);
  console.log(formatComparison(result));
  if (result.scale === 1) recordResult("compare", { ...where, ...result });
}
