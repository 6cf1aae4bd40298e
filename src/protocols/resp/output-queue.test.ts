import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { OutputQueue } from "./output-queue.ts";

function fixture() {
  const stream = new PassThrough();
  const told: string[] = [];
  // What the queue uses of a socket is what every stream has.
  const output = new OutputQueue(stream as unknown as Socket, {
    onRoom: () => told.push("room"),
    onEmpty: () => told.push("empty"),
  });
  const sent = (): string => String((stream.read() as Buffer | null) ?? "");
  return { output, sent, told };
}

function pending() {
  let resolve = (): void => {};
  let reject = (_error: Error): void => {};
  const promise = new Promise<void>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

const never = (): Buffer => assert.fail("Nothing was lost");

test("OutputQueue sends at once what waits for nothing, and the rest in order", async () => {
  const { output, sent, told } = fixture();
  const [first, second] = [pending(), pending()];
  output.add(Buffer.from("a"));
  assert.equal(sent(), "a");
  output.addWhen(first.promise, Buffer.from("b"), never);
  output.add(Buffer.from("c"));
  output.addWhen(second.promise, Buffer.from("d"), never);
  assert.equal(output.bytes, 3);
  second.resolve();
  await turn();
  assert.equal(sent(), "");
  assert.deepEqual(told, ["room"]);
  first.resolve();
  await turn();
  assert.equal(sent(), "bcd");
  assert.deepEqual(told, ["room", "room", "empty"]);
  assert.equal(output.empty, true);
});

test("OutputQueue sends something else for what was lost", async () => {
  const { output, sent } = fixture();
  const lost = pending();
  output.addWhen(lost.promise, Buffer.from("+OK"), (error) => Buffer.from(String(error)));
  output.add(Buffer.from("!"));
  lost.reject(new Error("Lost"));
  await turn();
  assert.equal(sent(), "Error: Lost!");
  assert.equal(output.bytes, 0);
});
