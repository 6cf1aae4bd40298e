import assert from "node:assert/strict";
import { test } from "node:test";
import type { DiskFile } from "./disk.ts";
import { SeededRandom } from "./seeded-random.ts";
import { SimulatedDisk } from "./simulated-disk.ts";

const path = "/data/file";

async function openDisk(seed: number): Promise<{ disk: SimulatedDisk; file: DiskFile }> {
  const disk = new SimulatedDisk(new SeededRandom(seed));
  await disk.makeDirectory("/data");
  const file = await disk.open(path, { mode: "write" });
  await disk.syncDirectory("/data");
  return { disk, file };
}

async function contentOf(disk: SimulatedDisk, name = path): Promise<Buffer> {
  const file = await disk.open(name, { mode: "read" });
  const into = Buffer.alloc(await file.size());
  await file.read(into, 0);
  return into;
}

function fates(count: number, run: (seed: number) => Promise<string>): Promise<Set<string>> {
  const seeds = Array.from({ length: count }, (_, seed) => run(seed));
  return Promise.all(seeds).then((results) => new Set(results));
}

test("crash() keeps what was synced and loses, keeps or tears the rest", async () => {
  const seen = await fates(60, async (seed) => {
    const { disk, file } = await openDisk(seed);
    await file.write([Buffer.alloc(2048, "a")], 0);
    await file.sync();
    await file.write([Buffer.alloc(1024, "b")], 512);
    const left = (await contentOf(disk.crash())).toString();
    assert.match(left, /^a{512}(a{512}|b{512})(a{512}|b{512})a{512}$/);
    return left;
  });
  assert.equal(seen.size, 4);
});

test("crash() never loses a durable write that resolved", async () => {
  for (let seed = 0; seed < 30; seed++) {
    const { disk, file } = await openDisk(seed);
    await file.write([Buffer.alloc(2000, "z")], 0);
    const durable = await disk.open(path, { mode: "write", durableWrites: true });
    await durable.write([Buffer.from("kept")], 10);
    const left = await contentOf(disk.crash());
    assert.equal(left.subarray(10, 14).toString(), "kept", `seed ${seed}`);
  }
});

test("crash() may lose names that were not synced", async () => {
  const seen = await fates(40, async (seed) => {
    const { disk } = await openDisk(seed);
    await disk.open("/data/new", { mode: "write" });
    await disk.rename(path, "/data/renamed");
    return (await disk.crash().list("/data")).join();
  });
  assert.deepEqual([...seen].sort(), ["file", "file,new", "new,renamed", "renamed"]);
});

test("kill() keeps what was written and lets the unsynced be lost later", async () => {
  const seen = await fates(30, async (seed) => {
    const { disk, file } = await openDisk(seed);
    await file.write([Buffer.from("abc")], 0);
    const next = disk.kill();
    assert.equal((await contentOf(next)).toString(), "abc");
    return (await contentOf(next.crash())).toString();
  });
  assert.ok(seen.has("abc") && seen.has(""));
});

test("crash() ends the old disk: its files, locks and operations", async () => {
  const { disk, file } = await openDisk(1);
  await disk.lockDirectory("/data");
  const inFlight = file.write([Buffer.from("abc")], 0);
  const next = disk.crash();
  await assert.rejects(inFlight, { code: "EIO" });
  await assert.rejects(file.write([Buffer.from("abc")], 0), { code: "EIO" });
  await assert.rejects(disk.open(path, { mode: "write" }), { code: "EIO" });
  await next.lockDirectory("/data");
});

test("powerOffAfter() stops in the middle of the last change", async () => {
  const seen = await fates(30, async (seed) => {
    const { disk } = await openDisk(seed);
    const durable = await disk.open(path, { mode: "write", durableWrites: true });
    disk.powerOffAfter(2);
    await durable.write([Buffer.from("a")], 0);
    await assert.rejects(durable.write([Buffer.from("b")], 1), { code: "EIO" });
    await assert.rejects(durable.write([Buffer.from("c")], 2), { code: "EIO" });
    return (await contentOf(disk.crash())).toString();
  });
  assert.ok(seen.has("a") && seen.has("ab"));
  assert.ok([...seen].every((text) => text.startsWith("a") && !text.includes("c")));
});

test("failNext() fails operations in turn, and a failed sync loses what it covered", async () => {
  for (let seed = 0; seed < 10; seed++) {
    const { disk, file } = await openDisk(seed);
    disk.failNext("write", "EIO");
    await assert.rejects(file.write([Buffer.from("no")], 0), { code: "EIO" });
    await file.write([Buffer.from("lost")], 0);
    disk.failNext("sync", "EIO");
    await assert.rejects(file.sync(), { code: "EIO" });
    assert.equal((await contentOf(disk)).toString(), "lost");
    await file.sync();
    assert.equal((await contentOf(disk.crash())).length, 0);
  }
});

test("flipBit() turns over one bit for good", async () => {
  const { disk, file } = await openDisk(1);
  await file.write([Buffer.from("abc")], 0);
  await file.sync();
  disk.flipBit(path, 1, 0);
  assert.equal((await contentOf(disk)).toString(), "acc");
  assert.equal((await contentOf(disk.crash())).toString(), "acc");
});

test("setCapacity() makes writes behind it fail with ENOSPC after writing what fits", async () => {
  const { disk, file } = await openDisk(1);
  await file.write([Buffer.alloc(100, "a")], 0);
  disk.setCapacity(120);
  assert.equal(await disk.freeBytes("/data"), 20);
  await file.write([Buffer.alloc(100, "b")], 0);
  await assert.rejects(file.write([Buffer.alloc(100, "c")], 50), { code: "ENOSPC" });
  await assert.rejects(file.truncate(200), { code: "ENOSPC" });
  assert.equal((await contentOf(disk)).toString(), "b".repeat(50) + "c".repeat(70));
  disk.setCapacity(1000);
  await file.write([Buffer.alloc(100, "c")], 50);
});
