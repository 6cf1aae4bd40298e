import assert from "node:assert/strict";
import { test } from "node:test";
import { keysFixture } from "../../../test/support/keys-fixture.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { copyKey, encodingOfKey, expireKey, expiryOfKey, listKeys } from "./generic.ts";
import { randomKey, removeAllKeys, removeKeysEverywhere, renameKey } from "./generic.ts";
import { getField, setFields } from "./hashes.ts";
import { countKeys } from "./keys.ts";
import { Keyspace } from "./rows.ts";
import { getString, setString, setStringIf } from "./strings.ts";

const value = Buffer.from("v");

test("listKeys: pages show every key once, those of other namespaces never", async () => {
  const db = await keysFixture();
  const names = Array.from({ length: 100 }, (_, at) => `k${at}`);
  db.run((tx, at) => {
    for (const key of names) setString(tx, at, { key, value });
    setString(tx, { ...at, space: new Keyspace(1) }, { key: "other", value });
  });
  const seen: string[] = [];
  let from: string | undefined = "";
  while (from !== undefined) {
    const page: ReturnType<typeof listKeys> = listKeys(db.shard.tip, db.context(), {
      from,
      limit: 9,
    });
    seen.push(...page.keys.map(({ key }) => key));
    from = page.next;
  }
  assert.deepEqual(seen, names.toSorted());
});

test("removeAllKeys, removeKeysEverywhere: one namespace, all of them", async () => {
  const db = await keysFixture();
  const other = { ...db.context(), space: new Keyspace(7) };
  db.run((tx, at) => {
    for (const where of [at, other]) {
      setString(tx, where, { key: "k", value });
      setFields(tx, where, { key: "h", fields: [["f", value]] });
    }
    removeAllKeys(tx, at.space);
  });
  assert.equal(countKeys(db.shard.tip, db.context().space), 0);
  assert.equal(countKeys(db.shard.tip, other.space), 2);
  assert.ok(getField(db.shard.tip, other, { key: "h", name: "f" }) !== undefined);
  db.run((tx) => removeKeysEverywhere(tx));
  assert.equal([...db.shard.tip.range("", undefined)].length, 0);
});

test("removeAllKeys: an expiry row that is left does not touch a new key", async () => {
  const db = await keysFixture();
  const key = "k";
  db.run((tx, at) => setStringIf(tx, at, { key, value, expiry: at.now + 100 }));
  db.run((tx, at) => removeAllKeys(tx, at.space));
  db.run((tx, at) => setString(tx, at, { key, value }));
  await db.pass(200);
  assert.ok(getString(db.shard.tip, db.context(), key) !== undefined);
  assert.equal(countKeys(db.shard.tip, db.context().space), 1);
});

test("expireKey: conditions take a key without expiry for one that never expires", async () => {
  const db = await keysFixture();
  const key = "k";
  const now = db.clock.now();
  const expire = (life: number, condition: object): boolean => {
    return db.run((tx, at) => expireKey(tx, at, { key, expiresAt: now + life, condition }));
  };
  db.run((tx, at) => setString(tx, at, { key, value }));
  assert.equal(expire(50, { onlyLater: true }), false);
  assert.equal(expire(50, { onlySome: true }), false);
  assert.equal(expire(50, { onlyEarlier: true }), true);
  assert.equal(expire(50, { onlyLater: true }), false);
  assert.equal(expire(60, { onlyLater: true }), true);
  assert.equal(expire(70, { onlyNone: true }), false);
  assert.equal(expiryOfKey(db.shard.tip, db.context(), key), now + 60);
});

test("renameKey, copyKey: take fields and expiry along and replace what was there", async () => {
  const db = await keysFixture();
  const expiresAt = db.clock.now() + 100;
  db.run((tx, at) => {
    setFields(tx, at, { key: "from", fields: [["f", value]] });
    expireKey(tx, at, { key: "from", expiresAt, condition: {} });
    setFields(tx, at, { key: "to", fields: [["g", value]] });
  });
  db.run((tx, at) => copyKey(tx, at, { from: "from", to: "copy", replace: false }));
  db.run((tx, at) => renameKey(tx, at, { from: "from", to: "to", onlyIfAbsent: false }));
  for (const key of ["to", "copy"]) {
    assert.ok(getField(db.shard.tip, db.context(), { key, name: "f" }) !== undefined);
    assert.equal(getField(db.shard.tip, db.context(), { key, name: "g" }), undefined);
    assert.equal(expiryOfKey(db.shard.tip, db.context(), key), expiresAt);
  }
  assert.equal(countKeys(db.shard.tip, db.context().space), 2);
});

test("randomKey: finds some key among few and many", async () => {
  const db = await keysFixture();
  const random = new SeededRandom(1);
  assert.equal(randomKey(db.shard.tip, db.context(), random), undefined);
  for (const count of [1, 1000]) {
    db.run((tx, at) => {
      for (let each = 0; each < count; each++) setString(tx, at, { key: `k:${each}`, value });
    });
    const drawn = new Set<string | undefined>();
    for (let draws = 0; draws < 100; draws++) {
      drawn.add(randomKey(db.shard.tip, db.context(), random));
    }
    assert.ok(!drawn.has(undefined));
    assert.ok(drawn.size >= Math.min(count, 30), `${drawn.size} of ${count}`);
  }
});

test("encodingOfKey: is what Redis would say", async () => {
  const db = await keysFixture();
  const encoding = (text: string): string | undefined => {
    db.run((tx, at) => setString(tx, at, { key: "k", value: Buffer.from(text) }));
    return encodingOfKey(db.shard.tip, db.context(), "k");
  };
  assert.equal(encoding("9223372036854775807"), "int");
  assert.equal(encoding("9223372036854775808"), "embstr");
  assert.equal(encoding("-0"), "embstr");
  assert.equal(encoding("x".repeat(44)), "embstr");
  assert.equal(encoding("x".repeat(45)), "raw");
});
