/** Store over a real file, closed and opened again with a replay, against a plain sorted map. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { logIndex } from "../../base/ids.ts";
import type { Key } from "../../base/key.ts";
import type { Mutation, ReadView, Snapshot } from "../base-tree.ts";
import { Store } from "../store.ts";
import { openLmdbTree } from "./lmdb-tree.ts";

type Model = Map<Key, number>;

const aKey = fc.string({ unit: fc.constantFrom("a", "b", "\0", "\xff"), minLength: 1 });
const aMutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      key: aKey,
      value: fc.nat(9000).map((length) => Buffer.alloc(length)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), key: aKey }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("deleteRange" as const),
      start: aKey,
      end: fc.option(aKey, { nil: undefined }),
    }),
  },
);
const aStep = fc.record({
  mutations: fc.array(aMutation, { maxLength: 20, size: "max" }),
  after: fc.constantFrom("nothing", "freeze", "flush", "snapshot", "reopen"),
});

function apply(store: Store, model: Model, mutation: Mutation): void {
  if (mutation.kind === "put") {
    store.put(mutation.key, mutation.value);
    model.set(mutation.key, mutation.value.length);
  } else if (mutation.kind === "delete") {
    store.delete(mutation.key);
    model.delete(mutation.key);
  } else {
    const { start, end } = mutation;
    store.deleteRange(start, end);
    for (const key of model.keys()) {
      if (key >= start && (end === undefined || key < end)) model.delete(key);
    }
  }
}

function check(view: ReadView, model: Model): void {
  const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
  const lengths = (reverse: boolean): [Key, number][] => {
    return Array.from(view.range("", undefined, { reverse }), ([key, value]) => [
      key,
      value.length,
    ]);
  };
  assert.deepEqual(lengths(false), expected);
  assert.deepEqual(lengths(true), expected.toReversed());
  for (const [key, length] of expected) assert.equal(view.get(key)?.length, length);
}

test("Store over LMDB agrees with a sorted map through flushes and reopens", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-store-"));
  await fc.assert(
    fc.asyncProperty(fc.array(aStep, { maxLength: 12, size: "max" }), async (steps) => {
      let store = new Store(openLmdbTree(directory));
      const model: Model = new Map();
      const first = store.appliedIndex;
      const log: (readonly Mutation[])[] = [[{ kind: "deleteRange", start: "", end: undefined }]];
      for (const mutation of log[0] ?? []) apply(store, model, mutation);
      const snapshots: { readonly snapshot: Snapshot; readonly model: Model }[] = [];
      for (const { mutations, after } of steps) {
        for (const mutation of mutations) apply(store, model, mutation);
        log.push(mutations);
        const index = logIndex(first + log.length);
        if (after === "freeze") store.freeze(index);
        if (after === "flush") await store.flush(index);
        if (after === "snapshot") {
          snapshots.push({ snapshot: store.snapshot(store.mark()), model: new Map(model) });
        }
        if (after === "reopen") {
          for (const { snapshot } of snapshots.splice(0)) snapshot.release();
          await store.close();
          store = new Store(openLmdbTree(directory));
          const replayed = log.slice(store.appliedIndex - first).flat();
          for (const mutation of replayed) apply(store, new Map(), mutation);
        }
        check(store.tip, model);
        for (const held of snapshots) check(held.snapshot, held.model);
      }
      // The next run begins behind what this one flushed.
      store.freeze(logIndex(first + log.length));
      while (store.stats().frozenCount > 0) await store.flush(logIndex(first + log.length));
      check(store.tip, model);
      await store.close();
    }),
    { numRuns: 20 },
  );
  await rm(directory, { recursive: true });
});

test("Store over LMDB: memory stays bounded while a large layer is flushed", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-store-"));
  const tree = openLmdbTree(directory);
  const rowCount = 100_000;
  let arrayBuffersMax = 0;
  const before = process.memoryUsage().arrayBuffers;
  function* rows(): IterableIterator<Mutation> {
    const value = Buffer.alloc(500);
    for (let n = 0; n < rowCount; n++) {
      if (n % 1000 === 0) {
        const { arrayBuffers } = process.memoryUsage();
        arrayBuffersMax = Math.max(arrayBuffersMax, arrayBuffers - before);
      }
      yield { kind: "put", key: `k${String(n).padStart(9, "0")}`, value };
    }
  }
  await tree.write(rows(), logIndex(1));
  assert.equal(tree.stats().rows, rowCount);
  // 50 MB were written; garbage that was not collected yet is in the figure, too.
  assert.ok(arrayBuffersMax < 30e6, `${arrayBuffersMax} bytes`);
  await tree.close();
  await rm(directory, { recursive: true });
});
