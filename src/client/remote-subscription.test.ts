import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { FakeEncodedEvents, fakeDelivery } from "../../test/support/fake-encoded-events.ts";
import type { FakeEncodedSubscription } from "../../test/support/fake-encoded-events.ts";
import { listenFake } from "../../test/support/grpc-fixture.ts";
import { must } from "../base/assert.ts";
import { isCronosError } from "../base/errors.ts";
import { connect } from "./connect.ts";

async function remote(t: TestContext) {
  const fake = new FakeEncodedEvents();
  let listener = await listenFake(fake, "127.0.0.1:0");
  const { address } = listener;
  const database = await connect(address);
  t.after(async () => {
    await database.close();
    await listener.close();
  });
  /** Waits for the subscription with this number to reach the engine. */
  const held = async (index: number): Promise<FakeEncodedSubscription> => {
    while (fake.encodedSubscriptions[index] === undefined) await pause();
    return must(fake.encodedSubscriptions[index]);
  };
  const restart = async (): Promise<void> => {
    await listener.close();
    listener = await listenFake(fake, address);
  };
  return { fake, events: database.events, held, restart, drain: () => listener.drain() };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}

test("RemoteSubscription gives events that are acknowledged one by one", async (t) => {
  const { fake, events, held } = await remote(t);
  const subscription = events.subscribe({ topic: "t", group: "g", credits: 7, partition: 2 });
  const { options, subscriber } = await held(0);
  assert.deepEqual({ ...options, subscriptionId: "" }, {
    topic: "t",
    group: "g",
    credits: 7,
    partition: 2,
    from: "earliest",
    replay: false,
    batchSize: 1,
    subscriptionId: "",
  });
  for (const id of ["a", "b", "gone"]) subscriber.deliver(fakeDelivery(id, [id]));
  const seen: string[] = [];
  for await (const delivery of subscription) {
    seen.push(delivery.id);
    assert.equal(delivery.attempt, 1);
    assert.equal(delivery.partition, 3);
    if (delivery.id === "gone") {
      await assert.rejects(delivery.ack(), (error) => isCronosError(error, "NOT_FOUND"));
      break;
    }
    if (delivery.id === "a") await delivery.ack();
    else await delivery.nack("boom");
  }
  assert.deepEqual(seen, ["a", "b", "gone"]);
  assert.deepEqual(fake.settled, ["a", "b"]);
  while (!(await held(0)).closed) await pause();
});

test("RemoteSubscription of a group comes back after the server was away", async (t) => {
  const { events, held, restart } = await remote(t);
  const options = { topic: "t", group: "g", replay: true, from: 5 };
  const subscription = events.subscribe(options);
  const iterator = subscription[Symbol.asyncIterator]();
  const first = await held(0);
  assert.deepEqual([first.options.replay, first.options.from], [true, 5]);
  first.subscriber.deliver(fakeDelivery("a", ["a"]));
  assert.equal((await iterator.next()).value?.id, "a");
  // Fetched, not handed out: the server gives it again.
  first.subscriber.deliver(fakeDelivery("b", ["b"]));
  await restart();
  const second = await held(1);
  assert.equal(second.options.replay, false);
  assert.equal(second.options.subscriptionId, first.options.subscriptionId);
  second.subscriber.deliver(fakeDelivery("c", ["c"]));
  const next = await iterator.next();
  assert.ok(["b", "c"].includes(next.value?.id));
  await next.value?.ack();
  await subscription.close();
});

test("RemoteSubscription without a group ends when the server goes away", async (t) => {
  const { events, held, drain } = await remote(t);
  const iterator = events.subscribe({ topic: "t" })[Symbol.asyncIterator]();
  const next = iterator.next();
  await held(0);
  void drain();
  await assert.rejects(next, (error) => isCronosError(error, "UNAVAILABLE"));
});

test("RemoteSubscription ends with the reason when another takes its place", async (t) => {
  const { events, held } = await remote(t);
  const subscription = events.subscribe({ topic: "t", group: "g", subscriptionId: "me" });
  const next = subscription[Symbol.asyncIterator]().next();
  (await held(0)).subscriber.ended("replaced by a subscription of the same name");
  await assert.rejects(next, (error) => {
    assert.ok(isCronosError(error, "CLOSED"));
    assert.equal(error.message, "replaced by a subscription of the same name");
    return true;
  });
});

test("RemoteSubscription throws the engine's refusal", async (t) => {
  const { events } = await remote(t);
  const next = events.subscribe({ topic: "", group: "g" })[Symbol.asyncIterator]().next();
  await assert.rejects(next, (error) => isCronosError(error, "INVALID_ARGUMENT"));
});

test("RemoteSubscription.close ends a waiting loop without an error", async (t) => {
  const { events, held } = await remote(t);
  const subscription = events.subscribe({ topic: "t", group: "g" });
  const next = subscription[Symbol.asyncIterator]().next();
  await held(0);
  await subscription.close();
  assert.equal((await next).done, true);
});
