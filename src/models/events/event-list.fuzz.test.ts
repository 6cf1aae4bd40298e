import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { rounds } from "../../../test/support/torture.ts";
import { CronosError } from "../../base/errors.ts";
import { bytesField } from "../../base/protobuf.ts";
import { EventList } from "./event-list.ts";
import { decodeEvent } from "./stored-event.ts";

const text = (maxLength: number) => fc.string({ maxLength, unit: "binary" });
const event = fc.record({
  topic: text(300),
  id: text(200),
  at: fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -9, max: 9 })),
  payload: fc.oneof(fc.uint8Array({ maxLength: 300 }), text(100)),
  meta: fc.dictionary(text(150), text(300), { maxKeys: 3, noNullPrototype: true }),
});

/** Bytes that are nearly a message: fields of an event, some of them cut or changed. */
const damaged = fc
  .tuple(fc.array(event, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat(255), fc.boolean())
  .map(([events, place, byte, isCut]) => {
    const list = new EventList();
    list.encodeAll(events);
    const messages = events.map((_, i) => list.bytes.subarray(list.start[i], list.end[i]));
    const bytes = Buffer.concat(messages.map((each) => bytesField(1, each)));
    bytes[place % bytes.length] = byte;
    return isCut ? bytes.subarray(0, (place * 7) % (bytes.length + 1)) : bytes;
  });

test("EventList: bytes of any kind are read, or refused with an error of ours", () => {
  const list = new EventList();
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged), (bytes) => {
      for (const scan of ["scanBatch", "scanOne"] as const) {
        try {
          list[scan](bytes);
        } catch (error) {
          assert.ok(error instanceof CronosError, String(error));
          assert.equal(error.code, "INVALID_ARGUMENT");
          continue;
        }
        for (let i = 0; i < list.count; i++) {
          // What is taken can be read again.
          const source = { bytes: list.bytes.subarray(list.start[i], list.end[i]) };
          if (list.error[i] !== 0) continue;
          decodeEvent({ ...source, partition: 0, offset: 0, createdAt: 0 });
        }
      }
    }),
    { numRuns: rounds(1000, 100_000) },
  );
});

test("EventList: what encodeAll() writes, scanBatch() finds and decodeEvent() gives back", () => {
  const encoded = new EventList();
  const scanned = new EventList();
  fc.assert(
    fc.property(fc.array(event, { maxLength: 5 }), (events) => {
      encoded.encodeAll(events);
      const messages = events.map((_, i) =>
        encoded.bytes.subarray(encoded.start[i], encoded.end[i]),
      );
      scanned.scanBatch(Buffer.concat(messages.map((each) => bytesField(1, each))));
      assert.equal(scanned.count, events.length);
      for (const field of ["error", "at", "hash1", "hash2", "placement"] as const) {
        const size = events.length;
        const isRight = (_: number, i: number) => encoded.error[i] === 0 || field === "error";
        assert.deepEqual(
          [...scanned[field].subarray(0, size)].filter(isRight),
          [...encoded[field].subarray(0, size)].filter(isRight),
        );
      }
      for (const [i, each] of events.entries()) {
        const bytes = messages[i] as Uint8Array;
        const decoded = decodeEvent({ bytes, partition: 3, offset: 4, createdAt: 5 });
        assert.deepEqual(
          { ...decoded, payload: Buffer.from(decoded.payload) },
          {
            ...wellFormed(each),
            payload: Buffer.from(each.payload as Uint8Array),
            createdAt: 5,
            partition: 3,
            offset: 4,
          },
        );
      }
    }),
    { numRuns: rounds(300, 20_000) },
  );
});

/** Lone surrogates have no UTF-8. */
function wellFormed<T extends { topic: string; id: string; meta: Record<string, string> }>(
  given: T,
): T {
  const fix = (part: string) => Buffer.from(part).toString();
  const meta: Record<string, string> = {};
  for (const [key, part] of Object.entries(given.meta)) {
    const property = { value: fix(part), enumerable: true, configurable: true, writable: true };
    Object.defineProperty(meta, fix(key), property);
  }
  return { ...given, topic: fix(given.topic), id: fix(given.id), meta };
}
