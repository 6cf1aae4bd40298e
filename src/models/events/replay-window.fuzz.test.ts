import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EventsShard } from "../../../test/support/events-shard.ts";
import { positionBefore } from "./pending-merge.ts";
import type { TimePosition } from "./pending-merge.ts";
import { ReplayRange } from "./replay-range.ts";
import { findWindow } from "./replay-window.ts";
import type { WindowLimits } from "./replay-window.ts";
import { ReplayZones } from "./replay-zones.ts";
import type { ZoneLimits } from "./replay-zones.ts";

interface Told {
  readonly at: number;
  readonly partition: number;
  readonly offset: number;
}

interface Limits {
  readonly window: WindowLimits;
  readonly zones: ZoneLimits;
}

const batch = fc.record({
  wait: fc.nat(4).map((steps) => steps * 100),
  // In steps, so that many times are equal.
  delays: fc.array(
    fc.integer({ min: -20, max: 20 }).map((steps) => steps * 100),
    { minLength: 1, maxLength: 30 },
  ),
});
const limits: fc.Arbitrary<Limits> = fc.record({
  window: fc.record({
    runsMax: fc.integer({ min: 1, max: 40 }),
    runsMin: fc.integer({ min: 1, max: 20 }),
    pendingMax: fc.integer({ min: 1, max: 20 }),
  }),
  zones: fc.record({
    zonesMax: fc.integer({ min: 2, max: 12 }),
    zoneRunsMax: fc.integer({ min: 1, max: 20 }),
  }),
});

function inOrder(a: Told, b: Told): number {
  return a.at - b.at || a.partition - b.partition || a.offset - b.offset;
}

/** All windows, one behind the other; events fire between them. */
async function readAll(
  db: EventsShard,
  range: ReplayRange,
  { window: windowLimits, zones: zoneLimits }: Limits,
): Promise<Told[]> {
  const told: Told[] = [];
  const zones = new ReplayZones(range, zoneLimits);
  let position: TimePosition | undefined = positionBefore(range.from);
  while (position !== undefined) {
    const steps = findWindow(db.shard.durable, { range, zones, limits: windowLimits }, position);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    const window = step.value;
    for (let run = window.take(); run !== undefined; run = window.take()) {
      for (let offset = run.offset; offset < run.offset + run.count; offset++) {
        told.push({ at: run.due, partition: run.partition, offset });
      }
    }
    position = window.next;
    await db.clock.advance(20);
  }
  return told;
}

test("findWindow() tells every event once and in order, however small the limits", async () => {
  const span = fc.tuple(fc.integer({ min: -3000, max: 3000 }), fc.nat(6000), fc.nat(40));
  await fc.assert(
    fc.asyncProperty(
      fc.array(batch, { minLength: 1, maxLength: 12 }),
      limits,
      span,
      async (batches, sizes, [from, length, startOffset]) => {
        const db = await EventsShard.open();
        const start = db.clock.now();
        const stored: Told[] = [];
        for (const [b, { wait, delays }] of batches.entries()) {
          const now = db.clock.now();
          const events = delays.map((delay, k) => {
            return { topic: "t", id: `${b}/${k}`, at: now + delay, payload: "x" };
          });
          const places = await db.publish(events);
          for (const [k, place] of places.entries()) {
            stored.push({ at: now + (delays[k] as number), ...place });
          }
          await db.clock.advance(wait);
        }
        const bounds = { from: start + from, to: start + from + length, startOffset };
        const topic = db.model.catalog.get("t");
        const range = new ReplayRange(topic, { partition: undefined, ...bounds });
        await db.publish([{ topic: "t", id: "later", at: bounds.from, payload: "x" }]);
        const expected = stored.filter(({ at, offset }) => {
          return at >= bounds.from && at < bounds.to && offset >= startOffset;
        });
        assert.deepEqual(await readAll(db, range, sizes), expected.sort(inOrder));
        await db.close();
      },
    ),
    { numRuns: 100, includeErrorInReport: true },
  );
});
