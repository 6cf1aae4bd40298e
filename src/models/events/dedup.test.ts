import assert from "node:assert/strict";
import { test } from "node:test";
import { RowStore } from "../../../test/support/row-store.ts";
import { shardTimeMs } from "../../base/ids.ts";
import { mixHash1, mixHash2 } from "./dedup-hash.ts";
import { PROBE_MAX } from "./dedup-table.ts";
import { DedupIndex } from "./dedup.ts";
import { dedupPageKey, dedupReachKey } from "./rows.ts";

/** An index whose ids are numbers: id i is the event at offset i of partition i % 5. */
class Ids {
  readonly store = new RowStore();
  index = this.#open();
  added = 0;

  #open(): DedupIndex {
    return new DedupIndex(() => {
      const reach = Buffer.from(String(this.added));
      return (tx) => tx.put(dedupReachKey(0, 0), reach);
    });
  }

  add(count: number): void {
    for (const end = this.added + count; this.added < end; this.added++) this.addOne(this.added);
  }

  addOne(id: number): void {
    this.index.add(mixHash1(1, id), mixHash2(1, id), id % 5, id);
  }

  /** Whether id is there, verified as a caller does. */
  has(id: number): boolean {
    return this.index.candidates(mixHash1(1, id), mixHash2(1, id), this.store, (part, offset) => {
      return part === id % 5 && offset === id;
    });
  }

  /** How far the ids are in runs, as the rows say. */
  get reach(): number {
    return Number(this.store.get(dedupReachKey(0, 0)) ?? 0);
  }

  work(): void {
    while (this.index.step(this.store.run));
  }

  /** Freezes and writes what was added. */
  flush(): void {
    this.index.freeze();
    this.work();
  }

  restart(): void {
    this.index = this.#open();
    this.index.load(this.store);
    for (let id = this.reach; id < this.added; id++) this.addOne(id);
  }

  assertAll(): void {
    for (let id = 0; id < this.added; id++) assert.ok(this.has(id), `id ${id}`);
    for (let id = this.added; id < this.added + 500; id++) assert.ok(!this.has(id), `id ${id}`);
  }
}

test("DedupIndex finds ids in the active table, frozen tables and runs", () => {
  const ids = new Ids();
  ids.add(1000);
  ids.flush();
  ids.add(1000);
  ids.index.freeze();
  ids.add(1000);
  assert.equal(ids.index.runs, 1);
  assert.equal(ids.index.backlog, 1);
  ids.assertAll();
  assert.equal(ids.index.entries, 3000);
});

test("DedupIndex.step() writes the coverage of the moment of the freeze", () => {
  const ids = new Ids();
  ids.add(1000);
  ids.index.freeze();
  ids.add(10);
  assert.equal(ids.reach, 0);
  ids.work();
  assert.equal(ids.reach, 1000);
});

test("DedupIndex.step() writes at most 64 KiB in an operation", () => {
  const ids = new Ids();
  ids.add(30_000);
  ids.index.freeze();
  for (let before = 0; ids.index.step(ids.store.run); ) {
    const { bytes } = ids.store;
    assert.ok(bytes - before <= 65_536);
    before = bytes;
  }
});

test("DedupIndex.load() after a restart finds what is in runs", () => {
  const ids = new Ids();
  for (let round = 0; round < 6; round++) {
    ids.add(700);
    ids.flush();
  }
  ids.add(30);
  ids.restart();
  assert.equal(ids.reach, 4200);
  ids.assertAll();
});

test("DedupIndex merges runs, so that there are few, and leaves no pages of the old ones", () => {
  const ids = new Ids();
  for (let round = 0; round < 40; round++) {
    ids.add(200);
    ids.flush();
  }
  assert.ok(ids.index.runs <= 6, `${ids.index.runs} runs`);
  ids.assertAll();
  ids.restart();
  assert.ok(ids.index.runs <= 6, `${ids.index.runs} runs`);
  ids.assertAll();
  const pages = ids.store.range(dedupPageKey(0, 0), dedupPageKey(0xffffffff, 0));
  // 16 bytes an entry, 2 of filter and little more: nothing is there twice.
  assert.ok(pages.reduce((total, [, row]) => total + row.length, 0) < 8000 * 18.5);
});

test("DedupIndex freezes and goes on when equal hashes fill a table early", () => {
  const ids = new Ids();
  for (let offset = 0; offset < 3 * PROBE_MAX; offset++) ids.index.add(9, 9, 0, offset);
  assert.equal(ids.index.backlog, 2);
  for (const flushed of [false, true]) {
    if (flushed) ids.work();
    const seen = new Set<number>();
    ids.index.candidates(9, 9, ids.store, (_, offset) => {
      seen.add(offset);
      return false;
    });
    assert.equal(seen.size, 3 * PROBE_MAX);
  }
});

