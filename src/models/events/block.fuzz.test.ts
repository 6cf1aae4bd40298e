import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Block, blockSize, runsOf, writeBlock } from "./block.ts";

const u48 = fc.nat({ max: 2 ** 48 - 1 });
const event = fc.record({
  bytes: fc.uint8Array({ maxLength: 20 }),
  due: fc.oneof(fc.constantFrom(1, 2), u48),
  isRemoved: fc.boolean(),
});
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

function write(events: readonly Event[], options: { createdAt: number; sameDue: boolean }): Buffer {
  const bytes = Buffer.concat(events.map((each) => each.bytes));
  const ends = events.map((_, k) => sizeOf(events.slice(0, k + 1)));
  const { createdAt, sameDue } = options;
  const into = Buffer.alloc(blockSize(events.length, sameDue, bytes.length));
  writeBlock(
    into,
    {
      bytes,
      createdAt,
      count: events.length,
      start: (k) => (ends[k] as number) - sizeOf(events.slice(k, k + 1)),
      end: (k) => ends[k] as number,
      due: (k) => (events[sameDue ? 0 : k] as Event).due,
      removed: (k) => (events[k] as Event).isRemoved && sizeOf(events.slice(k, k + 1)) > 0,
    },
    sameDue,
  );
  return into;
}

function sizeOf(events: readonly Event[]): number {
  return events.reduce((size, { bytes }) => size + bytes.length, 0);
}

test("Block reads what writeBlock() wrote, in any order", () => {
  const input = fc.record({
    events: fc.array(event, { minLength: 1, maxLength: 12 }),
    createdAt: u48,
    sameDue: fc.boolean(),
    reads: fc.array(fc.nat(), { maxLength: 20 }),
  });
  fc.assert(
    fc.property(input, ({ events, createdAt, sameDue, reads }) => {
      const block = new Block(write(events, { createdAt, sameDue }), 100);
      assert.deepEqual(
        [block.firstOffset, block.endOffset, block.count, block.createdAt, block.sameDue],
        [100, 100 + events.length, events.length, createdAt, sameDue],
      );
      for (const read of [...reads, ...events.keys()]) {
        const k = read % events.length;
        const { bytes, due, isRemoved } = events[k] as Event;
        assert.deepEqual(block.event(k), Buffer.from(bytes));
        assert.equal(block.length(k), bytes.length);
        assert.equal(block.due(k), sameDue ? events[0]?.due : due);
        assert.equal(block.isRemoved(k), isRemoved && bytes.length > 0);
        assert.equal(block.isGone(k), isRemoved || bytes.length === 0);
      }
    }),
  );
});

test("runsOf() covers every event that waits, once, in runs as long as can be", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 2 }), { maxLength: 30 }), (dues) => {
      const covered = dues.map(() => -1);
      let before: { end: number; due: number } | undefined;
      for (const { position, count, due } of runsOf(dues.length, (k) => dues[k] as number)) {
        assert.ok(before === undefined || position > before.end || due !== before.due);
        for (let k = position; k < position + count; k++) covered[k] = due;
        before = { end: position + count, due };
      }
      assert.deepEqual(covered, dues);
    }),
  );
});
