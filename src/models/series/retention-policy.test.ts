import assert from "node:assert/strict";
import { test } from "node:test";
import { alteredPolicy, matchesPolicy, newPolicy } from "./retention-policy.ts";
import { policyOfRow, rowOfPolicy } from "./retention-policy.ts";
import { HOUR_NS_BIG as hour } from "./series-time.ts";

const policy = { id: 3, ...newPolicy({ name: "p", duration: 48n * hour }) };

test("matchesPolicy compares what the spec says, and the shard duration it would get", () => {
  assert.ok(matchesPolicy(policy, {}));
  assert.ok(matchesPolicy(policy, { name: "p", duration: 48n * hour, replication: 1 }));
  for (const spec of [{ name: "q" }, { duration: hour }, { replication: 2 }]) {
    assert.equal(matchesPolicy(policy, spec), false);
  }
  assert.equal(matchesPolicy(policy, { shardDuration: 2n * hour }), false);
});

test("alteredPolicy holds the new duration against the shard duration of before", () => {
  assert.throws(() => alteredPolicy(policy, { duration: 2n * hour }), /greater than the shard/);
  const shorter = alteredPolicy(policy, { duration: 2n * hour, shardDuration: hour });
  assert.equal(shorter.duration, 2n * hour);
  assert.equal(alteredPolicy(policy, { replication: 2 }).replication, 2);
});

test("policyOfRow gives back what rowOfPolicy made", () => {
  assert.deepEqual(policyOfRow(rowOfPolicy(policy)), policy);
});
