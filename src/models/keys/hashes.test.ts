import assert from "node:assert/strict";
import { test } from "node:test";
import { keysFixture } from "../../../test/support/keys-fixture.ts";
import { countFields, deleteFields, getField, incrementField } from "./hashes.ts";
import { listFields, setFieldIfAbsent, setFields } from "./hashes.ts";

const value = Buffer.from("v");

test("setFields: names of any bytes and length are fields of their own", async () => {
  const db = await keysFixture();
  const long = "n".repeat(5000);
  const names = ["", "\0", "\0\u0001", "n", long, `${long}1`, long.slice(0, 900)];
  const fields = names.map((name) => [name, Buffer.from(name.slice(-3))] as const);
  for (const key of ["h", "h\0", "k".repeat(2000)]) {
    assert.equal(db.run((tx, at) => setFields(tx, at, { key, fields })), names.length);
    assert.equal(db.run((tx, at) => setFields(tx, at, { key, fields })), 0);
    const listed = listFields(db.shard.tip, db.context(), { key });
    assert.deepEqual(new Set(listed.map(([name]) => name)), new Set(names));
    for (const [name, content] of fields) {
      const found = getField(db.shard.tip, db.context(), { key, name });
      assert.deepEqual(found && Buffer.from(found), content);
    }
  }
});

test("listFields: pages behind one another are the whole hash", async () => {
  const db = await keysFixture();
  const key = "h";
  const names = Array.from({ length: 50 }, (_, at) => `f${at}`);
  db.run((tx, at) => setFields(tx, at, { key, fields: names.map((name) => [name, value]) }));
  const seen: string[] = [];
  for (;;) {
    const after = seen.at(-1);
    const place = { key, limit: 7, ...(after === undefined ? {} : { after }) };
    const page = listFields(db.shard.tip, db.context(), place);
    if (page.length === 0) break;
    seen.push(...page.map(([name]) => name));
  }
  assert.deepEqual(seen, names.toSorted());
});

test("deleteFields: a name given twice counts once; the last field takes the key", async () => {
  const db = await keysFixture();
  const key = "h";
  db.run((tx, at) => setFields(tx, at, { key, fields: [["a", value], ["b", value]] }));
  assert.equal(db.run((tx, at) => deleteFields(tx, at, { key, names: ["a", "a", "x"] })), 1);
  assert.equal(countFields(db.shard.tip, db.context(), key), 1);
  assert.equal(db.run((tx, at) => deleteFields(tx, at, { key, names: ["b"] })), 1);
  assert.equal([...db.shard.tip.range("", undefined)].length, 1, "The count alone is left");
});

test("incrementField: makes hash and field, and refuses to overflow", async () => {
  const db = await keysFixture();
  const at = { key: "h", name: "n" };
  const largest = 2n ** 63n - 1n;
  const made = db.run((tx, where) => incrementField(tx, where, { ...at, by: largest }));
  assert.equal(made, largest);
  assert.throws(
    () => db.run((tx, where) => incrementField(tx, where, { ...at, by: 1n })),
    /would overflow/,
  );
  assert.equal(db.run((tx, where) => setFieldIfAbsent(tx, where, { ...at, value })), false);
  assert.equal(countFields(db.shard.tip, db.context(), "h"), 1);
});
