import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeDelivery } from "../../protocols/grpc/encode-delivery.ts";
import { messageDefinition } from "../../protocols/grpc/proto-file.ts";
import { readAckRequest } from "../../protocols/grpc/read-request.ts";
import { DeliveryReader } from "./delivery-reader.ts";

function delivery(events: readonly object[]) {
  const codec = messageDefinition("Event");
  return encodeDelivery({
    deliveryId: "delivery-1",
    attempt: 1,
    ackTimeoutMs: 30_000,
    events: events.map((event, offset) => {
      return { bytes: codec.serialize(event), partition: 1, offset, createdAt: 9 };
    }),
  });
}

test("DeliveryReader reads numbers and due times, and makes the acknowledgement", () => {
  const reader = new DeliveryReader("run123");
  const own = { message_id: "run123-0000000042", schedule_ts: 1_700_000_000_000, topic: "t" };
  const events = [
    own,
    { ...own, message_id: "run124-0000000042" },
    { topic: "t", payload: Buffer.from("x") },
    { ...own, message_id: "run123-0000000043" },
  ];
  const ack = reader.read(delivery(events));
  assert.equal(reader.count, 4);
  assert.deepEqual([...reader.numbers.subarray(0, 4)], [42, -1, -1, 43]);
  assert.equal(reader.dues[3], 1_700_000_000_000);
  assert.deepEqual(readAckRequest(ack.subarray(5)), {
    deliveryId: "delivery-1",
    success: true,
    error: "",
  });
  reader.read(delivery([own]));
  assert.equal(reader.count, 1);
});

test("DeliveryReader takes deliveries of any size", () => {
  const reader = new DeliveryReader("run123");
  const events = Array.from({ length: 3000 }, (_, number) => {
    return { message_id: `run123-${String(number).padStart(10, "0")}`, schedule_ts: 5 };
  });
  reader.read(delivery(events));
  assert.deepEqual([...reader.numbers.subarray(0, 3000)], [...Array(3000).keys()]);
});
