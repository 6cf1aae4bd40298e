/**
 * A shard over a log in memory: operations and rows per second, run to durable. --operations 200000
 *
 *   single    one put of 100 bytes per operation
 *   batch     16 such puts per operation
 *   update    one row is read and written again per operation
 *   execute   one put per operation, each with a promise of its own
 *
 * Callers come in bursts of 64 per turn of the event loop, as requests of many connections do, and
 * each waits until its operation is durable. The result carries a hash of the rows.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { epoch } from "../src/base/ids.ts";
import { keyU32, keyU48 } from "../src/base/key.ts";
import type { Key } from "../src/base/key.ts";
import { MemoryLog } from "../src/log/memory/memory-log.ts";
import { RealClock } from "../src/ports/real-clock.ts";
import { Shard } from "../src/shard/shard.ts";
import type { Transaction } from "../src/shard/transaction.ts";
import { openMemoryTree } from "../src/store/memory/memory-tree.ts";

const BURST = 64;
const BATCH = 16;
const VALUE = Buffer.alloc(100, "v");
const UPDATED_ROWS = 10_000;
/** Operations of each workload before measuring, so that the compiler is done. */
const WARM_UP = 20_000;

type Workload = (shard: Shard, number: number) => Promise<unknown>;

const workloads: Readonly<Record<string, Workload>> = {
  single: (shard, number) => {
    shard.run((tx) => tx.put(rowKey(number), VALUE));
    return shard.tipDurable();
  },
  batch: (shard, number) => {
    shard.run((tx) => {
      for (let k = 0; k < BATCH; k++) tx.put(rowKey(number * BATCH + k), VALUE);
    });
    return shard.tipDurable();
  },
  update: (shard, number) => {
    shard.run((tx) => update(tx, rowKey(number % UPDATED_ROWS)));
    return shard.tipDurable();
  },
  execute: (shard, number) => shard.execute((tx) => tx.put(rowKey(number), VALUE)),
};

function rowKey(number: number): Key {
  return `row/${keyU32(number % 16)}${keyU48(number)}`;
}

function update(tx: Transaction, key: Key): void {
  const before = tx.get(key)?.[0] ?? 0;
  tx.reserve(key, VALUE.length).fill(before + 1);
}

/** What one workload reached. */
export interface ShardResult {
  readonly workload: string;
  readonly operationsPerSecond: number;
  /** From handing an operation in until it is durable, of whole bursts. */
  readonly burstMsMean: number;
  /** Of keys and values in order: the same in each run. */
  readonly hash: string;
}

/** Runs every workload on a new shard. */
export async function benchShard(operations: number): Promise<ShardResult[]> {
  const results: ShardResult[] = [];
  for (const run of Object.values(workloads)) await measure(run, Math.min(operations, WARM_UP));
  for (const [workload, run] of Object.entries(workloads)) {
    const count = workload === "batch" ? Math.ceil(operations / BATCH) : operations;
    results.push({ workload, ...(await measure(run, count)) });
  }
  return results;
}

async function measure(
  run: Workload,
  operations: number,
): Promise<Omit<ShardResult, "workload">> {
  const shard = await Shard.open({
    log: new MemoryLog(),
    base: openMemoryTree(),
    clock: new RealClock(),
    epoch: epoch(1),
    groupCommit: true,
    memtableBytesMax: 1024 * 1024 * 1024,
  });
  const start = performance.now();
  for (let at = 0; at < operations; at += BURST) {
    const burst: Promise<unknown>[] = [];
    for (let k = at; k < Math.min(at + BURST, operations); k++) burst.push(run(shard, k));
    await Promise.all(burst);
  }
  const tookMs = performance.now() - start;
  const hash = createHash("sha256");
  for (const [key, value] of shard.durable.range("", undefined)) {
    hash.update(key, "latin1").update(value);
  }
  await shard.close();
  return {
    operationsPerSecond: (operations / tookMs) * 1000,
    burstMsMean: tookMs / Math.ceil(operations / BURST),
    hash: hash.digest("hex").slice(0, 16),
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { operations: { type: "string", default: "200000" } } });
  for (const { workload, operationsPerSecond, burstMsMean, hash } of await benchShard(
    Number(values.operations),
  )) {
    const rate = `${Math.round(operationsPerSecond)} operations/s`;
    const burst = `${burstMsMean.toFixed(3)} ms a burst`;
    process.stdout.write(`${workload.padEnd(8)} ${rate}, ${burst}, rows ${hash}\n`);
  }
}

if (process.argv[1] === import.meta.filename) await main();
