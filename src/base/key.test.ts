/** Keys: exact bytes of each part, and the ends of their ranges. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  joinKey,
  keyAfterPrefix,
  keyBytes,
  keyFromBytes,
  keyText,
  keyToBytes,
  keyU16,
  keyU32,
  keyU48,
  keyU48Max,
  keyU8,
  readKeyBytes,
  readKeyText,
  readKeyU16,
  readKeyU32,
  readKeyU48,
} from "./key.ts";
import type { Key } from "./key.ts";

const hex = (key: Key): string => keyToBytes(key).toString("hex");

const encodings: readonly (readonly [name: string, key: Key, bytes: string])[] = [
  ["keyU8 0", keyU8(0), "00"],
  ["keyU8 255", keyU8(255), "ff"],
  ["keyU16 258", keyU16(258), "0102"],
  ["keyU16 largest", keyU16(0xffff), "ffff"],
  ["keyU32 1", keyU32(1), "00000001"],
  ["keyU32 largest", keyU32(0xffffffff), "ffffffff"],
  ["keyU48 0", keyU48(0), "000000000000"],
  ["keyU48 2^32", keyU48(2 ** 32), "000100000000"],
  ["keyU48 a time in ms", keyU48(1_700_000_000_000), "018bcfe56800"],
  ["keyU48 largest", keyU48(keyU48Max), "ffffffffffff"],
  ["keyText empty", keyText(""), "0001"],
  ["keyText a", keyText("a"), "610001"],
  ["keyText umlaut", keyText("ü"), "c3bc0001"],
  ["keyBytes with a zero", keyBytes("a\x00b"), "6100ff620001"],
  ["keyBytes that looks like an end", keyBytes("\x00\x01"), "00ff010001"],
];

for (const [name, key, bytes] of encodings) {
  test(`${name} is ${bytes}`, () => assert.equal(hex(key), bytes));
}

test("readKey…() read the part at a position and tell where the next one starts", () => {
  const key = keyU8(7) + keyText("tópic") + keyU16(300) + keyBytes("\x00\xff") + keyU48(2 ** 40);
  const topic = readKeyText(key, 1);
  assert.equal(topic.text, "tópic");
  assert.equal(readKeyU16(key, topic.next), 300);
  const bytes = readKeyBytes(key, topic.next + 2);
  assert.equal(bytes.bytes, "\x00\xff");
  assert.equal(readKeyU48(key, bytes.next), 2 ** 40);
  assert.equal(readKeyU32(keyU32(0x80000000), 0), 0x80000000);
});

for (const key of ["", "abc", "abc\x00", "abc\x00\xff"]) {
  test(`readKeyBytes() refuses a part without an end: ${JSON.stringify(key)}`, () => {
    assert.throws(() => readKeyBytes(key, 0), /ended by 00 01/);
  });
}

const afterPrefixes: readonly (readonly [prefix: Key, after: Key | undefined])[] = [
  ["a", "b"],
  ["a\xff", "b"],
  ["\x00", "\x01"],
  ["a\xfe\xff\xff", "a\xff"],
  ["\xff\xff", undefined],
  ["", undefined],
];

for (const [prefix, after] of afterPrefixes) {
  test(`keyAfterPrefix() of ${hex(prefix) || "nothing"}`, () => {
    assert.equal(keyAfterPrefix(prefix), after);
  });
}

test("keyFromBytes() reads a part of a larger buffer", () => {
  assert.equal(keyFromBytes(new Uint8Array([1, 0, 255, 9]).subarray(1, 3)), "\x00\xff");
});

test("joinKey() is the prefix and the rest, short or long", () => {
  for (const rest of ["", "a", "\x00\xff", "long ".repeat(40)]) {
    assert.equal(joinKey("K\x01\xfe", rest), `K\x01\xfe${rest}`);
  }
});
