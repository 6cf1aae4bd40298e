/**
 * The storage of points against a map of times: whatever is written, in whatever order, is what
 * every scan shows, also after a restart; a view shows what was there when it was taken.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pointsOf, seriesBatch, valueAt } from "../../../test/support/series-batch.ts";
import type { TestPoint, TestValue } from "../../../test/support/series-batch.ts";
import { SeriesModel } from "../../../test/support/series-model.ts";
import { testFieldIds, testPoints, testTimes } from "../../../test/support/series-values.ts";
import { openTestShard, turn } from "../../../test/support/test-shard.ts";
import type { TestShard } from "../../../test/support/test-shard.ts";
import type { PointBatch, SeriesView } from "./series-scan.ts";
import { CronosError, isCronosError } from "../../base/errors.ts";
import { timeAt } from "./series-time.ts";
import { SeriesStorage } from "./storage.ts";

const policyId = 7;
const windowHours = 24;
const seriesIds = [1, 2, 3];

class Pair {
  parts: TestShard;
  storage: SeriesStorage;
  model = new SeriesModel();
  readonly headBytesMax: number;
  readonly #held: { readonly view: SeriesView; readonly model: SeriesModel }[] = [];

  constructor(parts: TestShard, headBytesMax: number) {
    this.parts = parts;
    this.headBytesMax = headBytesMax;
    this.storage = this.#openStorage();
  }

  static async open(headBytesMax: number): Promise<Pair> {
    return new Pair(await openTestShard({ memtableBytesMax: 4096 }), headBytesMax);
  }

  #openStorage(): SeriesStorage {
    const { headBytesMax } = this;
    const onError = (error: unknown): void => {
      const isExpected = (["CLOSED", "IO", "READ_ONLY"] as const).some((code) => {
        return isCronosError(error, code);
      });
      assert.ok(isExpected, String(error));
    };
    const { shard, clock } = this.parts;
    return new SeriesStorage({ shard, clock, onError, headBytesMax });
  }

  async write(points: readonly TestPoint[]): Promise<void> {
    const batch = seriesBatch(points, { policyId, windowHours });
    await this.parts.shard.execute((tx) => this.storage.write(tx, batch));
    this.model.write(points);
  }

  async writeAndThrow(points: readonly TestPoint[]): Promise<void> {
    const batch = seriesBatch(points, { policyId, windowHours });
    const run = this.parts.shard.execute((tx) => {
      this.storage.write(tx, batch);
      throw new RangeError("Not this one");
    });
    await assert.rejects(run, RangeError);
  }

  /** The log fails: what was written, and what runs in the background, is undone. */
  async writeAndLose(points: readonly TestPoint[]): Promise<void> {
    const { shard, log, clock } = this.parts;
    const batch = seriesBatch(points, { policyId, windowHours });
    log.failNext(new CronosError("IO", "No such luck"));
    await assert.rejects(shard.execute((tx) => this.storage.write(tx, batch)));
    await clock.advance(1000);
    await turn();
  }

  async dropWindow(window: number): Promise<void> {
    const startHour = window * windowHours;
    const at = { policyId, startHour };
    await this.parts.shard.execute((tx) => this.storage.dropWindow(tx, at));
    const from = timeAt(startHour, 0);
    this.model.delete({ from, to: timeAt(startHour + windowHours, -1) });
  }

  async dropPolicy(): Promise<void> {
    await this.parts.shard.execute((tx) => this.storage.dropPolicy(tx, policyId));
    this.model.delete({ from: -(2n ** 63n), to: 2n ** 63n });
  }

  async dropSeries(seriesId: number): Promise<void> {
    const what = { seriesIds: [seriesId], policyIds: [policyId] };
    await this.parts.shard.execute((tx) => this.storage.dropSeries(tx, what));
    // Its points may be seen for a while, but not after it was sealed.
    await this.storage.seal();
    this.model.delete({ from: -(2n ** 63n), to: 2n ** 63n, seriesIds: [seriesId] });
  }

  async delete(range: { from: bigint; to: bigint; ids: number[]; value: bigint | undefined }) {
    const { from, to, ids, value } = range;
    const matches = (batch: PointBatch): Uint8Array => {
      const column = batch.column(0);
      return Uint8Array.from({ length: batch.count }, (_, row) => {
        return valueAt(column, row) === value ? 1 : 0;
      });
    };
    const where = value === undefined ? undefined : { fieldIds: [700], matches };
    const run = this.storage.deletePoints({ policyId, seriesIds: ids, from, to, where });
    // What is written while it runs stays.
    const points = ids.map((seriesId) => ({ seriesId, time: from, fields: { 1: 0.5 } }));
    const written = seriesBatch(points, { policyId, windowHours });
    const write = this.parts.shard.execute((tx) => this.storage.write(tx, written));
    const removed = await run;
    await write;
    const isGone = (fields: Record<number, TestValue>) => fields[700] === value;
    const model = { from, to, seriesIds: ids };
    const gone = this.model.delete(value === undefined ? model : { ...model, where: isGone });
    assert.equal(removed, gone);
    this.model.write(points);
  }

  hold(): void {
    this.#held.push({ view: this.storage.view(), model: this.model.copy() });
  }

  async reopen(): Promise<void> {
    this.#checkHeld();
    await this.parts.shard.close();
    this.parts = await openTestShard({ memtableBytesMax: 4096 }, this.parts);
    this.storage = this.#openStorage();
  }

  checkAll(scan: Scan): void {
    const view = this.storage.view();
    check(view, this.model, scan);
    view.release();
  }

  async close(): Promise<void> {
    this.#checkHeld();
    await this.storage.close();
    await this.parts.shard.close();
  }

  #checkHeld(): void {
    for (const { view, model } of this.#held.splice(0)) {
      check(view, model, { from: -(2n ** 62n), to: 2n ** 62n, descending: false, fieldIds });
      view.release();
    }
  }
}

