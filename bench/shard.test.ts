import assert from "node:assert/strict";
import { test } from "node:test";
import { benchShard } from "./shard.ts";

test("benchShard() writes the same rows in every workload that puts them", async () => {
  const results = await benchShard(640);
  assert.deepEqual(
    results.map(({ workload }) => workload),
    ["single", "batch", "update", "execute"],
  );
  const [single, batch, , execute] = results.map(({ hash }) => hash);
  assert.equal(batch, single);
  assert.equal(execute, single);
  for (const { operationsPerSecond } of results) assert.ok(operationsPerSecond > 0);
});
