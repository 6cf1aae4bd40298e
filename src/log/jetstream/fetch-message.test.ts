import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedStream, noFaults, untilSettled } from "../../../test/support/simulated-stream.ts";
import type { StreamFaults } from "../../../test/support/simulated-stream.ts";
import { isCronosError } from "../../base/errors.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { fetchMessage, fetchMessages } from "./fetch-message.ts";

const clock = new SimulatedClock();

function streamOf(count: number): SimulatedStream {
  const stream = new SimulatedStream();
  for (let sequence = 1; sequence <= count; sequence++) {
    stream.apply(sequence, 0, Buffer.from(`message ${sequence}`));
  }
  return stream;
}

function connect(stream: SimulatedStream, faults: StreamFaults = noFaults) {
  return stream.connect({ clock, random: new SeededRandom(5), faults });
}

async function sequences(stream: SimulatedStream, from: number, to: number): Promise<number[]> {
  const found: number[] = [];
  const faults = { ...noFaults, delayMsMax: 50, staleRead: 0.3, noAnswerToRead: 0.3 };
  for await (const { sequence } of fetchMessages(connect(stream, faults), clock, { from, to })) {
    found.push(sequence);
  }
  return found;
}

test("fetchMessages() gives them in order, whatever the order of the answers", async () => {
  const found = await untilSettled(clock, sequences(streamOf(200), 3, 180));
  assert.deepEqual(found, Array.from({ length: 178 }, (_, at) => at + 3));
});

test("fetchMessages() of nothing is empty", async () => {
  assert.deepEqual(await untilSettled(clock, sequences(streamOf(3), 4, 3)), []);
});

test("fetchMessages() can be left while messages are asked for", async () => {
  const leave = async (): Promise<number> => {
    const all = fetchMessages(connect(streamOf(9)), clock, { from: 1, to: 20 });
    for await (const { sequence } of all) if (sequence === 4) return sequence;
    return 0;
  };
  assert.equal(await untilSettled(clock, leave()), 4);
  // Those behind the end fail later, and nobody is told.
  await clock.advance(60_000);
});

test("fetchMessage() of a purged message is OUT_OF_RANGE at once", async () => {
  const stream = streamOf(9);
  stream.purgeBefore(5);
  const before = clock.monotonic();
  const fetching = untilSettled(clock, fetchMessage(connect(stream), clock, 4));
  await assert.rejects(fetching, (error) => isCronosError(error, "OUT_OF_RANGE"));
  assert.ok(clock.monotonic() - before < 1_000);
});

test("fetchMessage() of a message that stays missing is CORRUPTION, naming it", async () => {
  const stream = streamOf(9);
  stream.messages.delete(4);
  const fetching = untilSettled(clock, fetchMessage(connect(stream), clock, 4));
  await assert.rejects(fetching, (error: unknown) => {
    assert.ok(isCronosError(error, "CORRUPTION"));
    assert.match(error.message, /Stream simulated is corrupt at sequence 4/);
    return true;
  });
});

test("fetchMessage() without answers is UNAVAILABLE", async () => {
  const connection = connect(streamOf(9), { ...noFaults, noAnswerToRead: 1 });
  const fetching = untilSettled(clock, fetchMessage(connection, clock, 4));
  await assert.rejects(fetching, (error) => isCronosError(error, "UNAVAILABLE"));
});
