import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { epoch, logIndex } from "../../base/ids.ts";
import { MutationArena } from "../../log/mutation-arena.ts";
import { openSegmentLog } from "../../log/segments/segment-log.ts";
import { RealClock } from "../../ports/real-clock.ts";
import { RealDisk } from "../../ports/real-disk.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { openLmdbTree } from "../../store/lmdb/lmdb-tree.ts";
import { verifyLmdbTree } from "../../store/lmdb/verify-lmdb-tree.ts";
import { openRunTree } from "../../store/runs/run-tree.ts";
import { formatReport, reportJson } from "./format-report.ts";
import { inspectData } from "./inspect-data.ts";

const disk = new RealDisk();
const parts = { disk, verifyStore: verifyLmdbTree };
const segmentBytes = 8 * 1024;

/** A directory with `records` records of 1 KB in the log and a store up to `applied`. */
async function database(
  context: TestContext,
  { records = 30, applied = 5 }: { readonly records?: number; readonly applied?: number } = {},
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-inspect-"));
  context.after(() => rm(directory, { recursive: true }));
  const components = { disk, clock: new RealClock(), random: new SeededRandom(1) };
  const log = await openSegmentLog(`${directory}/log`, components, { segmentBytes });
  for (let index = 1; index <= records; index++) {
    const arena = new MutationArena();
    arena.put(`key-${index}`, Buffer.alloc(1_000, index));
    arena.delete(`old-${index}`);
    const chunks = arena.chunks();
    await log.append({ index: logIndex(index), time: 1_000 * index, epoch: epoch(1), chunks });
  }
  await log.close();
  if (applied > 0) {
    const tree = openLmdbTree(`${directory}/store`);
    const rows = ["a1", "a2", "b1"].map((key) => {
      return { kind: "put", key, value: Buffer.from(`value-${key}`) } as const;
    });
    await tree.write(rows, logIndex(applied));
    await tree.close();
  }
  return directory;
}

async function segments(directory: string): Promise<string[]> {
  return (await readdir(`${directory}/log`)).toSorted().map((name) => `${directory}/log/${name}`);
}

