import assert from "node:assert/strict";
import { test } from "node:test";
import { epoch } from "../../base/ids.ts";
import {
  decodeMark,
  decodeSegmentHeader,
  encodeMark,
  encodeSegmentHeader,
  findMark,
  markBytes,
  parseSegmentName,
  segmentName,
} from "./segment-format.ts";

const salt = Buffer.from("0102030405060708", "hex");
const before = { index: 0xabcd, chain: 0xdeadbeef, time: 1_700_000_000_123, epoch: epoch(9) };
const mark = { durableIndex: 5, firstIndex: 7, byteLength: 300, chain: 0xcafe };

test("segmentName() and parseSegmentName() are inverse, other names are none", () => {
  assert.equal(segmentName(0x493e1), "00000000000493e1.log");
  assert.equal(parseSegmentName("00000000000493e1.log"), 0x493e1);
  for (const name of ["LOCK", "1.log", "00000000000493e1.log.old", "0000000000000000.log"]) {
    assert.equal(parseSegmentName(name), undefined);
  }
});

test("encodeSegmentHeader() writes the documented bytes, decodeSegmentHeader() reads them", () => {
  const bytes = encodeSegmentHeader({ salt, before });
  assert.equal(bytes.length, 64);
  assert.equal(bytes.subarray(0, 8).toString(), "CRNSLOG1");
  const fields = ["01000000", "0102030405060708", "ceab000000000000", "7b68e5cf8b010000"];
  const rest = ["09000000", "efbeadde", "00".repeat(16)];
  assert.equal(bytes.subarray(12).toString("hex"), [...fields, ...rest].join(""));
  assert.deepEqual(decodeSegmentHeader(bytes), { salt, before });
});

test("decodeSegmentHeader() finds every flipped bit", () => {
  const bytes = encodeSegmentHeader({ salt, before });
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.equal(typeof decodeSegmentHeader(flipped), "string", `bit ${bit}`);
  }
});

test("decodeMark() takes a mark only at its own offset, with its own salt", () => {
  const bytes = encodeMark({ offset: 4096, mark }, salt);
  assert.equal(bytes.subarray(4).toString("hex").slice(0, 8), "ffffffff");
  assert.deepEqual(decodeMark(bytes, 0, { offset: 4096, salt }), mark);
  assert.equal(decodeMark(bytes, 0, { offset: 4097, salt }), undefined);
  assert.equal(decodeMark(bytes, 0, { offset: 4096, salt: Buffer.alloc(8) }), undefined);
  assert.equal(decodeMark(bytes.subarray(0, markBytes - 1), 0, { offset: 4096, salt }), undefined);
});

test("decodeMark() finds every flipped bit", () => {
  const bytes = encodeMark({ offset: 4096, mark }, salt);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.equal(decodeMark(flipped, 0, { offset: 4096, salt }), undefined, `bit ${bit}`);
  }
});

test("findMark() finds marks between what looks like them", () => {
  const noise = Buffer.alloc(50, 0xff);
  const copied = encodeMark({ offset: 77, mark }, salt);
  const real = encodeMark({ offset: 1000 + noise.length + markBytes, mark }, salt);
  const bytes = Buffer.concat([noise, copied, real, noise]);
  const found = findMark(bytes, 0, { start: 1000, salt });
  assert.deepEqual(found, { offset: 1082, mark });
  assert.equal(findMark(bytes, 83, { start: 1000, salt }), undefined);
});
