import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { isCronosError } from "../base/errors.ts";
import { RealDisk } from "./real-disk.ts";

async function directoryFor(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-lock-"));
  context.after(() => rm(directory, { recursive: true }));
  return directory;
}

test("lockDirectory() takes over the lock of a process that died", async (context) => {
  const directory = await directoryFor(context);
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  await writeFile(join(directory, "LOCK"), JSON.stringify({ pid, started: "boot 1" }));
  const unlock = await new RealDisk().lockDirectory(directory);
  await unlock();
  assert.deepEqual(await readdir(directory), []);
});

test("lockDirectory() takes over a lock whose process id was given to another", async (context) => {
  const directory = await directoryFor(context);
  const holder = { pid: process.ppid, started: "another boot 1" };
  await writeFile(join(directory, "LOCK"), JSON.stringify(holder));
  const unlock = await new RealDisk().lockDirectory(directory);
  await unlock();
});

test("lockDirectory() respects a live process and names it", async (context) => {
  const directory = await directoryFor(context);
  await writeFile(join(directory, "LOCK"), JSON.stringify({ pid: process.ppid, started: "" }));
  await assert.rejects(new RealDisk().lockDirectory(directory), (error) => {
    assert.ok(isCronosError(error, "LOCKED"));
    assert.match(error.message, new RegExp(`process ${process.ppid}`));
    return true;
  });
});

test("lockDirectory() lets one of many win", async (context) => {
  const directory = await directoryFor(context);
  await writeFile(join(directory, "LOCK"), "not JSON");
  const disk = new RealDisk();
  const tries = Array.from({ length: 10 }, () => disk.lockDirectory(directory));
  const won = (await Promise.allSettled(tries)).filter((each) => each.status === "fulfilled");
  assert.equal(won.length, 1);
  assert.deepEqual(await readdir(directory), ["LOCK"]);
});
