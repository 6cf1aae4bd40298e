/**
 * What src/log/log.ts says, as tests that every Log must pass. What a backend cannot do (survive
 * its process, fail on command) it leaves out of its harness, and the tests for it are skipped.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { isCronosError } from "../../src/base/errors.ts";
import { epoch, logIndex } from "../../src/base/ids.ts";
import type { Log, LogAppend, LogRecord } from "../../src/log/log.ts";

/** A log under test, and what can be done to it from outside. */
export interface LogHarness {
  /** The open log; a new one after reopen() and kill(). */
  readonly log: () => Log;
  /** Closes the log and opens it again. */
  readonly reopen?: () => Promise<void>;
  /** Ends the log's process as kill -9 does, and opens it in a new one. */
  readonly kill?: () => Promise<void>;
  /** Appends fail from now on, and recover() as well. */
  readonly breakAppends?: () => void;
  /** Appends could succeed again, once the log is recovered. */
  readonly heal?: () => void;
}

export type OpenHarness = (context: TestContext) => Promise<LogHarness>;

/** Runs the suite against the logs that `open` gives, a new and empty one each time. */
export function logContract(name: string, open: OpenHarness): void {
  testEmpty(name, open);
  testAppend(name, open);
  testRead(name, open);
  testTrim(name, open);
  testFailure(name, open);
  testReopen(name, open);
}

function testEmpty(name: string, open: OpenHarness): void {
  test(`${name}: a new log is empty`, async (context) => {
    const log = (await open(context)).log();
    assert.equal(log.first, 1);
    assert.equal(log.head, 0);
    assert.equal(log.headTime, 0);
    assert.equal(log.headEpoch, 0);
    assert.deepEqual(await readBodies(log, 1), []);
    const stats = await log.stats();
    assert.equal(stats.firstIndex, 1);
    assert.equal(stats.headIndex, 0);
    await log.close();
  });
}

function testAppend(name: string, open: OpenHarness): void {
  test(`${name}: append() makes a record durable and moves the head`, async (context) => {
    const log = (await open(context)).log();
    await log.append(makeRecord(1, ["ab", "", "c"], { time: 1234, epoch: 5 }));
    assert.equal(log.head, 1);
    assert.equal(log.headTime, 1234);
    assert.equal(log.headEpoch, 5);
    const [record] = await collect(log, 1);
    assert.deepEqual(record, { index: 1, time: 1234, epoch: 5, body: "abc" });
    await log.close();
  });

  test(`${name}: sync() is fine at any time and moves nothing`, async (context) => {
    const log = (await open(context)).log();
    await log.sync();
    const appended = log.append(makeRecord(1, ["a"]));
    await log.sync();
    await appended;
    await Promise.all([log.sync(), log.sync()]);
    assert.equal(log.head, 1);
    assert.deepEqual(await readBodies(log, 1), ["a"]);
    await log.close();
  });

  test(`${name}: append() takes inFlightMax at once, which settle in order`, async (context) => {
    const log = (await open(context)).log();
    const settled: number[] = [];
    let index = 0;
    for (let round = 0; round < 5; round++) {
      const appends = Array.from({ length: log.inFlightMax }, () => {
        const mine = ++index;
        return log.append(makeRecord(mine, [`body ${mine}`])).then(() => {
          assert.ok(log.head >= mine, "the head is behind a settled append");
          settled.push(mine);
        });
      });
      await Promise.all(appends);
    }
    assert.deepEqual(settled, sequence(1, index));
    assert.deepEqual(await readBodies(log, 1), sequence(1, index).map((n) => `body ${n}`));
    await log.close();
  });

  test(`${name}: append() takes an empty body and one of a megabyte`, async (context) => {
    const log = (await open(context)).log();
    const large = "0123456789abcdef".repeat(65_536);
    await log.append(makeRecord(1, []));
    await log.append(makeRecord(2, [large]));
    await log.append(makeRecord(3, ["small"]));
    assert.deepEqual(await readBodies(log, 1), ["", large, "small"]);
    await log.close();
  });

  test(`${name}: append() refuses a body over bodyBytesMax and goes on`, async (context) => {
    const log = (await open(context)).log();
    const chunk = Buffer.alloc(1024 * 1024);
    const chunks = new Array<Uint8Array>(Math.floor(log.bodyBytesMax / chunk.length) + 1);
    const tooLarge = { ...makeRecord(1, []), chunks: chunks.fill(chunk) };
    await assert.rejects(log.append(tooLarge), (error) => isCronosError(error, "TOO_LARGE"));
    await log.append(makeRecord(1, ["fits"]));
    assert.deepEqual(await readBodies(log, 1), ["fits"]);
    await log.close();
  });

  test(`${name}: onSync() tells each time appends became durable`, async (context) => {
    const log = (await open(context)).log();
    const durations: number[] = [];
    log.onSync((durationMs) => durations.push(durationMs));
    await log.append(makeRecord(1, ["a"]));
    await log.append(makeRecord(2, ["b"]));
    const stats = await log.stats();
    await log.close();
    assert.ok(durations.length >= 1, "no sync was told of");
    assert.ok(durations.every((durationMs) => durationMs >= 0));
    assert.ok(stats.syncCount <= durations.length);
  });

  test(`${name}: a closed log refuses`, async (context) => {
    const log = (await open(context)).log();
    await log.close();
    await log.close();
    const refused = log.append(makeRecord(1, ["a"]));
    await assert.rejects(refused, (error) => isCronosError(error, "CLOSED"));
  });

  test(`${name}: close() waits for what is in flight`, async (context) => {
    const log = (await open(context)).log();
    const appends = [1, 2, 3].map((index) => log.append(makeRecord(index, ["a"])));
    await log.close();
    await Promise.all(appends);
    assert.equal(log.head, 3);
  });
}

