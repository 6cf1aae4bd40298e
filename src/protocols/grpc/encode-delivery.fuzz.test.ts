import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { deliverySize, encodeDelivery } from "./encode-delivery.ts";
import type { EventMessage } from "./messages.ts";
import { messageDefinition } from "./proto-file.ts";

interface DeliveryMessage {
  readonly event?: EventMessage;
  readonly delivery_id: string;
  readonly attempt: number;
  readonly ack_timeout_ms: number;
  readonly batch: readonly EventMessage[];
}

const published = fc.record({
  message_id: fc.string({ minLength: 1, maxLength: 128, unit: "grapheme" }),
  schedule_ts: fc.maxSafeInteger(),
  payload: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  topic: fc.string({ maxLength: 20 }),
  meta: fc.dictionary(fc.string({ maxLength: 9 }), fc.string(), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  // A publisher may have set what is the server's.
  offset: fc.nat(),
  partition_id: fc.nat({ max: 9 }),
  created_ts: fc.nat(),
});

const given = fc.record({
  message: published,
  partition: fc.nat({ max: 1023 }),
  offset: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  createdAt: fc.nat({ max: 2 ** 45 }),
});

test("encodeDelivery gives what protobuf reads as the events and the server's fields", () => {
  const eventCodec = messageDefinition("Event");
  const deliveryCodec = messageDefinition("Delivery");
  const head = fc.record({
    deliveryId: fc.string({ maxLength: 200, unit: "grapheme" }),
    attempt: fc.nat({ max: 1000 }),
    ackTimeoutMs: fc.nat(),
  });
  fc.assert(
    fc.property(head, fc.array(given, { minLength: 1, maxLength: 5 }), (delivery, events) => {
      const encoded = {
        ...delivery,
        events: events.map((each) => ({ ...each, bytes: eventCodec.serialize(each.message) })),
      };
      const bytes = encodeDelivery(encoded);
      assert.equal(bytes.length, deliverySize(encoded));
      const read = deliveryCodec.deserialize(bytes) as DeliveryMessage;
      assert.equal(read.delivery_id, delivery.deliveryId);
      assert.equal(read.attempt, delivery.attempt);
      assert.equal(read.ack_timeout_ms, delivery.ackTimeoutMs);
      assert.equal(read.event === undefined || read.event === null, events.length > 1);
      const received = events.length > 1 ? read.batch : [read.event];
      assert.equal(received.length, events.length);
      events.forEach((each, index) => {
        const expected = {
          ...(eventCodec.deserialize(eventCodec.serialize(each.message)) as EventMessage),
          offset: each.offset,
          partition_id: each.partition,
          created_ts: each.createdAt,
        };
        assert.deepEqual(received[index], expected);
      });
    }),
  );
});
