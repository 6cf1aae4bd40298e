import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesField, varintField } from "../../base/protobuf.ts";
import { Block, blockSize, writeBlock } from "./block.ts";
import { changedBlock } from "./edited-block.ts";
import type { BlockChange } from "./edited-block.ts";
import { scheduleTime } from "./schedule-time.ts";

const createdAt = 77;

function event(k: number, payloadBytes: number): Buffer {
  const payload = bytesField(3, Buffer.alloc(payloadBytes, k));
  return Buffer.concat([bytesField(1, `id${k}`), varintField(2, 1000 + k), payload]);
}

function blockOf(events: readonly Buffer[], dueOf: (k: number) => number): Block {
  const bytes = Buffer.concat(events);
  const ends: number[] = [];
  for (const each of events) ends.push((ends.at(-1) ?? 0) + each.length);
  const into = Buffer.alloc(blockSize(events.length, false, bytes.length));
  writeBlock(
    into,
    {
      bytes,
      createdAt,
      count: events.length,
      start: (k) => ends[k - 1] ?? 0,
      end: (k) => ends[k] as number,
      due: dueOf,
      removed: (k) => k === 1,
    },
    false,
  );
  return new Block(into, 500);
}

/** Every event of the block after the change: bytes, due time and whether it was removed. */
function changed(
  block: Block,
  positions: readonly number[],
  change: BlockChange,
): { events: unknown[]; pieces: number } {
  const isChanged = new Uint8Array(block.count);
  for (const position of positions) isChanged[position] = 1;
  const events: unknown[] = [];
  const pieces = changedBlock(block, isChanged, change);
  for (const piece of pieces) {
    assert.equal(piece.first, events.length);
    const into = Buffer.alloc(piece.size);
    writeBlock(into, piece, piece.sameDue);
    const written = new Block(into, block.firstOffset + piece.first);
    assert.equal(written.createdAt, createdAt);
    for (let k = 0; k < written.count; k++) {
      const at = scheduleTime(written.event(k), 0, written.length(k));
      events.push([written.length(k), at, written.due(k), written.isRemoved(k)]);
    }
  }
  return { events, pieces: pieces.length };
}

for (const [name, payloadBytes, pieces] of [["small", 10, 1], ["large", 1500, 5]] as const) {
  test(`changedBlock() of a ${name} block changes these events and no others`, () => {
    const events = Array.from({ length: 100 }, (_, k) => event(k, payloadBytes));
    const block = blockOf(events, (k) => 1000 + (k % 3));
    const expected = (k: number): unknown[] => {
      return [events[k]?.length, 1000 + k, 1000 + (k % 3), k === 1];
    };
    const cancelled = changed(block, [0, 50, 99], { kind: "cancel" });
    assert.equal(cancelled.pieces, pieces);
    for (const k of [2, 49, 51, 98]) assert.deepEqual(cancelled.events[k], expected(k));
    for (const k of [0, 50, 99]) {
      assert.deepEqual(cancelled.events[k], [0, 0, 1000 + (k % 3), false]);
    }
    const moved = changed(block, [0, 50, 99], { kind: "reschedule", at: 5, due: 9 });
    for (const k of [1, 2, 49, 51, 98]) assert.deepEqual(moved.events[k], expected(k));
    for (const k of [0, 50, 99]) {
      assert.deepEqual(moved.events[k], [(events[k]?.length ?? 0) + 2, 5, 9, false]);
    }
  });
}

test("changedBlock() stores equal due times once", () => {
  const block = blockOf([event(0, 1), event(1, 1)], () => 1000);
  const change = { kind: "reschedule", at: 8, due: 8 } as const;
  const [piece] = changedBlock(block, new Uint8Array([1, 1]), change);
  assert.equal(piece?.sameDue, true);
  assert.equal(piece?.due(0), 8);
});
