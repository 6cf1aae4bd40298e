import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventFields } from "./event-encoder.ts";
import { EventEncoder } from "./event-encoder.ts";
import { decodeEvent, findId } from "./stored-event.ts";

const place = { partition: 3, offset: 9, createdAt: 77 };
const event: EventFields = { topic: "tö", id: "a", at: 2 ** 47, payload: "p", meta: { k: "v" } };

function encode(fields: EventFields): Buffer {
  const encoder = new EventEncoder();
  encoder.add(fields);
  return encoder.bytes.subarray(0, encoder.length);
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

test("decodeEvent() shows the event and where it is", () => {
  const decoded = decodeEvent({ bytes: encode(event), ...place });
  assert.deepEqual(decoded, { ...event, payload: Buffer.from("p"), ...place });
});

test("decodeEvent() keeps the payload in place", () => {
  const bytes = new Uint8Array(encode(event));
  const { payload } = decodeEvent({ bytes, ...place });
  assert.equal(payload.buffer, bytes.buffer);
  assert.deepEqual(payload, new Uint8Array(Buffer.from("p")));
});

test("decodeEvent() takes the last value of a field and skips what it does not know", () => {
  const empty = { topic: "", id: "", at: 0, payload: new Uint8Array(0), meta: {}, ...place };
  const cases: readonly (readonly [string, object])[] = [
    ["0a0161 0a0162", { id: "b" }],
    ["1005 1007", { at: 7 }],
    ["0805 0a0161", { id: "a" }],
    ["ba3e03616263 220174", { topic: "t" }],
    ["2a060a016b120176 2a060a016b120177", { meta: { k: "w" } }],
    ["2a03 0a016b", { meta: { k: "" } }],
  ];
  for (const [bytes, expected] of cases) {
    assert.deepEqual(decodeEvent({ bytes: hex(bytes), ...place }), { ...empty, ...expected });
  }
});

test("decodeEvent() keeps a tag __proto__ as a tag", () => {
  const meta = JSON.parse('{"__proto__":"v"}') as Record<string, string>;
  const decoded = decodeEvent({ bytes: encode({ ...event, meta }), ...place });
  assert.deepEqual(Object.entries(decoded.meta), [["__proto__", "v"]]);
  assert.equal(Object.getPrototypeOf(decoded.meta), Object.prototype);
});

test("findId() finds the last id inside the range only", () => {
  const first = hex("0a0161 1005");
  const second = hex("0a03626364 0a0165");
  const bytes = Buffer.concat([first, second]);
  const idIn = (start: number, end: number): string => {
    const found = findId(bytes, start, end);
    return bytes.toString("utf8", found.start, found.end);
  };
  assert.equal(idIn(0, first.length), "a");
  assert.equal(idIn(first.length, bytes.length), "e");
  assert.equal(idIn(3, first.length), "");
});
