import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Page, PageBuilder, pageBytesTarget } from "./run-page.ts";

type Entry = readonly [key: string, value: Uint8Array | null];

const fileOffset = 123_456_789_012;

function pageOf(entries: readonly Entry[]): Page {
  const builder = new PageBuilder();
  for (const [key, value] of entries) builder.add(key, value);
  const page = Page.parse(Buffer.from(builder.finish(fileOffset)), fileOffset);
  assert.ok(page !== undefined);
  return page;
}

const aKey = fc.string({ unit: fc.constantFrom("a", "b", "\0", "\xff"), minLength: 1 });
const someEntries = fc
  .uniqueArray(fc.tuple(aKey, fc.option(fc.uint8Array({ maxLength: 200 }))), {
    selector: ([key]) => key,
    maxLength: 80,
  })
  .map((entries) => entries.sort(([a], [b]) => (a < b ? -1 : 1)));

test("Page gives back what was added, and finds every key's place", () => {
  fc.assert(
    fc.property(someEntries, fc.array(aKey), (entries, others) => {
      const page = pageOf(entries);
      assert.equal(page.count, entries.length);
      for (const [n, [key, value]] of entries.entries()) {
        assert.equal(page.key(n), key);
        assert.deepEqual(page.value(n), value === null ? null : Buffer.from(value));
        assert.deepEqual(page.view(n), page.value(n));
        assert.equal(page.isTombstone(n), value === null);
        assert.ok(page.isAt(n, key));
        assert.equal(page.find(key), n);
        assert.equal(page.floor(key), n);
      }
      for (const target of [...others, "", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"]) {
        const place = entries.filter(([key]) => key < target).length;
        assert.equal(page.find(target), place);
        const isThere = entries[place]?.[0] === target;
        assert.equal(page.floor(target), isThere ? place : place - 1);
      }
    }),
    { numRuns: 200 },
  );
});

test("Page.parse() finds every flipped bit, and a page at another place", () => {
  const builder = new PageBuilder();
  for (const key of ["aa", "ab", "b"]) builder.add(key, Buffer.from(`value of ${key}`));
  const bytes = Buffer.from(builder.finish(8192));
  assert.ok(Page.parse(bytes, 8192) !== undefined);
  assert.equal(Page.parse(bytes, 4096), undefined);
  assert.equal(Page.parse(bytes.subarray(0, 3), 8192), undefined);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(bit >>> 3) ^ (1 << (bit & 7)), bit >>> 3);
    assert.equal(Page.parse(damaged, 8192), undefined);
  }
});

test("PageBuilder is full at its target, takes any value, and begins anew", () => {
  const builder = new PageBuilder();
  builder.add("large", Buffer.alloc(1_000_000, 7));
  assert.ok(builder.isFull);
  const large = Page.parse(Buffer.from(builder.finish(0)), 0);
  assert.equal(large?.value(0)?.length, 1_000_000);
  assert.ok(!builder.isFull);
  let rows = 0;
  while (!builder.isFull) builder.add(`key ${String(rows++).padStart(9, "0")}`, Buffer.alloc(20));
  const page = builder.finish(0);
  assert.ok(page.length < 1.2 * pageBytesTarget);
  assert.ok(page.length < rows * (13 + 20), "keys share what they begin with");
});

test("Page.value() of a small value holds no page in memory", () => {
  const page = pageOf([
    ["a", Buffer.alloc(10)],
    ["b", Buffer.alloc(5000)],
  ]);
  assert.notEqual(page.value(0)?.buffer, page.bytes.buffer);
  assert.equal(page.value(1)?.buffer, page.bytes.buffer);
});
