/**
 * Keys, ordered maps and transactions beside redis-server and etcd: one machine, one run.
 *
 *   GET, SET     redis-benchmark: 50 clients, 64 bytes, a million keys; 1 and 16 commands at a time
 *   ZGET, ZSET   the same on an ordered map, which Redis has not: beside its GET and SET
 *   MSET         ten keys each
 *   transaction  two reads, two writes; 32 connections, each command answered before the next
 *
 *   --runs 5  so many rounds      --scale 0.1  shorter, not recorded
 *
 * Every answered write is durable on all sides: redis-server runs with `appendfsync always`, etcd
 * as it comes. In each round the loads run on one server after the other, so that a slow moment of
 * the machine is nobody's own; the medians are shown. "us" is the server's processor time for one
 * command, all its threads together: other programs on the machine disturb it least. etcd has its
 * turn at the end, and is left out where it is not installed.
 * Prints Markdown and appends a line to bench/results/redis.jsonl.
 */
import { parseArgs } from "node:util";
import { withServer } from "./support/cronosdb.ts";
import { etcdPuts, etcdTransactions, withEtcd } from "./support/etcd.ts";
import { formatFigure, medianFigures } from "./support/figures.ts";
import type { Figures } from "./support/figures.ts";
import { formatMachine, machine } from "./support/machine.ts";
import { anyKey, anyValue, clients, runRedisBenchmark } from "./support/redis-benchmark.ts";
import type { Target } from "./support/redis-benchmark.ts";
import { redisVersion, withRedisProcess } from "./support/redis.ts";
import { runTransactions } from "./support/resp-load.ts";
import type { Dialect } from "./support/resp-load.ts";
import { markdownTable, recordResult } from "./support/results.ts";

const transactionConnections = 32;

type Command = readonly [string, ...string[]];

interface Case {
  readonly what: string;
  readonly depth: number;
  readonly requests: number;
  readonly ours: Command;
  readonly theirs: Command;
  /** The least share of redis-server's speed that is aimed at. */
  readonly bar?: number;
}

const get: Command = ["GET", anyKey];
const set: Command = ["SET", anyKey, anyValue];
const zget: Command = ["ZGET", anyKey];
const zset: Command = ["ZSET", anyKey, anyValue];
const mset: Command = ["MSET", ...Array.from({ length: 10 }, () => [anyKey, anyValue]).flat()];

const cases: readonly Case[] = [
  { what: "SET", depth: 1, requests: 100_000, ours: set, theirs: set, bar: 0.75 },
  { what: "GET", depth: 1, requests: 150_000, ours: get, theirs: get, bar: 0.85 },
  { what: "SET", depth: 16, requests: 400_000, ours: set, theirs: set, bar: 0.5 },
  { what: "GET", depth: 16, requests: 800_000, ours: get, theirs: get, bar: 0.35 },
  { what: "ZSET", depth: 16, requests: 400_000, ours: zset, theirs: set },
  { what: "ZGET", depth: 16, requests: 800_000, ours: zget, theirs: get },
  { what: "MSET (10 keys)", depth: 1, requests: 20_000, ours: mset, theirs: mset },
];

export interface RedisBenchOptions {
  readonly runs: number;
  readonly scale: number;
}

export interface RedisBenchRow {
  readonly what: string;
  readonly bar?: number;
  readonly ours: Figures;
  readonly theirs: Figures;
}

export interface RedisBenchResult extends RedisBenchOptions {
  readonly rows: readonly RedisBenchRow[];
  /** Durable puts and transactions a second; undefined without an etcd. */
  readonly etcd: { readonly puts: Figures; readonly transactions: Figures } | undefined;
}

/** Runs everything; both servers are filled first. */
export async function benchRedis(options: RedisBenchOptions): Promise<RedisBenchResult> {
  const rows = await withServer((server) => {
    const ours = { pid: server.pid, port: Number(server.ready.resp?.split(":").at(-1)) };
    return withRedisProcess("always", (theirs) => benchBoth({ ours, theirs }, options));
  });
  const durationMs = 5000 * options.scale;
  const etcd = await withEtcd(async (call) => {
    const puts = await etcdPuts(call, { clients, durationMs });
    const load = { clients: transactionConnections, durationMs };
    return { puts, transactions: await etcdTransactions(call, load) };
  });
  return { ...options, rows, etcd };
}

interface Servers {
  readonly ours: Target;
  readonly theirs: Target;
}

