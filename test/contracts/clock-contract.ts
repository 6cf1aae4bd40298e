/** What src/ports/clock.ts says, as tests that every Clock must pass. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../src/ports/clock.ts";

/** A clock and what lets at least `ms` of its time pass. */
export interface ClockUnderTest {
  readonly clock: Clock;
  pass(ms: number): Promise<void>;
}

/** Runs the suite against the clocks that `open` gives. */
export function clockContract(name: string, open: () => ClockUnderTest): void {
  test(`${name}: now() is an integer that moves with monotonic()`, async () => {
    const { clock, pass } = open();
    const now = clock.now();
    const monotonic = clock.monotonic();
    assert.ok(Number.isSafeInteger(now));
    await pass(20);
    assert.ok(clock.now() - now >= 19);
    assert.ok(clock.monotonic() - monotonic >= 19);
  });

  test(`${name}: at() fires once, never early, in order of time`, async () => {
    const { clock, pass } = open();
    const fired: number[] = [];
    const start = clock.now();
    for (const delay of [9, 3, 6, 3, 12.5]) {
      clock.at(start + delay, () => {
        assert.ok(clock.now() >= start + delay, "fired early");
        fired.push(delay);
      });
    }
    await pass(40);
    assert.deepEqual(fired, [3, 3, 6, 9, 12.5]);
  });

  test(`${name}: at() with a time that has passed fires in a later turn`, async () => {
    const { clock } = open();
    let fired = false;
    await new Promise<void>((resolve) => {
      clock.at(clock.now() - 1000, () => {
        fired = true;
        resolve();
      });
      assert.equal(fired, false);
    });
    assert.equal(fired, true);
  });

  test(`${name}: after() fires once, not before its delay`, async () => {
    const { clock, pass } = open();
    const start = clock.monotonic();
    const late: number[] = [];
    clock.after(5, () => late.push(clock.monotonic() - start - 5));
    clock.after(0, () => late.push(clock.monotonic() - start));
    await pass(30);
    assert.equal(late.length, 2);
    assert.ok(late.every((ms) => ms >= 0));
  });

  test(`${name}: a cancelled timer does not fire, cancel() after firing is harmless`, async () => {
    const { clock, pass } = open();
    const fired: string[] = [];
    const start = clock.now();
    const timers = [
      clock.at(start + 5, () => fired.push("at")),
      clock.after(5, () => fired.push("after")),
    ];
    const canceller = clock.at(start + 2, () => fired.push("canceller"));
    for (const timer of timers) timer.cancel();
    await pass(25);
    canceller.cancel();
    assert.deepEqual(fired, ["canceller"]);
  });

  test(`${name}: a timer may set timers and cancel others due with it`, async () => {
    const { clock, pass } = open();
    const fired: string[] = [];
    const start = clock.now();
    clock.at(start + 2, () => {
      fired.push("first");
      second.cancel();
      clock.at(start + 4, () => fired.push("third"));
      clock.at(start - 5, () => fired.push("passed"));
    });
    const second = clock.at(start + 2, () => fired.push("second"));
    await pass(25);
    assert.deepEqual(fired, ["first", "passed", "third"]);
  });

  test(`${name}: thousands of timers, many cancelled, fire in order`, async () => {
    const { clock, pass } = open();
    const fired: number[] = [];
    const start = clock.now();
    for (let count = 0; count < 3000; count++) {
      const delay = (count * 7919) % 20;
      const timer = clock.at(start + delay, () => fired.push(delay));
      if (count % 4 !== 0) timer.cancel();
    }
    await pass(60);
    assert.equal(fired.length, 750);
    assert.deepEqual(fired, fired.toSorted((a, b) => a - b));
  });
}
