/**
 * Many series: made through line protocol, index and storage, and asked for by SHOW.
 *
 *   --series 1          millions of series
 *   --folder DIR        kept afterwards; opened again, without writing, if it is there
 *
 * Each line is a new series: seven tags, of which one differs from line to line and one each
 * hundredth, and a field. Everything runs in this process, on one core. A timer that should run
 * each millisecond tells how long anything else had to wait.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Engine } from "../src/engine/engine.ts";
import { open } from "../src/engine/open.ts";
import { parseQuery } from "../src/influxql/parse.ts";
import { Stalls } from "./support/stalls.ts";

const LINES_PER_BODY = 5000;
const DATABASE = "bench";
const FIRST_SECOND = 1_700_000_000;

/** A figure by its name. */
export type SeriesIndexFigures = Readonly<Record<string, number>>;

/** Lines of so many new series. */
function newLines(first: number, count: number): Buffer {
  let text = "";
  for (let id = first; id < first + count; id++) {
    const group = Math.floor(id / 100);
    text +=
      `cpu,arch=x64,datacenter=eu-central-1b,host=host_${id},os=Ubuntu16.10,rack=rack_${group},` +
      `region=eu-central-1,team=${id % 7} usage=${id % 100}i ${FIRST_SECOND + (id % 3600)}\n`;
  }
  return Buffer.from(text);
}

async function create(engine: Engine, series: number): Promise<SeriesIndexFigures> {
  await ask(engine, `CREATE DATABASE ${DATABASE}`);
  const stalls = new Stalls();
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  let slowest = Number.POSITIVE_INFINITY;
  let [made, making] = [0, 0];
  while (made < series) {
    const part = Math.max(LINES_PER_BODY, Math.min(series - made, 100_000));
    const partStart = performance.now();
    for (const end = made + part; made < end; made += LINES_PER_BODY) {
      const before = performance.now();
      const lines = newLines(made, LINES_PER_BODY);
      making += performance.now() - before;
      const report = await engine.seriesWrites.write({
        database: DATABASE,
        precision: "s",
        lines,
      });
      if (report.message !== undefined) throw new Error(report.message);
    }
    slowest = Math.min(slowest, part / ((performance.now() - partStart) / 1000));
  }
  const seconds = (performance.now() - start - making) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { p99, longest } = stalls.end();
  return {
    "new series/s": made / seconds,
    "new series per CPU s": made / ((user + system) / 1e6 - making / 1000),
    "new series/s, slowest 100,000": slowest,
    "wait while creating, p99 ms": p99,
    "wait while creating, longest ms": longest,
  };
}

/** Runs a query; tells how many rows it had. */
async function ask(engine: Engine, text: string): Promise<number> {
  const request = { text, database: DATABASE, policy: "", isReadOnly: false, chunkRows: 10_000 };
  let rows = 0;
  for await (const event of engine.queries.run({ statements: parseQuery(text), ...request })) {
    if (event.kind === "end" && event.error !== undefined) throw new Error(event.error);
    if (event.kind === "series") rows += event.series.rows.length;
  }
  return rows;
}

const questions = (series: number): Readonly<Record<string, string>> => ({
  "tag values": 'SHOW TAG VALUES WITH KEY = "host"',
  "tag values, LIMIT 10": 'SHOW TAG VALUES WITH KEY = "host" LIMIT 10',
  "series": "SHOW SERIES",
  "series, LIMIT 10": "SHOW SERIES LIMIT 10",
  "series of a rack": "SHOW SERIES WHERE rack = 'rack_7'",
  "tag values cardinality": 'SHOW TAG VALUES EXACT CARDINALITY WITH KEY = "host"',
  "series cardinality": "SHOW SERIES CARDINALITY",
  "points of a host": `SELECT usage FROM cpu WHERE host = 'host_${Math.floor(series / 2)}'`,
  "points of a regex": `SELECT usage FROM cpu WHERE rack =~ /^rack_1[01]$/ GROUP BY host`,
});

async function question(engine: Engine, series: number): Promise<SeriesIndexFigures> {
  const figures: Record<string, number> = {};
  for (const [name, text] of Object.entries(questions(series))) {
    const stalls = new Stalls();
    const start = performance.now();
    await ask(engine, text);
    figures[`${name}, ms`] = performance.now() - start;
    figures[`${name}: wait p99 ms`] = stalls.end().p99;
  }
  return figures;
}

/** Makes so many series, if `folder` does not have them yet, opens them again and asks. */
export async function benchSeriesIndex(
  series: number,
  folder: string,
): Promise<SeriesIndexFigures> {
  const path = join(folder, "db");
  let created: SeriesIndexFigures = {};
  if (!existsSync(path)) {
    const engine = await open(path);
    created = await create(engine, series);
    await engine.close();
  }
  const start = performance.now();
  const engine = await open(path);
  const openMs = performance.now() - start;
  const openMb = process.memoryUsage.rss() / 1e6;
  const found = await ask(engine, 'SHOW TAG VALUES WITH KEY = "host" LIMIT 1');
  if (found !== 1) throw new Error("The series that were made must be there");
  const asked = await question(engine, series);
  await engine.close();
  const rss = process.memoryUsage.rss() / 1e6;
  return { ...created, "open, ms": openMs, "rss after open, MB": openMb, ...asked, "rss, MB": rss };
}

async function main(): Promise<void> {
  const options = {
    series: { type: "string", default: "1" },
    folder: { type: "string" },
  } as const;
  const { values } = parseArgs({ options });
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), "cronosdb-index-"));
  try {
    const figures = await benchSeriesIndex(Number(values.series) * 1e6, folder);
    for (const [name, value] of Object.entries(figures)) {
      process.stdout.write(`${name.padEnd(40)} ${Number(value.toPrecision(3))}\n`);
    }
  } finally {
    if (values.folder === undefined) rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === import.meta.filename) await main();
