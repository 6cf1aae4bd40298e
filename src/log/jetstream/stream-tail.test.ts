import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedStream, noFaults, untilSettled } from "../../../test/support/simulated-stream.ts";
import { must } from "../../base/assert.ts";
import { isCronosError } from "../../base/errors.ts";
import { epoch, logIndex } from "../../base/ids.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import type { Log } from "../log.ts";
import { openStreamLog } from "./jetstream-log.ts";
import { readTail } from "./stream-tail.ts";

const clock = new SimulatedClock();
const random = new SeededRandom(11);

function connect(stream: SimulatedStream) {
  return stream.connect({ clock, random, faults: noFaults });
}

/** A stream with one fence at 1 and the records 1 to `count` behind it. */
async function streamOf(count: number): Promise<SimulatedStream> {
  const stream = new SimulatedStream();
  await reopen(stream, async (log) => {
    for (let index = 1; index <= count; index++) {
      const chunks = [Buffer.from(`body ${index}`)];
      await log.append({ index: logIndex(index), time: index * 10, epoch: epoch(1), chunks });
    }
  });
  return stream;
}

function reopen(stream: SimulatedStream, use: (log: Log) => Promise<void>): Promise<void> {
  const opening = openStreamLog({ stream: connect(stream), clock, random, epoch: epoch(1) });
  return untilSettled(clock, opening.then(use));
}

function tailOf(stream: SimulatedStream) {
  return untilSettled(clock, readTail(connect(stream), clock));
}

/** Changes a message as nobody should. */
function replace(stream: SimulatedStream, sequence: number, by: { data?: Buffer; fence?: number }) {
  stream.messages.set(sequence, { ...must(stream.messages.get(sequence)), ...by });
}

async function assertCorrupt(stream: SimulatedStream, text: RegExp): Promise<void> {
  await assert.rejects(tailOf(stream), (error: unknown) => {
    assert.ok(isCronosError(error, "CORRUPTION"), String(error));
    assert.match(error.message, text);
    return true;
  });
}

test("readTail() of a new stream finds nothing", async () => {
  const tail = await tailOf(new SimulatedStream());
  assert.equal(tail.head, undefined);
  assert.equal(tail.fenceSequence, 0);
});

for (const count of [1, 2, 15, 16, 17, 40]) {
  test(`readTail() finds record ${count} as the head, and its fence`, async () => {
    const tail = await tailOf(await streamOf(count));
    assert.equal(tail.head?.record.index, count);
    assert.equal(tail.head?.record.time, count * 10);
    assert.equal(tail.fence?.sequence, 1);
  });
}

test("readTail() finds the head that a fence names", async () => {
  const stream = await streamOf(5);
  await reopen(stream, () => Promise.resolve());
  const tail = await tailOf(stream);
  assert.equal(tail.head?.record.index, 5);
  assert.equal(tail.fenceSequence, 22);
});

test("readTail() finds the head when its fence was trimmed away", async () => {
  const stream = await streamOf(40);
  stream.purgeBefore(30);
  const tail = await tailOf(stream);
  assert.equal(tail.head?.record.index, 40);
  assert.equal(tail.fence, undefined);
  assert.equal(tail.fenceSequence, 1);
});

test("readTail() reports a changed record with stream and sequence", async () => {
  const stream = await streamOf(5);
  replace(stream, 20, { data: Buffer.from("x".repeat(40)) });
  await assertCorrupt(stream, /Stream simulated is corrupt at sequence 20/);
});

test("readTail() reports a record that does not follow the one before", async () => {
  const stream = await streamOf(5);
  const other = await streamOf(3);
  replace(stream, 19, { data: must(other.messages.get(18)).data });
  await assertCorrupt(stream, /sequence 19: index is 2, after record 2/);
});

test("readTail() reports a last message that is no record", async () => {
  const stream = await streamOf(20);
  replace(stream, 36, { data: Buffer.alloc(0), fence: 0 });
  await assertCorrupt(stream, /sequence 36/);
});

test("readTail() reports a stream that was purged to its end", async () => {
  const stream = await streamOf(5);
  stream.purgeBefore(22);
  await assertCorrupt(stream, /sequence 21: the newest message was purged/);
});

test("readTail() reports a fence that fails its checksum", async () => {
  const stream = await streamOf(1);
  const { data } = must(stream.messages.get(1));
  data[20] = 255;
  await assertCorrupt(stream, /sequence 1: a fence was expected/);
});

test("readTail() reports a fence that names another head", async () => {
  const stream = await streamOf(5);
  await reopen(stream, () => Promise.resolve());
  const other = await streamOf(4);
  replace(stream, 21, { data: must(other.messages.get(20)).data });
  await assertCorrupt(stream, /sequence 21: it is not the record that the fence at 22 names/);
});
