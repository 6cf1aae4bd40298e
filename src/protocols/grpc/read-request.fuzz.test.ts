import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isCronosError } from "../../base/errors.ts";
import type { EventMessage } from "./messages.ts";
import { messageDefinition } from "./proto-file.ts";
import { readAckRequest, readPublishRequest, readRequestId } from "./read-request.ts";

const event = fc.record({
  message_id: fc.string(),
  payload: fc.uint8Array(),
  topic: fc.string(),
});

test("readPublishRequest finds the event's bytes and allow_duplicate", () => {
  const codec = messageDefinition("PublishRequest");
  const eventCodec = messageDefinition("Event");
  fc.assert(
    fc.property(event, fc.boolean(), (message, allow) => {
      const parts = readPublishRequest(codec.serialize({ event: message, allow_duplicate: allow }));
      assert.equal(parts.allowDuplicate, allow);
      const read = eventCodec.deserialize(Buffer.from(parts.event)) as EventMessage;
      assert.equal(read.message_id, message.message_id);
      assert.deepEqual([...read.payload], [...message.payload]);
    }),
  );
});

test("readPublishRequest merges an event that comes in two parts", () => {
  const codec = messageDefinition("PublishRequest");
  const parts = Buffer.concat([
    codec.serialize({ event: { message_id: "a" } }),
    codec.serialize({ event: { topic: "t" } }),
  ]);
  const merged = Buffer.from(readPublishRequest(parts).event);
  const read = messageDefinition("Event").deserialize(merged) as EventMessage;
  assert.deepEqual([read.message_id, read.topic], ["a", "t"]);
});

test("readRequestId reads what protobuf writes, 0 when it is absent", () => {
  const codec = messageDefinition("PublishStreamRequest");
  fc.assert(
    fc.property(fc.array(event), fc.maxSafeInteger(), (events, requestId) => {
      assert.equal(readRequestId(codec.serialize({ events, request_id: requestId })), requestId);
    }),
  );
  assert.equal(readRequestId(Buffer.alloc(0)), 0);
});

test("readAckRequest reads what protobuf writes", () => {
  const codec = messageDefinition("AckRequest");
  const parts = fc.record({ deliveryId: fc.string(), success: fc.boolean(), error: fc.string() });
  fc.assert(
    fc.property(parts, fc.maxSafeInteger(), ({ deliveryId, success, error }, next) => {
      const request = { delivery_id: deliveryId, success, error, next_offset: next };
      assert.deepEqual(readAckRequest(codec.serialize(request)), { deliveryId, success, error });
    }),
  );
});

test("readPublishRequest, readRequestId and readAckRequest take or refuse random bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      for (const read of [readPublishRequest, readRequestId, readAckRequest]) {
        try {
          read(bytes);
        } catch (error) {
          assert.ok(isCronosError(error, "INVALID_ARGUMENT"));
        }
      }
    }),
  );
});
