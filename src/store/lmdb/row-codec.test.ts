import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { isCronosError } from "../../base/errors.ts";
import { latin1Keys, RowCodec } from "./row-codec.ts";

const sizes = [0, 1, 31, 32, 33, 5000];

test("RowCodec: what store() made take() gives back", () => {
  const codec = new RowCodec("file");
  for (const valueBytes of sizes) {
    for (const keyBytes of [1, 32, 33, 1900]) {
      const key = "\xfe".repeat(keyBytes);
      const value = Buffer.alloc(valueBytes, "value");
      const size = codec.decode(codec.encode(codec.store(key, value)));
      assert.deepEqual(codec.take(key, size), value);
    }
  }
});

test("RowCodec: the checksum is the crc32 of value, then key, behind the value", () => {
  const stored = new RowCodec("file").store("k\xff", Buffer.from("value"));
  const expected = crc32(Buffer.concat([Buffer.from("value"), Buffer.from([0x6b, 0xff])]));
  assert.equal(stored.readUInt32LE(5), expected);
});

test("RowCodec: every flipped bit of a row is CORRUPTION that names file and key", () => {
  const codec = new RowCodec("base.mdb");
  const stored = codec.store("ab", Buffer.from("value"));
  for (let bit = 0; bit < stored.length * 8; bit++) {
    const flipped = Buffer.from(stored);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const size = codec.decode(flipped);
    assert.throws(() => codec.take("ab", size), (error) => {
      return isCronosError(error, "CORRUPTION") && /6162 of base\.mdb/.test(error.message);
    });
    assert.equal(codec.takeIfSound("ab", size), undefined);
  }
  const size = codec.decode(stored);
  assert.throws(() => codec.take("ac", size), (error) => isCronosError(error, "CORRUPTION"));
});

test("RowCodec: a value shorter than its checksum is CORRUPTION", () => {
  const codec = new RowCodec("file");
  const size = codec.decode(Buffer.from("abc"));
  assert.throws(() => codec.take("k", size), (error) => isCronosError(error, "CORRUPTION"));
});

test("RowCodec: take() copies and reads no more than the size it was told", () => {
  const codec = new RowCodec("file");
  for (const valueBytes of sizes) {
    const stored = codec.store("k", Buffer.alloc(valueBytes, "x"));
    const reused = Buffer.concat([stored, Buffer.alloc(100)]);
    codec.decode(reused);
    const value = codec.take("k", stored.length);
    reused.fill(0);
    assert.deepEqual(value, Buffer.alloc(valueBytes, "x"));
  }
});

test("latin1Keys: keys of any bytes, and a RangeError when the buffer is too small", () => {
  const key = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("");
  const buffer = Buffer.alloc(300);
  for (const part of [key, key.slice(200, 220), "a", ""]) {
    const end = latin1Keys.writeKey(part, buffer, 40);
    assert.equal(latin1Keys.readKey(buffer, 40, end), part);
  }
  assert.throws(() => latin1Keys.writeKey(key, buffer, 45), RangeError);
});
