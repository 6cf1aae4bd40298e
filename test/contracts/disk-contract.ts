/** What src/ports/disk.ts says, as tests that every Disk must pass. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { isCronosError } from "../../src/base/errors.ts";
import type { Disk } from "../../src/ports/disk.ts";

/** A disk and an empty directory on it. */
export interface DiskUnderTest {
  readonly disk: Disk;
  readonly directory: string;
}

/** Runs the suite against the disks that `open` gives, a fresh directory each time. */
export function diskContract(
  name: string,
  open: (context: TestContext) => Promise<DiskUnderTest>,
): void {
  test(`${name}: a file keeps what is written at a position`, async (context) => {
    const { disk, directory } = await open(context);
    const file = await disk.open(`${directory}/a`, { mode: "write" });
    await file.write([bytes("hello "), bytes(""), bytes("world")], 0);
    await file.write([bytes("W")], 6);
    assert.equal(await text(file, 0, 100), "hello World");
    assert.equal(await text(file, 6, 3), "Wor");
    assert.equal(await file.size(), 11);
    await file.close();
  });

  test(`${name}: a write behind the end leaves zeros between`, async (context) => {
    const { disk, directory } = await open(context);
    const file = await disk.open(`${directory}/a`, { mode: "write" });
    await file.write([bytes("x")], 3);
    assert.equal(await text(file, 0, 10), "\0\0\0x");
    await file.close();
  });

  test(`${name}: many chunks arrive in order`, async (context) => {
    const { disk, directory } = await open(context);
    const file = await disk.open(`${directory}/a`, { mode: "write", durableWrites: true });
    const chunks = Array.from({ length: 3000 }, (_, index) => bytes(`${index},`));
    await file.write(chunks, 0);
    assert.equal(await text(file, 0, 100_000), Buffer.concat(chunks).toString());
    await file.close();
  });

  test(`${name}: read returns fewer bytes only at the end`, async (context) => {
    const { disk, directory } = await open(context);
    const file = await disk.open(`${directory}/a`, { mode: "write" });
    await file.write([new Uint8Array(100_000).fill(7)], 0);
    assert.equal(await file.read(new Uint8Array(70_000), 50_000), 50_000);
    assert.equal(await file.read(new Uint8Array(10), 100_000), 0);
    assert.equal(await file.read(new Uint8Array(10), 200_000), 0);
    await file.close();
  });

  test(`${name}: truncate cuts and extends with zeros`, async (context) => {
    const { disk, directory } = await open(context);
    const file = await disk.open(`${directory}/a`, { mode: "write" });
    await file.write([bytes("abcdef")], 0);
    await file.truncate(2);
    await file.truncate(4);
    await file.sync();
    assert.equal(await text(file, 0, 10), "ab\0\0");
    await file.close();
  });

  test(`${name}: open for reading needs the file, and cannot write`, async (context) => {
    const { disk, directory } = await open(context);
    await assert.rejects(disk.open(`${directory}/none`, { mode: "read" }), { code: "ENOENT" });
    await create(disk, `${directory}/a`, "a");
    const file = await disk.open(`${directory}/a`, { mode: "read" });
    assert.equal(await text(file, 0, 10), "a");
    await assert.rejects(file.write([bytes("b")], 0), { code: "EBADF" });
    await file.close();
  });

  test(`${name}: open for writing keeps what is there and needs the directory`, async (context) => {
    const { disk, directory } = await open(context);
    await create(disk, `${directory}/a`, "a");
    await create(disk, `${directory}/a`, "");
    assert.equal(await content(disk, `${directory}/a`), "a");
    await assert.rejects(disk.open(`${directory}/no/a`, { mode: "write" }), { code: "ENOENT" });
  });

  test(`${name}: a closed file is refused, close waits for what is in flight`, async (context) => {
    const { disk, directory } = await open(context);
    const file = await disk.open(`${directory}/a`, { mode: "write" });
    const written = file.write([bytes("late")], 0);
    await file.close();
    await written;
    await file.close();
    await assert.rejects(file.sync(), (error) => isCronosError(error, "CLOSED"));
    await assert.rejects(file.write([bytes("b")], 0), (error) => isCronosError(error, "CLOSED"));
    assert.equal(await content(disk, `${directory}/a`), "late");
  });

  test(`${name}: names can be listed, renamed over others and removed`, async (context) => {
    const { disk, directory } = await open(context);
    for (const each of ["b", "a", "c"]) await create(disk, `${directory}/${each}`, each);
    await disk.makeDirectory(`${directory}/d/e`);
    await disk.makeDirectory(`${directory}/d/e`);
    assert.deepEqual(await disk.list(directory), ["a", "b", "c", "d"]);
    await disk.rename(`${directory}/a`, `${directory}/b`);
    await disk.remove(`${directory}/c`);
    await disk.syncDirectory(directory);
    assert.deepEqual(await disk.list(directory), ["b", "d"]);
    assert.equal(await content(disk, `${directory}/b`), "a");
    assert.equal(await disk.exists(`${directory}/b`), true);
    assert.equal(await disk.exists(`${directory}/d/e`), true);
    assert.equal(await disk.exists(`${directory}/c`), false);
    await assert.rejects(disk.remove(`${directory}/c`), { code: "ENOENT" });
    await assert.rejects(disk.rename(`${directory}/c`, `${directory}/x`), { code: "ENOENT" });
    await assert.rejects(disk.list(`${directory}/none`), { code: "ENOENT" });
  });

  test(`${name}: a removed file lives on for those who have it open`, async (context) => {
    const { disk, directory } = await open(context);
    await create(disk, `${directory}/a`, "a");
    const file = await disk.open(`${directory}/a`, { mode: "read" });
    await disk.remove(`${directory}/a`);
    assert.equal(await text(file, 0, 10), "a");
    await file.close();
  });

  test(`${name}: a reader reads at once, also after the file was removed`, async (context) => {
    const { disk, directory } = await open(context);
    assert.throws(() => disk.openReader(`${directory}/none`), { code: "ENOENT" });
    await create(disk, `${directory}/a`, "hello world");
    const reader = disk.openReader(`${directory}/a`);
    await disk.remove(`${directory}/a`);
    const into = Buffer.alloc(100);
    assert.equal(reader.read(into.subarray(0, 5), 6), 5);
    assert.equal(into.toString("latin1", 0, 5), "world");
    assert.equal(reader.read(into, 6), 5);
    assert.equal(reader.read(into, 11), 0);
    reader.close();
  });

  test(`${name}: freeBytes tells a number`, async (context) => {
    const { disk, directory } = await open(context);
    assert.ok((await disk.freeBytes(directory)) > 1_000_000);
  });

  test(`${name}: lockDirectory is exclusive until it is given back`, async (context) => {
    const { disk, directory } = await open(context);
    const unlock = await disk.lockDirectory(directory);
    await assert.rejects(disk.lockDirectory(directory), (error) => isCronosError(error, "LOCKED"));
    await unlock();
    const unlockAgain = await disk.lockDirectory(directory);
    await unlockAgain();
  });
}

function bytes(value: string): Uint8Array {
  return Buffer.from(value);
}

async function text(
  file: { read(into: Uint8Array, position: number): Promise<number> },
  position: number,
  length: number,
): Promise<string> {
  const into = Buffer.alloc(length);
  return into.subarray(0, await file.read(into, position)).toString();
}

async function create(disk: Disk, path: string, value: string): Promise<void> {
  const file = await disk.open(path, { mode: "write" });
  await file.write([bytes(value)], 0);
  await file.close();
}

async function content(disk: Disk, path: string): Promise<string> {
  const file = await disk.open(path, { mode: "read" });
  const value = await text(file, 0, 1000);
  await file.close();
  return value;
}
