/**
 * An ordered map does what a sorted list of entries does: whatever is written, then every way of
 * reading. Some keys are long and begin alike, so that their rows are not in the order of keys.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RowStore } from "../../../test/support/row-store.ts";
import type { Key } from "../../base/key.ts";
import { SHORT_KEY_BYTES_MAX, ZSpace } from "./rows.ts";
import { keySelectors, selectKey } from "./scan.ts";
import type { KeySelector, ZRange } from "./scan.ts";
import { zdel, zdelRange, zget, zgetRange, zset } from "./zmap.ts";
import type { RangeRead } from "./zmap.ts";

const beginning = "m".repeat(SHORT_KEY_BYTES_MAX - 1);
const shortKey = fc.string({ unit: fc.constantFrom("a", "b", "\0", "\xff"), maxLength: 3 });
const longKey = fc
  .string({ unit: fc.constantFrom("m", "n", "\0", "\xff"), maxLength: 4 })
  .map((tail) => beginning + tail);
const aKey = fc.oneof(shortKey, longKey);
const anEnd = fc.option(aKey, { nil: undefined, freq: 5 });
const aSelector = fc.option(fc.constantFrom(...keySelectors), { nil: undefined });

type Write =
  | { readonly kind: "set"; readonly key: Key; readonly value: string }
  | { readonly kind: "delete"; readonly key: Key }
  | ({ readonly kind: "deleteRange" } & ZRange);

const aWrite: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("set" as const),
      key: aKey,
      value: fc.string({ maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: aKey.map((key): Write => ({ kind: "delete", key })) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("deleteRange" as const), begin: anEnd, end: anEnd }),
  },
);

const aRead: fc.Arbitrary<RangeRead> = fc.record({
  begin: anEnd,
  end: anEnd,
  beginSelector: aSelector,
  endSelector: aSelector,
  limit: fc.integer({ min: 1, max: 6 }),
  reverse: fc.boolean(),
});

test("zmap: writes and reads are those of a sorted list", () => {
  const space = new ZSpace(7);
  fc.assert(
    fc.property(
      fc.array(aWrite, { maxLength: 30 }),
      fc.array(aRead, { minLength: 1, maxLength: 8 }),
      aKey,
      (writes, reads, probe) => {
        const store = new RowStore();
        const model = new Map<Key, string>();
        for (const id of [6, 8]) set(store, new ZSpace(id), { key: "a", value: "another" });
        for (const write of writes) apply(store, space, { write, model });
        const entries = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
        for (const read of reads) {
          const found = zgetRange(store, space, read);
          const texts = found.map(({ key, value }) => [key, Buffer.from(value).toString()]);
          assert.deepEqual(texts, expectedRange(entries, read));
        }
        for (const selector of keySelectors) {
          const found = selectKey(store, space, { key: probe, selector });
          assert.equal(found, select(entries, probe, selector));
        }
        const value = zget(store, space, probe);
        assert.equal(value && Buffer.from(value).toString(), model.get(probe));
      },
    ),
    { numRuns: 500 },
  );
});

function set(store: RowStore, space: ZSpace, { key, value }: { key: Key; value: string }): void {
  store.run((tx) => zset(tx, space, { key, value: Buffer.from(value) }));
}

function apply(
  store: RowStore,
  space: ZSpace,
  { write, model }: { readonly write: Write; readonly model: Map<Key, string> },
): void {
  if (write.kind === "set") {
    set(store, space, write);
    model.set(write.key, write.value);
  } else if (write.kind === "delete") {
    store.run((tx) => zdel(tx, space, write.key));
    model.delete(write.key);
  } else {
    store.run((tx) => zdelRange(tx, space, write));
    const { begin = "", end } = write;
    for (const key of model.keys()) {
      if (key >= begin && (end === undefined || key < end)) model.delete(key);
    }
  }
}

type Entries = readonly (readonly [Key, string])[];

function expectedRange(entries: Entries, read: RangeRead): Entries {
  const { beginSelector = "first_greater_or_equal", endSelector = "first_greater_than" } = read;
  const { begin, end, limit, reverse } = read;
  const from = begin === undefined ? 0 : placeOf(entries, begin, beginSelector);
  const until = end === undefined ? entries.length : placeOf(entries, end, endSelector);
  const found = entries.slice(Math.max(0, from), Math.max(0, until));
  if (reverse) found.reverse();
  return found.slice(0, limit);
}

function select(entries: Entries, key: Key, selector: KeySelector): Key | undefined {
  return entries[placeOf(entries, key, selector)]?.[0];
}

function placeOf(entries: Entries, key: Key, selector: KeySelector): number {
  const isBefore = ([other]: readonly [Key, string]) =>
    selector === "first_greater_than" || selector === "last_less_or_equal"
      ? other <= key
      : other < key;
  const count = entries.filter(isBefore).length;
  return selector.startsWith("first") ? count : count - 1;
}
