import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedDisk } from "../../ports/simulated-disk.ts";
import { pickMerge } from "./merge-policy.ts";
import type { RunEntry } from "./partitions.ts";
import { Run, RunFiles } from "./run.ts";

const files = new RunFiles(new SimulatedDisk(new SeededRandom(1)), "runs");

interface Sample {
  readonly megabytes: number;
  readonly puts?: number;
  readonly tombstones?: number;
  readonly hidden?: number;
}

function entry({ megabytes, puts = 1000, tombstones = 0, hidden = 0 }: Sample): RunEntry {
  const fileBytes = megabytes * 2 ** 20;
  const counts = { puts, tombstones, rangeCount: 0 };
  const info = { id: 1, fileBytes, ...counts, firstKey: "a", lastKey: "z" };
  return { run: new Run(files, info), hiddenRows: 0, hiddenBytes: hidden * 2 ** 20 };
}

function pick(...samples: Sample[]) {
  return pickMerge(samples.map(entry));
}

test("pickMerge() leaves few runs of one size, and runs of different sizes", () => {
  assert.equal(pick({ megabytes: 4 }), undefined);
  assert.equal(pick({ megabytes: 4 }, { megabytes: 4 }, { megabytes: 4 }), undefined);
  const sizes = [1, 3, 9, 27, 81].map((megabytes) => ({ megabytes }));
  assert.equal(pick(...sizes), undefined);
});

test("pickMerge() takes the neighbours of one size, small ones alike", () => {
  const four = [4, 4, 5, 3].map((megabytes) => ({ megabytes }));
  assert.deepEqual(pick(...four, { megabytes: 90 }), { from: 0, to: 4 });
  assert.deepEqual(pick({ megabytes: 1 }, ...four, { megabytes: 90 }), { from: 1, to: 5 });
  const small = [0.001, 0.1, 0.002, 0.003].map((megabytes) => ({ megabytes }));
  assert.deepEqual(pick(...small), { from: 0, to: 4 });
});

test("pickMerge() takes the whole partition when a quarter of it is garbage", () => {
  assert.deepEqual(pick({ megabytes: 10, hidden: 2.5 }), { from: 0, to: 1 });
  assert.equal(pick({ megabytes: 10, hidden: 2.4 }), undefined);
  const deletes = { megabytes: 0.1, puts: 0, tombstones: 300 };
  assert.deepEqual(pick(deletes, { megabytes: 10 }), { from: 0, to: 2 });
  assert.equal(pick({ ...deletes, tombstones: 200 }, { megabytes: 10 }), undefined);
  assert.deepEqual(pick({ megabytes: 0.1, puts: 0 }), { from: 0, to: 1 });
});
