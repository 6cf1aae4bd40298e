import assert from "node:assert/strict";
import { test } from "node:test";
import { keyU48 } from "../../base/key.ts";
import {
  blockKeyOffset,
  blocksPrefix,
  countersKey,
  deadLetterKey,
  deadLettersPrefix,
  dedupPageKey,
  dedupReachKey,
  dedupRunKey,
  dueKeyOffset,
  dueKeyTime,
  duesPrefix,
  firedKeySequence,
  firedLogPrefix,
  groupKey,
  groupKeyName,
  jsonValue,
  partitionKey,
  positionKey,
  prefixEnd,
  readDeadLetterKey,
  readJson,
  readRetryKey,
  retriesPrefix,
  retryKey,
  scheduleKey,
  topicKey,
} from "./rows.ts";

const big = 2 ** 48 - 1;

test("every kind of row has the number it always had", () => {
  const keys = [
    countersKey,
    topicKey("t"),
    partitionKey(1, 0),
    blocksPrefix(1, 0),
    duesPrefix(1, 0),
    groupKey(1, "g"),
    positionKey(1, 2, 0),
    retriesPrefix(1, 2),
    deadLettersPrefix(1),
    scheduleKey(1, "s"),
    dedupRunKey(1),
    dedupPageKey(1, 0),
    dedupReachKey(1, 0),
    firedLogPrefix(1, 0),
  ];
  const starts = keys.map((key) => `${key[0]}${key.charCodeAt(1)}`);
  assert.deepEqual(starts, Array.from(keys, (_, number) => `E${number}`));
});

test("keys say what they were made of", () => {
  assert.equal(blockKeyOffset(blocksPrefix(7, 3) + keyU48(big)), big);
  const due = duesPrefix(7, 3) + keyU48(12) + keyU48(big);
  assert.deepEqual([dueKeyTime(due), dueKeyOffset(due)], [12, big]);
  assert.equal(firedKeySequence(firedLogPrefix(7, 3) + keyU48(5)), 5);
  assert.equal(groupKeyName(groupKey(7, "Gruppe ü")), "Gruppe ü");
  const retry = retryKey(retriesPrefix(7, 8, 9), big, 10);
  assert.deepEqual(readRetryKey(retry), { partition: 9, retryAt: big, offset: 10 });
  const letter = deadLetterKey(7, 8, { partition: 9, offset: big });
  assert.deepEqual(readDeadLetterKey(letter), { groupId: 8, partition: 9, offset: big });
});

test("keys sort by topic, partition and number, inside their prefix", () => {
  const places = [
    [1, 0, 255],
    [1, 0, 256],
    [1, 255, 0],
    [1, 256, 0],
    [255, 0, 0],
    [256, 0, 0],
  ] as const;
  const keys = places.map(([topic, part, offset]) => blocksPrefix(topic, part) + keyU48(offset));
  assert.deepEqual(keys.toSorted(), keys);
  const prefix = blocksPrefix(1, 0);
  const inside = keys.filter((key) => key >= prefix && key < prefixEnd(prefix));
  assert.deepEqual(inside, keys.slice(0, 2));
});

test("a group's name is no prefix of another one's key", () => {
  assert.ok(!groupKey(1, "ab").startsWith(groupKey(1, "a")));
});

test("readJson() gives back what jsonValue() wrote, from a view, too", () => {
  const value = { text: "ü€😀", list: [1, null], nested: { a: true } };
  const bytes = jsonValue(value);
  const room = new Uint8Array(bytes.length + 6);
  room.set(bytes, 3);
  assert.deepEqual(readJson(room.subarray(3, 3 + bytes.length)), value);
});
