import assert from "node:assert/strict";
import { test } from "node:test";
import { RowStore } from "../../../test/support/row-store.ts";
import type { Key } from "../../base/key.ts";
import type { DeadLetterFilter, DeadLetterPart } from "./dead-letters.ts";
import {
  countDeadLetters,
  purgeDeadLetters,
  readDeadLetters,
  redriveDeadLetters,
} from "./dead-letters.ts";
import { EventEncoder } from "./event-encoder.ts";
import { GroupPartition } from "./group-partition.ts";
import { Group } from "./group.ts";
import { decodeFailed, encodeFailed } from "./retry.ts";
import { deadLetterKey } from "./rows.ts";
import { Topic } from "./topic.ts";

const topic = new Topic("t", {
  id: 1,
  createdAt: 5,
  partitions: 1,
  retentionMs: 0,
  retentionBytes: 0,
  dedupTtlMs: 1000,
  maxAttempts: 3,
  ackTimeoutMs: 30_000,
  retryBackoffMs: 1000,
});
const all: DeadLetterFilter = { topicId: 1, groupId: undefined, ids: undefined };
const times = { due: 10, createdAt: 5, deadAt: 20 };

/** So many letters of each group; the event at offset n has id "en". */
function withLetters(counts: Readonly<Record<number, number>>) {
  const store = new RowStore();
  const woken: number[] = [];
  const groups = Object.entries(counts).map(([id, count]) => {
    const group = new Group(`g${id}`, topic, { id: Number(id), createdAt: 5, ephemeral: false });
    const at = new GroupPartition(group, topic.partition(0), () => woken.push(group.id));
    group.partitions.set(0, at);
    store.run((tx) => {
      for (let offset = 0; offset < count; offset++) {
        const encoder = new EventEncoder();
        encoder.add({ topic: "t", id: `e${offset}`, at: 10, payload: "p" });
        const event = encoder.bytes.subarray(0, encoder.length);
        const row = encodeFailed({ ...times, failures: 3, error: "hurt", event });
        tx.put(deadLetterKey(1, group.id, { partition: 0, offset }), row);
      }
    });
    group.deadLetters = count;
    return group;
  });
  const counted = () => groups.map(({ id }) => countDeadLetters(store, 1, id));
  return { store, groups, woken, counted };
}

const shown = ({ letters }: DeadLetterPart): string =>
  letters.map(({ groupId, offset }) => `${groupId}:${offset}`).join(" ");

test("readDeadLetters() goes on behind the last letter of a page", () => {
  const { store } = withLetters({ 1: 3, 2: 2 });
  const pages: string[] = [];
  let after: Key | undefined;
  do {
    const part = readDeadLetters(store, all, { after, limit: 2 });
    pages.push(shown(part));
    after = part.next;
  } while (after !== undefined);
  assert.deepEqual(pages, ["1:0 1:1", "1:2 2:0", "2:1"]);
});

test("readDeadLetters() and countDeadLetters() keep to the group and the ids", () => {
  const { store, counted } = withLetters({ 1: 3, 2: 2 });
  const read = (filter: Partial<DeadLetterFilter>): string =>
    shown(readDeadLetters(store, { ...all, ...filter }, { after: undefined, limit: 99 }));
  assert.equal(read({ groupId: 2 }), "2:0 2:1");
  assert.equal(read({ ids: new Set(["e1", "e2", "x"]) }), "1:1 1:2 2:1");
  assert.equal(read({ groupId: 1, ids: new Set(["e0"]) }), "1:0");
  assert.equal(read({ topicId: 2 }), "");
  assert.deepEqual(counted(), [3, 2]);
});

test("redriveDeadLetters() makes retries of the first attempt, in the group they died in", () => {
  const { store, groups, woken, counted } = withLetters({ 1: 2, 2: 2 });
  const filter = { ...all, groupId: 2 };
  const work = { filter, after: undefined, groups };
  assert.equal(shown(store.run((tx) => redriveDeadLetters(tx, work, 77))), "2:0 2:1");
  assert.deepEqual(counted(), [2, 0]);
  assert.deepEqual(groups.map(({ deadLetters }) => deadLetters), [2, 0]);
  assert.deepEqual(new Set(woken), new Set([2]));
  const at = groups[1]?.partitions.get(0);
  assert.ok(at);
  for (const offset of [0, 1]) {
    const { failures, error, deadAt, due } = decodeFailed(
      store.get(at.retryKeyAt(77, offset)) as Uint8Array,
    );
    assert.deepEqual([failures, error, deadAt, due], [0, "", 0, 10]);
  }
});

test("purgeDeadLetters() takes a bounded part in one operation", () => {
  const { store, groups, counted } = withLetters({ 1: 1500 });
  const purge = (after: Key | undefined) =>
    store.run((tx) => purgeDeadLetters(tx, { filter: all, after, groups }));
  const first = purge(undefined);
  assert.equal(first.letters.length, 1000);
  assert.equal(groups[0]?.deadLetters, 500);
  const second = purge(first.next);
  assert.deepEqual([second.letters.length, second.next], [500, undefined]);
  assert.deepEqual([counted(), groups[0]?.deadLetters], [[0], 0]);
});
