import assert from "node:assert/strict";
import { test } from "node:test";
import { logIndex } from "../../base/ids.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedDisk } from "../../ports/simulated-disk.ts";
import type { Mutation } from "../base-tree.ts";
import { openRunTree } from "./run-tree.ts";
import { verifyRunTree } from "./verify-run-tree.ts";

async function written(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk(new SeededRandom(1));
  const tree = await openRunTree(disk, "tree", { rules: [{ prefix: "", bytes: 1 }] });
  const rows = Array.from({ length: 2000 }, (_, n): Mutation => {
    const key = `${n < 1000 ? "a" : "b"}${String(n).padStart(5, "0")}`;
    return { kind: "put", key, value: Buffer.alloc(94) };
  });
  await tree.write(rows, logIndex(1));
  await tree.write([{ kind: "deleteRange", start: "a", end: "a00100" }], logIndex(2));
  await tree.close();
  return disk;
}

test("verifyRunTree() counts rows and bytes, by first byte of the key", async () => {
  const report = await verifyRunTree(await written(), "tree");
  assert.deepEqual(report.faults, []);
  assert.equal(report.rows, 1900);
  assert.deepEqual(report.byFirstByte.get("a".charCodeAt(0)), { rows: 900, bytes: 90_000 });
});

test("verifyRunTree() names every damaged page and goes on", async () => {
  const disk = await written();
  const names = (await disk.list("tree")).filter((name) => name.endsWith(".run"));
  for (const name of names) disk.flipBit(`tree/${name}`, 3, 0);
  disk.flipBit(`tree/${names[0]}`, 60_000, 0);
  const { faults } = await verifyRunTree(disk, "tree");
  assert.equal(faults.length, names.length + 1);
  for (const name of names) assert.ok(faults.some((fault) => fault.includes(name)));
});

test("verifyRunTree() without a tree finds nothing; a damaged manifest is a fault", async () => {
  const disk = await written();
  assert.deepEqual((await verifyRunTree(disk, "nowhere")).faults, []);
  disk.flipBit("tree/manifest", 9, 1);
  const { faults } = await verifyRunTree(disk, "tree");
  assert.match(faults.join(), /manifest/);
});
