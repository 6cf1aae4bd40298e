/**
 * The dedup index alone: ns per look-up and add, memory, wrong answers. --ids 10000000
 *
 * Ids are numbers with mixed hashes; id i is the event at offset i/8 of partition i mod 8, so that
 * a candidate is verified without a stored event. Runs go to a file, so that the process's memory
 * is the index's. For an index of 100 k, 1 M and 10 M ids: time of look-ups that find nothing and
 * of adds while it grows to that size, of look-ups afterwards; background steps measured apart.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { shardTimeMs } from "../src/base/ids.ts";
import type { Key } from "../src/base/key.ts";
import { mixHash1, mixHash2 } from "../src/models/events/dedup-hash.ts";
import { DedupIndex } from "../src/models/events/dedup.ts";
import type { Transaction } from "../src/shard/transaction.ts";
import type { ReadView, Row } from "../src/store/base-tree.ts";

const BATCH = 1000;
const PARTITIONS = 8;
const SAMPLES = 200_000;
/** What 10 M ids may take. */
const MEMORY_MAX_MB = 64;
const STEPS_PER_COLLECTION = 50;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Rows in a file that only grows; where each one is, in a map. */
class FileRows implements ReadView {
  readonly #folder = mkdtempSync(join(tmpdir(), "cronosdb-dedup-"));
  readonly #file = openSync(join(this.#folder, "rows"), "w+");
  readonly #places = new Map<Key, readonly [at: number, length: number]>();
  #end = 0;

  get(key: Key): Uint8Array | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const row = new Uint8Array(place[1]);
    readSync(this.#file, row, 0, row.length, place[0]);
    return row;
  }

