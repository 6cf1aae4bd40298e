/**
 * The bars of the events model, measured: npm run bench -- events [name ...] [--runs 3] [--quick]
 *
 *   harness  30 closed loops of batches of 100, due in 5 s, one acking subscriber, 30 s
 *   drain    500,000 events due at the same moment
 *   lag      20,000 events a second; idle: 20 a second
 *   library  publishBatch of 100 in the process that opened the database
 *   single   unary Publish over 20 connections; stream: PublishStream
 *   start    from the start of the process on an empty directory to ready
 *   rest     processor and memory of a server that nobody uses
 *   pending  a million pending events: memory, ready after kill -9 (bench/pending.ts)
 *
 * Each has a server process of its own with default settings on an empty directory, and the load
 * comes from another process. Of several runs the median of every figure is shown. Prints Markdown
 * and appends a line to bench/results/events.jsonl; --quick takes a twentieth of the time and is
 * not recorded.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ServerProcess } from "../test/support/server-process.ts";
import { benchPending } from "./pending.ts";
import { measureLoad, withDirectory, withServer } from "./support/cronosdb.ts";
import type { LoadOverrides } from "./support/cronosdb.ts";
import { formatFigure, medianFigures } from "./support/figures.ts";
import type { Figures } from "./support/figures.ts";
import { measureLibrary } from "./support/library-load.ts";
import { formatMachine, machine } from "./support/machine.ts";
import { cpuPercent, rssMb } from "./support/process-usage.ts";
import { markdownTable, recordResult } from "./support/results.ts";

const quickScale = 0.05;

/** What a figure must reach. */
interface Bar {
  readonly figure: string;
  readonly what: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

interface Case {
  readonly bars: readonly Bar[];
  /** `scale` shortens it. */
  measure(scale: number): Promise<Figures>;
}

const nothingWrong: Bar = { figure: "wrong", what: "lost, early, twice or refused", atMost: 0 };

const cases = {
  harness: {
    bars: [
      { figure: "publishedPerSecond", what: "published/s", atLeast: 100_000 },
      { figure: "callP99Ms", what: "p99 of a call, ms", atMost: 74 },
      nothingWrong,
    ],
    measure: (scale) => measureLoad("harness", times(30, scale)),
  },
  drain: {
    bars: [{ figure: "ackedPerSecond", what: "fired, delivered, acked/s", atLeast: 50_000 }],
    measure: (scale) => measureLoad("drain", { events: 500_000 * scale, delayMs: ms(10, scale) }),
  },
  lag: {
    bars: [{ figure: "lagP99Ms", what: "due to received at 20,000/s, p99 ms", atMost: 20 }],
    measure: (scale) => measureLoad("lag", { durationMs: ms(20, scale) }),
  },
  idle: {
    bars: [{ figure: "lagP99Ms", what: "due to received at 20/s, p99 ms", atMost: 5 }],
    measure: (scale) => measureLoad("idle", { durationMs: ms(20, scale) }),
  },
  library: {
    bars: [{ figure: "publishedPerSecond", what: "published/s, batches of 100", atLeast: 300_000 }],
    measure: (scale) => measureLibrary(ms(10, scale)),
  },
  single: {
    bars: [
      { figure: "publishedPerSecond", what: "published/s, one per call", atLeast: 5_000 },
      { figure: "callP99Ms", what: "p99 of a call, ms", atMost: 30 },
    ],
    measure: (scale) => measureLoad("single", times(15, scale)),
  },
  stream: {
    bars: [{ figure: "publishedPerSecond", what: "published/s, PublishStream", atLeast: 50_000 }],
    measure: (scale) => measureLoad("stream", times(15, scale)),
  },
  start: {
    bars: [{ figure: "readyMs", what: "process start to ready, ms", atMost: 1_000 }],
    measure: measureStart,
  },
  rest: {
    bars: [
      { figure: "cpuPercent", what: "processor, % of a core", atMost: 1 },
      { figure: "rssMb", what: "resident memory, MB", atMost: 120 },
    ],
    measure: measureRest,
  },
  pending: {
    bars: [
      { figure: "rssMb", what: "1 M pending: resident memory, MB", atMost: 300 },
      { figure: "readyMs", what: "1 M pending: ready after kill -9, ms", atMost: 2_000 },
      { figure: "wrong", what: "1 M pending: lost by the kill", atMost: 0 },
    ],
    measure: measurePending,
  },
} as const satisfies Record<string, Case>;

export type CaseName = keyof typeof cases;

export const caseNames = Object.keys(cases) as CaseName[];

/** For so long, due in 5 s. */
function times(seconds: number, scale: number): LoadOverrides {
  return { durationMs: ms(seconds, scale), delayMs: ms(5, scale) };
}

function ms(seconds: number, scale: number): number {
  return Math.max(200, Math.round(seconds * 1000 * scale));
}

function measureStart(): Promise<Figures> {
  return withDirectory(async (directory) => {
    const start = performance.now();
    const server = await ServerProcess.start(directory);
    const readyMs = performance.now() - start;
    await server.stop();
    return { readyMs };
  });
}

function measureRest(scale: number): Promise<Figures> {
  return withServer(async ({ pid }) => {
    // What starting left to do is not rest.
    await sleep(ms(3, scale));
    return { cpuPercent: await cpuPercent(pid, ms(20, scale)), rssMb: rssMb(pid) };
  });
}

/** Memory counts while loading, too; a part of it is pages of files, which are not ours to keep. */
async function measurePending(scale: number): Promise<Figures> {
  const found = await benchPending(Math.max(2_000, 1_000_000 * scale));
  const lost = found.events - found.pending + found.sampled - found.duplicates;
  const { rss, anonymous } = found.loaded;
  return { rssMb: rss, anonymousMb: anonymous, readyMs: found.readyMs, wrong: lost };
}

export type EventsResult = Readonly<Partial<Record<CaseName, Figures>>>;

/** Measures the cases one after another. */
export async function benchEvents(
  names: readonly CaseName[],
  { runs, scale }: { readonly runs: number; readonly scale: number },
): Promise<EventsResult> {
  const result: Partial<Record<CaseName, Figures>> = {};
  for (const name of names) {
    const all: Figures[] = [];
    for (let run = 0; run < runs; run++) all.push(await cases[name].measure(scale));
    result[name] = medianFigures(all);
  }
  return result;
}

/** A row per bar. */
export function formatEvents(result: EventsResult): string {
  const rows = caseNames.flatMap((name) => {
    const figures = result[name];
    const bars: readonly Bar[] = cases[name].bars;
    return figures === undefined ? [] : bars.map((bar) => row(name, bar, figures[bar.figure] ?? 0));
  });
  return markdownTable([["", "what", "bar", "measured", "met"], ...rows]);
}

function row(name: CaseName, { what, atLeast, atMost }: Bar, value: number): string[] {
  const isMet = value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
  const sign = atLeast === undefined ? "≤" : "≥";
  const bar = `${sign} ${formatFigure(atLeast ?? atMost ?? 0)}`;
  return [name, what, bar, formatFigure(value), isMet ? "yes" : "**no**"];
}

function caseNamed(name: string): CaseName {
  const known = caseNames.find((each) => each === name);
  if (known === undefined) throw new Error(`No case ${name}: it is one of ${caseNames.join(", ")}`);
  return known;
}

if (process.argv[1] === import.meta.filename) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { runs: { type: "string", default: "1" }, quick: { type: "boolean", default: false } },
  });
  const runs = Number(values.runs);
  const where = machine();
  const names = positionals.length === 0 ? caseNames : positionals.map(caseNamed);
  const figures = await benchEvents(names, { runs, scale: values.quick ? quickScale : 1 });
  const length = values.quick ? "; quick: a twentieth of the time and of the events" : "";
  console.log(`${formatMachine(where)}; median of ${runs}${length}\n\n${formatEvents(figures)}`);
  if (!values.quick) recordResult("events", { machine: where, runs, figures });
}
