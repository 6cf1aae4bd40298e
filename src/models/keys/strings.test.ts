import assert from "node:assert/strict";
import { test } from "node:test";
import { keysFixture } from "../../../test/support/keys-fixture.ts";
import { expiryOfKey } from "./generic.ts";
import { getField, setFields } from "./hashes.ts";
import { STRING_BYTES_MAX } from "./key-error.ts";
import { countKeys } from "./keys.ts";
import { appendString, getString, incrementString, overwriteString } from "./strings.ts";
import { getAndExpire, setAllIfAbsent, setString, setStringIf, substring } from "./strings.ts";

const bytes = (text: string): Buffer => Buffer.from(text);

test("setString: takes the place of a hash with all its fields", async () => {
  const db = await keysFixture();
  const key = "k";
  db.run((tx, at) => setFields(tx, at, { key, fields: [["f", bytes("1")]] }));
  db.run((tx, at) => setString(tx, at, { key, value: bytes("text") }));
  assert.equal(getString(db.shard.tip, db.context(), key)?.toString(), "text");
  assert.throws(() => getField(db.shard.tip, db.context(), { key, name: "f" }), /WRONGTYPE/);
  db.run((tx, at) => setStringIf(tx, at, { key, value: bytes("v"), expiry: 1 }));
  db.run((tx, at) => setFields(tx, at, { key, fields: [["g", bytes("2")]] }));
  assert.equal(getField(db.shard.tip, db.context(), { key, name: "f" }), undefined);
  assert.equal(countKeys(db.shard.tip, db.context().space), 1);
});

test("setString: a string that is too long is refused before anything is changed", async () => {
  const db = await keysFixture();
  const key = "k";
  db.run((tx, at) => setString(tx, at, { key, value: bytes("old") }));
  db.run((tx, at) => {
    const value = Buffer.alloc(STRING_BYTES_MAX + 1);
    assert.throws(() => setString(tx, at, { key, value }), /maximum allowed size/);
    const offset = STRING_BYTES_MAX;
    const write = { key, offset, value: bytes("x") };
    assert.throws(() => overwriteString(tx, at, write), /maximum allowed size/);
    assert.equal(getString(tx, at, key)?.toString(), "old");
  });
});

test("setStringIf: a time that has passed removes the key", async () => {
  const db = await keysFixture();
  const key = "k";
  const value = bytes("v");
  db.run((tx, at) => setString(tx, at, { key, value }));
  const past = db.clock.now() - 1;
  const set = db.run((tx, at) => setStringIf(tx, at, { key, value, expiry: past, wantsOld: true }));
  assert.deepEqual([set.stored, set.old?.toString()], [true, "v"]);
  assert.equal(countKeys(db.shard.tip, db.context().space), 0);
});

test("appendString, incrementString: keep the expiry", async () => {
  const db = await keysFixture();
  const key = "k";
  const expiry = db.clock.now() + 1000;
  db.run((tx, at) => setStringIf(tx, at, { key, value: bytes("1"), expiry }));
  db.run((tx, at) => appendString(tx, at, { key, value: bytes("2") }));
  assert.equal(db.run((tx, at) => incrementString(tx, at, { key, by: 30n })), 42n);
  assert.equal(expiryOfKey(db.shard.tip, db.context(), key), expiry);
  db.run((tx, at) => getAndExpire(tx, at, { key, expiry: "none" }));
  assert.equal(expiryOfKey(db.shard.tip, db.context(), key), -1);
});

test("setAllIfAbsent: an expired key is absent", async () => {
  const db = await keysFixture();
  const value = bytes("v");
  db.run((tx, at) => setStringIf(tx, at, { key: "a", value, expiry: at.now + 5 }));
  const pairs = [["a", value], ["b", value]] as const;
  assert.equal(db.run((tx, at) => setAllIfAbsent(tx, at, pairs)), false);
  db.clock.step(5);
  assert.equal(db.run((tx, at) => setAllIfAbsent(tx, at, pairs)), true);
});

test("substring: positions behind the end are those of the end", () => {
  const value = bytes("Hello");
  assert.equal(substring(value, -3, 99).toString(), "llo");
  assert.equal(substring(value, -99, 1).toString(), "He");
  assert.equal(substring(value, 5, 9).length, 0);
  assert.equal(substring(Buffer.alloc(0), 0, -1).length, 0);
});
