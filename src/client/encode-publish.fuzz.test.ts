import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isCronosError } from "../base/errors.ts";
import type { EventMessage } from "../protocols/grpc/messages.ts";
import { messageDefinition } from "../protocols/grpc/proto-file.ts";
import { encodePublish } from "./encode-publish.ts";

const input = fc.record({
  topic: fc.string({ maxLength: 300 }),
  id: fc.string({ maxLength: 200, unit: "grapheme" }),
  at: fc.maxSafeInteger(),
  payload: fc.oneof(fc.string(), fc.uint8Array({ maxLength: 500 })),
  meta: fc.dictionary(fc.string({ minLength: 1 }), fc.string({ maxLength: 200 }), { maxKeys: 3 }),
});

test("encodePublish gives what protobuf reads as these events", () => {
  const codec = messageDefinition("PublishBatchRequest");
  fc.assert(
    fc.property(fc.array(input, { maxLength: 5 }), fc.boolean(), (events, allow) => {
      const message = codec.deserialize(encodePublish(events, allow));
      assert.equal(Reflect.get(message, "allow_duplicate"), allow);
      const read = Reflect.get(message, "events") as readonly EventMessage[];
      assert.equal(read.length, events.length);
      read.forEach((each, index) => {
        const { topic, id, at, payload, meta } = events[index] ?? assert.fail();
        assert.deepEqual([each.topic, each.message_id, each.schedule_ts], [topic, id, at]);
        assert.ok(Buffer.from(payload).equals(each.payload));
        assert.deepEqual({ ...each.meta }, { ...meta });
      });
    }),
  );
});

test("encodePublish refuses a field of a wrong type, and goes on", () => {
  const event = { topic: "t", id: "a", at: 5, payload: "x" };
  const wrong = { ...event, at: 1.5 };
  assert.throws(
    () => encodePublish([event, wrong], false),
    (error) => isCronosError(error, "INVALID_ARGUMENT"),
  );
  const codec = messageDefinition("PublishRequest");
  const request = codec.deserialize(encodePublish([event], false));
  assert.equal(Reflect.get(Object(Reflect.get(request, "event")), "message_id"), "a");
});
