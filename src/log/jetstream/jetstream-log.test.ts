import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedStream, noFaults, untilSettled } from "../../../test/support/simulated-stream.ts";
import type { SimulatedStreamConnection } from "../../../test/support/simulated-stream.ts";
import { must } from "../../base/assert.ts";
import { isCronosError } from "../../base/errors.ts";
import type { ErrorCode } from "../../base/errors.ts";
import { epoch, logIndex } from "../../base/ids.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import type { Log, LogAppend } from "../log.ts";
import { openStreamLog } from "./jetstream-log.ts";

const clock = new SimulatedClock();
const random = new SeededRandom(13);

interface Opened {
  readonly log: Log;
  readonly connection: SimulatedStreamConnection;
}

async function open(stream: SimulatedStream, leadership = 1): Promise<Opened> {
  const connection = stream.connect({ clock, random, faults: noFaults });
  const options = { stream: connection, clock, random, epoch: epoch(leadership) };
  return { log: await untilSettled(clock, openStreamLog(options)), connection };
}

function recordOf(index: number): LogAppend {
  const chunks = [Buffer.from("body "), Buffer.from(String(index))];
  return { index: logIndex(index), time: index * 10, epoch: epoch(1), chunks };
}

async function fill(log: Log, from: number, to: number): Promise<void> {
  for (let index = from; index <= to; index++) {
    await untilSettled(clock, log.append(recordOf(index)));
  }
}

async function indexes(log: Log, from: number): Promise<number[]> {
  const read = async (): Promise<number[]> => {
    const found: number[] = [];
    for await (const { index, body } of log.read(logIndex(from))) {
      assert.equal(Buffer.from(body).toString(), `body ${index}`);
      found.push(index);
    }
    return found;
  };
  return untilSettled(clock, read());
}

function sequence(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

function hasCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => isCronosError(error, code);
}

test("JetstreamLog keeps indexes dense over any number of openings", async () => {
  const stream = new SimulatedStream();
  for (const last of [0, 3, 3, 40, 41]) {
    const { log } = await open(stream);
    await fill(log, log.head + 1, last);
    await log.close();
  }
  const { log } = await open(stream);
  assert.deepEqual(await indexes(log, 1), sequence(1, 41));
  assert.deepEqual(await indexes(log, 4), sequence(4, 41));
  assert.equal(log.headTime, 410);
});

test("JetstreamLog.trim() is kept over openings, with the newest record", async () => {
  const stream = new SimulatedStream();
  const first = (await open(stream)).log;
  await fill(first, 1, 30);
  const second = (await open(stream)).log;
  await fill(second, 31, 50);
  for (const [before, kept] of [[20, 20], [10, 20], [40, 40], [99, 50]] as const) {
    const { log } = await open(stream);
    await untilSettled(clock, log.trim(logIndex(before)));
    assert.equal(log.first, kept);
    assert.deepEqual(await indexes(log, kept), sequence(kept, 50));
    await assert.rejects(indexes(log, kept - 1), hasCode("OUT_OF_RANGE"));
    const again = (await open(stream)).log;
    assert.equal(again.first, kept);
    assert.equal(again.head, 50);
    assert.deepEqual(await indexes(again, kept), sequence(kept, 50));
  }
});

test("JetstreamLog.read() is OUT_OF_RANGE when it is overtaken by trim()", async () => {
  const { log } = await open(new SimulatedStream());
  await fill(log, 1, 30);
  const reading = log.read(logIndex(1));
  await untilSettled(clock, log.trim(logIndex(20)));
  const consume = async (): Promise<void> => {
    for await (const { index } of reading) assert.ok(index < 20);
  };
  await assert.rejects(untilSettled(clock, consume()), hasCode("OUT_OF_RANGE"));
});

test("JetstreamLog.read() reports a changed record as CORRUPTION", async () => {
  const stream = new SimulatedStream();
  const { log } = await open(stream);
  await fill(log, 1, 30);
  must(stream.messages.get(16 + 9)).data.write("B", 32);
  assert.deepEqual((await indexes(log, 11)).length, 20);
  await assert.rejects(indexes(log, 10), /corrupt at sequence 25: checksum/);
});

