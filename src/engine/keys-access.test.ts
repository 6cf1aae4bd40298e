import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeyScanOptions, KeysApi } from "./keys-api.ts";
import { open } from "./open.ts";

async function listed(keys: KeysApi, options?: KeyScanOptions): Promise<string> {
  const found: string[] = [];
  for await (const key of keys.scan(options)) found.push(String(key));
  return found.join(" ");
}

test("KeysApi.scan lists keys in order, by pattern, type and start", async () => {
  const db = await open(":memory:");
  const { keys } = db;
  await db.transact((tx) => {
    for (let number = 0; number < 600; number++) tx.keys().set(`a${1000 + number}`, "");
    tx.keys().hash.set("b", { f: "" });
    tx.keys().set("a".repeat(2000), "");
    assert.equal([...tx.keys().scan({ match: "a15*" })].length, 100);
  });
  assert.equal((await listed(keys)).split(" ").length, 602);
  assert.equal(await listed(keys, { match: "a159?" }), await listed(keys, { match: "a159*" }));
  assert.equal(await listed(keys, { type: "hash" }), "b");
  assert.equal(await listed(keys, { after: "a".repeat(2000) }), "b");
  assert.equal(await listed(keys, { match: "a?5[0-9]8", after: "a1578" }), "a1588 a1598");
  await db.close();
});

test("db.namespace(name).keys are apart, and join transactions", async () => {
  const db = await open(":memory:");
  const shop = db.namespace("shop").keys;
  await assert.rejects(shop.get("k"), { code: "NOT_FOUND" });
  await db.namespaces.create("shop");
  await db.transact((tx) => {
    tx.keys("shop").set("k", "1");
    assert.equal(String(tx.keys("shop").get("k")), "1");
    tx.zmap("shop").set("k", "z");
    tx.events.publish({ topic: "t", id: "1", at: tx.now + 1000, payload: "x" });
  });
  assert.equal(String(await shop.get("k")), "1");
  assert.equal(await db.keys.get("k"), undefined);
  const failing = db.transact((tx) => {
    tx.keys("shop").delete("k");
    throw new RangeError("no");
  });
  await assert.rejects(failing, RangeError);
  assert.equal(await shop.exists("k"), 1);
  await db.close();
});