function testRead(name: string, open: OpenHarness): void {
  test(`${name}: read() starts at any index and ends at the head`, async (context) => {
    const log = (await open(context)).log();
    await fill(log, 1, 60);
    for (const from of [1, 2, 30, 59, 60]) {
      const records = await collect(log, from);
      assert.deepEqual(records.map(({ index }) => index), sequence(from, 60));
      assert.deepEqual(records.map(({ body }) => body), sequence(from, 60).map(bodyOf));
    }
    assert.deepEqual(await collect(log, 61), []);
    assert.deepEqual(await collect(log, 1000), []);
    await log.close();
  });

  test(`${name}: read() ends at the head of when it was called`, async (context) => {
    const log = (await open(context)).log();
    await fill(log, 1, 3);
    const reading = log.read(logIndex(2));
    await fill(log, 4, 8);
    const indexes: number[] = [];
    for await (const { index } of reading) indexes.push(index);
    assert.deepEqual(indexes, [2, 3]);
    await log.close();
  });

  test(`${name}: read() goes on beside appends and other readers`, async (context) => {
    const log = (await open(context)).log();
    await fill(log, 1, 40);
    const readers = Promise.all([collect(log, 1), collect(log, 20), collect(log, 40)]);
    await fill(log, 41, 80);
    const [all, half, last] = await readers;
    assert.deepEqual(all.map(({ index }) => index), sequence(1, 40));
    assert.deepEqual(half.map(({ index }) => index), sequence(20, 40));
    assert.deepEqual(last.map(({ index }) => index), [40]);
    await log.close();
  });

  test(`${name}: read() can be left early`, async (context) => {
    const log = (await open(context)).log();
    await fill(log, 1, 10);
    for await (const { index } of log.read(logIndex(1))) if (index === 3) break;
    await fill(log, 11, 12);
    await log.close();
  });
}

function testTrim(name: string, open: OpenHarness): void {
  test(`${name}: trim() forgets only what is before its index`, async (context) => {
    const log = (await open(context)).log();
    await fill(log, 1, 50);
    await log.trim(logIndex(30));
    assert.ok(log.first <= 30, `first is ${log.first}`);
    assert.equal((await log.stats()).firstIndex, log.first);
    const kept = await collect(log, log.first);
    assert.deepEqual(kept.map(({ index }) => index), sequence(log.first, 50));
    if (log.first > 1) {
      const before = collect(log, log.first - 1);
      await assert.rejects(before, (error) => isCronosError(error, "OUT_OF_RANGE"));
    }
    await log.trim(logIndex(10));
    await fill(log, 51, 52);
    assert.equal((await collect(log, 51)).length, 2);
    await log.close();
  });

  test(`${name}: trim() of everything keeps head, time and epoch`, async (context) => {
    const harness = await open(context);
    await fill(harness.log(), 1, 20);
    await harness.log().trim(logIndex(21));
    await harness.reopen?.();
    const log = harness.log();
    assert.equal(log.head, 20);
    assert.equal(log.headTime, timeOf(20));
    assert.equal(log.headEpoch, 3);
    await fill(log, 21, 22);
    assert.deepEqual(await readBodies(log, 21), [21, 22].map(bodyOf));
    await log.close();
  });
}

function testFailure(name: string, open: OpenHarness): void {
  test(`${name}: a failed append fails those behind it until recover()`, async (context) => {
    const harness = await open(context);
    const { breakAppends, heal } = harness;
    if (breakAppends === undefined || heal === undefined) return context.skip("cannot fail");
    const log = harness.log();
    await fill(log, 1, 5);
    breakAppends();
    const failure = await appendUntilFailure(log, 6);
    const { head } = log;
    await assert.rejects(append(log, head + 1), (error) => error === failure);
    await assert.rejects(log.recover());
    assert.deepEqual(await readBodies(log, 1), sequence(1, head).map(bodyOf));
    heal();
    await assert.rejects(append(log, head + 1), (error) => error === failure);
    await log.recover();
    await log.recover();
    await fill(log, head + 1, head + 9);
    assert.deepEqual(await readBodies(log, 1), sequence(1, head + 9).map(bodyOf));
    await harness.reopen?.();
    assert.deepEqual(await readBodies(harness.log(), 1), sequence(1, head + 9).map(bodyOf));
    await harness.log().close();
    return undefined;
  });

  test(`${name}: a failed append never comes back`, async (context) => {
    const harness = await open(context);
    const { breakAppends, heal, reopen } = harness;
    if (breakAppends === undefined || heal === undefined) return context.skip("cannot fail");
    const log = harness.log();
    await fill(log, 1, 5);
    breakAppends();
    await appendUntilFailure(log, 6);
    const { head } = log;
    heal();
    await log.recover();
    assert.equal(log.head, head);
    await reopen?.();
    assert.equal(harness.log().head, head);
    await fill(harness.log(), head + 1, head + 2);
    await harness.log().close();
    return undefined;
  });

  test(`${name}: recover() of a log that is not broken does nothing`, async (context) => {
    const log = (await open(context)).log();
    await fill(log, 1, 2);
    await log.recover();
    await fill(log, 3, 4);
    assert.equal((await collect(log, 1)).length, 4);
    await log.close();
  });
}

