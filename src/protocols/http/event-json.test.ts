import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { eventInput, payloadOf, storedEventJson, toMs } from "./event-json.ts";

test("payloadOf() takes text or base64 in either alphabet, padded or not", () => {
  assert.equal(payloadOf({ payload: "text" }, "body"), "text");
  const cases = [
    ["", []],
    ["AA==", [0]],
    ["AA", [0]],
    ["/wA=", [255, 0]],
    ["_wA", [255, 0]],
    ["-_-_", [0xfb, 0xff, 0xbf]],
  ] as const;
  for (const [payloadBase64, bytes] of cases) {
    assert.deepEqual([...Buffer.from(payloadOf({ payloadBase64 }, "body"))], bytes);
  }
});

test("payloadOf() refuses what is no base64, both fields and none", () => {
  for (const payloadBase64 of ["*", "A", "AA=A", "A A=", "AAAAA", "===="]) {
    const message = new RegExp("payloadBase64 .*: expected base64");
    assert.throws(() => payloadOf({ payloadBase64 }, "body"), { message });
  }
  const both = { payload: "x", payloadBase64: "AA==" };
  assert.throws(() => payloadOf(both, "body"), { message: /not both/ });
  assert.throws(() => payloadOf({}, "body"), { message: /expected payload or payloadBase64/ });
});

test("storedEventJson() gives text for valid UTF-8 and base64 for the rest", () => {
  const event = { topic: "t", id: "a", at: 1, meta: {}, createdAt: 2, partition: 0, offset: 3 };
  const text = storedEventJson({ ...event, payload: Buffer.from("☂") });
  assert.deepEqual([text.payload, text.payloadBase64], ["☂", undefined]);
  const binary = storedEventJson({ ...event, payload: new Uint8Array([0xe2, 0x98]) });
  assert.deepEqual([binary.payload, binary.payloadBase64], [undefined, "4pg="]);
});

test("toMs() takes Unix ms and RFC 3339 and refuses days that do not exist", () => {
  assert.equal(toMs(5, "at"), 5);
  assert.equal(toMs("1970-01-01T00:00:01.5Z", "at"), 1_500);
  assert.throws(() => toMs("2030-13-01T00:00:00Z", "at"), { code: "INVALID_ARGUMENT" });
});

test("eventInput() is due at `at`, after delayMs, or now", () => {
  const options = { topic: "t", now: 100, field: "body" };
  assert.equal(eventInput({ id: "a", payload: "x", at: 5 }, options).at, 5);
  assert.equal(eventInput({ id: "a", payload: "x", delayMs: 5 }, options).at, 105);
  assert.equal(eventInput({ id: "a", payload: "x" }, options).at, 100);
});