test("DedupIndex.remove() takes out that entry only", () => {
  const ids = new Ids();
  for (let offset = 0; offset < 4; offset++) ids.index.add(9, 9, 1, offset);
  ids.index.remove(9, 9, 1, 2);
  ids.index.remove(9, 9, 2, 3);
  ids.index.remove(9, 8, 1, 3);
  const seen: number[] = [];
  ids.index.candidates(9, 9, ids.store, (_, offset) => {
    seen.push(offset);
    return false;
  });
  assert.deepEqual(seen, [0, 1, 3]);
});

test("DedupIndex.reload() loses no entry when the tip rolls back at any step", () => {
  for (let steps = 0; steps < 20; steps++) {
    const ids = new Ids();
    for (let round = 0; round < 3; round++) {
      ids.add(300);
      ids.flush();
    }
    ids.store.sync();
    ids.add(5000);
    ids.index.freeze();
    ids.add(100);
    // Twice: to be written again must work as well as to be written.
    for (let round = 0; round < 2; round++) {
      for (let step = 0; step < steps; step++) ids.index.step(ids.store.run);
      ids.store.rollBack();
      ids.index.reload(ids.store);
      ids.assertAll();
    }
    ids.work();
    ids.assertAll();
  }
});

test("DedupIndex.reload() withdraws the coverage of tables frozen before", () => {
  const ids = new Ids();
  ids.add(1000);
  ids.store.sync();
  ids.index.freeze();
  ids.store.rollBack();
  ids.index.reload(ids.store);
  // Ids 900 to 999 were lost; others get their offsets.
  ids.added = 900;
  ids.work();
  assert.equal(ids.reach, 0);
  ids.add(200);
  ids.flush();
  assert.equal(ids.reach, 1100);
});

test("DedupIndex.step() that throws starts the work again", () => {
  const ids = new Ids();
  ids.add(20_000);
  ids.index.freeze();
  for (let failAt = 0; failAt < 7; failAt++) {
    for (let step = 0; step < failAt; step++) ids.index.step(ids.store.run);
    assert.throws(
      () =>
        ids.index.step((operation) =>
          ids.store.run((tx) => {
            operation(tx);
            throw new Error("undone");
          }),
        ),
      /undone/,
    );
    ids.assertAll();
  }
  ids.work();
  assert.equal(ids.index.runs, 1);
  ids.restart();
  ids.assertAll();
});

test("DedupIndex.step() removes what a crash left of an unfinished run", () => {
  const ids = new Ids();
  ids.add(300);
  ids.flush();
  ids.add(20_000);
  ids.index.freeze();
  for (let step = 0; step < 3; step++) ids.index.step(ids.store.run);
  assert.ok(ids.store.get(dedupPageKey(2, 0)));
  ids.restart();
  assert.ok(ids.index.hasWork);
  ids.work();
  assert.equal(ids.store.get(dedupPageKey(2, 0)), undefined);
  assert.ok(ids.store.get(dedupPageKey(1, 0)));
  ids.assertAll();
});

test("DedupIndex.expire() drops the runs whose newest event is too old", () => {
  const ids = new Ids();
  for (const now of [1000, 2000, 3000]) {
    ids.store.now = shardTimeMs(now);
    ids.add(100);
    ids.flush();
  }
  ids.store.run((tx) => ids.index.expire(tx, 2000));
  assert.equal(ids.index.runs, 2);
  assert.ok(!ids.has(99) && ids.has(100) && ids.has(299));
  assert.equal(ids.store.get(dedupPageKey(1, 0)), undefined);
  ids.restart();
  assert.equal(ids.index.runs, 2);
});

test("DedupIndex.expire() ends a merge of the runs it drops", () => {
  const ids = new Ids();
  for (const now of [1000, 2000, 2000, 2000]) {
    ids.store.now = shardTimeMs(now);
    ids.add(4000);
    ids.index.freeze();
    while (ids.index.backlog > 0) ids.index.step(ids.store.run);
  }
  ids.index.step(ids.store.run);
  ids.store.run((tx) => ids.index.expire(tx, 1500));
  ids.work();
  assert.equal(ids.index.runs, 3);
  assert.ok(!ids.has(0) && ids.has(4000) && ids.has(15_999));
  assert.equal(ids.store.range(dedupPageKey(5, 0), dedupPageKey(6, 0)).length, 0);
});

test("DedupIndex.memoryBytes counts what tables and runs hold", () => {
  const ids = new Ids();
  const empty = ids.index.memoryBytes;
  ids.add(20_000);
  const grown = ids.index.memoryBytes;
  assert.ok(grown >= 20_000 * 16 && grown > empty);
  ids.flush();
  const both = ids.index.memoryBytes;
  assert.ok(both > grown);
  ids.store.sync();
  // The written table became the spare one; the next freeze uses it.
  assert.equal(ids.index.memoryBytes, both);
  ids.restart();
  assert.ok(ids.index.memoryBytes < empty + 20_000 * 3);
});
