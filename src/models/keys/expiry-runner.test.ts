import assert from "node:assert/strict";
import { test } from "node:test";
import { keysFixture } from "../../../test/support/keys-fixture.ts";
import { hasCode } from "../../../test/support/test-shard.ts";
import type { InteractiveTransaction } from "../../shard/interactive.ts";
import { deleteKey, expireKey, listKeys } from "./generic.ts";
import { removeAllKeys, removeKeysEverywhere } from "./generic.ts";
import { setFields } from "./hashes.ts";
import { countKeys, countTimedKeys } from "./keys.ts";
import type { KeyContext } from "./keys.ts";
import { expiryPrefix, expiryPrefixEnd } from "./rows.ts";
import { getString, setString, setStringIf } from "./strings.ts";

const value = Buffer.from("v");

test("ExpiryRunner: removes keys nobody reads when their time comes", async () => {
  const db = await keysFixture();
  const now = db.clock.now();
  db.run((tx, at) => {
    setStringIf(tx, at, { key: "late", value, expiry: now + 500 });
    setStringIf(tx, at, { key: "soon", value, expiry: now + 100 });
    setFields(tx, at, { key: "hash", fields: [["f", value]] });
    expireKey(tx, at, { key: "hash", expiresAt: now + 100, condition: {} });
  });
  await db.pass(99);
  assert.equal(countKeys(db.shard.durable, db.context().space), 3);
  await db.pass(1);
  assert.equal(countKeys(db.shard.durable, db.context().space), 1);
  assert.deepEqual(db.told.slice(-2), ["expired hash", "expired soon"]);
  await db.pass(400);
  assert.equal([...db.shard.durable.range("", undefined)].length, 1, "The count alone is left");
});

test("ExpiryRunner: an expiry that was taken back removes nothing", async () => {
  const db = await keysFixture();
  const now = db.clock.now();
  const key = "k";
  db.run((tx, at) => setStringIf(tx, at, { key, value, expiry: now + 100 }));
  db.run((tx, at) => setStringIf(tx, at, { key, value, expiry: "none" }));
  await db.pass(200);
  assert.ok(getString(db.shard.tip, db.context(), key) !== undefined);
});

test("ExpiryRunner: works through many keys in batches", async () => {
  const db = await keysFixture();
  const expiry = db.clock.now() + 10;
  const keys = Array.from({ length: 1000 }, (_, index) => `k${index}`);
  db.run((tx, at) => {
    for (const key of keys) setStringIf(tx, at, { key, value, expiry });
  });
  await db.pass(10);
  assert.equal(countKeys(db.shard.durable, db.context().space), 0);
  assert.equal([...db.shard.durable.range(expiryPrefix, expiryPrefixEnd)].length, 0);
  assert.equal(db.told.filter((line) => line.startsWith("expired")).length, 1000);
});

test("findForWrite: a key that expired is gone for the writer, which says so", async () => {
  const db = await keysFixture();
  const key = "k";
  db.run((tx, at) => setStringIf(tx, at, { key, value, expiry: at.now + 10 }));
  db.clock.step(10);
  assert.equal(getString(db.shard.tip, db.context(), key), undefined);
  const only = "present";
  const set = db.run((tx, at) => setStringIf(tx, at, { key, value, expiry: "none", only }));
  assert.equal(set.stored, false);
  assert.equal(countKeys(db.shard.tip, db.context().space), 0);
});

test("ExpiryRunner: is no conflict for transactions to which the key was gone", async () => {
  const db = await keysFixture();
  const space = db.context().space;
  const key = "k";
  const ways: readonly [string, (tx: InteractiveTransaction, at: KeyContext) => void][] = [
    ["reads it", (tx, at) => assert.equal(getString(tx, at, key), undefined)],
    ["writes it", (tx, at) => void setFields(tx, at, { key, fields: [["f", value]] })],
    ["deletes it", (tx, at) => assert.equal(deleteKey(tx, at, key), false)],
    ["writes it twice", (tx, at) => {
      setString(tx, at, { key, value });
      setString(tx, at, { key, value });
    }],
  ];
  for (const [name, run] of ways) {
    for (const removedFirst of [true, false]) {
      db.run((tx) => removeAllKeys(tx, space));
      db.run((tx, at) => setStringIf(tx, at, { key, value, expiry: at.now + 10 }));
      await db.shard.tipDurable();
      const transaction = db.shard.begin();
      if (removedFirst) await db.pass(10);
      else db.clock.step(10);
      run(transaction, db.context());
      setString(transaction, db.context(), { key: "other", value });
      if (!removedFirst) await db.pass(1);
      assert.equal(db.shard.tip.get(space.header(key)), undefined);
      await transaction.commit();
      const { keys } = listKeys(db.shard.tip, db.context(), { from: "", limit: 10 });
      assert.equal(countKeys(db.shard.tip, space), keys.length, name);
      assert.equal(countTimedKeys(db.shard.tip, space), 0, name);
    }
  }
});

test("ExpiryRunner: is a conflict for a transaction that saw the key", async () => {
  const db = await keysFixture();
  const key = "k";
  db.run((tx, at) => setStringIf(tx, at, { key, value, expiry: at.now + 10 }));
  await db.shard.tipDurable();
  const transaction = db.shard.begin();
  assert.ok(getString(transaction, db.context(), key) !== undefined);
  await db.pass(10);
  assert.equal(getString(transaction, db.context(), key), undefined);
  setString(transaction, db.context(), { key: "other", value });
  await assert.rejects(transaction.commit(), hasCode("CONFLICT"));
});

test("removeAllKeys: in a transaction counts what is written after it only", async () => {
  const db = await keysFixture();
  db.run((tx, at) => setString(tx, at, { key: "a", value }));
  await db.shard.tipDurable();
  for (const remove of [removeAllKeys, removeKeysEverywhere]) {
    const transaction = db.shard.begin();
    deleteKey(transaction, db.context(), "a");
    setString(transaction, db.context(), { key: "b", value });
    remove(transaction, db.context().space);
    setString(transaction, db.context(), { key: "a", value });
    await transaction.commit();
    assert.equal(countKeys(db.shard.tip, db.context().space), 1);
  }
});
