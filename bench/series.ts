/**
 * The storage of points alone, over a log and a tree in files. --values 20 (millions)
 *
 *   ingest    4,000 series of 10 integers that walk from 0 to 100, a point each 10 s, in batches of
 *             10,000 points: values per second and CPU time, background work included
 *   settle    sealing and merging what is left, and the bytes of a value in blocks
 *   scan      all of it, column by column: values per second
 *   wide      as many series of one point as there are values / 20: points per second
 *
 * Making the points is not measured. The sum of what was scanned is compared with what was written.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { epoch } from "../src/base/ids.ts";
import { openFileTree } from "../src/engine/open-file-tree.ts";
import { openSegmentLog } from "../src/log/segments/segment-log.ts";
import { SeriesStorage } from "../src/models/series/storage.ts";
import type { WriteBatch } from "../src/models/series/write-batch.ts";
import { RealClock } from "../src/ports/real-clock.ts";
import { RealDisk } from "../src/ports/real-disk.ts";
import { SeededRandom } from "../src/ports/seeded-random.ts";
import { Shard } from "../src/shard/shard.ts";

const SERIES = 4000;
const FIELDS = 10;
const BATCH = 10_000;
const STEP_S = 10;
const START_S = 1_451_606_400;
const VALUE_MAX = 100;

/** What was reached. */
export interface SeriesResult {
  readonly ingestValuesPerSecond: number;
  readonly ingestCpuNsPerValue: number;
  readonly settleMs: number;
  readonly bytesPerValue: number;
  readonly scanValuesPerSecond: number;
  readonly widePointsPerSecond: number;
  readonly rssMaxMb: number;
  /** Whether what was scanned is what was written. */
  readonly isRight: boolean;
}

