import assert from "node:assert/strict";
import { test } from "node:test";
import { CronosError } from "../../base/errors.ts";
import { bytesField, varintField } from "../../base/protobuf.ts";
import type { EventFields } from "./event-encoder.ts";
import { eventErrorMessage } from "./event-error.ts";
import { BATCH_EVENTS_MAX, EventList, hashId1 } from "./event-list.ts";

const good: EventFields = { topic: "t", id: "i", at: 1, payload: "p" };

/** The Event message of these fields. */
function message(fields: Partial<EventFields> = {}): Buffer {
  const list = new EventList();
  list.encodeAll([{ ...good, ...fields }]);
  return Buffer.from(list.bytes.subarray(list.start[0], list.end[0]));
}

/** The words for what is wrong with the event; "" when nothing is. */
function wordsFor(event: Uint8Array): string {
  const list = new EventList();
  list.scanOne(event);
  assert.equal(list.count, 1);
  return eventErrorMessage(list.error[0] as number);
}

const tooFar =
  "schedule_ts must be Unix milliseconds before the year 10889 " +
  "(are these micro- or nanoseconds?)";
const now = Date.UTC(2026, 0, 1);

const cases: readonly (readonly [name: string, fields: Partial<EventFields>, words: string])[] = [
  ["a good event", {}, ""],
  ["no id", { id: "" }, "message_id is required"],
  ["the longest id", { id: "x".repeat(128) }, ""],
  ["the longest id, not ASCII", { id: "é".repeat(128) }, ""],
  ["an id too long", { id: "x".repeat(129) }, "message_id exceeds 128 characters"],
  ["time 0", { at: 0 }, "schedule_ts is required"],
  ["a negative time", { at: -1 }, "schedule_ts is required"],
  ["a very negative time", { at: -(2 ** 62) }, "schedule_ts is required"],
  ["in 100 years", { at: now + 100 * 365.25 * 86_400_000 }, ""],
  ["the last ms there is", { at: 2 ** 48 - 1 }, ""],
  ["one later", { at: 2 ** 48 }, tooFar],
  ["microseconds", { at: now * 1e3 }, tooFar],
  ["nanoseconds", { at: now * 1e6 }, tooFar],
  ["the largest int64", { at: 2 ** 63 - 1025 }, tooFar],
  ["no payload", { payload: "" }, "payload is required"],
  ["the largest payload", { payload: Buffer.alloc(4 * 1024 * 1024) }, ""],
  ["a large payload", { payload: Buffer.alloc(4 * 1024 * 1024 + 1) }, "payload exceeds 4MB limit"],
  ["no topic", { topic: "" }, "topic is required"],
  ["the longest topic", { topic: "ü".repeat(255) }, ""],
  ["a topic too long", { topic: "t".repeat(256) }, "topic exceeds 255 characters"],
  ["large meta", { meta: { a: "x".repeat(65_000) } }, ""],
  ["meta too large", { meta: { a: "x".repeat(66_000) } }, "meta exceeds 65536 bytes"],
];

test("EventList.encodeAll() and scanOne() find the same faults, in the same words", () => {
  const list = new EventList();
  for (const [name, fields, words] of cases) {
    list.encodeAll([{ ...good, ...fields }]);
    assert.equal(eventErrorMessage(list.error[0] as number), words, name);
    assert.equal(wordsFor(message(fields)), words, name);
  }
});

test("EventList.scanOne() takes an empty event for one without an id", () => {
  assert.equal(wordsFor(Buffer.alloc(0)), "message_id is required");
});

test("EventList.scanOne() refuses text that is not UTF-8", () => {
  const bad = Buffer.from([0x61, 0xff]);
  const words = "message_id, topic and meta must be UTF-8 text";
  const entry = (key: Uint8Array, value: Uint8Array) =>
    bytesField(5, Buffer.concat([bytesField(1, key), bytesField(2, value)]));
  const text = Buffer.from("k");
  const long = Buffer.alloc(200, 0x61);
  const events: readonly (readonly [string, Uint8Array, string])[] = [
    ["id", bytesField(1, bad), words],
    ["topic", bytesField(4, bad), words],
    ["meta key", entry(bad, text), words],
    ["meta value", entry(text, bad), words],
    ["long meta value", entry(text, Buffer.concat([long, bad])), words],
    ["payload", bytesField(3, bad), ""],
    ["long meta", entry(long, long), ""],
    ["a character cut by the end of the key", entry(Buffer.from([0xc3]), text), words],
  ];
  for (const [name, field, expected] of events) {
    assert.equal(wordsFor(Buffer.concat([message(), field])), expected, name);
  }
});

