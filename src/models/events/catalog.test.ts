import assert from "node:assert/strict";
import { test } from "node:test";
import { RowStore } from "../../../test/support/row-store.ts";
import { hasCode } from "../../../test/support/test-shard.ts";
import { keyU48 } from "../../base/key.ts";
import { Catalog, checkTopicName } from "./catalog.ts";
import { blocksPrefix, groupKey, scheduleKey } from "./rows.ts";
import type { TopicSettings } from "./topic.ts";

const defaults: TopicSettings = {
  partitions: 2,
  retentionMs: 0,
  retentionBytes: 0,
  dedupTtlMs: 1000,
  maxAttempts: 3,
  ackTimeoutMs: 30_000,
  retryBackoffMs: 1000,
};

function newCatalog(store = new RowStore()) {
  const told: string[] = [];
  const catalog = new Catalog(defaults, {
    onCreated: ({ name }) => told.push(`created ${name}`),
    onRemoved: ({ name }) => told.push(`removed ${name}`),
  });
  const undo = (operation: Parameters<typeof store.run>[0]): void => {
    assert.throws(() =>
      store.run((tx) => {
        operation(tx);
        throw new Error("Undone");
      }),
    );
  };
  return { store, catalog, told, undo };
}

test("ensure() creates a topic with the defaults, once", () => {
  const { store, catalog, told } = newCatalog();
  const topic = store.run((tx) => catalog.ensure(tx, "a"));
  assert.equal(store.run((tx) => catalog.ensure(tx, "a")), topic);
  assert.deepEqual([topic.id, topic.settings, topic.partitions.length], [1, defaults, 2]);
  assert.equal(store.run((tx) => catalog.ensure(tx, "b")).id, 2);
  assert.deepEqual(told, ["created a", "created b"]);
  assert.equal(catalog.get("a"), topic);
  assert.throws(() => catalog.get("c"), hasCode("NOT_FOUND"));
});

test("configure() changes what is given, never the number of partitions", () => {
  const { store, catalog, undo } = newCatalog();
  const topic = store.run((tx) => catalog.configure(tx, "a", { partitions: 4, maxAttempts: 7 }));
  const settings = { ...defaults, partitions: 4, maxAttempts: 7 };
  assert.deepEqual(topic.settings, settings);
  store.run((tx) => catalog.configure(tx, "a", { partitions: 4, dedupTtlMs: 5 }));
  assert.deepEqual(topic.settings, { ...settings, dedupTtlMs: 5 });
  assert.throws(
    () => store.run((tx) => catalog.configure(tx, "a", { partitions: 5 })),
    hasCode("INVALID_ARGUMENT"),
  );
  undo((tx) => catalog.configure(tx, "a", { dedupTtlMs: 6 }));
  assert.equal(topic.settings.dedupTtlMs, 5);
});

test("an operation that is undone leaves the topics as they were", () => {
  const { store, catalog, told, undo } = newCatalog();
  const topic = store.run((tx) => catalog.ensure(tx, "a"));
  undo((tx) => catalog.ensure(tx, "b"));
  undo((tx) => catalog.remove(tx, "a"));
  assert.deepEqual([...catalog.topics()], [topic]);
  assert.deepEqual(told, ["created a"]);
});

test("remove() removes every row of the topic and no other one's", () => {
  const { store, catalog, told } = newCatalog();
  const [a, b] = store.run((tx) => [catalog.ensure(tx, "a"), catalog.ensure(tx, "b")]);
  const keysOf = (id: number) => [
    blocksPrefix(id, 1) + keyU48(7),
    groupKey(id, "g"),
    scheduleKey(id, "s"),
  ];
  assert.ok(a && b);
  store.run((tx) => {
    for (const key of [...keysOf(a.id), ...keysOf(b.id)]) tx.put(key, Buffer.of(1));
  });
  assert.equal(store.run((tx) => catalog.remove(tx, "a")), true);
  assert.deepEqual(keysOf(a.id).filter((key) => store.get(key)), []);
  assert.deepEqual(keysOf(b.id).filter((key) => store.get(key)), keysOf(b.id));
  assert.equal(told.at(-1), "removed a");
  assert.equal(store.run((tx) => catalog.remove(tx, "a")), false);
  // A topic of the same name is another one.
  assert.equal(store.run((tx) => catalog.ensure(tx, "a")).id, 3);
});

test("load() brings the topics to what the rows say and keeps the objects", () => {
  const { store, catalog } = newCatalog();
  const topic = store.run((tx) => catalog.ensure(tx, "a"));
  store.sync();
  store.run((tx) => catalog.ensure(tx, "b"));
  store.run((tx) => catalog.configure(tx, "a", { maxAttempts: 9 }));
  store.rollBack();
  catalog.load(store);
  assert.deepEqual([...catalog.topics()], [topic]);
  assert.equal(topic.settings.maxAttempts, 3);
  const opened = newCatalog(store).catalog;
  opened.load(store);
  assert.deepEqual(opened.get("a").settings, defaults);
  assert.deepEqual([store.run((tx) => opened.ensure(tx, "c")).id, opened.size], [2, 2]);
});

test("nextGroupId() never gives a number twice", () => {
  const { store, catalog } = newCatalog();
  const next = (): number => store.run((tx) => catalog.nextGroupId(tx));
  const ids = [next(), store.run((tx) => catalog.ensure(tx, "a")).id, next()];
  assert.deepEqual(ids, [1, 1, 2]);
});

test("checkTopicName() takes 1 to 255 characters", () => {
  for (const name of ["a", "ü".repeat(255)]) checkTopicName(name);
  for (const name of ["", "a".repeat(256)]) {
    assert.throws(() => checkTopicName(name), hasCode("INVALID_ARGUMENT"));
  }
});
