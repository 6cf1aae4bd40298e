/** A store over a routed tree whose disk loses power in a flush: a replay makes it whole again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { logIndex } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import { SeededRandom } from "../ports/seeded-random.ts";
import { SimulatedDisk } from "../ports/simulated-disk.ts";
import type { Mutation, ReadView } from "./base-tree.ts";
import { MemoryTreeStorage, openMemoryTree } from "./memory/memory-tree.ts";
import { RoutedTree } from "./routed-tree.ts";
import { openRunTree } from "./runs/run-tree.ts";
import { Store } from "./store.ts";

type Model = Map<Key, number>;

const aPrefix = fc.constantFrom("E", "Sb", "Sc", "Si", "Z");
const aKey = fc
  .tuple(aPrefix, fc.string({ unit: fc.constantFrom("1", "2") }))
  .map(([prefix, rest]) => prefix + rest);
const aMutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      key: aKey,
      value: fc.nat(300).map((length) => Buffer.alloc(length)),
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
  mutations: fc.array(aMutation, { maxLength: 15, size: "max" }),
  after: fc.constantFrom("nothing", "freeze", "flush", "lose power", "kill"),
  changes: fc.integer({ min: 1, max: 20 }),
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
  for (const reverse of [false, true]) {
    const rows = Array.from(view.range("", undefined, { reverse }), ([key, { length }]) => {
      return [key, length];
    });
    assert.deepEqual(rows, reverse ? expected.toReversed() : expected);
  }
  for (const [key, length] of expected) assert.equal(view.get(key)?.length, length);
}

test("Store over a RoutedTree is whole again after a power loss in a flush", async () => {
  const steps = fc.array(aStep, { maxLength: 15, size: "max" });
  await fc.assert(
    fc.asyncProperty(fc.nat(), steps, async (seed, all) => {
      let disk = new SimulatedDisk(new SeededRandom(seed));
      const storage = new MemoryTreeStorage();
      storage.faults = { sliceRows: 3 };
      const open = async (): Promise<Store> => {
        const rules = [{ prefix: "S", bytes: 3 }];
        const routed = await openRunTree(disk, "runs", { rules });
        const prefixes = ["Sb", "Si"];
        return new Store(new RoutedTree({ main: openMemoryTree(storage), routed, prefixes }));
      };
      let store = await open();
      const model: Model = new Map();
      const log: (readonly Mutation[])[] = [];
      for (const { mutations, after, changes } of all) {
        for (const mutation of mutations) apply(store, model, mutation);
        log.push(mutations);
        const index = logIndex(log.length);
        if (after !== "nothing") store.freeze(index);
        if (after === "flush") await store.flush(index);
        if (after === "lose power" || after === "kill") {
          disk.powerOffAfter(changes);
          await store.flush(index).catch(() => undefined);
          const dead = store;
          disk = after === "kill" ? disk.kill() : disk.crash();
          await dead.close();
          store = await open();
          for (const record of log.slice(store.appliedIndex)) {
            for (const mutation of record) apply(store, new Map(), mutation);
          }
        }
        check(store.tip, model);
      }
      await store.close();
    }),
    { numRuns: 40 },
  );
});