async function benchBoth(servers: Servers, options: RedisBenchOptions): Promise<RedisBenchRow[]> {
  const { runs, scale } = options;
  const scaled = (requests: number): number => Math.max(500, Math.round(requests * scale));
  const loads = cases.map((each) => ({
    ...each,
    requests: scaled(each.requests),
    figures: { ours: [] as Figures[], theirs: [] as Figures[] },
  }));
  const transactions = { ours: [] as Figures[], theirs: [] as Figures[] };
  const sides = ["ours", "theirs"] as const;
  const fill = { depth: 64, requests: scaled(1_000_000) };
  await runRedisBenchmark(servers.ours, { ...fill, command: set });
  await runRedisBenchmark(servers.ours, { ...fill, command: zset });
  await runRedisBenchmark(servers.theirs, { ...fill, command: set });
  for (let run = 0; run < runs; run++) {
    const order = run % 2 === 0 ? sides : sides.toReversed();
    for (const load of loads) {
      for (const side of order) {
        const { depth, requests } = load;
        const wanted = { command: load[side], depth, requests };
        load.figures[side].push(await runRedisBenchmark(servers[side], wanted));
      }
    }
    for (const side of order) {
      transactions[side].push(await transact(servers[side], dialects[side], 4000 * scale));
    }
  }
  const rows = loads.map(({ what, depth, bar, figures }) => ({
    what: `${what}, depth ${depth}`,
    ...(bar === undefined ? {} : { bar }),
    ...medians(figures),
  }));
  return [...rows, { what: `transactions, ${transactionConnections}`, ...medians(transactions) }];
}

const dialects = { ours: "cronosdb", theirs: "redis" } as const satisfies Record<string, Dialect>;

function transact(target: Target, dialect: Dialect, durationMs: number): Promise<Figures> {
  const { port } = target;
  return runTransactions({ port, connections: transactionConnections, durationMs }, dialect);
}

function medians(figures: { readonly ours: Figures[]; readonly theirs: Figures[] }) {
  return { ours: medianFigures(figures.ours), theirs: medianFigures(figures.theirs) };
}

/** The tables. */
export function formatRedisBench({ rows, etcd }: RedisBenchResult): string {
  const head = ["", "CronosDB/s", "redis-server/s", "ratio", "bar", "p99 ms", "us"];
  const pair = (row: RedisBenchRow, name: string): string => {
    const [ours, theirs] = [row.ours[name], row.theirs[name]];
    if (ours === undefined || theirs === undefined) return "";
    return `${formatFigure(ours)}, ${formatFigure(theirs)}`;
  };
  const body = rows.map((row) => {
    const [ours, theirs] = [row.ours["perSecond"] ?? 0, row.theirs["perSecond"] ?? 0];
    const bar = row.bar === undefined ? "" : `≥ ${row.bar}`;
    const figures = [ours, theirs].map(formatFigure);
    const ratio = (ours / theirs).toFixed(2);
    return [row.what, ...figures, ratio, bar, pair(row, "p99Ms"), pair(row, "cpuUs")];
  });
  const last = rows.at(-1);
  const conflicts = `Conflicts: ${last?.ours["conflicts"] ?? 0} of CronosDB's transactions`;
  return [markdownTable([head, ...body]), `${conflicts}.`, formatEtcd(etcd, rows)].join("\n\n");
}

function formatEtcd(etcd: RedisBenchResult["etcd"], rows: RedisBenchResult["rows"]): string {
  if (etcd === undefined) return "etcd is not installed (etcd-server in Debian): left out.";
  const puts = rows[0]?.ours["perSecond"] ?? 0;
  const transactions = rows.at(-1)?.ours["perSecond"] ?? 0;
  const theirs = { puts: etcd.puts["perSecond"] ?? 0, tx: etcd.transactions["perSecond"] ?? 0 };
  const line = (what: string, a: number, b: number): string[] => {
    return [what, formatFigure(a), formatFigure(b), (a / b).toFixed(1)];
  };
  return markdownTable([
    ["", "CronosDB/s", "etcd/s", "ratio"],
    line(`durable puts, ${clients} clients`, puts, theirs.puts),
    line(`transactions, ${transactionConnections}`, transactions, theirs.tx),
  ]);
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "5" },
      scale: { type: "string", default: "1" },
    },
  });
  const where = { machine: machine(), versions: { redis: redisVersion() } };
  const result = await benchRedis({ runs: Number(values.runs), scale: Number(values.scale) });
  const run = `redis ${where.versions.redis}; medians of ${result.runs}`;
  console.log(`${formatMachine(where.machine)}; ${run}\n`);
  console.log(formatRedisBench(result));
  if (result.scale === 1) recordResult("redis", { ...where, ...result });
}
