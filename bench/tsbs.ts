/**
 * CronosDB beside InfluxDB and VictoriaMetrics: TSBS cpu-only, written and queried over HTTP.
 *
 *   --only cronosdb,influxdb   some of the engines
 *   --hosts 1000 --hours 24    how much data (default: 86 M values)
 *   --queries 10               of each of the 15 types; 0: none
 *
 * Writing: bodies of 10,000 lines over 4 connections; values/s, values per second of processor time
 * and resident memory. Then it waits until the disk does not change any more: bytes per value. Then
 * queries, one at a time, the same on each engine: the median time of each type. VictoriaMetrics
 * speaks another language and is not asked. Prints Markdown; a run of 24 hours or more is recorded
 * in bench/results/tsbs.jsonl.
 */
import { execFileSync } from "node:child_process";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { SeededRandom } from "../src/ports/seeded-random.ts";
import { formatFigure, median } from "./support/figures.ts";
import type { Figures } from "./support/figures.ts";
import { formatMachine, machine } from "./support/machine.ts";
import { engineNames, isInstalled, query, withEngine } from "./support/metrics-engines.ts";
import type { EngineName, MetricsEngine } from "./support/metrics-engines.ts";
import { cpuMs, rssMb } from "./support/process-usage.ts";
import { markdownTable, recordResult } from "./support/results.ts";
import { cpuFields, lineBodies, rowCount } from "./support/tsbs-data.ts";
import type { TsbsShape } from "./support/tsbs-data.ts";
import { queryTypes } from "./support/tsbs-queries.ts";

const LINES_PER_BODY = 10_000;
const CONNECTIONS = 4;
/** The disk is settled when its use was the same so many times in a row, a second apart. */
const SETTLED_SECONDS = 60;
const SETTLE_SECONDS_MAX = 300;

export interface TsbsOptions {
  readonly engines: readonly EngineName[];
  readonly shape: TsbsShape;
  /** Of each type. */
  readonly queries: number;
  /** Waits for the disk to settle. */
  readonly settle: boolean;
}

export interface TsbsResult {
  readonly shape: TsbsShape;
  readonly writes: Readonly<Partial<Record<EngineName, Figures>>>;
  /** Median ms by type. */
  readonly queries: Readonly<Partial<Record<EngineName, Figures>>>;
}

export async function tsbs(options: TsbsOptions): Promise<TsbsResult> {
  const writes: Partial<Record<EngineName, Figures>> = {};
  const queries: Partial<Record<EngineName, Figures>> = {};
  for (const name of options.engines) {
    await withEngine(name, async (engine) => {
      writes[name] = await load(engine, options);
      if (engine.hasInfluxql && options.queries > 0) queries[name] = await ask(engine, options);
    });
  }
  return { shape: options.shape, writes, queries };
}

async function load(engine: MetricsEngine, { shape, settle }: TsbsOptions): Promise<Figures> {
  const idleMb = rssMb(engine.pid);
  const values = rowCount(shape) * cpuFields.length;
  const bodies = lineBodies(shape, LINES_PER_BODY);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const [cpuBefore, start] = [cpuMs(engine.pid), performance.now()];
  const connection = async (): Promise<void> => {
    for (const body of bodies) await write(engine, agent, body);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const seconds = (performance.now() - start) / 1000;
  const cpuSeconds = (cpuMs(engine.pid) - cpuBefore) / 1000;
  agent.destroy();
  const loadedMb = rssMb(engine.pid);
  const bytes = settle ? await settledBytes(engine) : diskBytes(engine);
  return {
    valuesPerSecond: values / seconds,
    valuesPerCpuSecond: values / cpuSeconds,
    idleMb,
    loadedMb,
    bytesPerValue: bytes / values,
    cpuSecondsAfter: (cpuMs(engine.pid) - cpuBefore) / 1000 - cpuSeconds,
  };
}

/** One body; throws unless the answer is 204. */
function write({ url }: MetricsEngine, agent: Agent, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const target = `${url}/write?db=benchmark&consistency=all`;
    const headers = { "content-length": body.length };
    const call = request(target, { method: "POST", agent, headers }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += String(chunk)));
      answer.on("end", () => {
        if (answer.statusCode === 204) resolve();
        else reject(new Error(`Write: ${String(answer.statusCode)} ${text.slice(0, 300)}`));
      });
    });
    call.on("error", reject);
    call.end(body);
  });
}

