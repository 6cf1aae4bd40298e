import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import { checkConfig, checkSettings, requiredConfig } from "./stream-config.ts";

const settings = { shard: "s-1", replicas: 3 };
const required = requiredConfig(settings);

test("checkConfig() accepts what is required, with settings the log does not care for", () => {
  checkConfig({ ...required, description: "ours", max_consumers: -1 }, required);
});

test("checkConfig() names every setting that differs", () => {
  const config = { ...required, max_age: 1000, num_replicas: 1, subjects: ["a", "b"] };
  assert.throws(
    () => checkConfig(config, required),
    (error: unknown) => {
      assert.ok(isCronosError(error, "INVALID_ARGUMENT"));
      assert.equal(
        error.message,
        "Stream cronosdb-log-s-1 does not fit a log: " +
          'subjects is ["a","b"], not ["cronosdb.log.s-1"]; num_replicas is 1, not 3; ' +
          "max_age is 1000, not 0",
      );
      return true;
    },
  );
});

test("checkConfig() refuses a stream that copies another", () => {
  assert.throws(() => checkConfig({ ...required, mirror: { name: "x" } }, required), /copies/);
});

for (const shard of ["", "a.b", "a b", "a*", "x".repeat(65)]) {
  test(`checkSettings() refuses the shard name ${JSON.stringify(shard)}`, () => {
    assert.throws(() => checkSettings({ shard, replicas: 3 }), /Shard name .* must be/);
  });
}

for (const replicas of [0, 6, 2.5, Number.NaN]) {
  test(`checkSettings() refuses ${replicas} replicas`, () => {
    assert.throws(() => checkSettings({ shard: "s", replicas }), /must be 1 to 5/);
  });
}
