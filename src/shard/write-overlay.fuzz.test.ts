import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Key } from "../base/key.ts";
import type { RangeOptions, ReadView, Row } from "../store/base-tree.ts";
import { WriteOverlay } from "./write-overlay.ts";

type Rows = ReadonlyMap<Key, string>;

class MapView implements ReadView {
  readonly rows: Rows;

  constructor(rows: Rows) {
    this.rows = rows;
  }

  get(key: Key): Uint8Array | undefined {
    const value = this.rows.get(key);
    return value === undefined ? undefined : Buffer.from(value);
  }

  range(start: Key, end: Key | undefined, options: RangeOptions = {}): Row[] {
    const rows = [...this.rows]
      .filter(([key]) => key >= start && (end === undefined || key < end))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]): Row => [key, Buffer.from(value)]);
    if (options.reverse === true) rows.reverse();
    return rows.slice(0, options.limit ?? rows.length);
  }
}

const aKey = fc.string({ unit: fc.constantFrom("a", "b", "\0"), minLength: 1, maxLength: 3 });
const anEnd = fc.option(aKey, { nil: undefined, freq: 4 });
const aLimit = fc.option(fc.nat(5), { nil: undefined });
const aStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ put: aKey, value: fc.string({ maxLength: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ delete: aKey }) },
  { weight: 2, arbitrary: fc.record({ deleteFrom: aKey, end: anEnd }) },
  { weight: 2, arbitrary: fc.record({ get: aKey }) },
  {
    weight: 3,
    arbitrary: fc.record({ from: aKey, end: anEnd, reverse: fc.boolean(), limit: aLimit }),
  },
  { weight: 1, arbitrary: fc.constant({ clear: true as const }) },
);

function removeRange(rows: Map<Key, string>, start: Key, end: Key | undefined): void {
  for (const [key] of new MapView(rows).range(start, end)) rows.delete(key);
}

function texts(rows: Iterable<Row>): string[] {
  return Array.from(rows, ([key, value]) => `${key}=${Buffer.from(value).toString()}`);
}

test("WriteOverlay reads as a map does, and replays to the same rows", () => {
  const property = fc.property(
    fc.dictionary(aKey, fc.string({ maxLength: 2 })),
    fc.array(aStep, { maxLength: 40 }),
    (initial, steps) => {
      const below = new MapView(new Map(Object.entries(initial)));
      const overlay = new WriteOverlay();
      let model = new Map(below.rows);
      for (const step of steps) {
        if ("put" in step) {
          overlay.put(step.put, Buffer.from(step.value));
          model.set(step.put, step.value);
        } else if ("delete" in step) {
          overlay.delete(step.delete);
          model.delete(step.delete);
        } else if ("deleteFrom" in step) {
          overlay.deleteRange(step.deleteFrom, step.end);
          removeRange(model, step.deleteFrom, step.end);
        } else if ("get" in step) {
          const own = overlay.lookup(step.get);
          const value = own === undefined ? below.get(step.get) : own;
          assert.equal(value?.toString(), model.get(step.get));
        } else if ("clear" in step) {
          overlay.clear();
          model = new Map(below.rows);
        } else {
          const { from, end, reverse, limit } = step;
          const options = limit === undefined ? { reverse } : { reverse, limit };
          assert.deepEqual(
            texts(overlay.over(below).range(from, end, options)),
            texts(new MapView(model).range(from, end, options)),
          );
        }
      }
      const replayed = new Map(below.rows);
      overlay.replayInto({
        put: (key, value) => void replayed.set(key, Buffer.from(value).toString()),
        delete: (key) => void replayed.delete(key),
        deleteRange: (start, end) => removeRange(replayed, start, end),
      });
      assert.deepEqual([...replayed].sort(), [...model].sort());
    },
  );
  fc.assert(property, { numRuns: 400 });
});

test("WriteOverlay.over() stays as it was when more is written", () => {
  const overlay = new WriteOverlay();
  const below = new MapView(new Map([["b", "0"]]));
  overlay.put("a", Buffer.from("1"));
  const seen: string[] = [];
  for (const [key] of overlay.over(below).range("", undefined)) {
    seen.push(key);
    overlay.put(`${key}x`, Buffer.from("2"));
    overlay.delete("b");
  }
  assert.deepEqual(seen, ["a", "b"]);
});
