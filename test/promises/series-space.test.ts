/** Points that are deleted leave the disk. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parseQuery } from "../../src/influxql/parse.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { open } from "../../src/engine/open.ts";

/** Bytes of the files of runs, where blocks are. */
async function blockBytes(directory: string): Promise<number> {
  const runs = join(directory, "store", "runs");
  let bytes = 0;
  for (const entry of await readdir(runs, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

async function run(database: Engine, text: string): Promise<void> {
  const place = { database: "db", policy: "", isReadOnly: false, chunkRows: 1000 };
  const request = { statements: parseQuery(text), text, ...place };
  for await (const event of database.queries.run(request)) {
    if (event.kind === "end") assert.equal(event.error, undefined);
  }
}

/** 20,000 points of random numbers, a second apart from 1970 on, in blocks. */
async function fill(database: Engine): Promise<void> {
  const random = new SeededRandom(1);
  const lines = Array.from({ length: 20_000 }, (_, i) => {
    return `m,host=${i % 10} v=${random.next()} ${Math.floor(i / 10)}`;
  });
  await database.series("db").write(lines.join("\n"), { precision: "s" });
  await settle(database);
}

async function settle(database: Engine): Promise<void> {
  const { storage } = database.seriesModels;
  await storage.seal();
  await storage.merge();
  await database.admin.compact();
}

/** Files are merged in the background: looks again until `isEnough`, for some seconds at most. */
async function waitFor(
  measure: () => Promise<number>,
  isEnough: (value: number) => boolean,
): Promise<number> {
  let value = await measure();
  for (let tries = 0; tries < 200 && !isEnough(value); tries++) {
    await sleep(50);
    value = await measure();
  }
  return value;
}

test("deleting half of the points frees at least 45 % of the bytes of blocks", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-space-"));
  t.after(() => rm(directory, { recursive: true }));
  const database = await open(directory);
  t.after(() => database.close());
  await run(database, "CREATE DATABASE db");
  await fill(database);
  const before = await blockBytes(directory);
  assert.ok(before > 100_000, `${before} bytes`);
  await run(database, "DELETE FROM m WHERE time < 1000s");
  await settle(database);
  const after = await waitFor(
    () => blockBytes(directory),
    (bytes) => bytes <= before * 0.55,
  );
  assert.ok(after <= before * 0.55, `${before} bytes, then ${after}`);
});
