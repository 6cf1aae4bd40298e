/**
 * The store alone, over LMDB: rows/s of puts, gets, scans, marks and flushes. --rows 300000
 *
 *   put ordered, random   into an empty memtable; with a mark per put, and without
 *   get memtable, base    random keys; scans forward, backward and of 10 rows at random places
 *   flush                 of all rows in order into an empty tree, then of random keys over it;
 *                         with the longest time that the event loop was held
 *   overwrite             of 1 % of the rows, flushed, ten times: bytes on disk per byte in use
 *
 * Keys have 20 bytes, values 150. Prints a hash of what the scans found.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { logIndex } from "../src/base/ids.ts";
import { keyU32, keyU48 } from "../src/base/key.ts";
import type { Key } from "../src/base/key.ts";
import type { ReadView } from "../src/store/base-tree.ts";
import { openLmdbTree } from "../src/store/lmdb/lmdb-tree.ts";
import { openMemoryTree } from "../src/store/memory/memory-tree.ts";
import { Store } from "../src/store/store.ts";

const valueBytes = 150;
const nsPerMs = 1_000_000;

export interface StoreFigure {
  readonly name: string;
  readonly rowsPerSecond: number;
  readonly note: string;
}

export interface StoreBenchResult {
  readonly figures: readonly StoreFigure[];
  readonly bytesOnDisk: number;
  readonly bytesUsed: number;
  readonly hash: string;
}

/** Runs every workload with so many rows. */
export async function benchStore(rowCount: number): Promise<StoreBenchResult> {
  const figures: StoreFigure[] = [];
  const ordered = Array.from({ length: rowCount }, (_, n) => keyOf(0, n));
  const random = ordered.map((_, n) => keyOf(Math.imul(n, 2_654_435_761) >>> 0, n));
  const measure = (name: string, count: number, run: () => void): void => {
    const start = performance.now();
    run();
    figures.push({ name, rowsPerSecond: perSecond(count, start), note: "" });
  };
  measureMemtable({ ordered, random }, measure);
  const directory = mkdtempSync(join(tmpdir(), "cronosdb-bench-"));
  const tree = openLmdbTree(directory);
  const store = new Store(tree);
  const hash = createHash("sha256");
  try {
    figures.push(await flushed("flush ordered", store, ordered));
    figures.push(await flushed("flush random", store, random));
    measureReads(store.tip, { keys: random, hash }, measure);
    for (let round = 1; round <= 10; round++) {
      await flushed("overwrite", store, random.filter((_, n) => n % 100 === round));
    }
    const { bytesOnDisk, bytesUsed } = tree.stats();
    return { figures, bytesOnDisk, bytesUsed, hash: hash.digest("hex").slice(0, 16) };
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}

type Measure = (name: string, count: number, run: () => void) => void;

function measureMemtable(
  keys: { readonly ordered: readonly Key[]; readonly random: readonly Key[] },
  measure: Measure,
): void {
  const value = Buffer.alloc(valueBytes);
  for (const [order, list] of Object.entries(keys)) {
    const store = new Store(openMemoryTree());
    measure(`put ${order}`, list.length, () => {
      for (const key of list) store.put(key, value);
    });
    measure(`get memtable ${order}`, list.length, () => {
      for (const key of list) store.tip.get(key);
    });
    const marking = new Store(openMemoryTree());
    measure(`put and mark ${order}`, list.length, () => {
      for (const key of list) {
        marking.put(key, value);
        marking.mark();
      }
    });
  }
  const store = new Store(openMemoryTree());
  measure("mark alone", keys.ordered.length, () => {
    for (let n = 0; n < keys.ordered.length; n++) store.mark();
  });
}

function measureReads(
  view: ReadView,
  input: { readonly keys: readonly Key[]; readonly hash: ReturnType<typeof createHash> },
  measure: Measure,
): void {
  const { keys, hash } = input;
  measure("get base random", keys.length, () => {
    for (const key of keys) view.get(key);
  });
  for (const reverse of [false, true]) {
    measure(`scan base${reverse ? " backward" : ""}`, keys.length * 2, () => {
      for (const [key] of view.range("", undefined, { reverse })) hash.update(key, "latin1");
    });
  }
  measure("scan of 10 rows, base", keys.length, () => {
    for (let n = 0; n < keys.length; n += 10) {
      for (const [key] of view.range(keys[n] ?? "", undefined, { limit: 10 })) {
        hash.update(key, "latin1");
      }
    }
  });
}

async function flushed(name: string, store: Store, keys: readonly Key[]): Promise<StoreFigure> {
  const index = logIndex(store.appliedIndex + 1);
  for (const key of keys) store.put(key, Buffer.alloc(valueBytes, key));
  store.freeze(index);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const start = performance.now();
  await store.flush(index);
  const rowsPerSecond = perSecond(keys.length, start);
  delays.disable();
  return { name, rowsPerSecond, note: `loop held ${(delays.max / nsPerMs).toFixed(1)} ms` };
}

function keyOf(spread: number, n: number): Key {
  return keyU32(spread) + "\0".repeat(10) + keyU48(n);
}

function perSecond(count: number, start: number): number {
  return Math.round(count / ((performance.now() - start) / 1000));
}

function print(result: StoreBenchResult): void {
  for (const { name, rowsPerSecond, note } of result.figures) {
    console.log(`${name.padEnd(24)} ${(rowsPerSecond / 1000).toFixed(0).padStart(7)} k/s  ${note}`);
  }
  const factor = (result.bytesOnDisk / result.bytesUsed).toFixed(2);
  console.log(`${"bytes on disk / in use".padEnd(24)} ${factor.padStart(7)}`);
  console.log(`${"rss".padEnd(24)} ${(process.memoryUsage.rss() / 1e6).toFixed(0).padStart(7)} MB`);
  console.log(`hash ${result.hash}`);
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { rows: { type: "string", default: "300000" } } });
  print(await benchStore(Number(values.rows)));
}
