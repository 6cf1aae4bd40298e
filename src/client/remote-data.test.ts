import assert from "node:assert/strict";
import { test } from "node:test";
import { serveDatabase } from "../../test/support/grpc-database.ts";
import { isCronosError } from "../base/errors.ts";
import type { KeyScanOptions, KeysApi } from "../engine/keys-api.ts";

async function listed(keys: KeysApi, options?: KeyScanOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const key of keys.scan(options)) found.push(String(key));
  return found;
}

test("remote db.keys does what the embedded one does", async (t) => {
  const { remote, database } = await serveDatabase(t);
  const { keys } = remote;
  assert.equal(await keys.get("k"), undefined);
  assert.deepEqual(await keys.set("k", Buffer.of(0, 200), { nx: true, px: 1000 }), {
    stored: true,
    old: undefined,
  });
  assert.deepEqual(await keys.set("k", "v", { get: true, keepTtl: true }), {
    stored: true,
    old: Buffer.of(0, 200),
  });
  assert.deepEqual(await database.keys.get("k"), Buffer.from("v"));
  assert.equal(await keys.ttl("k"), 1000);
  assert.equal(await keys.persist("k"), true);
  assert.equal(await keys.ttl("k"), Number.POSITIVE_INFINITY);
  assert.equal(await keys.expire("k", 5), true);
  assert.equal(await keys.increment("n", 2n ** 62n), 2n ** 62n);
  assert.equal(await keys.increment("n"), 2n ** 62n + 1n);
  assert.equal(await keys.hash.set("h", { a: "1", b: Buffer.of(255) }), 2);
  assert.equal(await keys.hash.increment("h", "a", 4n), 5n);
  assert.deepEqual(await keys.hash.getAll("h"), [
    { field: Buffer.from("a"), value: Buffer.from("5") },
    { field: Buffer.from("b"), value: Buffer.of(255) },
  ]);
  assert.equal(String(await keys.hash.get("h", "a")), "5");
  assert.equal(await keys.hash.delete("h", "a", "x"), 1);
  assert.equal(await keys.type("h"), "hash");
  assert.equal(await keys.exists("h", "n", "x"), 2);
  assert.equal(await keys.delete("h", "x"), 1);
});

test("remote KeysApi.scan goes on behind the last key of a page", async (t) => {
  const { remote, database } = await serveDatabase(t);
  await database.transact((tx) => {
    for (let number = 0; number < 2500; number++) tx.keys().set(`k${10_000 + number}`, "");
    tx.keys().hash.set("h", { f: "" });
  });
  const found = await listed(remote.keys);
  assert.equal(found.length, 2501);
  assert.deepEqual(found, found.toSorted());
  assert.deepEqual(await listed(remote.keys, { type: "hash" }), ["h"]);
  assert.deepEqual(await listed(remote.keys, { match: "k1249?", after: "k12497" }), [
    "k12498",
    "k12499",
  ]);
});

test("remote namespaces and ordered maps do what the embedded ones do", async (t) => {
  const { remote, database } = await serveDatabase(t);
  const { zmap } = remote.namespace("shop.orders");
  await assert.rejects(zmap.set("k", "v"), { code: "NOT_FOUND" });
  await remote.namespaces.create("shop.orders");
  assert.equal(await remote.namespaces.exists("shop"), true);
  assert.deepEqual(await remote.namespaces.list(), ["global", "shop"]);
  for (const key of ["a", "b", "c"]) await zmap.set(key, key.toUpperCase());
  assert.deepEqual(await zmap.range({ begin: "b", limit: 1 }), [
    { key: Buffer.from("b"), value: Buffer.from("B") },
  ]);
  assert.equal(String(await zmap.key("b", "first_greater_than")), "c");
  await zmap.deleteRange({ end: "b" });
  assert.equal(await zmap.get("a"), undefined);
  await zmap.mutate("m", "APPEND_IF_FITS", "x");
  await zmap.i64.increment("i", -3n);
  await zmap.f64.set("f", 0.5);
  await zmap.d128.increment("d", "1.50");
  assert.deepEqual(
    [await zmap.i64.get("i"), await zmap.f64.get("f"), await zmap.d128.get("d")],
    [-3n, 0.5, "1.50"],
  );
  assert.equal(String(await database.zmap("shop.orders").get("m")), "x");
  assert.equal(await remote.zmap().get("m"), undefined);
  await remote.namespaces.move("shop", "store");
  await remote.namespaces.remove("store");
  await remote.namespaces.purge("store");
  assert.equal(await remote.namespaces.exists("store"), false);
});

test("remote ZMapApi.watch ends with a change, and with its signal", async (t) => {
  const { remote } = await serveDatabase(t);
  const zmap = remote.zmap();
  const changed = zmap.watch("k");
  // The watch begins when its request has come: until then changes go unseen.
  const over = changed.then(() => "over");
  for (let ended = ""; ended === ""; ) {
    await zmap.mutate("k", "APPEND_IF_FITS", "x");
    ended = await Promise.race([over, new Promise<string>((go) => setImmediate(() => go("")))]);
  }
  const stop = new AbortController();
  const stopped = zmap.watch("k", { signal: stop.signal });
  stop.abort(new RangeError("enough"));
  await assert.rejects(stopped, RangeError);
});

test("remote operations tell wrong arguments, and that transact() is not for them", async (t) => {
  const { remote, caller } = await serveDatabase(t);
  await remote.keys.hash.set("h", { a: "1" });
  await assert.rejects(remote.keys.get("h"), (error) => isCronosError(error, "INVALID_ARGUMENT"));
  await assert.rejects(remote.transact(() => 1), /BEGIN and COMMIT/);
  const call = (operation: string, ...args: object[]): Promise<unknown> => {
    return caller.call("DataService", "Call", { operation, arguments: args });
  };
  await assert.rejects(call("keys.nothing"), /Call "keys.nothing": no such operation/);
  await assert.rejects(call("toString"), /no such operation/);
  await assert.rejects(call("keys.get"), /Invalid argument 0 of keys.get: expected bytes or text/);
  await assert.rejects(call("keys.get", { number: 1 }), /expected bytes or text/);
  await assert.rejects(call("keys.increment", { text: "k" }, { number: 1 }), /an integer/);
  await assert.rejects(call("keys.increment", { text: "k" }, { integer: "x" }), /an integer of/);
  const odd = { fields: { values: { expires: { number: 1 } } } };
  await assert.rejects(call("keys.set", { text: "k" }, { text: "v" }, odd), /no option expires/);
  const typed = { fields: { values: { ex: { text: "1" } } } };
  await assert.rejects(call("keys.set", { text: "k" }, { text: "v" }, typed), /ex to be number/);
  await assert.rejects(call("zmap.key", { text: "k" }, { text: "beside" }), /one of first_/);
});
