/** What src/store/base-tree.ts says, as tests that every BaseTree must pass. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import fc from "fast-check";
import { logIndex } from "../../src/base/ids.ts";
import type { Key } from "../../src/base/key.ts";
import { keyBytesMax } from "../../src/store/base-tree.ts";
import type { BaseTree, Mutation, RangeOptions, ReadView } from "../../src/store/base-tree.ts";

/** Opens the tree that the place holds; a new one at first. Close one before opening another. */
export type OpenTree = () => Promise<BaseTree>;

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const put = (key: Key, value: string): Mutation => ({ kind: "put", key, value: bytes(value) });
const remove = (key: Key): Mutation => ({ kind: "delete", key });
const removeRange = (start: Key, end?: Key): Mutation => ({ kind: "deleteRange", start, end });

interface Query extends RangeOptions {
  readonly start?: Key;
  readonly end?: Key;
}

function rowsOf(view: ReadView, query: Query = {}): string[] {
  const rows = view.range(query.start ?? "", query.end, query);
  return Array.from(rows, ([key, value]) => `${key}=${Buffer.from(value).toString("latin1")}`);
}

/** Runs the suite against the trees that `place` gives, a fresh place each time. */
export function baseTreeContract(
  name: string,
  place: (context: TestContext) => Promise<OpenTree>,
): void {
  test(`${name}: a new tree is empty`, async (context) => {
    const tree = await (await place(context))();
    assert.equal(tree.appliedIndex, 0);
    assert.equal(tree.get("a"), undefined);
    assert.deepEqual(rowsOf(tree), []);
    assert.equal(tree.stats().rows, 0);
    await tree.close();
  });

  test(`${name}: get and range read what was written`, async (context) => {
    const tree = await (await place(context))();
    await tree.write(["a", "b", "c", "d"].map((key) => put(key, key + key)), logIndex(7));
    assert.equal(tree.appliedIndex, 7);
    assert.deepEqual(Buffer.from(tree.get("b") ?? []), Buffer.from("bb"));
    const cases: readonly (readonly [Query, string])[] = [
      [{}, "a=aa b=bb c=cc d=dd"],
      [{ start: "b" }, "b=bb c=cc d=dd"],
      [{ start: "b", end: "d" }, "b=bb c=cc"],
      [{ start: "bx", end: "cx" }, "c=cc"],
      [{ reverse: true }, "d=dd c=cc b=bb a=aa"],
      [{ start: "b", end: "d", reverse: true }, "c=cc b=bb"],
      [{ start: "ax", end: "cx", reverse: true }, "c=cc b=bb"],
      [{ limit: 2 }, "a=aa b=bb"],
      [{ reverse: true, limit: 1 }, "d=dd"],
      [{ limit: 0 }, ""],
      [{ start: "x" }, ""],
      [{ start: "x", reverse: true }, ""],
      [{ start: "c", end: "b" }, ""],
      [{ start: "c", end: "b", reverse: true }, ""],
      [{ start: "b", end: "b" }, ""],
    ];
    for (const [query, rows] of cases) assert.equal(rowsOf(tree, query).join(" "), rows);
    await tree.close();
  });

  test(`${name}: keys of any bytes and lengths, values of any size`, async (context) => {
    const tree = await (await place(context))();
    const longest = "k".repeat(keyBytesMax);
    const keys = ["\0", "\0\0", "\0\x01", "a\0", "k", longest, "\x80", "\xff", "\xff\xff"];
    const large = Buffer.alloc(3_000_000, "large");
    const mutations = keys.map((key) => put(key, `v${key.length}`));
    mutations.push({ kind: "put", key: "\xff\xff\xff", value: large });
    await tree.write(mutations, logIndex(1));
    assert.deepEqual([...tree.range("", "\xff\xff\xff")].map(([key]) => key), keys);
    for (const key of keys) assert.equal(tree.get(key)?.length, `v${key.length}`.length);
    assert.ok(large.equals(tree.get("\xff\xff\xff") ?? Buffer.of()));
    await tree.write([put("empty", "")], logIndex(2));
    assert.equal(tree.get("empty")?.length, 0);
    assert.equal(tree.get(""), undefined);
    assert.equal(tree.get(`${longest}k`), undefined);
    const below = rowsOf(tree, { end: `${longest}k`, reverse: true, limit: 1 });
    assert.equal(below[0], `${longest}=v${keyBytesMax}`);
    assert.equal(rowsOf(tree, { start: `${longest}k`, limit: 1 })[0], "\x80=v1");
    await tree.close();
  });

  test(`${name}: values read stay as they are`, async (context) => {
    const tree = await (await place(context))();
    await tree.write([put("a", "first"), put("b", "second")], logIndex(1));
    const [value, rows] = [tree.get("a"), [...tree.range("", undefined)]];
    await tree.write([put("a", "XXXXX"), put("b", "YYYYYY")], logIndex(2));
    tree.get("b");
    assert.equal(Buffer.from(value ?? []).toString(), "first");
    assert.deepEqual(rows.map((row) => Buffer.from(row[1]).toString()), ["first", "second"]);
    await tree.close();
  });

  test(`${name}: written rows and appliedIndex survive a reopen`, async (context) => {
    const open = await place(context);
    let tree = await open();
    await tree.write([put("a", "1"), put("b", "2")], logIndex(3));
    await tree.write([removeRange("a", "b"), put("c", "3")], logIndex(9));
    await tree.close();
    tree = await open();
    assert.equal(tree.appliedIndex, 9);
    assert.deepEqual(rowsOf(tree), ["b=2", "c=3"]);
    assert.equal(tree.stats().rows, 2);
    await tree.close();
  });

  test(`${name}: deletes of present and absent rows, and of ranges`, async (context) => {
    const tree = await (await place(context))();
    await tree.write("abcdefgh".split("").map((key) => put(key, "1")), logIndex(1));
    const ranges = [removeRange("c", "e"), removeRange("g")];
    await tree.write([...ranges, remove("a"), remove("z")], logIndex(2));
    assert.deepEqual(rowsOf(tree), ["b=1", "e=1", "f=1"]);
    await tree.write([removeRange("b", "b"), removeRange("f", "c"), put("c", "2")], logIndex(3));
    assert.deepEqual(rowsOf(tree), ["b=1", "c=2", "e=1", "f=1"]);
    await tree.write([removeRange("")], logIndex(4));
    assert.deepEqual(rowsOf(tree), []);
    await tree.close();
  });

  test(`${name}: a snapshot stays as it is until its release`, async (context) => {
    const tree = await (await place(context))();
    await tree.write([put("a", "1"), put("b", "1")], logIndex(1));
    const [first, second] = [tree.snapshot(), tree.snapshot()];
    await tree.write([removeRange(""), put("b", "2"), put("c", "2")], logIndex(2));
    const third = tree.snapshot();
    await tree.write([put("a", "3")], logIndex(3));
    first.release();
    assert.deepEqual(rowsOf(second), ["a=1", "b=1"]);
    assert.deepEqual(rowsOf(second, { reverse: true, limit: 1 }), ["b=1"]);
    assert.equal(second.get("c"), undefined);
    assert.deepEqual(rowsOf(third), ["b=2", "c=2"]);
    assert.deepEqual(rowsOf(tree), ["a=3", "b=2", "c=2"]);
    assert.throws(() => first.get("a"), /after its release/);
    second.release();
    third.release();
    third.release();
    await tree.close();
  });

  test(`${name}: leaving a scan early and nesting scans`, async (context) => {
    const tree = await (await place(context))();
    await tree.write("abc".split("").map((key) => put(key, "1")), logIndex(1));
    const pairs: string[] = [];
    for (const [outer] of tree.range("", undefined)) {
      for (const [inner] of tree.range("", undefined)) {
        if (inner > outer) break;
        pairs.push(outer + inner);
      }
    }
    assert.equal(pairs.join(" "), "aa ba bb ca cb cc");
    await tree.close();
  });

  test(`${name}: a write of many rows in order, then over them`, async (context) => {
    const tree = await (await place(context))();
    const keys = Array.from({ length: 20_000 }, (_, n) => `k${String(n).padStart(6, "0")}`);
    await tree.write(keys.map((key) => put(key, key.repeat(8))), logIndex(1));
    assert.equal(tree.stats().rows, keys.length);
    await tree.write(keys.filter((_, n) => n % 3 === 0).map(remove), logIndex(2));
    assert.equal(tree.stats().rows, keys.length - Math.ceil(keys.length / 3));
    await tree.write([removeRange("k000100", "k019900")], logIndex(3));
    const left = keys.filter((_, n) => n % 3 !== 0 && (n < 100 || n >= 19_900));
    assert.deepEqual(Array.from(tree.range("", undefined), ([key]) => key), left);
    await tree.close();
  });

  test(`${name}: agrees with a sorted map`, async (context) => {
    const key = fc.string({ unit: fc.constantFrom("a", "b", "\0", "\xff"), minLength: 1 });
    const end = fc.option(key, { nil: undefined });
    const value = fc.option(fc.uint8Array({ maxLength: 300 }));
    const batch = fc.record({
      ranges: fc.array(fc.tuple(key, end), { maxLength: 2 }),
      rows: fc.array(fc.tuple(key, value), { maxLength: 30 }),
    });
    const batches = fc.array(batch, { maxLength: 5 });
    const options = fc.record({ reverse: fc.boolean(), limit: fc.nat(9) }, { requiredKeys: [] });
    const query = fc.record({ start: fc.oneof(key, fc.constant("")), end, options });
    const open = await place(context);
    await fc.assert(
      fc.asyncProperty(batches, fc.array(query), async (steps, queries) => {
        const tree = await open();
        const model = new Map<Key, Uint8Array>();
        await tree.write([removeRange("")], logIndex(tree.appliedIndex + 1));
        for (const step of steps) {
          await tree.write(batchMutations(model, step), logIndex(tree.appliedIndex + 1));
        }
        for (const { start, end: stop, options: how } of queries) {
          const expected = [...model]
            .filter(([k]) => k >= start && (stop === undefined || k < stop))
            .sort(([a], [b]) => (a < b === (how.reverse ?? false) ? 1 : -1))
            .slice(0, how.limit ?? model.size);
          const found = Array.from(tree.range(start, stop, how), ([k, v]) => [k, Array.from(v)]);
          assert.deepEqual(found, expected.map(([k, v]) => [k, Array.from(v)]));
        }
        await tree.close();
      }),
      { numRuns: 25 },
    );
  });
}

interface Batch {
  readonly ranges: readonly (readonly [Key, Key | undefined])[];
  readonly rows: readonly (readonly [Key, Uint8Array | null])[];
}

/** The mutations of a batch in the order that write() wants, applied to the model as well. */
function batchMutations(model: Map<Key, Uint8Array>, { ranges, rows }: Batch): Mutation[] {
  for (const [start, end] of ranges) {
    for (const key of model.keys()) {
      if (key >= start && (end === undefined || key < end)) model.delete(key);
    }
  }
  const last = new Map(rows);
  for (const [key, value] of last) {
    if (value === null) model.delete(key);
    else model.set(key, value);
  }
  const sorted = [...last].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...ranges.map(([start, end]) => removeRange(start, end)),
    ...sorted.map(([key, value]): Mutation => {
      return value === null ? remove(key) : { kind: "put", key, value };
    }),
  ];
}