test("EventList.scanOne() refuses a meta entry that is no message", () => {
  for (const entry of ["0a0561", "0a01", "0a0161120561", "0a016112", "ff", "0a0162130000"]) {
    const event = Buffer.concat([message(), bytesField(5, Buffer.from(entry, "hex"))]);
    assert.throws(() => wordsFor(event), { code: "INVALID_ARGUMENT" }, entry);
  }
});

test("EventList takes the last value of a field that is there twice", () => {
  const list = new EventList();
  list.scanOne(
    Buffer.concat([message({ id: "first" }), bytesField(1, "second"), varintField(2, 77)]),
  );
  assert.equal(list.bytes.toString("utf8", list.idStart[0], list.idEnd[0]), "second");
  assert.equal(list.at[0], 77);
});

test("EventList.scanBatch() passes unknown fields and reads allow_duplicate", () => {
  const list = new EventList();
  const batch = [bytesField(1, message()), varintField(2, 1), bytesField(1, message({ id: "" }))];
  list.scanBatch(Buffer.concat([...batch, bytesField(15, "?"), varintField(16, 3)]));
  assert.equal(list.count, 2);
  assert.equal(list.allowDuplicate, true);
  assert.deepEqual([...list.error.subarray(0, 2)], [0, 1]);
  list.scanBatch(Buffer.alloc(0));
  assert.deepEqual([list.count, list.allowDuplicate], [0, false]);
});

test("EventList keeps nothing of the event before", () => {
  const list = new EventList();
  const events = [
    { ...good, meta: { partition_key: "k" } },
    { ...good, id: "other" },
  ];
  list.encodeAll(events);
  const key = Buffer.from("k");
  assert.equal(list.placement[0], hashId1(key, 0, 1));
  assert.equal(list.placement[1], list.hash1[1]);
  const first = [...list.hash2.subarray(0, 2)];
  list.encodeAll(events.toReversed());
  assert.deepEqual([...list.hash2.subarray(0, 2)], first.toReversed());
});

test("hashId1 is FNV-1a of 32 bits, which decides the partition", () => {
  // From the reference vectors of the hash.
  for (const [text, hash] of [
    ["", 0x811c9dc5],
    ["a", 0xe40c292c],
    ["foobar", 0xbf9cf968],
  ] as const) {
    const bytes = Buffer.from(text);
    assert.equal(hashId1(bytes, 0, bytes.length), hash, text);
  }
});

test("EventList places by meta.partition_key, in whatever form the entry is", () => {
  const entry = (...fields: Buffer[]) => bytesField(5, Buffer.concat(fields));
  const key = bytesField(1, "partition_key");
  const value = bytesField(2, "customer");
  const bytes = Buffer.from("customer");
  const placed = hashId1(bytes, 0, bytes.length);
  const list = new EventList();
  for (const [name, field] of [
    ["usual", entry(key, value)],
    ["value first", entry(value, key)],
    ["with an unknown field", entry(key, value, varintField(9, 9))],
    ["key twice", entry(bytesField(1, "x"), key, value)],
  ] as const) {
    list.scanOne(Buffer.concat([message(), field]));
    assert.equal(list.placement[0], placed, name);
  }
  list.scanOne(Buffer.concat([message(), entry(key, bytesField(2, ""))]));
  assert.equal(list.placement[0], list.hash1[0], "an empty key is none");
});

test("EventList.encodeAll() refuses what has the wrong type", () => {
  const list = new EventList();
  const bad: readonly unknown[] = [
    undefined,
    null,
    "event",
    { ...good, id: 5 },
    { ...good, topic: undefined },
    { ...good, at: "1" },
    { ...good, at: 1.5 },
    { ...good, at: Number.NaN },
    { ...good, at: 2 ** 63 },
    { ...good, at: 1n },
    { ...good, payload: {} },
    { ...good, payload: [1] },
    { ...good, meta: null },
    { ...good, meta: "k" },
    { ...good, meta: { k: 1 } },
  ];
  for (const event of bad) {
    assert.throws(
      () => list.encodeAll([event as EventFields]),
      (error) => error instanceof CronosError && error.code === "INVALID_ARGUMENT",
      String(event),
    );
  }
});

test("EventList refuses more events than a batch may have", () => {
  const list = new EventList();
  const one = bytesField(1, Buffer.alloc(0));
  list.scanBatch(Buffer.alloc(one.length * BATCH_EVENTS_MAX, one));
  assert.equal(list.count, BATCH_EVENTS_MAX);
  assert.throws(() => list.scanBatch(Buffer.alloc(one.length * (BATCH_EVENTS_MAX + 1), one)), {
    code: "TOO_LARGE",
  });
});