/** Walks of all fields of all series, written row by row. */
class Walks {
  readonly #random = new SeededRandom(1);
  readonly #values = Float64Array.from({ length: SERIES * FIELDS }, () => {
    return this.#random.next() * VALUE_MAX;
  });
  readonly batch: WriteBatch;
  sum = 0;
  #row = 0;

  constructor() {
    const values = new Float64Array(BATCH * FIELDS);
    this.batch = {
      policyId: 1,
      windowHours: 168,
      rows: BATCH,
      measurementIds: new Uint32Array(BATCH).fill(1),
      seriesIds: new Uint32Array(BATCH),
      seconds: new Float64Array(BATCH),
      nanos: new Float64Array(BATCH),
      fieldStart: Uint32Array.from({ length: BATCH + 1 }, (_, i) => i * FIELDS),
      fieldIds: Uint16Array.from(values, (_, i) => i % FIELDS),
      fieldTypes: new Uint8Array(values.length).fill(2),
      values,
      texts: [],
      bigs: new Map(),
    };
  }

  /** Makes the next points. */
  next(): void {
    const { seriesIds, seconds, values } = this.batch;
    for (let i = 0; i < BATCH; i++) {
      const series = this.#row % SERIES;
      seriesIds[i] = series;
      seconds[i] = START_S + Math.floor(this.#row++ / SERIES) * STEP_S;
      for (let field = 0; field < FIELDS; field++) {
        values[i * FIELDS + field] = this.#walk(series * FIELDS + field);
      }
    }
  }

  #walk(at: number): number {
    const step = Math.sqrt(-2 * Math.log(1 - this.#random.next()));
    const moved = (this.#values[at] as number) + step * Math.cos(6.283185 * this.#random.next());
    const value = Math.min(VALUE_MAX, Math.max(0, moved));
    this.#values[at] = value;
    this.sum += Math.floor(value);
    return Math.floor(value);
  }
}

class Bench {
  readonly #shard: Shard;
  readonly storage: SeriesStorage;
  rssMax = 0;

  constructor(shard: Shard, clock: RealClock) {
    this.#shard = shard;
    const onError = (error: unknown): void => {
      throw error;
    };
    this.storage = new SeriesStorage({ shard, clock, onError });
  }

  async write(batch: WriteBatch): Promise<void> {
    await this.storage.room();
    await this.#shard.execute((tx) => this.storage.write(tx, batch));
    this.rssMax = Math.max(this.rssMax, process.memoryUsage.rss());
  }

  /** Sum of all values, decoded column by column. */
  scan(): number {
    const view = this.storage.view();
    const fieldIds = Array.from({ length: FIELDS }, (_, id) => id);
    const range = { from: -(2n ** 62n), to: 2n ** 62n };
    let sum = 0;
    for (let seriesId = 0; seriesId < SERIES; seriesId++) {
      const place = { policyId: 1, measurementId: 1, seriesId };
      for (const batch of view.scan(place, fieldIds, range)) {
        for (const id of fieldIds) sum += sumOf(batch.column(id)?.values as Float64Array);
      }
    }
    view.release();
    return sum;
  }

  /** One point each of so many series; returns how long it took, ms. */
  async wide(walks: Walks, series: number): Promise<number> {
    const { batch } = walks;
    const start = performance.now();
    const fieldStart = Uint32Array.from({ length: BATCH + 1 }, (_, i) => i);
    for (let first = 0; first < series; first += BATCH) {
      const seriesIds = Uint32Array.from({ length: BATCH }, (_, i) => SERIES + first + i);
      await this.write({ ...batch, policyId: 2, seriesIds, fieldStart });
    }
    await this.storage.seal();
    return performance.now() - start;
  }
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}

async function measure(bench: Bench, values: number): Promise<SeriesResult> {
  const walks = new Walks();
  const batches = Math.ceil(values / (BATCH * FIELDS));
  const written = batches * BATCH * FIELDS;
  let ingestMs = 0;
  let cpuUs = 0;
  for (let i = 0; i < batches; i++) {
    walks.next();
    const start = performance.now();
    const cpu = process.cpuUsage();
    await bench.write(walks.batch);
    ingestMs += performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    cpuUs += user + system;
  }
  const settleStart = performance.now();
  await bench.storage.seal();
  await bench.storage.merge();
  const settleMs = performance.now() - settleStart;
  const bytes = bench.storage.windows(1).reduce((sum, { stats }) => sum + stats.bytes, 0);
  const scanStart = performance.now();
  const isRight = bench.scan() === walks.sum;
  const scanMs = performance.now() - scanStart;
  const points = Math.max(BATCH, Math.floor(values / 20 / BATCH) * BATCH);
  const wideMs = await bench.wide(walks, points);
  return {
    ingestValuesPerSecond: written / (ingestMs / 1000),
    ingestCpuNsPerValue: (cpuUs * 1000) / written,
    settleMs,
    bytesPerValue: bytes / written,
    scanValuesPerSecond: written / (scanMs / 1000),
    widePointsPerSecond: points / (wideMs / 1000),
    rssMaxMb: bench.rssMax / 1e6,
    isRight,
  };
}

export async function benchSeries(values: number): Promise<SeriesResult> {
  const folder = mkdtempSync(join(tmpdir(), "cronosdb-series-"));
  const [clock, disk, random] = [new RealClock(), new RealDisk(), new SeededRandom(1)];
  const log = await openSegmentLog(join(folder, "log"), { disk, clock, random });
  await disk.makeDirectory(join(folder, "store"));
  const base = await openFileTree(disk, join(folder, "store"), (message) => {
    throw new Error(message);
  });
  const memtableBytesMax = 16 * 1024 * 1024;
  const parts = { log, base, clock, epoch: epoch(1), groupCommit: true, memtableBytesMax };
  const shard = await Shard.open(parts);
  try {
    const bench = new Bench(shard, clock);
    const result = await measure(bench, values);
    await bench.storage.close();
    return result;
  } finally {
    await shard.close();
    await base.close();
    await log.close();
    rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { values: { type: "string", default: "20" } } });
  const result = await benchSeries(Number(values.values) * 1e6);
  for (const [name, value] of Object.entries(result)) {
    const shown = typeof value === "number" ? Number(value.toPrecision(3)) : value;
    process.stdout.write(`${name.padEnd(24)} ${shown}\n`);
  }
  process.exitCode = result.isRight ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) await main();
