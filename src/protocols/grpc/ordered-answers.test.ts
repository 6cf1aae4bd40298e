import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { serveFakeEvents } from "../../../test/support/grpc-fixture.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";

test("answerInOrder keeps the order of requests whatever order their work ends in", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  const random = new SeededRandom(7);
  events.settleEncoded = async (deliveryId) => {
    for (let turns = random.below(20); turns > 0; turns--) await new Promise(setImmediate);
    return Number(deliveryId);
  };
  const stream = caller.stream("EventService", "Ack");
  const answers: number[] = [];
  stream.on("data", (answer: { committed_offset: number }) => {
    answers.push(answer.committed_offset);
  });
  for (let id = 0; id < 1000; id++) stream.write({ delivery_id: `${id}`, success: true });
  stream.end();
  await once(stream, "end");
  assert.deepEqual(answers, [...Array(1000).keys()]);
});

test("answerInOrder reads no more while too many requests have no answer", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  const waiting: (() => void)[] = [];
  let most = 0;
  events.publishBatchEncoded = () =>
    new Promise((resolve) => {
      const receipt = { published: 1, duplicates: 0, errors: [], firstOffset: 0, lastOffset: 0 };
      waiting.push(() => resolve(receipt));
      most = Math.max(most, waiting.length);
    });
  const stream = caller.stream("EventService", "PublishStream");
  let answered = 0;
  stream.on("data", (message: { receipts: object[] }) => (answered += message.receipts.length));
  for (let id = 0; id < 5000; id++) stream.write({ request_id: id });
  stream.end();
  const ended = once(stream, "end");
  while (waiting.length < 1024) await new Promise(setImmediate);
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  assert.equal(most, 1024);
  const free = setInterval(() => waiting.splice(0).forEach((resolve) => resolve()), 1);
  await ended;
  clearInterval(free);
  assert.equal(answered, 5000);
  assert.ok(most <= 1024, String(most));
});

test("answerInOrder drops the answers of a cancelled call", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  const waiting: (() => void)[] = [];
  events.settleEncoded = () => new Promise((resolve) => waiting.push(() => resolve(1)));
  const stream = caller.stream("EventService", "Ack");
  stream.on("error", () => undefined);
  stream.write({ delivery_id: "d", success: true });
  while (waiting.length === 0) await new Promise(setImmediate);
  stream.cancel();
  await new Promise((resolve) => setTimeout(resolve, 20));
  waiting.splice(0).forEach((resolve) => resolve());
  await new Promise((resolve) => setTimeout(resolve, 20));
  // The server is still there.
  events.settleEncoded = async () => 1;
  const next = caller.stream("EventService", "Ack");
  next.write({ delivery_id: "d", success: true });
  await once(next, "data");
  next.cancel();
  next.on("error", () => undefined);
});
