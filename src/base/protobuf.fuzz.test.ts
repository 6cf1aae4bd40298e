import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ProtobufReader, varintSize, writeVarint } from "./protobuf.ts";
import { isCronosError } from "./errors.ts";

test("writeVarint and ProtobufReader.varint agree for every safe integer", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const out = Buffer.alloc(12);
      const end = writeVarint(out, 1, value);
      assert.equal(end - 1, varintSize(value));
      const reader = new ProtobufReader(out, 1, end);
      assert.equal(reader.varint(), value);
      assert.equal(reader.at, end);
    }),
  );
});

test("ProtobufReader.varint is the int64 that BigInt reads", () => {
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
      const bytes: number[] = [];
      let rest = BigInt.asUintN(64, value);
      for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
      bytes.push(Number(rest));
      const read = new ProtobufReader(Uint8Array.from(bytes)).varint();
      const off = Math.abs(read - Number(value));
      assert.ok(off <= Math.abs(Number(value)) * 1e-15, `${read} is not ${value}`);
    }),
  );
});

test("ProtobufReader reads random bytes to their end or refuses them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const reader = new ProtobufReader(bytes);
      try {
        for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) reader.skip(tag);
        assert.equal(reader.at, bytes.length);
      } catch (error) {
        assert.ok(isCronosError(error, "INVALID_ARGUMENT"));
      }
    }),
  );
});