function testReopen(name: string, open: OpenHarness): void {
  test(`${name}: everything is there after close() and opening again`, async (context) => {
    const harness = await open(context);
    const { reopen } = harness;
    if (reopen === undefined) return context.skip("keeps nothing");
    let last = 0;
    for (const count of [0, 1, 40, 0, 7]) {
      await fill(harness.log(), last + 1, last + count);
      last += count;
      await reopen();
      assert.equal(harness.log().head, last);
      assert.equal(harness.log().headTime, last === 0 ? 0 : timeOf(last));
      assert.deepEqual(await readBodies(harness.log(), 1), sequence(1, last).map(bodyOf));
    }
    await harness.log().close();
    return undefined;
  });

  test(`${name}: every settled append is there after kill -9`, async (context) => {
    const harness = await open(context);
    const { kill } = harness;
    if (kill === undefined) return context.skip("keeps nothing");
    let last = 0;
    for (let round = 0; round < 5; round++) {
      await fill(harness.log(), last + 1, last + 9);
      const settled = harness.log().head;
      const unsettled = harness.log().append(makeRecord(settled + 1, [bodyOf(settled + 1)]));
      unsettled.catch(() => undefined);
      await kill();
      const { head } = harness.log();
      assert.ok(head === settled || head === settled + 1, `head ${head}, settled ${settled}`);
      assert.deepEqual(await readBodies(harness.log(), 1), sequence(1, head).map(bodyOf));
      last = head;
    }
    await harness.log().close();
    return undefined;
  });
}

// --- What the tests are made of ----------------------------------------------------------------

/** A record with these texts as its chunks. */
export function makeRecord(
  index: number,
  texts: readonly string[],
  more: { readonly time: number; readonly epoch: number } = { time: timeOf(index), epoch: 3 },
): LogAppend {
  return {
    index: logIndex(index),
    time: more.time,
    epoch: epoch(more.epoch),
    chunks: texts.map((text) => Buffer.from(text)),
  };
}

/** The body that fill() gives record `index`. */
export function bodyOf(index: number): string {
  return `${index}:`.repeat(1 + ((index * 37) % 200));
}

/** The time that fill() gives record `index`. */
export function timeOf(index: number): number {
  return 1_700_000_000_000 + index;
}

function append(log: Log, index: number): Promise<void> {
  return log.append(makeRecord(index, [bodyOf(index)]));
}

/** Appends until one fails (there may be room left), and returns the error, common to all. */
async function appendUntilFailure(log: Log, from: number): Promise<unknown> {
  for (let next = from; next < from + 10_000; next += 3) {
    const indexes = [next, next + 1, next + 2];
    const outcomes = await Promise.allSettled(indexes.map((index) => append(log, index)));
    const failedAt = outcomes.findIndex(({ status }) => status === "rejected");
    if (failedAt < 0) continue;
    const failures = outcomes.slice(failedAt).map((outcome) => {
      assert.equal(outcome.status, "rejected", "an append behind a failed one succeeded");
      return outcome.reason as unknown;
    });
    assert.ok(isCronosError(failures[0]));
    assert.ok(failures.every((failure) => failure === failures[0]));
    assert.equal(log.head, next + failedAt - 1);
    return failures[0];
  }
  return assert.fail("appends do not fail");
}

/** Appends the records from `from` to `to`, as many at once as the log takes. */
export async function fill(log: Log, from: number, to: number): Promise<void> {
  for (let index = from; index <= to; ) {
    const appends: Promise<void>[] = [];
    while (appends.length < log.inFlightMax && index <= to) {
      appends.push(log.append(makeRecord(index, [bodyOf(index)])));
      index++;
    }
    await Promise.all(appends);
  }
}

type ReadBack = Omit<LogRecord, "body"> & { readonly body: string };

/** All the records from `from` on, with their bodies as text. */
export async function collect(log: Log, from: number): Promise<ReadBack[]> {
  const records: ReadBack[] = [];
  for await (const { index, time, epoch: recordEpoch, body } of log.read(logIndex(from))) {
    records.push({ index, time, epoch: recordEpoch, body: Buffer.from(body).toString() });
  }
  return records;
}

async function readBodies(log: Log, from: number): Promise<string[]> {
  return (await collect(log, from)).map(({ body }) => body);
}

/** The integers from `from` to `to`. */
export function sequence(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
