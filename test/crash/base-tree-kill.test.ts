import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openLmdbTree } from "../../src/store/lmdb/lmdb-tree.ts";
import { verifyLmdbTree } from "../../src/store/lmdb/verify-lmdb-tree.ts";
import { writerRows } from "./base-tree-writer.ts";

/** Lets the writer run until it reported so many writes and a bit more, and kills it. */
async function killWriter(directory: string, writes: number): Promise<number> {
  const program = join(import.meta.dirname, "base-tree-writer.js");
  const child = spawn(process.execPath, [program, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let reported = 0;
  let lines = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    for (const line of text.trim().split("\n")) {
      reported = Number(line);
      if (++lines === writes) setTimeout(() => child.kill("SIGKILL"), 7 * writes);
    }
  });
  await once(child, "close");
  return reported;
}

test("LmdbTree: killed in a write, it holds whole slices and a true index", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-kill-"));
  for (const writes of [1, 2, 3]) {
    const reported = await killWriter(directory, writes);
    const report = await verifyLmdbTree(directory);
    assert.deepEqual(report.faults, []);
    assert.equal(report.rows, writerRows);
    const applied = report.appliedIndex;
    assert.ok(applied === reported || applied === reported + 1, `${applied}, said ${reported}`);
    const tree = openLmdbTree(directory);
    const values = Array.from(tree.range("", undefined), ([, value]) => Number(String(value)));
    await tree.close();
    // Rows are written in the order of keys: those of an unfinished write come first.
    const torn = values.filter((value) => value === applied + 1).length;
    const expected = values.map((_, n) => (n < torn ? applied + 1 : applied));
    assert.deepEqual(values, expected);
    assert.equal(torn % 1000, 0);
  }
  await rm(directory, { recursive: true });
});
