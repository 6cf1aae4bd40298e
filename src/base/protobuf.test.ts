import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ProtobufReader,
  ProtobufWriter,
  bytesField,
  varintField,
  varintSize,
  writeVarint,
} from "./protobuf.ts";
import { isCronosError } from "./errors.ts";

const varints: readonly (readonly [number, string])[] = [
  [0, "00"],
  [1, "01"],
  [127, "7f"],
  [128, "8001"],
  [300, "ac02"],
  [2 ** 31 - 1, "ffffffff07"],
  [2 ** 31, "8080808008"],
  [2 ** 32, "8080808010"],
  [2 ** 35, "808080808001"],
  [1_700_000_000_000, "80d095ffbc31"],
  [Number.MAX_SAFE_INTEGER, "ffffffffffffff0f"],
  [-1, "ffffffffffffffffff01"],
  [-(2 ** 31), "80808080f8ffffffff01"],
  [Number.MIN_SAFE_INTEGER, "81808080808080f0ff01"],
];

test("writeVarint writes what protobuf defines, varintSize tells how long it is", () => {
  for (const [value, hex] of varints) {
    const out = Buffer.alloc(10);
    const end = writeVarint(out, 0, value);
    assert.equal(out.toString("hex", 0, end), hex, String(value));
    assert.equal(varintSize(value), end, String(value));
  }
});

test("ProtobufReader reads back every varint", () => {
  for (const [value, hex] of varints) {
    const reader = new ProtobufReader(Buffer.from(hex, "hex"));
    assert.equal(reader.varint(), value);
    assert.equal(reader.at, reader.end);
  }
});

test("ProtobufReader passes over fields of every wire type", () => {
  const message = Buffer.concat([
    varintField(1, 300),
    bytesField(2, "two"),
    Buffer.from([(3 << 3) | 1, 1, 2, 3, 4, 5, 6, 7, 8]),
    Buffer.from([(4 << 3) | 5, 1, 2, 3, 4]),
    varintField(5, 1),
  ]);
  const reader = new ProtobufReader(message);
  const seen: number[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    seen.push(tag >>> 3);
    if (tag >>> 3 === 5) assert.equal(reader.bool(), true);
    else reader.skip(tag);
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5]);
});

test("ProtobufReader refuses malformed messages with INVALID_ARGUMENT", () => {
  const malformed = ["08", "0880", "0a05", "0aff", "3d0102", "0901020304", "0b", "07", "00"];
  malformed.push("08ffffffffffffffffff02", "0affffffffffffffffff01");
  for (const hex of malformed) {
    const readAll = (): void => {
      const reader = new ProtobufReader(Buffer.from(hex, "hex"));
      for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) reader.skip(tag);
    };
    assert.throws(readAll, (error) => isCronosError(error, "INVALID_ARGUMENT"), hex);
  }
});

test("ProtobufWriter leaves out zeros", () => {
  const writer = new ProtobufWriter(20);
  writer.number(1, 0);
  writer.number(2, 5);
  writer.raw(bytesField(3, "x"));
  assert.equal(writer.message().toString("hex"), "10051a0178");
});
