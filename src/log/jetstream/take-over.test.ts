import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedStream, noFaults, untilSettled } from "../../../test/support/simulated-stream.ts";
import type { StreamFaults } from "../../../test/support/simulated-stream.ts";
import { isCronosError } from "../../base/errors.ts";
import { epoch } from "../../base/ids.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { takeOver } from "./take-over.ts";
import type { Claim, OwnTail } from "./take-over.ts";

const clock = new SimulatedClock();
const random = new SeededRandom(7);

function claimOf(leadership: number, writer: string): Claim {
  return { epoch: epoch(leadership), writer: Buffer.alloc(16, writer), expectedFence: undefined };
}

function take(stream: SimulatedStream, claim: Claim, faults: StreamFaults = noFaults) {
  const connection = stream.connect({ clock, random, faults });
  return untilSettled<OwnTail>(clock, takeOver(connection, clock, claim));
}

function isFenced(error: unknown): boolean {
  return isCronosError(error, "FENCED");
}

test("takeOver() of a new stream places a fence and fills its void", async () => {
  const stream = new SimulatedStream();
  const tail = await take(stream, claimOf(1, "a"));
  assert.equal(tail.fence.sequence, 1);
  assert.equal(tail.fence.nextIndex, 1);
  assert.equal(tail.fence.previous, 0);
  assert.equal(stream.lastSequence, 16);
});

test("takeOver() of a later writer places its fence behind, and names the one before", async () => {
  const stream = new SimulatedStream();
  await take(stream, claimOf(1, "a"));
  const tail = await take(stream, claimOf(1, "b"));
  assert.equal(tail.fence.sequence, 17);
  assert.equal(tail.fence.previous, 1);
  assert.equal(stream.lastSequence, 32);
});

test("takeOver() again with the same claim finds its fence", async () => {
  const stream = new SimulatedStream();
  await take(stream, claimOf(1, "a"));
  const tail = await take(stream, claimOf(1, "a"));
  assert.equal(tail.fence.sequence, 1);
  assert.equal(stream.lastSequence, 16);
});

test("takeOver() with an older epoch is FENCED", async () => {
  const stream = new SimulatedStream();
  await take(stream, claimOf(5, "a"));
  await assert.rejects(take(stream, claimOf(4, "b")), isFenced);
  assert.equal(stream.lastSequence, 16);
});

test("takeOver() behind a fence that was not expected is FENCED", async () => {
  const stream = new SimulatedStream();
  await take(stream, claimOf(1, "a"));
  await take(stream, claimOf(1, "b"));
  await assert.rejects(take(stream, { ...claimOf(1, "c"), expectedFence: 1 }), isFenced);
});

test("takeOver() fills the void of a writer that died in the middle of it", async () => {
  const whole = new SimulatedStream();
  await take(whole, claimOf(1, "a"));
  const stream = new SimulatedStream();
  for (const { sequence, fence, data } of [...whole.messages.values()].slice(0, 4)) {
    stream.apply(sequence, fence, data);
  }
  const tail = await take(stream, claimOf(2, "b"));
  assert.equal(tail.fence.sequence, 17);
});

test("takeOver() takes a deposed writer's messages behind a fence for void", async () => {
  const whole = new SimulatedStream();
  await take(whole, claimOf(1, "a"));
  const stream = new SimulatedStream();
  const [fence] = whole.messages.values();
  assert.ok(fence !== undefined);
  stream.apply(1, 0, fence.data);
  stream.apply(2, 999, Buffer.from("not even a record"));
  const tail = await take(stream, claimOf(2, "b"));
  assert.equal(tail.head, undefined);
  assert.equal(tail.fence.sequence, 17);
});

test("takeOver() of two at once leaves one writer", async () => {
  const stream = new SimulatedStream();
  const faults = { ...noFaults, delayMsMax: 100 };
  const outcomes = await Promise.allSettled([
    take(stream, claimOf(1, "a"), faults),
    take(stream, claimOf(1, "b"), faults),
  ]);
  const kept = outcomes.filter(({ status }) => status === "fulfilled");
  // Both, when one was done before the other began; the later one has the stream.
  assert.ok(kept.length >= 1);
});

test("takeOver() without answers gives up with UNAVAILABLE", async () => {
  const faults = { ...noFaults, noAnswerToRead: 1 };
  const taking = take(new SimulatedStream(), claimOf(1, "a"), faults);
  await assert.rejects(taking, (error) => isCronosError(error, "UNAVAILABLE"));
});
