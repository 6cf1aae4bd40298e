import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeDelivery } from "../../test/support/fake-encoded-events.ts";
import { encodeDelivery } from "../protocols/grpc/encode-delivery.ts";
import { decodeSingleDelivery } from "./decode-delivery.ts";

test("decodeSingleDelivery reads what encodeDelivery wrote", () => {
  const delivery = decodeSingleDelivery(encodeDelivery(fakeDelivery("delivery", ["größer"])));
  assert.ok(delivery !== undefined);
  const { event, ...rest } = delivery;
  assert.deepEqual(rest, { deliveryId: "delivery", attempt: 1, ackTimeoutMs: 30_000 });
  assert.deepEqual([event.id, event.topic, event.at], ["größer", "t", 0]);
  assert.deepEqual([event.createdAt, event.offset, event.partition], [1_700_000_000_000, 0, 3]);
  assert.equal(Buffer.from(event.payload).toString(), "größer");
});

test("decodeSingleDelivery is undefined for a batch", () => {
  assert.equal(decodeSingleDelivery(encodeDelivery(fakeDelivery("d", ["a", "b"]))), undefined);
});
