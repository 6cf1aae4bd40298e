import assert from "node:assert/strict";
import { test } from "node:test";
import type { Key } from "../base/key.ts";
import type { RangeOptions, ReadView, Row } from "./base-tree.ts";
import { Layer, LayeredView } from "./layered-view.ts";
import { Memtable } from "./memtable.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** A base with the keys 000 ... 999 that counts what is asked of it. */
class CountingBase implements ReadView {
  rangesOpened = 0;
  rangesClosed = 0;
  rowsRead = 0;

  get(key: Key): Uint8Array | undefined {
    return /^\d{3}$/.test(key) ? bytes("base") : undefined;
  }

  *range(start: Key, end: Key | undefined, options: RangeOptions = {}): IterableIterator<Row> {
    this.rangesOpened++;
    const keys = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, "0"));
    if (options.reverse === true) keys.reverse();
    try {
      for (const key of keys) {
        if (key < start || (end !== undefined && key >= end)) continue;
        this.rowsRead++;
        yield [key, bytes("base")];
      }
    } finally {
      this.rangesClosed++;
    }
  }
}

function layered(base: ReadView, ...memtables: readonly Memtable[]): LayeredView {
  const [top = new Memtable(), ...below] = memtables;
  return new LayeredView(top.image(), below.map((table) => new Layer(table.image())), base);
}

function keysOf(rows: Iterable<Row>): string {
  return Array.from(rows, ([key]) => key).join(" ");
}

test("LayeredView: the newest layer that knows a key decides", () => {
  const [newest, older] = [new Memtable(), new Memtable()];
  older.set("001", bytes("older"));
  older.set("002", bytes("older"));
  older.set("003", null);
  newest.set("001", bytes("newest"));
  newest.deleteRange("002", "003");
  const view = layered(new CountingBase(), newest, older);
  const values = ["000", "001", "002", "003"].map((key) => view.get(key)?.toString());
  assert.deepEqual(values, ["base", "newest", undefined, undefined]);
  const rows = Array.from(view.range("", "004"), ([key, value]) => `${key} ${value}`);
  assert.deepEqual(rows, ["000 base", "001 newest"]);
});

test("LayeredView: a scan jumps over deleted ranges in both directions", () => {
  const [newest, older] = [new Memtable(), new Memtable()];
  older.deleteRange("001", "500");
  newest.deleteRange("500", "998");
  newest.set("600", bytes("newest"));
  for (const reverse of [false, true]) {
    const base = new CountingBase();
    const rows = keysOf(layered(base, newest, older).range("", undefined, { reverse }));
    const expected = ["000", "600", "998", "999"];
    assert.equal(rows, (reverse ? expected.toReversed() : expected).join(" "));
    assert.ok(base.rowsRead <= 4, `${base.rowsRead} rows read`);
  }
});

test("LayeredView: a limit counts rows, not tombstones", () => {
  const memtable = new Memtable();
  memtable.set("000", null);
  memtable.set("002", null);
  const view = layered(new CountingBase(), memtable);
  assert.equal(keysOf(view.range("", undefined, { limit: 2 })), "001 003");
  assert.equal(keysOf(view.range("", "004", { limit: 9, reverse: true })), "003 001");
  assert.equal(keysOf(view.range("", undefined, { limit: 0 })), "");
});

test("LayeredView: leaving a scan early closes the base tree's cursor", () => {
  const base = new CountingBase();
  for (const [key] of layered(base).range("", undefined)) if (key === "005") break;
  assert.equal(keysOf(layered(base).range("", undefined, { limit: 3 })), "000 001 002");
  assert.equal(base.rangesOpened, 2);
  assert.equal(base.rangesClosed, 2);
});

test("Layer: after drop() readers go on in the layers below", () => {
  const memtable = new Memtable();
  memtable.set("001", bytes("layer"));
  const layer = new Layer(memtable.image());
  const view = new LayeredView(new Memtable().image(), [layer], new CountingBase());
  assert.equal(view.get("001")?.toString(), "layer");
  layer.drop();
  assert.equal(view.get("001")?.toString(), "base");
});