const fieldIds = [...testFieldIds];

interface Scan {
  readonly from: bigint;
  readonly to: bigint;
  readonly descending: boolean;
  readonly fieldIds: readonly number[];
}

function check(view: SeriesView, model: SeriesModel, scan: Scan): void {
  for (const seriesId of seriesIds) {
    const series = { policyId, measurementId: seriesId, seriesId };
    const batches = [...view.scan(series, scan.fieldIds, scan)];
    // Inside a batch time goes on; the order of batches is turned.
    if (scan.descending) batches.reverse();
    const shown = pointsOf(batches, scan.fieldIds);
    assert.deepEqual(shown, model.scan(seriesId, { from: scan.from, to: scan.to }, scan.fieldIds));
    for (const batch of batches) {
      const offsets = batch.offsets();
      assert.equal(batch.count, offsets.length);
      assert.equal(batch.firstOffset, offsets[0]);
      assert.equal(batch.lastOffset, offsets.at(-1));
    }
  }
}

type Step = (pair: Pair) => Promise<void> | void;

const batches = fc.array(testPoints, { minLength: 1, maxLength: 12 });
const scans = fc.record({
  from: testTimes,
  to: testTimes,
  descending: fc.boolean(),
  fieldIds: fc.subarray(fieldIds),
});
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: batches.map((points): Step => (pair) => pair.write(points)) },
  { weight: 1, arbitrary: batches.map((points): Step => (pair) => pair.writeAndThrow(points)) },
  { weight: 1, arbitrary: batches.map((points): Step => (pair) => pair.writeAndLose(points)) },
  { weight: 4, arbitrary: scans.map((scan): Step => (pair) => pair.checkAll(scan)) },
  { weight: 1, arbitrary: fc.constant<Step>((pair) => pair.hold()) },
  { weight: 2, arbitrary: fc.constant<Step>((pair) => pair.storage.seal()) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: -3, max: 3 }).map((at): Step => (pair) => pair.dropWindow(at)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...seriesIds).map((id): Step => (pair) => pair.dropSeries(id)),
  },
  { weight: 1, arbitrary: fc.constant<Step>((pair) => pair.dropPolicy()) },
  { weight: 2, arbitrary: fc.constant<Step>((pair) => pair.storage.merge()) },
  {
    weight: 2,
    arbitrary: fc
      .record({
        from: testTimes,
        to: testTimes,
        ids: fc.subarray(seriesIds),
        value: fc.option(fc.constantFrom(0n, 1n, 2n), { nil: undefined }),
      })
      .map((range): Step => (pair) => pair.delete(range)),
  },
  { weight: 1, arbitrary: fc.constant<Step>((pair) => pair.reopen()) },
);

/** A head of one byte is sealed after each write. */
const headBytes = fc.constantFrom(1, 1e9);

test("SeriesStorage shows what a map of times shows, whatever is done", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 25 }), headBytes, async (program, bytes) => {
      const pair = await Pair.open(bytes);
      for (const step of program) await step(pair);
      await turn();
      const all = { from: -(2n ** 63n), to: 2n ** 63n - 1n, descending: false, fieldIds };
      pair.checkAll(all);
      await pair.close();
    }),
    { numRuns: 150 },
  );
});
