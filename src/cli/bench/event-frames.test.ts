import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventMessage } from "../../protocols/grpc/messages.ts";
import { messageDefinition } from "../../protocols/grpc/proto-file.ts";
import { EventFrames, fitsTemplate, idBytes, readDigits } from "./event-frames.ts";

const options = { run: "abc123", topic: "bench-abc123", payloadBytes: 256, count: 100 };

test("EventFrames.fill makes a batch that protobuf reads", () => {
  const frames = new EventFrames(options);
  for (const [first, dueAt] of [[0, 1_700_000_000_000], [9_999_999_900, 2_000_000_000_123]]) {
    assert.ok(first !== undefined && dueAt !== undefined);
    frames.fill(first, dueAt);
    assert.equal(frames.bytes.readUInt32BE(1), frames.bytes.length - 5);
    const batch = messageDefinition("PublishBatchRequest").deserialize(frames.bytes.subarray(5));
    const events = Reflect.get(batch, "events") as readonly EventMessage[];
    assert.equal(events.length, 100);
    events.forEach((event, index) => {
      assert.equal(event.message_id, `abc123-${String(first + index).padStart(10, "0")}`);
      assert.equal(event.message_id.length, idBytes(options.run));
      assert.equal(event.schedule_ts, dueAt);
      assert.equal(event.topic, "bench-abc123");
      assert.equal(event.payload.length, 256);
      assert.equal(Object.keys(event.meta).length, 3);
    });
  }
});

test("EventFrames of one event is a PublishRequest", () => {
  const frames = new EventFrames({ ...options, count: 1 });
  frames.fill(7, 1_700_000_000_000);
  const request = messageDefinition("PublishRequest").deserialize(frames.bytes.subarray(5));
  const event = Reflect.get(request, "event") as EventMessage;
  assert.equal(event.message_id, "abc123-0000000007");
});

test("readDigits reads the number of an id, -1 for anything else", () => {
  assert.equal(readDigits(Buffer.from("x0000000042"), 1), 42);
  assert.equal(readDigits(Buffer.from("x00000000a2"), 1), -1);
  assert.equal(readDigits(Buffer.from("x0000"), 1), -1);
});

test("fitsTemplate holds for the due times of this age", () => {
  assert.ok(fitsTemplate(Date.UTC(2006, 0)) && fitsTemplate(Date.UTC(2100, 0)));
  assert.ok(!fitsTemplate(Date.UTC(2110, 0)));
});
