import assert from "node:assert/strict";
import { test } from "node:test";
import { Topic, checkTopicSettings, settingsOf } from "./topic.ts";
import type { TopicSettings } from "./topic.ts";

const settings: TopicSettings = {
  partitions: 3,
  retentionMs: 1,
  retentionBytes: 2,
  dedupTtlMs: 3,
  maxAttempts: 4,
  ackTimeoutMs: 5,
  retryBackoffMs: 6,
};

const bounds: readonly (readonly [keyof TopicSettings, number, number])[] = [
  ["partitions", 1, 1024],
  ["retentionMs", 0, Number.MAX_SAFE_INTEGER],
  ["retentionBytes", 0, Number.MAX_SAFE_INTEGER],
  ["dedupTtlMs", 0, Number.MAX_SAFE_INTEGER],
  ["maxAttempts", 1, 1_000_000],
  ["ackTimeoutMs", 1, 2 ** 40],
  ["retryBackoffMs", 0, 2 ** 40],
];

test("checkTopicSettings() takes what is within bounds and names what is not", () => {
  for (const [name, low, high] of bounds) {
    checkTopicSettings({ [name]: low });
    checkTopicSettings({ [name]: high });
    for (const value of [low - 1, high + 1, 1.5, Number.NaN, "1", null]) {
      assert.throws(() => checkTopicSettings({ [name]: value as number }), {
        code: "INVALID_ARGUMENT",
        message: new RegExp(`${name} must be an integer from ${low} to ${high}: got ${value}`),
      });
    }
  }
  checkTopicSettings({});
});

test("checkTopicSettings() refuses a setting it does not know", () => {
  assert.throws(() => checkTopicSettings({ retention: 1 } as Partial<TopicSettings>), {
    code: "INVALID_ARGUMENT",
    message: /retention is unknown: expected one of partitions, /,
  });
});

test("Topic has its partitions and settings from its row", () => {
  const row = { id: 7, createdAt: 8, ...settings };
  const topic = new Topic("t", row);
  assert.deepEqual(settingsOf(row), settings);
  assert.deepEqual(topic.settings, settings);
  assert.deepEqual(
    topic.partitions.map(({ number }) => number),
    [0, 1, 2],
  );
  assert.equal(topic.partition(2), topic.partitions[2]);
  for (const number of [-1, 3, 0.5, Number.NaN]) {
    assert.throws(() => topic.partition(number), {
      code: "INVALID_ARGUMENT",
      message: /Partition of t must be from 0 to 2/,
    });
  }
});

test("Topic.pending is what was published and neither fired nor was cancelled", () => {
  const topic = new Topic("t", { id: 1, createdAt: 1, ...settings });
  Object.assign(topic.partition(0), { nextOffset: 10, nextSequence: 4, cancelled: 1 });
  Object.assign(topic.partition(2), { nextOffset: 3 });
  assert.equal(topic.pending, 8);
});
