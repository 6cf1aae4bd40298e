import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../base/errors.ts";
import { open } from "./open.ts";

test("db.keys stores strings with the options of SET", async () => {
  const db = await open(":memory:");
  const { keys } = db;
  assert.deepEqual(await keys.set("k", "1", { xx: true }), { stored: false, old: undefined });
  assert.deepEqual(await keys.set("k", "1", { nx: true }), { stored: true, old: undefined });
  assert.deepEqual(await keys.set("k", Buffer.of(0, 255), { get: true, px: 50 }), {
    stored: true,
    old: Buffer.from("1"),
  });
  assert.deepEqual(await keys.get("k"), Buffer.of(0, 255));
  assert.equal(await keys.ttl("k"), 50);
  await keys.set("k", "2", { keepTtl: true });
  assert.equal(await keys.ttl("k"), 50);
  await db.clock.advance(50);
  assert.equal(await keys.get("k"), undefined);
  assert.equal(await keys.ttl("k"), undefined);
  await assert.rejects(keys.set("k", "", { ex: 1, px: 1 }), { code: "INVALID_ARGUMENT" });
  await assert.rejects(keys.set("k", "", { nx: true, xx: true }), { code: "INVALID_ARGUMENT" });
  await assert.rejects(keys.set("k", "", { ex: 0 }), /ex must be an integer, 1 or more: got 0/);
  await db.close();
});

test("db.keys counts, expires and deletes keys of any type", async () => {
  const db = await open(":memory:");
  const { keys } = db;
  assert.equal(await keys.increment("n"), 1n);
  assert.equal(await keys.increment("n", 2n ** 62n), 2n ** 62n + 1n);
  assert.equal(await keys.hash.set("h", { a: "1", b: "2" }), 2);
  assert.equal(await keys.hash.increment("h", "a", -5n), -4n);
  assert.equal(String(await keys.hash.get("h", "a")), "-4");
  const all = await keys.hash.getAll("h");
  assert.deepEqual(all.map(({ field, value }) => `${field}=${value}`), ["a=-4", "b=2"]);
  assert.equal(await keys.type("h"), "hash");
  assert.equal(await keys.type("n"), "string");
  assert.equal(await keys.exists("n", "h", "h", "x"), 3);
  assert.equal(await keys.ttl("n"), Number.POSITIVE_INFINITY);
  assert.equal(await keys.expire("n", 1000), true);
  assert.equal(await keys.persist("n"), true);
  assert.equal(await keys.hash.delete("h", "a", "b", "c"), 2);
  assert.equal(await keys.delete("n", "h"), 1);
  assert.equal(await keys.type("n"), undefined);
  await db.close();
});

test("db.keys tells Redis' errors as INVALID_ARGUMENT with their word", async () => {
  const db = await open(":memory:");
  await db.keys.hash.set("h", { a: "x" });
  await assert.rejects(db.keys.get("h"), (error) => {
    return isCronosError(error, "INVALID_ARGUMENT") && error.details["word"] === "WRONGTYPE";
  });
  await assert.rejects(db.keys.hash.increment("h", "a"), /^CronosError: Hash value is not an/);
  await db.close();
});
