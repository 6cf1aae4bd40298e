import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedStream, noFaults, untilSettled } from "../../../test/support/simulated-stream.ts";
import type { SimulatedStreamConnection } from "../../../test/support/simulated-stream.ts";
import { isCronosError } from "../../base/errors.ts";
import type { CronosError } from "../../base/errors.ts";
import { epoch, logIndex } from "../../base/ids.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { encodeRecordHeader } from "../record.ts";
import { AppendQueue } from "./append-queue.ts";
import type { OutgoingRecord } from "./append-queue.ts";

/** A stream where the sequences before 17 are taken, and the records of fence 1 begin. */
class Bench {
  readonly clock = new SimulatedClock();
  readonly stream = new SimulatedStream();
  readonly connection: SimulatedStreamConnection;
  readonly durable: number[] = [];
  broken: CronosError | undefined;
  readonly queue: AppendQueue;

  constructor() {
    for (let sequence = 1; sequence <= 16; sequence++) {
      this.stream.apply(sequence, 0, Buffer.from("x"));
    }
    const random = new SeededRandom(3);
    this.connection = this.stream.connect({ clock: this.clock, random, faults: noFaults });
    this.queue = new AppendQueue({
      stream: this.connection,
      clock: this.clock,
      fence: 1,
      epoch: epoch(1),
      onDurable: ({ index }) => this.durable.push(index),
      onBroken: (error) => {
        this.broken = error;
      },
    });
  }

  push(count: number): Promise<PromiseSettledResult<void>[]> {
    const appends = Array.from({ length: count }, (_, at) => this.queue.push(recordAt(at + 1)));
    return Promise.allSettled(appends);
  }

  async statuses(appends: Promise<PromiseSettledResult<void>[]>): Promise<string[]> {
    const settled = await untilSettled(this.clock, appends);
    return settled.map((each) => (each.status === "fulfilled" ? "durable" : codeOf(each.reason)));
  }
}

function codeOf(error: unknown): string {
  return isCronosError(error) ? error.code : String(error);
}

function recordAt(index: number): OutgoingRecord {
  const chunks = [Buffer.from(`body ${index}`)];
  const place = { index: logIndex(index), time: index, epoch: epoch(1) };
  const { bytes, crc } = encodeRecordHeader({ ...place, chunks }, 0);
  return { ...place, sequence: 16 + index, crc, data: Buffer.concat([bytes, ...chunks]) };
}

test("AppendQueue answers appends in order", async () => {
  const bench = new Bench();
  assert.deepEqual(await bench.statuses(bench.push(3)), ["durable", "durable", "durable"]);
  assert.deepEqual(bench.durable, [1, 2, 3]);
  assert.equal(bench.stream.lastSequence, 19);
});

test("AppendQueue finds a record whose acknowledgement was lost", async () => {
  const bench = new Bench();
  bench.connection.faults = { ...noFaults, lostAnswer: 1 };
  assert.deepEqual(await bench.statuses(bench.push(2)), ["durable", "durable"]);
  assert.equal(bench.stream.lastSequence, 18);
});

test("AppendQueue sends a record that was lost for the same sequence again", async () => {
  const bench = new Bench();
  bench.connection.faults = { ...noFaults, lostMessage: 1 };
  const appends = bench.push(3);
  await bench.clock.advance(5_000);
  assert.equal(bench.stream.lastSequence, 16);
  assert.deepEqual(bench.durable, []);
  bench.connection.faults = noFaults;
  assert.deepEqual(await bench.statuses(appends), ["durable", "durable", "durable"]);
  assert.equal(bench.stream.lastSequence, 19);
});

test("AppendQueue sends what was pushed while it was in doubt", async () => {
  const bench = new Bench();
  bench.connection.faults = { ...noFaults, lostMessage: 1 };
  const first = bench.queue.push(recordAt(1));
  await bench.clock.advance(1_000);
  bench.connection.faults = noFaults;
  const second = bench.queue.push(recordAt(2));
  assert.deepEqual(await bench.statuses(Promise.allSettled([first, second])), [
    "durable",
    "durable",
  ]);
});

test("AppendQueue holds large records back until those before are answered", async () => {
  const bench = new Bench();
  const data = Buffer.alloc(7 * 1024 * 1024);
  const appends = [1, 2, 3, 4].map((index) => bench.queue.push({ ...recordAt(index), data }));
  assert.deepEqual(bench.connection.sent, [17, 18]);
  assert.deepEqual(await bench.statuses(Promise.allSettled(appends)), [
    "durable",
    "durable",
    "durable",
    "durable",
  ]);
  assert.deepEqual(bench.connection.sent, [17, 18, 19, 20]);
});

test("AppendQueue is FENCED by another writer's message, all at once", async () => {
  const bench = new Bench();
  bench.stream.apply(17, 0, Buffer.from("a fence"));
  // The second takes its place behind the foreign one; it is no record all the same.
  assert.deepEqual(await bench.statuses(bench.push(3)), ["FENCED", "FENCED", "FENCED"]);
  assert.equal(bench.broken?.code, "FENCED");
  assert.equal(bench.queue.length, 0);
});

test("AppendQueue fails all behind a refused append with its error", async () => {
  const bench = new Bench();
  bench.connection.faults = { ...noFaults, noRoom: 1 };
  const settled = await untilSettled(bench.clock, bench.push(3));
  for (const each of settled) {
    assert.equal(each.status === "rejected" ? each.reason : undefined, bench.broken);
  }
  assert.equal(bench.broken?.code, "DISK_FULL");
});

test("AppendQueue reports bytes in its place that it did not send as CORRUPTION", async () => {
  const bench = new Bench();
  bench.stream.apply(17, 1, recordAt(9).data);
  assert.deepEqual(await bench.statuses(bench.push(1)), ["CORRUPTION"]);
});

test("AppendQueue.giveUp() fails what is in doubt, saying that it is not known", async () => {
  const bench = new Bench();
  bench.connection.faults = { ...noFaults, lostMessage: 1 };
  const appends = bench.push(2);
  await bench.clock.advance(1_000);
  bench.queue.giveUp();
  assert.deepEqual(await bench.statuses(appends), ["UNAVAILABLE", "UNAVAILABLE"]);
  assert.match(bench.broken?.message ?? "", /Outcome of 2 appends .* is not known/);
  await untilSettled(bench.clock, bench.queue.whenEmpty());
});

test("AppendQueue fails what is in doubt when the connection is closed for good", async () => {
  const bench = new Bench();
  bench.connection.faults = { ...noFaults, lostMessage: 1 };
  const appends = bench.push(1);
  bench.connection.isGone = true;
  assert.deepEqual(await bench.statuses(appends), ["UNAVAILABLE"]);
});