  *range(start: Key, end: Key | undefined): Iterable<Row> {
    for (const key of this.#keys(start, end).sort()) yield [key, this.get(key) as Uint8Array];
  }

  readonly run = <T>(operation: (tx: Transaction) => T): T => {
    const hooks: (() => void)[] = [];
    const put = (key: Key, value: Uint8Array) => {
      writeSync(this.#file, value, 0, value.length, this.#end);
      this.#places.set(key, [this.#end, value.length]);
      this.#end += value.length;
    };
    const tx: Transaction = {
      now: shardTimeMs(1),
      get: (key) => this.get(key),
      range: (start, end) => this.range(start, end),
      put,
      reserve: () => {
        throw new Error("The index does not reserve");
      },
      delete: (key) => void this.#places.delete(key),
      deleteRange: (start, end) => {
        for (const key of this.#keys(start, end)) this.#places.delete(key);
      },
      onApplied: (hook) => void hooks.push(hook),
      onUndone: () => {},
      onDurable: (hook) => void hooks.push(hook),
      atCommit: (run) => run(tx),
      modify: () => {
        throw new Error("The index does not modify");
      },
    };
    const result = operation(tx);
    for (const hook of hooks) hook();
    return result;
  };

  #keys(start: Key, end: Key | undefined): Key[] {
    return [...this.#places.keys()].filter((key) => {
      return key >= start && (end === undefined || key < end);
    });
  }

  remove(): void {
    closeSync(this.#file);
    rmSync(this.#folder, { recursive: true });
  }
}

/** What is measured at one size of the index. Times are per id, but for stepMaxMs. */
interface Stage {
  readonly ids: number;
  /** While growing from the size before: look-ups of new ids, adds, background steps. */
  readonly lookUpNs: number;
  readonly addNs: number;
  readonly stepNs: number;
  readonly stepMaxMs: number;
  /** At this size, in random order: ids that are not there and ids that are. */
  readonly missNs: number;
  readonly hitNs: number;
  readonly runs: number;
  readonly memoryMb: number;
}

export interface DedupResult {
  readonly stages: readonly Stage[];
  readonly loadMs: number;
  readonly wrong: number;
  /** Highest of what the index counts and of what the process counts. */
  readonly memoryMaxMb: number;
  readonly arrayBuffersMaxMb: number;
}

class Bench {
  readonly #rows = new FileRows();
  #index = new DedupIndex(() => () => {});
  readonly #emptyArrayBuffers = process.memoryUsage().arrayBuffers;
  #ids = 0;
  #wrong = 0;
  #memoryMax = 0;
  #arrayBuffersMax = 0;
  #stepMax = 0;
  #steps = 0;

  run(sizes: readonly number[]): DedupResult {
    const stages = sizes.map((ids) => this.#stage(ids));
    const loadMs = this.#reopen();
    this.#rows.remove();
    return {
      stages,
      loadMs,
      wrong: this.#wrong,
      memoryMaxMb: this.#memoryMax / 1e6,
      arrayBuffersMaxMb: this.#arrayBuffersMax / 1e6,
    };
  }

  #stage(ids: number): Stage {
    const from = this.#ids;
    let lookUp = 0;
    let add = 0;
    let steps = 0;
    this.#stepMax = 0;
    while (this.#ids < ids) {
      const end = Math.min(ids, this.#ids + BATCH);
      lookUp += nanoseconds(() => {
        for (let id = this.#ids; id < end; id++) if (this.#has(id)) this.#wrong++;
      });
      add += nanoseconds(() => {
        for (let id = this.#ids; id < end; id++) this.#add(id);
      });
      this.#ids = end;
      do steps += this.#step();
      while (this.#index.backlog > 1);
    }
    return {
      ids,
      lookUpNs: lookUp / (ids - from),
      addNs: add / (ids - from),
      stepNs: steps / (ids - from),
      stepMaxMs: this.#stepMax / 1e6,
      missNs: this.#sample(false),
      hitNs: this.#sample(true),
      runs: this.#index.runs,
      memoryMb: this.#index.memoryBytes / 1e6,
    };
  }

  #step(): number {
    if (!this.#index.hasWork) return 0;
    const took = nanoseconds(() => this.#index.step(this.#rows.run));
    this.#stepMax = Math.max(this.#stepMax, took);
    this.#memoryMax = Math.max(this.#memoryMax, this.#index.memoryBytes);
    if (this.#steps++ % STEPS_PER_COLLECTION === 0) this.#measureProcess();
    return took;
  }

  /** Garbage of the bench and of the rows read does not count: it is collected first. */
  #measureProcess(): void {
    collectGarbage();
    const arrayBuffers = process.memoryUsage().arrayBuffers - this.#emptyArrayBuffers;
    this.#arrayBuffersMax = Math.max(this.#arrayBuffersMax, arrayBuffers);
  }

  /** ns per look-up of ids that are there, or that are not, in random order. */
  #sample(isThere: boolean): number {
    const ids = this.#ids;
    const samples = Math.min(ids, SAMPLES);
    const took = nanoseconds(() => {
      for (let k = 0; k < samples; k++) {
        const random = Math.floor((mixHash1(0, k) / 2 ** 32) * ids);
        if (this.#has(isThere ? random : ids + random) !== isThere) this.#wrong++;
      }
    });
    return took / samples;
  }

  /** Writes everything, loads it into a new index and asks that one; returns how long it took. */
  #reopen(): number {
    this.#index.freeze();
    while (this.#index.step(this.#rows.run));
    this.#index = new DedupIndex(() => () => {});
    const took = nanoseconds(() => this.#index.load(this.#rows));
    this.#sample(true);
    this.#sample(false);
    return took / 1e6;
  }

  #add(id: number): void {
    this.#index.add(hash1(id), hash2(id), id % PARTITIONS, Math.floor(id / PARTITIONS));
  }

  #has(id: number): boolean {
    return this.#index.candidates(hash1(id), hash2(id), this.#rows, (partition, offset) => {
      return offset * PARTITIONS + partition === id;
    });
  }
}

function nanoseconds(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start);
}

/** Hashes as ids' bytes have them: equal ones for different ids happen. */
function hash1(id: number): number {
  return mixHash1(id % 3, Math.imul(id, 0x85ebca77));
}

function hash2(id: number): number {
  return mixHash2(id % 5, Math.imul(id, 0x27d4eb2f) ^ (id >>> 7));
}

/** Grows an index through the sizes, which must ascend. */
export function benchDedup(sizes: readonly number[]): DedupResult {
  return new Bench().run(sizes);
}

function main(): void {
  const { values } = parseArgs({ options: { ids: { type: "string", default: "10000000" } } });
  const most = Number(values.ids);
  const result = benchDedup([...[100_000, 1_000_000].filter((ids) => ids < most), most]);
  const rounded = (_: string, value: unknown) => {
    return typeof value === "number" ? Math.round(value * 10) / 10 : value;
  };
  process.stdout.write(`${JSON.stringify(result, rounded, 2)}\n`);
  const memoryMaxMb = Math.max(result.memoryMaxMb, result.arrayBuffersMaxMb);
  process.exitCode = result.wrong === 0 && memoryMaxMb <= MEMORY_MAX_MB ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) main();
