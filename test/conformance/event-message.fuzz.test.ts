/** Our reading and writing of Event messages beside that of a protobuf library. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EventList } from "../../src/models/events/event-list.ts";
import { FieldReader } from "../../src/models/events/field-reader.ts";
import { decodeEvent } from "../../src/models/events/stored-event.ts";
import { messageDefinition } from "../../src/protocols/grpc/proto-file.ts";
import { rounds } from "../support/torture.ts";

const codec = messageDefinition("Event");
const text = fc.string({ maxLength: 140, unit: "grapheme" });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const event = fc.record({
  message_id: text,
  // Doubles are what the library takes: exact up to 2^53.
  schedule_ts: fc.oneof(fc.maxSafeInteger(), fc.nat()),
  payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  topic: text,
  meta: fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true }),
  created_ts: fc.maxSafeInteger(),
  offset: fc.nat(),
  partition_id: fc.nat(9),
  checksum: fc.nat(),
  term: fc.nat(),
});

test("decodeEvent() reads what a protobuf library writes", () => {
  fc.assert(
    fc.property(event, (message) => {
      const bytes = codec.serialize(message);
      const decoded = decodeEvent({ bytes, partition: 1, offset: 2, createdAt: 3 });
      assert.equal(decoded.id, message.message_id);
      assert.equal(decoded.at, message.schedule_ts);
      assert.equal(decoded.topic, message.topic);
      assert.deepEqual(Buffer.from(decoded.payload), message.payload);
      assert.deepEqual({ ...decoded.meta }, message.meta);
    }),
    { numRuns: rounds(300, 20_000) },
  );
});

test("a protobuf library reads what EventList.encodeAll() writes", () => {
  const list = new EventList();
  fc.assert(
    fc.property(event, (message) => {
      const { topic, message_id: id, schedule_ts: at, payload, meta } = message;
      list.encodeAll([{ topic, id, at, payload, meta }]);
      const decoded = codec.deserialize(Buffer.from(list.bytes.subarray(0, list.end[0])));
      const none = { created_ts: 0, offset: 0, partition_id: 0, checksum: 0, term: 0 };
      assert.deepEqual({ ...decoded }, { ...message, ...none });
    }),
    { numRuns: rounds(300, 20_000) },
  );
});

test("FieldReader reads every 64-bit varint", () => {
  const reader = new FieldReader();
  fc.assert(
    fc.property(int64, (value) => {
      const bytes = [0x08];
      let rest = BigInt.asUintN(64, value);
      for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
      bytes.push(Number(rest));
      assert.ok(reader.over(Buffer.from(bytes), 0, bytes.length).next());
      assert.equal(reader.varint, Number(value));
    }),
    { numRuns: rounds(500, 20_000) },
  );
});
