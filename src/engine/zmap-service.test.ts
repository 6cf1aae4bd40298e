import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryEngine } from "../../test/support/memory-engine.ts";
import { isCronosError } from "../base/errors.ts";

async function fixture() {
  const { engine } = await memoryEngine();
  return engine;
}

test("db.zmap() stores, reads and deletes in the order of keys", async () => {
  const db = await fixture();
  const map = db.zmap();
  for (const key of ["b", "a", "d", "c"]) await map.set(key, key.toUpperCase());
  assert.equal(String(await map.get("a")), "A");
  assert.equal(await map.get("x"), undefined);
  const read = async (range: Parameters<typeof map.range>[0]) => {
    return (await map.range(range)).map(({ key, value }) => `${key}=${value}`).join(" ");
  };
  assert.equal(await read({}), "a=A b=B c=C d=D");
  assert.equal(await read({ begin: "b", end: "d" }), "b=B c=C");
  assert.equal(await read({ reverse: true, limit: 2 }), "d=D c=C");
  assert.equal(String(await map.key("b", "first_greater_than")), "c");
  await map.delete("b");
  await map.deleteRange({ begin: "c" });
  assert.equal(await read({}), "a=A");
  await assert.rejects(map.range({ limit: 0 }), { code: "INVALID_ARGUMENT" });
  await db.close();
});

test("db.zmap() keeps typed numbers and mutates values", async () => {
  const db = await fixture();
  const { i64, f64, d128 } = db.zmap();
  await i64.increment("i", 2n ** 62n);
  await i64.increment("i", 5n);
  assert.equal(await i64.get("i"), 2n ** 62n + 5n);
  await f64.set("f", 1.5);
  await f64.increment("f", 1);
  assert.equal(await f64.get("f"), 2.5);
  await d128.increment("d", "0.10");
  assert.equal(await d128.get("d"), "0.10");
  assert.equal(await d128.get("missing"), undefined);
  await db.zmap().mutate("m", "APPEND_IF_FITS", "x");
  await db.zmap().mutate("m", "APPEND_IF_FITS", "y");
  assert.equal(String(await db.zmap().get("m")), "xy");
  await db.close();
});

test("db.namespace() has data of its own, which moves and goes with it", async () => {
  const db = await fixture();
  const orders = db.namespace("shop.orders");
  await assert.rejects(orders.zmap.set("k", "v"), { code: "NOT_FOUND" });
  await db.namespaces.create("shop.orders");
  await orders.zmap.set("k", "v");
  assert.equal(await db.zmap().get("k"), undefined);
  assert.deepEqual(await db.namespaces.list(), ["global", "shop"]);
  await db.namespaces.move("shop", "store");
  await assert.rejects(orders.zmap.get("k"), { code: "NOT_FOUND" });
  assert.equal(String(await db.zmap("store.orders").get("k")), "v");
  await db.namespaces.remove("store");
  await assert.rejects(db.zmap("store.orders").get("k"), { code: "NOT_FOUND" });
  await db.namespaces.purge("store");
  assert.equal(await db.namespaces.exists("store"), false);
  await db.namespaces.create("store.orders");
  assert.equal(await db.zmap("store.orders").get("k"), undefined);
  await db.close();
});

test("db.transact() spans ordered maps of namespaces, all or nothing", async () => {
  const db = await fixture();
  await db.namespaces.create("a");
  const left = await db.transact((tx) => {
    tx.zmap().set("k", "1");
    tx.zmap("a").i64.increment("n", 2n);
    return tx.zmap("a").i64.get("n");
  });
  assert.equal(left, 2n);
  const failing = db.transact((tx) => {
    tx.zmap().set("k", "2");
    tx.zmap("missing");
  });
  await assert.rejects(failing, (error) => isCronosError(error, "NOT_FOUND"));
  assert.equal(String(await db.zmap().get("k")), "1");
  await db.close();
});

test("ZMapApi.watch() resolves with a change, rejects with its signal and at the end", async () => {
  const db = await fixture();
  const map = db.zmap();
  await map.set("k", "1");
  const changed = map.watch("k");
  await map.set("k", "1");
  await map.set("other", "1");
  await map.set("k", "2");
  await changed;
  const stop = new AbortController();
  const stopped = map.watch("k", { signal: stop.signal });
  await map.get("k");
  stop.abort(new RangeError("enough"));
  await assert.rejects(stopped, RangeError);
  const last = map.watch("k");
  const ended = assert.rejects(last, { code: "CLOSED" });
  await map.get("k");
  await db.close();
  await ended;
});
