/**
 * Segment logs on a disk that loses power, fails, fills up and rots, against a model of what must
 * be true: acknowledged records are there, others whole or not at all, in order, without a gap, and
 * damage is reported with file and offset.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isCronosError } from "../../src/base/errors.ts";
import type { CronosError } from "../../src/base/errors.ts";
import { epoch, logIndex } from "../../src/base/ids.ts";
import type { FsyncMode } from "../../src/log/segments/segment-appender.ts";
import { openSegmentLog } from "../../src/log/segments/segment-log.ts";
import type { SegmentLog } from "../../src/log/segments/segment-log.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { SimulatedClock } from "../../src/ports/simulated-clock.ts";
import { SimulatedDisk } from "../../src/ports/simulated-disk.ts";
import { rounds } from "../support/torture.ts";

const directory = "/data/log";
const flushIntervalMs = 100;
const fsyncModes: readonly FsyncMode[] = ["every_event", "batch", "periodic"];
const failingOperations = ["write", "sync", "truncate", "open", "remove", "syncDirectory"] as const;

/** A log, its disk, and what has been promised about it. */
class World {
  readonly random: SeededRandom;
  readonly fsyncMode: FsyncMode;
  readonly clock = new SimulatedClock();
  disk: SimulatedDisk;
  log: SegmentLog | undefined;
  /** By index the bodies it may have: one when acknowledged, else all that were tried. */
  readonly candidates = new Map<number, Buffer[]>();
  /** Newest index whose append resolved, and newest that must survive power loss. */
  acknowledged = 0;
  durable = 0;
  syncs = 0;
  /** Newest index that trim() was allowed to take away. */
  trimmed = 0;

  constructor(seed: number, fsyncMode: FsyncMode) {
    this.random = new SeededRandom(seed);
    this.fsyncMode = fsyncMode;
    this.disk = new SimulatedDisk(this.random);
  }

  async open(): Promise<SegmentLog> {
    const { disk, clock, random, fsyncMode } = this;
    const settings = { segmentBytes: 8192, indexIntervalBytes: 700, fsyncMode, flushIntervalMs };
    this.log = await openSegmentLog(directory, { disk, clock, random }, settings);
    this.log.onSync(() => this.syncs++);
    return this.log;
  }

  body(): Buffer {
    const length = this.random.below(4) === 0 ? this.random.below(4000) : this.random.below(200);
    // Zeros look like what a torn write leaves, marks like what begins a write.
    const kind = this.random.below(6);
    if (kind === 0) return Buffer.alloc(length);
    if (kind === 1) return Buffer.alloc(length, 0xff);
    return Buffer.from(this.random.bytes(length));
  }

  /** Appends some records, several at once; resolves when all settled. */
  async append(log: SegmentLog, count: number): Promise<void> {
    let next = log.head + 1;
    const appends: Promise<void>[] = [];
    for (let each = 0; each < count; each++) {
      const index = next++;
      const body = this.body();
      const cut = this.random.below(body.length + 1);
      const chunks = [body.subarray(0, cut), body.subarray(cut)];
      this.candidates.set(index, [...(this.candidates.get(index) ?? []), body]);
      const record = { index: logIndex(index), time: index * 2, epoch: epoch(index % 7), chunks };
      appends.push(
        log.append(record).then(() => {
          assert.equal(this.acknowledged, index - 1, "acknowledged out of order");
          this.acknowledged = index;
          this.candidates.set(index, [body]);
          if (this.fsyncMode !== "periodic") this.durable = index;
        }),
      );
    }
    await Promise.allSettled(appends);
  }

  /** The log must hold at least up to `promised`, and nothing but what was appended. */
  async verify(log: SegmentLog, promised: number): Promise<void> {
    assert.ok(log.head >= promised, `head is ${log.head}, promised was ${promised}`);
    assert.ok(log.first <= this.trimmed + 1, `first is ${log.first}, trimmed ${this.trimmed}`);
    assert.equal(log.headTime, log.head * 2);
    assert.equal(log.headEpoch, log.head % 7);
    let expected: number = log.first;
    for await (const { index, time, body } of log.read(log.first)) {
      assert.equal(index, expected++);
      assert.equal(time, index * 2);
      const candidates = this.candidates.get(index) ?? [];
      assert.ok(candidates.some((each) => each.equals(body)), `body of record ${index}`);
    }
    assert.equal(expected, log.head + 1);
    const from = log.first + this.random.below(log.head - log.first + 2);
    for await (const { index } of log.read(logIndex(from))) {
      assert.equal(index, from);
      break;
    }
  }

  /** After a restart: what is there now is what counts. */
  adopt(log: SegmentLog): void {
    this.acknowledged = log.head;
    this.durable = log.head;
    this.forgetFailed(log);
  }

  /** What failed must never come back once the log was recovered. */
  async recover(log: SegmentLog): Promise<void> {
    try {
      await log.recover();
    } catch {
      return;
    }
    this.forgetFailed(log);
  }

  forgetFailed(log: SegmentLog): void {
    for (const index of this.candidates.keys()) {
      if (index > log.head) this.candidates.delete(index);
    }
  }

  async turns(): Promise<void> {
    for (let turns = this.random.below(30); turns > 0; turns--) await Promise.resolve();
  }
}

