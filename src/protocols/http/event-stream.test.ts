import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { FakeSubscription } from "../../../test/support/fake-events.ts";
import { CronosError } from "../../base/errors.ts";
import type { StoredEvent } from "../../engine/events-api.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { jsonForm, ndjsonForm, replayStream, subscriptionStream } from "./event-stream.ts";

function event(offset: number, payload = "x"): StoredEvent {
  return {
    topic: "t", id: `e${offset}`, at: offset, payload: Buffer.from(payload), meta: {},
    createdAt: 1, partition: 0, offset,
  };
}

async function* events(count: number, failure?: Error): AsyncGenerator<StoredEvent> {
  for (let offset = 0; offset < count; offset++) yield event(offset);
  if (failure !== undefined) throw failure;
}

const corrupt = new CronosError("CORRUPTION", "Checksum of x at 5 is wrong");

test("replayStream() writes a line per event as NDJSON, whole JSON as JSON", async () => {
  for (const isPaced of [false, true]) {
    for (const count of [0, 1, 2, 3_000]) {
      const lines = await text(await replayStream(events(count), { ...ndjsonForm, isPaced }));
      assert.equal(lines, lines === "" ? "" : `${lines.trimEnd()}\n`);
      const ids = lines.split("\n").slice(0, -1).map((line) => JSON.parse(line).id);
      assert.deepEqual(ids, Array.from({ length: count }, (_, offset) => `e${offset}`));
      const whole = await text(await replayStream(events(count), { ...jsonForm, isPaced }));
      const json = JSON.parse(whole);
      assert.equal(json.events.length, count);
    }
  }
});

test("replayStream() rejects when the engine refuses, before anything is sent", async () => {
  await assert.rejects(replayStream(events(0, corrupt), { ...jsonForm, isPaced: false }), corrupt);
});

test("replayStream() tells a failure on the way as the last line of NDJSON", async () => {
  for (const isPaced of [false, true]) {
    const lines = await text(await replayStream(events(2, corrupt), { ...ndjsonForm, isPaced }));
    const parsed = lines.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(parsed.length, 3);
    assert.equal(parsed[2].error.code, "CORRUPTION");
  }
});

test("replayStream() breaks a JSON answer off when the engine fails on the way", async () => {
  const stream = await replayStream(events(2, corrupt), { ...jsonForm, isPaced: false });
  await assert.rejects(text(stream), corrupt);
});

test("replayStream() reads from the engine only what the client takes", async () => {
  let read = 0;
  async function* endless(): AsyncGenerator<StoredEvent> {
    for (;;) yield event(read++, "x".repeat(1_000));
  }
  const stream = await replayStream(endless(), { ...ndjsonForm, isPaced: false });
  stream.read(0);
  for (let turns = 0; turns < 50; turns++) await turn();
  assert.ok(read < 300, `${read} events of 1 KB were read ahead`);
  stream.destroy();
});

test("replayStream() ends the engine's iterator when the client goes away", async () => {
  let isEnded = false;
  const waiting = {
    taken: 0,
    next(): Promise<IteratorResult<StoredEvent>> {
      if (this.taken++ === 0) return Promise.resolve({ done: false, value: event(0) });
      return new Promise(() => {});
    },
    async return(): Promise<IteratorResult<StoredEvent>> {
      isEnded = true;
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const stream = await replayStream(waiting, { ...ndjsonForm, isPaced: true });
  await turn();
  stream.destroy();
  await turn();
  assert.ok(isEnded);
});

test("subscriptionStream() writes each delivery as a message and an end", async () => {
  const subscription = new FakeSubscription(() => {});
  const stream = subscriptionStream(subscription, new SimulatedClock(0));
  subscription.push(event(7, "line\nbreak"));
  await turn();
  await subscription.close();
  const messages = (await text(stream)).split("\n\n");
  assert.equal(messages[0], ": subscribed");
  const [kind, id, data] = (messages[1] ?? "").split("\n");
  assert.equal(kind, "event: delivery");
  assert.equal(id, "id: d/7");
  const delivery = JSON.parse((data ?? "").replace(/^data: /, ""));
  assert.equal(delivery.payload, "line\nbreak");
  assert.equal(delivery.deliveryId, "d/7");
  assert.deepEqual(messages.slice(2), ["event: end\ndata: {}", ""]);
});

test("subscriptionStream() tells why the engine ended it", async () => {
  const subscription = new FakeSubscription(() => {});
  const stream = subscriptionStream(subscription, new SimulatedClock(0));
  subscription.fail(new CronosError("CLOSED", "Replaced by its namesake"));
  assert.match(await text(stream), /event: end\ndata: \{"error":\{"code":"CLOSED".*namesake/);
});

test("subscriptionStream() takes no more deliveries than the client reads", async () => {
  const subscription = new FakeSubscription(() => {});
  const stream = subscriptionStream(subscription, new SimulatedClock(0));
  const payload = "x".repeat(1_000);
  for (let offset = 0; offset < 1_000; offset++) subscription.push(event(offset, payload));
  for (let turns = 0; turns < 50; turns++) await turn();
  assert.ok(subscription.taken < 200, `${subscription.taken} deliveries of 1 KB were taken`);
  stream.destroy();
  await turn();
  assert.ok(subscription.isClosed);
});

test("subscriptionStream() sends a comment now and then", async () => {
  const clock = new SimulatedClock(0);
  const stream = subscriptionStream(new FakeSubscription(() => {}), clock);
  for (let passed = 0; passed < 35_000; passed += 1_000) await clock.advance(1_000);
  const sent = String(stream.read());
  assert.equal(sent.match(/: still here\n\n/g)?.length, 2);
  stream.destroy();
});
