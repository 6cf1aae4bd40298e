import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { OutputQueue, WriteTurn } from "./output-queue.ts";

function fixture() {
  const stream = new PassThrough();
  const told: string[] = [];
  // What the queue uses of a socket is what every stream has.
  const writes = new WriteTurn((run) => setImmediate(run));
  const output = new OutputQueue(stream as unknown as Socket, writes, {
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

test("OutputQueue sends what waits for nothing when the turn ends, the rest in order", async () => {
  const { output, sent, told } = fixture();
  const [first, second] = [pending(), pending()];
  output.add(Buffer.from("a"));
  output.add(Buffer.from("A"));
  assert.equal(sent(), "");
  assert.equal(output.empty, false);
  await turn();
  assert.equal(sent(), "aA");
  assert.deepEqual(told.splice(0), ["room", "empty"]);
  output.addWhen(first.promise, Buffer.from("b"), never);
  output.add(Buffer.from("c"));
  output.addWhen(second.promise, Buffer.from("d"), never);
  assert.equal(output.bytes, 3);
  second.resolve();
  await turn();
  assert.equal(sent(), "");
  assert.deepEqual(told, []);
  first.resolve();
  await turn();
  await turn();
  assert.equal(sent(), "bcd");
  assert.deepEqual(told, ["room", "empty"]);
  assert.equal(output.empty, true);
  assert.equal(output.bytes, 0);
});

test("OutputQueue sends something else for what was lost", async () => {
  const { output, sent } = fixture();
  const lost = pending();
  output.addWhen(lost.promise, Buffer.from("+OK"), (error) => Buffer.from(String(error)));
  output.add(Buffer.from("!"));
  lost.reject(new Error("Lost"));
  await turn();
  await turn();
  assert.equal(sent(), "Error: Lost!");
  assert.equal(output.bytes, 0);
});