async function step(world: World, log: SegmentLog): Promise<void> {
  const { random } = world;
  switch (random.below(8)) {
    case 0: {
      const before = log.first + random.below(log.head - log.first + 2);
      world.trimmed = Math.max(world.trimmed, before - 1);
      await log.trim(logIndex(before)).catch(() => undefined);
      break;
    }
    case 1: {
      const { acknowledged, syncs } = world;
      await world.clock.advance(flushIntervalMs);
      // The timer's sync was done, unless it failed.
      if (world.syncs > syncs) world.durable = acknowledged;
      break;
    }
    case 2: {
      const operation = failingOperations[random.below(failingOperations.length)];
      world.disk.failNext(operation ?? "write", "EIO");
      break;
    }
    case 3:
      world.disk.setCapacity(random.below(2) === 0 ? world.disk.usedBytes : 1e9);
      break;
    default:
      await world.append(log, 1 + random.below(log.inFlightMax));
      if (random.below(2) === 0) await world.recover(log);
  }
}

/** Runs until the power goes, the process is killed, or it is closed; returns what must survive. */
async function live(world: World, log: SegmentLog): Promise<number> {
  const { random } = world;
  if (random.below(2) === 0) world.disk.powerOffAfter(1 + random.below(60));
  for (let steps = random.below(25); steps > 0; steps--) await step(world, log);
  const end = random.below(4);
  if (end === 0) {
    world.disk.setCapacity(1e9);
    const closed = await log.close().then(() => true, () => false);
    if (closed) world.durable = world.acknowledged;
    world.disk = world.disk.crash();
    return world.durable;
  }
  // In the middle of something.
  if (random.below(2) === 0) void world.append(log, 1 + random.below(3));
  await world.turns();
  if (end === 1) {
    const promised = world.acknowledged;
    world.disk = world.disk.kill();
    return promised;
  }
  world.disk = world.disk.crash();
  return world.durable;
}

/** Opens, with the power going now and then meanwhile; `promised` is what must be there. */
async function openSometimesInterrupted(world: World, promised: number): Promise<SegmentLog> {
  let survives = promised;
  for (let tries = world.random.below(3); tries > 0; tries--) {
    world.disk.powerOffAfter(1 + world.random.below(6));
    const opened = await world.open().then((log) => log, () => undefined);
    if (opened !== undefined) {
      await world.verify(opened, survives).catch((error: unknown) => {
        if (error instanceof assert.AssertionError) throw error;
      });
      // What was found counts from then on.
      world.durable = opened.head;
      await opened.close().catch(() => undefined);
    }
    world.disk = world.disk.crash();
    survives = world.durable;
  }
  world.disk.setCapacity(1e9);
  const log = await world.open();
  await world.verify(log, survives);
  return log;
}

for (const fsyncMode of fsyncModes) {
  test(`${fsyncMode}: nothing acknowledged is lost, nothing else appears by halves`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const world = new World(seed, fsyncMode);
        let log = await world.open();
        for (let lives = 0; lives < 4; lives++) {
          const promised = await live(world, log);
          log = await openSometimesInterrupted(world, promised);
          world.adopt(log);
        }
      }),
      { numRuns: rounds(40, 5000) },
    );
  });
}

/** Makes a log of several segments, ended by close() or by a kill, and returns its world. */
async function madeLog(seed: number, options: { isClosed: boolean }): Promise<World> {
  const world = new World(seed, "batch");
  const log = await world.open();
  for (let left = 5 + world.random.below(30); left > 0; left--) {
    await world.append(log, 1 + world.random.below(log.inFlightMax));
  }
  if (options.isClosed) await log.close();
  world.disk = options.isClosed ? world.disk.crash() : world.disk.kill();
  return world;
}

/** Reads everything; returns the error that damage is reported with, if it is. */
async function readDamaged(world: World): Promise<CronosError | undefined> {
  try {
    const log = await world.open();
    await world.verify(log, world.acknowledged);
    return undefined;
  } catch (error) {
    assert.ok(isCronosError(error, "CORRUPTION"), `not reported as corruption: ${error}`);
    return error;
  }
}

test("a flipped bit is reported with file and offset, or does no harm", async () => {
  let reported = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const world = await madeLog(seed, { isClosed: true });
      const names = await world.disk.list(directory);
      const path = `${directory}/${names[world.random.below(names.length)]}`;
      const file = await world.disk.open(path, { mode: "read" });
      const offset = world.random.below(await file.size());
      world.disk.flipBit(path, offset, world.random.below(8));
      const error = await readDamaged(world);
      if (error === undefined) return;
      reported++;
      assert.equal(error.details["file"], path);
      const reportedOffset = Number(error.details["offset"]);
      assert.ok(reportedOffset <= offset && offset - reportedOffset < 17_000);
      assert.match(error.message, new RegExp(`${path}.*${reportedOffset}`));
    }),
    { numRuns: rounds(100, 5000) },
  );
  assert.ok(reported > rounds(30, 1500), `only ${reported} were reported`);
});

test("a sector that became zeros is reported, unless the log ends in it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const world = await madeLog(seed, { isClosed: true });
      const names = await world.disk.list(directory);
      const path = `${directory}/${names[world.random.below(names.length)]}`;
      const file = await world.disk.open(path, { mode: "write" });
      const bytes = Buffer.alloc(await file.size());
      await file.read(bytes, 0);
      const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
      const start = 512 * world.random.below(Math.ceil(bytes.length / 512));
      // The mark that close() made is what tells the last write from a torn one.
      fc.pre(path !== `${directory}/${names.at(-1)}` || start + 512 < end - 32);
      await file.write([Buffer.alloc(512)], start);
      await readDamaged(world);
    }),
    { numRuns: rounds(100, 5000) },
  );
});
