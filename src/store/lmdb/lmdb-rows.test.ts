import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { keyBytesMax } from "../base-tree.ts";
import { openEnvironment } from "./lmdb-environment.ts";
import type { LmdbEnvironment } from "./lmdb-environment.ts";
import { LmdbRows } from "./lmdb-rows.ts";

const longest = "m".repeat(keyBytesMax);

async function withRows(run: (environment: LmdbEnvironment) => void): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-rows-"));
  const environment = openEnvironment(directory);
  const { rows, codec } = environment;
  await rows.batch(() => {
    for (const key of ["a", "b", longest, "z"]) void rows.put(key, codec.store(key, Buffer.of(1)));
  });
  run(environment);
  await environment.root.close();
  await rm(directory, { recursive: true });
}

function found(environment: LmdbEnvironment, start: string, end: string | undefined): string {
  const keysOf = (reverse: boolean): string[] => {
    const rows = new LmdbRows(environment, { start, end }, { reverse });
    return Array.from(rows, ([key]) => key.slice(0, 1));
  };
  assert.deepEqual(keysOf(true).toReversed(), keysOf(false));
  assert.equal(Array.from(LmdbRows.keys(environment, { start, end })).length, keysOf(false).length);
  return keysOf(false).join("");
}

test("LmdbRows: bounds of any kind give the same rows in both directions", async () => {
  await withRows((environment) => {
    const cases: readonly (readonly [string, string | undefined, string])[] = [
      ["", undefined, "abmz"],
      ["a", "z", "abm"],
      ["aa", "bb", "b"],
      ["b", "b\0", "b"],
      [longest, undefined, "mz"],
      ["", longest, "ab"],
      [`${longest}m`, undefined, "z"],
      ["", `${longest}m`, "abm"],
      ["zz", undefined, ""],
      ["", "0", ""],
    ];
    for (const [start, end, keys] of cases) assert.equal(found(environment, start, end), keys);
  });
});

test("LmdbRows: nextStored() tells the size and leaves the value to be taken", async () => {
  await withRows((environment) => {
    const rows = new LmdbRows(environment, { start: "", end: undefined }, { limit: 1 });
    const row = rows.nextStored();
    assert.deepEqual(row, { key: "a", size: 5 });
    assert.deepEqual(environment.codec.takeIfSound("a", 5), Buffer.of(1));
    assert.equal(rows.nextStored(), undefined);
    assert.deepEqual(rows.return(), { done: true, value: undefined });
  });
});