async function flip(file: string, offset: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

test("inspectData() counts what is in log and store of a sound database", async (context) => {
  const directory = await database(context);
  const report = await inspectData(directory, parts);
  assert.deepEqual(report.faults, []);
  assert.ok(report.log.segments.length > 3);
  assert.equal(report.log.segments.reduce((sum, { recordCount }) => sum + recordCount, 0), 30);
  assert.equal(report.log.segments.reduce((sum, { puts }) => sum + puts, 0), 30);
  assert.equal(report.log.segments.reduce((sum, { deletes }) => sum + deletes, 0), 30);
  assert.equal(report.log.segments[0]?.firstTime, 1_000);
  assert.equal(report.log.segments.at(-1)?.lastTime, 30_000);
  assert.equal(report.store?.rows, 3);
  assert.equal(report.store.appliedIndex, 5);
  assert.match(formatReport(report), /Store: 3 rows.*\n[^]*Every checksum is right$/);
  const json = JSON.parse(reportJson(report));
  assert.equal(json.isSound, true);
  assert.deepEqual(json.store.byModel[0], { model: "0x61", rows: 2, bytes: 20 });
});

test("inspectData() names file and offset of every damage and goes on", async (context) => {
  const directory = await database(context);
  const [first = "", second = ""] = await segments(directory);
  await flip(first, 700);
  await flip(second, 800);
  const { faults } = await inspectData(directory, parts);
  assert.equal(faults.length, 2);
  assert.ok(faults[0]?.includes(first) && /offset \d+/.test(faults[0]), faults[0]);
  assert.ok(faults[1]?.includes(second), faults[1]);
});

test("inspectData() finds a row of the store that was changed", async (context) => {
  const directory = await database(context);
  const file = `${directory}/store/base.mdb`;
  await flip(file, (await readFile(file)).indexOf("value-a2"));
  const report = await inspectData(directory, parts);
  assert.equal(report.faults.length, 1);
  assert.match(formatReport(report), /FAULT .*base\.mdb.*\n1 faults$/);
  assert.equal(JSON.parse(reportJson(report)).isSound, false);
});

test("inspectData() counts the rows in runs, and finds a damaged one", async (context) => {
  const directory = await database(context);
  const rules = [{ prefix: "S", bytes: 2 }];
  const runs = await openRunTree(disk, `${directory}/store/runs`, { rules });
  await runs.write([{ kind: "put", key: "Sb1", value: Buffer.from("block") }], logIndex(5));
  await runs.close();
  const report = await inspectData(directory, parts);
  assert.deepEqual(report.faults, []);
  assert.equal(report.store?.rows, 4);
  assert.deepEqual([...report.store.byFirstByte.keys()], [0x53, 0x61, 0x62]);
  const run = (await readdir(`${directory}/store/runs`)).find((name) => name.endsWith(".run"));
  await flip(`${directory}/store/runs/${run}`, 3);
  const { faults } = await inspectData(directory, parts);
  assert.equal(faults.length, 1);
  assert.match(faults.join(), /\.run: the checksum of the page at 0/);
});

test("inspectData() finds a segment that is missing in the middle", async (context) => {
  const directory = await database(context);
  const files = await segments(directory);
  await rm(files[2] ?? "");
  const { faults } = await inspectData(directory, parts);
  assert.equal(faults.length, 1);
  assert.ok(faults[0]?.includes(files[3] ?? ""), faults[0]);
});

test("inspectData() finds records that neither the store nor the log has", async (context) => {
  const directory = await database(context, { applied: 2 });
  const [first = ""] = await segments(directory);
  await rm(first);
  const { faults } = await inspectData(directory, parts);
  assert.match(faults.join(), /^Records 3 to \d+ are missing in the store and in the log$/);
});

test("inspectData() calls the torn end of a crash no fault", async (context) => {
  const directory = await database(context);
  const last = (await segments(directory)).at(-1) ?? "";
  const bytes = await readFile(last);
  // Behind the last whole write: part of a next one, as a power loss leaves it.
  const torn = Buffer.concat([bytes, Buffer.alloc(1_024), Buffer.from("half a write")]);
  await writeFile(last, torn);
  const report = await inspectData(directory, parts);
  assert.deepEqual(report.faults, []);
  assert.ok((report.log.segments.at(-1)?.tornTailBytes ?? 0) > 0);
  assert.match(formatReport(report), /torn end: \d+ bytes/);
});

test("inspectData() changes nothing", async (context) => {
  const directory = await database(context);
  const before = await Promise.all((await segments(directory)).map((file) => readFile(file)));
  const store = await readFile(`${directory}/store/base.mdb`);
  await inspectData(directory, parts);
  const after = await Promise.all((await segments(directory)).map((file) => readFile(file)));
  assert.deepEqual(after, before);
  assert.deepEqual(await readFile(`${directory}/store/base.mdb`), store);
  assert.ok(!(await readdir(directory)).includes("LOCK"));
});

test("inspectData() refuses a directory that is open, or holds no database", async (context) => {
  const directory = await database(context);
  const unlock = await disk.lockDirectory(directory);
  await assert.rejects(inspectData(directory, parts), { code: "LOCKED" });
  await unlock();
  await assert.rejects(inspectData(`${directory}/log`, parts), { code: "NOT_FOUND" });
});

test("inspectData() takes a log that was never flushed", async (context) => {
  const directory = await database(context, { applied: 0 });
  const report = await inspectData(directory, parts);
  assert.deepEqual(report.faults, []);
  assert.equal(report.store, undefined);
  assert.match(formatReport(report), /Store: nothing was flushed yet/);
  assert.equal(JSON.parse(reportJson(report)).store, undefined);
});
