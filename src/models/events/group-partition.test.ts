import assert from "node:assert/strict";
import { test } from "node:test";
import { GroupFixture } from "../../../test/support/group-fixture.ts";
import type { Key } from "../../base/key.ts";
import { decodePosition } from "./position.ts";
import { encodeFailed } from "./retry.ts";

const fromStart = { offsetMin: 0, dueMin: 0 };

/** Many rows of the fired log, 100 events each. */
function firedRows(group: GroupFixture, rows: number): void {
  for (let row = 0; row < rows; row++) group.fire([{ count: 100, due: 1 }]);
}

function putRetry(group: GroupFixture, retryAt: number, offset: number): Key {
  const key = group.at.retryKeyAt(retryAt, offset);
  const event = Buffer.from("event");
  const failed = { due: 1, createdAt: 1, deadAt: 0, failures: 1, error: "", event };
  group.store.run((tx) => tx.put(key, encodeFailed(failed)));
  return key;
}

function takeRetries(group: GroupFixture, now: number): number[] {
  const offsets: number[] = [];
  for (;;) {
    group.at.fillRetries(group.store, now);
    const retry = group.at.takeRetry(undefined);
    if (retry === undefined) return offsets;
    offsets.push(retry.offset);
  }
}

test("GroupPartition.moveTo() reads a gap of any size whole", () => {
  const group = new GroupFixture(fromStart);
  firedRows(group, 100);
  group.fill();
  for (let span = 0; span < 100; span++) {
    group.take(100, 100);
    group.fill();
  }
  group.settle([99], false);
  assert.equal(decodePosition(group.stored).gaps[0]?.count, 9900);
  assert.deepEqual(group.drainFresh(), group.unsettled());
  assert.equal(group.unsettled().length, 9900);
});

test("GroupPartition.position() changes nothing, so that an operation can be undone", () => {
  const group = new GroupFixture(fromStart);
  group.fire([{ count: 3, due: 1 }]);
  for (let span = 0; span < 3; span++) group.take(1, 1);
  group.settle([0, 1], true);
  group.settle([2, 1], false);
  group.giveBack(0);
  assert.deepEqual(group.drain(), [0]);
  assert.deepEqual(group.drainFresh(), [0]);
});

test("GroupPartition.fill() passes what the group leaves out in steps", () => {
  const group = new GroupFixture({ offsetMin: 99_999, dueMin: 0 });
  group.at.moveTo({ sequence: 1, offset: 0, offsetMin: 99_999, dueMin: 0, gaps: [] }, group.store);
  firedRows(group, 1000);
  let steps = 0;
  group.reload();
  do {
    group.fill();
    steps++;
  } while (group.at.isBehind);
  assert.ok(steps > 3, `${steps} steps`);
  assert.equal(group.at.settledSequence, 99_999);
  assert.deepEqual(group.drain(), [99_999]);
});

test("GroupPartition.committedOffset is behind the settled events in fired order", () => {
  const group = new GroupFixture(fromStart);
  group.fire([{ count: 2, due: 1 }]);
  group.take(1, 1);
  group.take(1, 1);
  group.settle([1], false);
  assert.equal(group.at.committedOffset, 0);
  group.settle([0], false);
  assert.equal(group.at.committedOffset, 2);
});

test("GroupPartition.fillRetries() takes what is due, in order, once", () => {
  const group = new GroupFixture(fromStart);
  putRetry(group, 30, 3);
  putRetry(group, 10, 1);
  putRetry(group, 20, 2);
  assert.deepEqual(takeRetries(group, 20), [1, 2]);
  assert.equal(group.at.nextRetryAt, 30);
  assert.deepEqual(takeRetries(group, 29), []);
  assert.deepEqual(takeRetries(group, 30), [3]);
  assert.equal(group.at.nextRetryAt, Number.POSITIVE_INFINITY);
});

test("GroupPartition.fillRetries() bounds what is in memory", () => {
  const group = new GroupFixture(fromStart);
  for (let offset = 0; offset < 1500; offset++) putRetry(group, 10, offset);
  assert.equal(takeRetries(group, 10).length, 1500);
});

test("GroupPartition.retryKeyAt() gives a key that is still to be read", () => {
  const group = new GroupFixture(fromStart);
  putRetry(group, 10, 5);
  assert.deepEqual(takeRetries(group, 10), [5]);
  putRetry(group, 10, 4);
  group.at.nextRetryAt = 10;
  assert.deepEqual(takeRetries(group, 10), []);
  assert.deepEqual(takeRetries(group, 11), [4]);
});

test("GroupPartition.retryKeyAt() does not make a retry wait for a clock that was set back", () => {
  const group = new GroupFixture(fromStart);
  const hour = 3_600_000;
  putRetry(group, 2 * hour, 5);
  assert.deepEqual(takeRetries(group, 2 * hour), [5]);
  putRetry(group, hour, 4);
  group.at.nextRetryAt = hour;
  assert.deepEqual(takeRetries(group, hour), [4]);
  // The one that is out is not read again.
  assert.deepEqual(takeRetries(group, 3 * hour), []);
});

test("GroupPartition.giveBackRetry() hands the retry out again as another attempt", () => {
  const group = new GroupFixture(fromStart);
  putRetry(group, 10, 1);
  group.at.fillRetries(group.store, 10);
  const retry = group.at.takeRetry(undefined);
  assert.ok(retry !== undefined);
  group.at.giveBackRetry(retry);
  assert.equal(group.at.takeRetry(2), undefined);
  assert.equal(group.at.takeRetry(3), retry);
});