async function settledBytes(engine: MetricsEngine): Promise<number> {
  let [bytes, same] = [diskBytes(engine), 0];
  for (let second = 0; second < SETTLE_SECONDS_MAX && same < SETTLED_SECONDS; second++) {
    await sleep(1000);
    const now = diskBytes(engine);
    same = now === bytes ? same + 1 : 0;
    bytes = now;
  }
  return bytes;
}

/** What its files occupy. One that disappears meanwhile makes `du` complain: no matter. */
function diskBytes({ directory }: MetricsEngine): number {
  const text = execFileSync("sh", ["-c", `du -sk '${directory}' 2>/dev/null || true`]);
  return Number.parseInt(String(text), 10) * 1024;
}

async function ask(engine: MetricsEngine, { shape, queries }: TsbsOptions): Promise<Figures> {
  const random = new SeededRandom(shape.seed);
  const figures: Record<string, number> = {};
  for (const [type, make] of Object.entries(queryTypes)) {
    const times: number[] = [];
    for (let run = 0; run < queries; run++) {
      const text = make(shape, random);
      const start = performance.now();
      await query(engine, text);
      times.push(performance.now() - start);
    }
    figures[type] = median(times);
  }
  return figures;
}

const writeRows: readonly { readonly what: string; readonly figure: string }[] = [
  { what: "values written/s", figure: "valuesPerSecond" },
  { what: "values per second of processor time", figure: "valuesPerCpuSecond" },
  { what: "bytes on disk per value", figure: "bytesPerValue" },
  { what: "processor seconds after writing", figure: "cpuSecondsAfter" },
  { what: "resident before, MB", figure: "idleMb" },
  { what: "resident after writing, MB", figure: "loadedMb" },
];

/** The tables: what writing cost, how long queries took. */
export function formatTsbs({ writes, queries }: TsbsResult): string {
  const wrote = Object.keys(writes) as EngineName[];
  const asked = Object.keys(queries) as EngineName[];
  const cell = (figures: Figures | undefined, name: string): string =>
    formatFigure(figures?.[name] ?? 0);
  const writeTable = [
    ["", ...wrote],
    ...writeRows.map(({ what, figure }) => [
      what,
      ...wrote.map((name) => cell(writes[name], figure)),
    ]),
  ];
  if (asked.length === 0) return markdownTable(writeTable);
  const compared = asked.includes("cronosdb") && asked.includes("influxdb");
  const ratio = (type: string): string =>
    formatFigure((queries.cronosdb?.[type] ?? 0) / (queries.influxdb?.[type] ?? 1));
  const queryTable = [
    ["median ms", ...asked, ...(compared ? ["ours / InfluxDB's"] : [])],
    ...Object.keys(queryTypes).map((type) => [
      type,
      ...asked.map((name) => cell(queries[name], type)),
      ...(compared ? [ratio(type)] : []),
    ]),
  ];
  return `${markdownTable(writeTable)}\n\n${markdownTable(queryTable)}`;
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: engineNames.join(",") },
      hosts: { type: "string", default: "1000" },
      hours: { type: "string", default: "24" },
      queries: { type: "string", default: "10" },
    },
  });
  const wanted = values.only.split(",");
  const engines = engineNames.filter((name) => wanted.includes(name) && isInstalled(name));
  const shape = { hosts: Number(values.hosts), hours: Number(values.hours), seed: 123 };
  const where = machine();
  const result = await tsbs({ engines, shape, queries: Number(values.queries), settle: true });
  console.log(`${formatMachine(where)}; ${shape.hosts} hosts, ${shape.hours} h\n`);
  console.log(formatTsbs(result));
  if (shape.hours >= 24) recordResult("tsbs", { machine: where, ...result });
}
