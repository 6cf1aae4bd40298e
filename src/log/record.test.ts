import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { epoch, logIndex } from "../base/ids.ts";
import { chainProblem, decodeRecord, encodeRecordHeader, recordHeaderBytes } from "./record.ts";

const bodyBytesMax = 1 << 20;

const time = 1_700_000_000_123;

function encode(index: number, texts: readonly string[], chain = 0) {
  const chunks = texts.map((text) => Buffer.from(text));
  const record = { index: logIndex(index), time, epoch: epoch(7), chunks };
  const header = encodeRecordHeader(record, chain);
  return { bytes: Buffer.concat([header.bytes, ...chunks]), crc: header.crc };
}

test("encodeRecordHeader() writes the documented bytes", () => {
  const { bytes } = encode(0x123456789a, ["ab", "c"], 0xdeadbeef);
  const crc = bytes.subarray(0, 4).toString("hex");
  assert.equal(crc, "21ee080b");
  assert.equal(
    bytes.subarray(4).toString("hex"),
    "03000000" + "9a78563412000000" + "7b68e5cf8b010000" + "07000000" + "efbeadde" + "616263",
  );
});

test("decodeRecord() gives back what was encoded, at any offset", () => {
  fc.assert(
    fc.property(
      fc.record({
        index: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        time: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        epoch: fc.integer({ min: 0, max: 0xffffffff }),
        chunks: fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 }),
        chain: fc.integer({ min: 0, max: 0xffffffff }),
        pad: fc.nat(20),
      }),
      (given) => {
        const record = { ...given, index: logIndex(given.index), epoch: epoch(given.epoch) };
        const header = encodeRecordHeader(record, given.chain);
        const before = Buffer.alloc(given.pad, 1);
        const bytes = Buffer.concat([before, header.bytes, ...given.chunks, Buffer.alloc(3, 1)]);
        const decoded = decodeRecord(bytes, given.pad, bodyBytesMax);
        assert.equal(decoded.kind, "record");
        assert.equal(decoded.crc, header.crc);
        assert.equal(decoded.chain, given.chain);
        assert.equal(decoded.record.index, given.index);
        assert.equal(decoded.record.time, given.time);
        assert.equal(decoded.record.epoch, given.epoch);
        assert.deepEqual(Buffer.from(decoded.record.body), Buffer.concat(given.chunks));
        assert.equal(decoded.byteLength, recordHeaderBytes + decoded.record.body.length);
      },
    ),
  );
});

test("encodeRecordHeader() takes empty chunks of every origin", () => {
  const empty = [new Uint8Array(0), Buffer.alloc(0).subarray(0, 0), Buffer.from("a").subarray(1)];
  for (const chunks of [empty, [Buffer.from("a"), ...empty], [...empty, Buffer.from("a")]]) {
    const record = { index: logIndex(1), time: 0, epoch: epoch(0), chunks };
    const header = encodeRecordHeader(record, 0);
    const decoded = decodeRecord(Buffer.concat([header.bytes, ...chunks]), 0, bodyBytesMax);
    assert.equal(decoded.kind, "record");
  }
});

test("decodeRecord() finds every flipped bit", () => {
  const { bytes } = encode(5, ["some body"]);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.notEqual(decodeRecord(flipped, 0, bodyBytesMax).kind, "record", `bit ${bit}`);
  }
});

test("decodeRecord() tells short, blank and bad apart", () => {
  const { bytes } = encode(5, ["some body"]);
  assert.deepEqual(decodeRecord(bytes.subarray(0, 20), 0, 99), { kind: "short", bytesNeeded: 32 });
  assert.deepEqual(decodeRecord(bytes.subarray(0, 40), 0, 99), { kind: "short", bytesNeeded: 41 });
  assert.deepEqual(decodeRecord(Buffer.alloc(50), 0, 99), { kind: "blank" });
  const bad = decodeRecord(bytes, 0, 8);
  assert.equal(bad.kind, "bad");
  assert.match(bad.problem, /body length 9 is over 8/);
  bytes.write("SOME", 32);
  assert.equal(decodeRecord(bytes, 0, 99).kind, "bad");
});

test("chainProblem() refuses a gap and a fork", () => {
  const first = encode(1, ["first"]);
  const second = decodeRecord(encode(2, ["second"], first.crc).bytes, 0, bodyBytesMax);
  assert.equal(second.kind, "record");
  assert.equal(chainProblem(second, { index: 1, crc: first.crc }), undefined);
  assert.match(chainProblem(second, { index: 2, crc: first.crc }) ?? "", /index is 2, after/);
  assert.match(chainProblem(second, { index: 1, crc: 5 }) ?? "", /but record 1 is 00000005/);
});
