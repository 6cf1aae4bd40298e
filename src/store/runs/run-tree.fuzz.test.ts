/** Runs on a disk that loses power, against a plain map: what is there before or after a write. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { logIndex } from "../../base/ids.ts";
import type { Key } from "../../base/key.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedDisk } from "../../ports/simulated-disk.ts";
import type { Mutation, ReadView, Snapshot } from "../base-tree.ts";
import { openRunTree } from "./run-tree.ts";

type Model = ReadonlyMap<Key, number>;

const aByte = fc.constantFrom("a", "b", "\0", "\xff");
const aKey = fc.string({ unit: aByte, minLength: 1, maxLength: 6 });
/** Most values share a page; some have one of their own. */
const aLength = fc.oneof({ weight: 9, arbitrary: fc.nat(90) }, fc.nat(20_000));
const aBatch = fc.record({
  ranges: fc.array(fc.tuple(aKey, fc.option(aKey, { nil: undefined })), { maxLength: 2 }),
  rows: fc.array(fc.tuple(aKey, fc.option(aLength)), { maxLength: 25, size: "max" }),
});
const aStep = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("write" as const), batch: aBatch }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("writeAndLosePower", "writeAndBeKilled" as const),
      batch: aBatch,
      changes: fc.integer({ min: 1, max: 30 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("reopen", "kill", "snapshot", "release", "turn", "merge" as const),
    }),
  },
);
type Batch = typeof aBatch extends fc.Arbitrary<infer B> ? B : never;

function applied(model: Model, { ranges, rows }: Batch): Model {
  const after = new Map(model);
  for (const [start, end] of ranges) {
    for (const key of model.keys()) {
      if (key >= start && (end === undefined || key < end)) after.delete(key);
    }
  }
  for (const [key, length] of rows) {
    if (length === null) after.delete(key);
    else after.set(key, length);
  }
  return after;
}

function mutationsOf({ ranges, rows }: Batch): Mutation[] {
  const sorted = [...new Map(rows)].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...ranges.map(([start, end]): Mutation => ({ kind: "deleteRange", start, end })),
    ...sorted.map(([key, length]): Mutation => {
      return length === null
        ? { kind: "delete", key }
        : { kind: "put", key, value: Buffer.alloc(length, length) };
    }),
  ];
}

function rowsOf(view: ReadView, reverse: boolean): [Key, number][] {
  return Array.from(view.range("", undefined, { reverse }), ([key, value]) => {
    assert.ok(value.length === 0 || value.at(-1) === (value.length & 0xff));
    return [key, value.length];
  });
}

function check(view: ReadView, model: Model): void {
  const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(rowsOf(view, false), expected);
  assert.deepEqual(rowsOf(view, true), expected.toReversed());
  for (const [key, length] of expected) {
    assert.equal(view.get(key)?.length, length);
    assert.equal(view.get(`${key}\x01`), undefined);
  }
}

test("RunTree agrees with a map through merges, snapshots, reopens and power losses", async () => {
  const anOption = fc.record({ seed: fc.nat(), bytes: fc.integer({ min: 1, max: 3 }) });
  const steps = fc.array(aStep, { maxLength: 30, size: "max" });
  await fc.assert(
    fc.asyncProperty(anOption, steps, async ({ seed, bytes }, all) => {
      let disk = new SimulatedDisk(new SeededRandom(seed));
      const open = () => openRunTree(disk, "tree", { rules: [{ prefix: "", bytes }] });
      let tree = await open();
      let model: Model = new Map();
      let snapshots: { readonly snapshot: Snapshot; readonly model: Model }[] = [];
      const begin = async (): Promise<void> => {
        snapshots = [];
        tree = await open();
      };
      for (const step of all) {
        const index = logIndex(tree.appliedIndex + 1);
        if (step.kind === "write") {
          await tree.write(mutationsOf(step.batch), index);
          model = applied(model, step.batch);
          assert.equal(tree.appliedIndex, index);
        } else if (step.kind === "writeAndLosePower" || step.kind === "writeAndBeKilled") {
          disk.powerOffAfter(step.changes);
          const wasWritten = await tree.write(mutationsOf(step.batch), index).then(
            () => true,
            () => false,
          );
          const dead = tree;
          disk = step.kind === "writeAndBeKilled" ? disk.kill() : disk.crash();
          await dead.close();
          await begin();
          if (wasWritten) assert.equal(tree.appliedIndex, index);
          if (tree.appliedIndex === index) model = applied(model, step.batch);
        } else if (step.kind === "reopen") {
          for (const { snapshot } of snapshots) snapshot.release();
          await tree.close();
          await begin();
        } else if (step.kind === "kill") {
          const dead = tree;
          disk = disk.kill();
          await dead.close();
          await begin();
        } else if (step.kind === "snapshot") {
          snapshots.push({ snapshot: tree.snapshot(), model });
        } else if (step.kind === "release") {
          snapshots.shift()?.snapshot.release();
        } else if (step.kind === "merge") {
          await tree.idle();
        } else {
          await new Promise((resolve) => setImmediate(resolve));
        }
        check(tree, model);
        for (const held of snapshots) check(held.snapshot, held.model);
      }
      for (const { snapshot } of snapshots) snapshot.release();
      await tree.idle();
      check(tree, model);
      await tree.close();
      const names = await disk.list("tree");
      const { bytesOnDisk } = tree.stats();
      assert.ok(disk.usedBytes >= bytesOnDisk);
      tree = await open();
      check(tree, model);
      assert.deepEqual(await disk.list("tree"), names, "Nothing was left behind");
      await tree.close();
    }),
    { numRuns: 20 },
  );
});
