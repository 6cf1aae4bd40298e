import assert from "node:assert/strict";
import { test } from "node:test";
import { TimingWheel } from "./timing-wheel.ts";

/** A Tuesday; a multiple of no tick used here. */
const start = 1_750_000_000_123;
const yearMs = 365 * 24 * 3600 * 1000;

function wheelAt(now: number, options: { tickMs?: number; slots?: number } = {}) {
  const wheel = new TimingWheel<string>({ tickMs: 10, slots: 8, now, ...options });
  const expire = (at: number): string[] => {
    const fired: string[] = [];
    wheel.expire(at, (item) => fired.push(item));
    return fired;
  };
  return { wheel, expire };
}

test("TimingWheel fires nothing before its millisecond, inside a slot too", () => {
  const { wheel, expire } = wheelAt(start);
  wheel.schedule("a", start + 4);
  wheel.schedule("b", start + 5);
  assert.equal(wheel.nextTime(), start + 4);
  assert.deepEqual(expire(start + 3), []);
  assert.deepEqual(expire(start + 4), ["a"]);
  assert.equal(wheel.nextTime(), start + 5);
  assert.deepEqual(expire(start + 5), ["b"]);
  assert.equal(wheel.nextTime(), undefined);
  assert.equal(wheel.size, 0);
});

test("TimingWheel fires in order of time, equals in order of schedule()", () => {
  const { wheel, expire } = wheelAt(start);
  wheel.schedule("late", start + yearMs);
  wheel.schedule("third", start + 70);
  wheel.schedule("first", start - 1000);
  wheel.schedule("fourth", start + 70);
  wheel.schedule("second", start + 7);
  assert.deepEqual(expire(start + 100), ["first", "second", "third", "fourth"]);
  assert.deepEqual(expire(start + yearMs - 1), []);
  assert.deepEqual(expire(start + yearMs), ["late"]);
});

test("TimingWheel.schedule() moves an item, between ring and overflow both ways", () => {
  const { wheel, expire } = wheelAt(start);
  wheel.schedule("a", start + 20);
  wheel.schedule("a", start + yearMs);
  assert.equal(wheel.nextTime(), start + yearMs);
  wheel.schedule("a", start + 30);
  assert.equal(wheel.timeOf("a"), start + 30);
  assert.equal(wheel.size, 1);
  assert.deepEqual(expire(start + 29), []);
  assert.deepEqual(expire(start + 30), ["a"]);
  assert.deepEqual(expire(start + 2 * yearMs), []);
});

test("TimingWheel.cancel() forgets the item and says whether it waited", () => {
  const { wheel, expire } = wheelAt(start);
  wheel.schedule("near", start + 5);
  wheel.schedule("far", start + yearMs);
  assert.equal(wheel.cancel("near"), true);
  assert.equal(wheel.cancel("near"), false);
  assert.equal(wheel.nextTime(), start + yearMs);
  assert.equal(wheel.cancel("far"), true);
  assert.equal(wheel.nextTime(), undefined);
  assert.deepEqual(expire(start + 2 * yearMs), []);
});

test("TimingWheel.expire() jumps over years without walking ticks", () => {
  const { wheel, expire } = wheelAt(start, { tickMs: 1, slots: 1024 });
  wheel.schedule("a", start + 3);
  wheel.schedule("b", start + 50 * yearMs);
  wheel.schedule("c", start + 100 * yearMs + 1);
  assert.deepEqual(expire(start + 100 * yearMs), ["a", "b"]);
  assert.deepEqual(expire(start + 100 * yearMs + 1), ["c"]);
});

test("TimingWheel fires nothing and loses nothing when the clock goes back", () => {
  for (const back of [1, 25, 90, 3_600_000, 10 * yearMs]) {
    const { wheel, expire } = wheelAt(start);
    wheel.schedule("a", start + 15);
    wheel.schedule("b", start + yearMs);
    assert.deepEqual(expire(start + 12), []);
    assert.deepEqual(expire(start - back), []);
    wheel.schedule("c", start - back + 1);
    assert.equal(wheel.nextTime(), start - back + 1);
    assert.deepEqual(expire(start - back), []);
    assert.deepEqual(expire(start - back + 1), ["c"]);
    assert.deepEqual(expire(start + 14), []);
    assert.deepEqual(expire(start + 15), ["a"]);
    assert.deepEqual(expire(start + yearMs), ["b"]);
  }
});

test("TimingWheel.expire() heeds what a fired item cancels, moves and schedules", () => {
  const { wheel } = wheelAt(start);
  for (const item of ["a", "b", "c", "d"]) wheel.schedule(item, start + 1);
  const fired: string[] = [];
  wheel.expire(start + 1, (item) => {
    fired.push(item);
    if (item !== "a") return;
    assert.equal(wheel.cancel("b"), true);
    wheel.schedule("c", start + 2);
    wheel.schedule("a", start);
    wheel.schedule("e", start);
  });
  assert.deepEqual(fired, ["a", "d"]);
  assert.equal(wheel.nextTime(), start);
  wheel.expire(start + 2, (item) => fired.push(item));
  assert.deepEqual(fired, ["a", "d", "a", "e", "c"]);
});

test("TimingWheel.expire() keeps the rest waiting when a fired item throws", () => {
  const { wheel, expire } = wheelAt(start);
  for (const item of ["a", "b", "c"]) wheel.schedule(item, start + 1);
  const failing = (): void => wheel.expire(start + 1, () => assert.fail("no"));
  assert.throws(failing, /no/);
  assert.equal(wheel.nextTime(), start + 1);
  assert.deepEqual(expire(start + 1), ["b", "c"]);
});

test("TimingWheel.expire() inside a fired item is an assertion", () => {
  const { wheel } = wheelAt(start);
  wheel.schedule("a", start);
  const nested = (): void => wheel.expire(start, () => wheel.expire(start, () => {}));
  assert.throws(nested, /must not call expire/);
});

test("TimingWheel.nextTime() is exact after the earliest of a slot left", () => {
  const { wheel } = wheelAt(start, { tickMs: 1000, slots: 4 });
  const at = Math.ceil(start / 1000) * 1000;
  for (const ms of [5, 3, 9]) wheel.schedule(`at ${ms}`, at + ms);
  wheel.cancel("at 3");
  assert.equal(wheel.nextTime(), at + 5);
  wheel.schedule("at 5", at + 20);
  wheel.schedule("at 4", at + 4);
  assert.equal(wheel.nextTime(), at + 4);
});

test("TimingWheel keeps 100,000 items that are moved all the time", () => {
  const wheel = new TimingWheel<number>({ tickMs: 1, slots: 1024, now: start });
  const items = 100_000;
  for (let item = 0; item < items; item++) wheel.schedule(item, start + item * 37);
  for (let item = 0; item < items; item++) wheel.schedule(item, start + (item * 7919) % 100_003);
  let fired = 0;
  let calls = 0;
  for (let now = wheel.nextTime(); now !== undefined; now = wheel.nextTime()) {
    wheel.expire(now + 99, () => fired++);
    calls++;
  }
  assert.equal(fired, items);
  assert.ok(calls <= 1002, `${calls} calls`);
});
