import assert from "node:assert/strict";
import { test } from "node:test";
import { TimerQueue } from "./timer-queue.ts";

test("takeDue() gives timers by due time, equals in the order they were added", () => {
  const queue = new TimerQueue();
  const taken: string[] = [];
  for (const [due, name] of [[5, "c"], [1, "a"], [5, "d"], [1, "b"], [9, "e"]] as const) {
    queue.add(due, () => taken.push(name));
  }
  for (let fire = queue.takeDue(5); fire !== undefined; fire = queue.takeDue(5)) fire();
  assert.deepEqual(taken, ["a", "b", "c", "d"]);
  assert.equal(queue.nextDue(), 9);
  assert.equal(queue.size, 1);
});

test("cancel() takes a timer out, once", () => {
  const queue = new TimerQueue();
  const first = queue.add(1, () => undefined);
  queue.add(2, () => undefined);
  first.cancel();
  first.cancel();
  assert.equal(queue.size, 1);
  assert.equal(queue.nextDue(), 2);
});

test("cancel() keeps order when the heap is rebuilt", () => {
  const queue = new TimerQueue();
  const timers = Array.from({ length: 1000 }, (_, n) => queue.add((n * 7919) % 997, () => n));
  for (const timer of timers) if (timer.due % 5 !== 0) timer.cancel();
  let last = -1;
  let count = 0;
  while (queue.size > 0) {
    const due = queue.nextDue() ?? -1;
    assert.ok(due >= last && due % 5 === 0);
    assert.ok(queue.takeDue(due) !== undefined);
    last = due;
    count++;
  }
  assert.equal(count, timers.filter((timer) => timer.due % 5 === 0).length);
});
