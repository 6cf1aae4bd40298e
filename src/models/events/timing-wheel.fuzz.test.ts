/** A wheel of any shape does what a plain list of (item, at) does, whatever the clock does. */
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { TimingWheel } from "./timing-wheel.ts";

const start = 1_750_000_000_000;
const items = 12;

type Step =
  | { readonly kind: "schedule"; readonly item: number; readonly offset: number }
  | { readonly kind: "cancel"; readonly item: number }
  | { readonly kind: "expire"; readonly step: number };

const item = fc.integer({ min: 0, max: items - 1 });
/** Mostly about a turn of the wheel, sometimes far away in either direction. */
const distance = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -20, max: 150 }) },
  { weight: 2, arbitrary: fc.integer({ min: -3_000, max: 10_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1e12, -1e9, 1e9, 1e12) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("schedule"), item, offset: distance }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel"), item }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("expire"), step: distance }) },
);
const shape = fc.record({
  tickMs: fc.constantFrom(1, 7, 10, 100),
  slots: fc.constantFrom(1, 2, 8, 33, 64),
});

/** What the wheel must do: all items in a list, looked through each time. */
class SortedList {
  readonly #due = new Map<number, number>();

  schedule(each: number, at: number): void {
    if (this.#due.get(each) === at) return;
    this.#due.delete(each);
    this.#due.set(each, at);
  }

  cancel(each: number): boolean {
    return this.#due.delete(each);
  }

  expire(now: number): number[] {
    const due = [...this.#due].filter(([, at]) => at <= now).sort((a, b) => a[1] - b[1]);
    for (const [each] of due) this.#due.delete(each);
    return due.map(([each]) => each);
  }

  nextTime(): number | undefined {
    return this.#due.size === 0 ? undefined : Math.min(...this.#due.values());
  }
}

test("TimingWheel does what a sorted list does", () => {
  fc.assert(
    fc.property(shape, fc.array(step, { maxLength: 80 }), (options, steps) => {
      const wheel = new TimingWheel<number>({ ...options, now: start });
      const list = new SortedList();
      let now = start;
      for (const each of steps) {
        if (each.kind === "schedule") {
          wheel.schedule(each.item, now + each.offset);
          list.schedule(each.item, now + each.offset);
        } else if (each.kind === "cancel") {
          assert.equal(wheel.cancel(each.item), list.cancel(each.item));
        } else {
          now += each.step;
          const fired: number[] = [];
          wheel.expire(now, (one) => fired.push(one));
          assert.deepEqual(fired, list.expire(now));
        }
        assert.equal(wheel.nextTime(), list.nextTime());
      }
    }),
    { numRuns: 1500 },
  );
});