test("JetstreamLog.append() says how a larger record could be taken", async () => {
  const { log } = await open(new SimulatedStream());
  const chunks = [Buffer.alloc(log.bodyBytesMax + 1)];
  const appending = log.append({ ...recordOf(1), chunks });
  await assert.rejects(appending, /TOO_LARGE|raise max_payload .* every nats-server/);
  await fill(log, 1, 1);
});

test("JetstreamLog.append() of a deposed writer is FENCED for good", async () => {
  const stream = new SimulatedStream();
  const old = (await open(stream, 1)).log;
  await fill(old, 1, 3);
  const newer = (await open(stream, 2)).log;
  const appends = [4, 5, 6].map((index) => old.append(recordOf(index)));
  for (const each of await untilSettled(clock, Promise.allSettled(appends))) {
    assert.ok(each.status === "rejected" && isCronosError(each.reason, "FENCED"));
  }
  await fill(newer, 4, 20);
  await assert.rejects(untilSettled(clock, old.recover()), hasCode("FENCED"));
  await assert.rejects(old.append(recordOf(4)), hasCode("FENCED"));
  assert.deepEqual(await indexes(newer, 1), sequence(1, 20));
});

test("JetstreamLog.recover() after a full disk goes on at the head", async () => {
  const stream = new SimulatedStream();
  const { log, connection } = await open(stream);
  await fill(log, 1, 3);
  connection.faults = { ...noFaults, noRoom: 1 };
  await assert.rejects(untilSettled(clock, log.append(recordOf(4))), hasCode("DISK_FULL"));
  await assert.rejects(untilSettled(clock, log.recover()), hasCode("DISK_FULL"));
  await assert.rejects(log.append(recordOf(4)), hasCode("DISK_FULL"));
  connection.faults = noFaults;
  await untilSettled(clock, log.recover());
  await fill(log, 4, 9);
  assert.deepEqual(await indexes((await open(stream)).log, 1), sequence(1, 9));
});

test("JetstreamLog.recover() refuses when a failed record is in the stream", async () => {
  const stream = new SimulatedStream();
  const { log, connection } = await open(stream);
  await fill(log, 1, 3);
  connection.faults = { ...noFaults, noRoom: 1 };
  await assert.rejects(untilSettled(clock, log.append(recordOf(4))), hasCode("DISK_FULL"));
  connection.faults = noFaults;
  // As when one server had no room, but a majority had.
  const other = new SimulatedStream();
  await fill((await open(other)).log, 1, 4);
  stream.apply(20, 1, must(other.messages.get(20)).data);
  await assert.rejects(untilSettled(clock, log.recover()), /append had failed.*open the log anew/);
  await assert.rejects(untilSettled(clock, log.recover()), hasCode("FENCED"));
  assert.deepEqual(await indexes((await open(stream)).log, 1), sequence(1, 4));
});

test("JetstreamLog.close() ends what is in doubt as UNAVAILABLE", async () => {
  const { log, connection } = await open(new SimulatedStream());
  connection.faults = { ...noFaults, lostMessage: 1 };
  const appending = assert.rejects(log.append(recordOf(1)), hasCode("UNAVAILABLE"));
  await untilSettled(clock, log.close());
  await appending;
  await assert.rejects(log.append(recordOf(1)), hasCode("CLOSED"));
});

test("JetstreamLog.stats() and onSync() tell of what became durable", async () => {
  const { log } = await open(new SimulatedStream());
  const durations: number[] = [];
  log.onSync((durationMs) => durations.push(durationMs));
  await fill(log, 1, 3);
  const stats = await untilSettled(clock, log.stats());
  assert.equal(durations.length, 3);
  assert.equal(stats.syncCount, 3);
  assert.deepEqual(stats.segments, ["simulated"]);
  assert.equal(stats.headIndex, 3);
});
