import assert from "node:assert/strict";
import { test } from "node:test";
import { RowStore } from "../../../test/support/row-store.ts";
import { estimateSize } from "./estimate-size.ts";
import { mutation } from "./mutations.ts";
import { SHORT_KEY_BYTES_MAX, ZSpace } from "./rows.ts";
import { KEY_BYTES_MAX, VALUE_BYTES_MAX, zchange, zget, zset } from "./zmap.ts";

test("zchange() changes values under short and long keys", () => {
  const store = new RowStore();
  const space = new ZSpace(1);
  for (const key of ["k", "k".repeat(SHORT_KEY_BYTES_MAX + 1)]) {
    const add = mutation("ADD", Buffer.from([2]));
    store.run((tx) => zchange(tx, space, { key, change: add }));
    store.run((tx) => zchange(tx, space, { key, change: add }));
    assert.deepEqual(zget(store, space, key), Buffer.from([4]));
    store.run((tx) => zchange(tx, space, { key, change: () => undefined }));
    assert.equal(zget(store, space, key), undefined);
  }
});

test("zset() refuses keys and values that are too large, naming the bound", () => {
  const store = new RowStore();
  const space = new ZSpace(1);
  const key = "k".repeat(KEY_BYTES_MAX + 1);
  assert.throws(() => store.run((tx) => zset(tx, space, { key, value: Buffer.alloc(0) })), {
    code: "TOO_LARGE",
  });
  const value = Buffer.alloc(VALUE_BYTES_MAX + 1);
  assert.throws(() => store.run((tx) => zset(tx, space, { key: "k", value })), {
    code: "TOO_LARGE",
  });
});

test("estimateSize() is 0 for little and near the truth for much", () => {
  const store = new RowStore();
  const space = new ZSpace(1);
  store.run((tx) => zset(tx, space, { key: "a", value: Buffer.from("1") }));
  assert.equal(estimateSize(store, space, {}), 0);
  store.run((tx) => {
    for (let index = 0; index < 30_000; index++) {
      const key = `key-${String(index).padStart(5, "0")}`;
      zset(tx, space, { key, value: Buffer.alloc(91) });
    }
  });
  const estimate = estimateSize(store, space, { begin: "key" });
  assert.ok(estimate > 2_000_000 && estimate < 4_500_000, String(estimate));
});
