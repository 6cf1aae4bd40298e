import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import type { EventFields } from "./event-encoder.ts";
import { EventEncoder } from "./event-encoder.ts";
import { decodeEvent } from "./stored-event.ts";

const event: EventFields = { topic: "t", id: "a", at: 5, payload: "p" };

function encode(fields: EventFields): Buffer {
  const encoder = new EventEncoder();
  encoder.add(fields);
  return encoder.bytes.subarray(0, encoder.length);
}

test("add() writes the fields as protobuf does", () => {
  const bytes = encode({ ...event, at: 300, meta: { k: "v" } });
  // 1 id, 2 schedule_ts, 3 payload, 4 topic, 5 meta.
  assert.equal(bytes.toString("hex"), "0a016110ac021a01702201742a060a016b120176");
});

test("add() leaves out fields that have their default", () => {
  assert.equal(encode({ topic: "", id: "", at: 0, payload: "p" }).toString("hex"), "1a0170");
});

test("decodeEvent() gives back what add() wrote, whatever the lengths", () => {
  const lengths = [0, 1, 41, 42, 63, 64, 65, 127, 128, 129, 16_383, 16_384, 70_000];
  for (const length of lengths) {
    for (const character of ["x", "ü", "€", "😀"]) {
      const text = character.repeat(length);
      const given = { topic: `t${text}`, id: `i${text}`, at: 2 ** 48 - 1, meta: { [text]: text } };
      for (const payload of [`p${text}`, Buffer.from(`p${text}`)]) {
        const bytes = encode({ ...given, payload });
        const read = decodeEvent({ bytes, partition: 0, offset: 0, createdAt: 0 });
        const { topic, id, at, meta } = read;
        assert.ok(topic === given.topic && id === given.id && at === given.at, `${length}`);
        assert.ok(meta[text] === text && Object.keys(meta).length === 1, `${length}`);
        assert.ok(Buffer.from(payload).equals(read.payload), `${length}`);
      }
    }
  }
});

test("add() refuses a field of a wrong type and names it", () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [null, /Event must be an object: got null/],
    [{ ...event, id: 5 }, /Event id must be a string: got 5/],
    [{ ...event, topic: undefined }, /Event topic must be a string/],
    [{ ...event, at: "5" }, /Event at must be an integer/],
    [{ ...event, at: 1.5 }, /Event at must be an integer/],
    [{ ...event, at: Number.NaN }, /Event at must be an integer/],
    [{ ...event, payload: [1] }, /Event payload must be/],
    [{ ...event, meta: null }, /Event meta must be an object/],
    [{ ...event, meta: { k: 1 } }, /Event meta value must be a string: k is number/],
  ];
  for (const [fields, message] of cases) {
    assert.throws(
      () => encode(fields as EventFields),
      (error) => isCronosError(error, "INVALID_ARGUMENT") && message.test(error.message),
    );
  }
});

test("reset() gives a buffer back that one large batch made", () => {
  const encoder = new EventEncoder();
  encoder.add({ ...event, payload: Buffer.alloc(9 * 1024 * 1024) });
  assert.ok(encoder.bytes.length > 8 * 1024 * 1024);
  assert.ok(encoder.reset().length < 1024 * 1024);
  assert.equal(encoder.length, 0);
  const small = encoder.bytes;
  encoder.add(event);
  assert.equal(encoder.reset(), small);
});
