/** Promise 1: an event is handed out at its time, never before, whatever the delay. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EngineFixture } from "../support/engine-fixture.ts";
import { rounds } from "../support/torture.ts";

const second = 1000;
const day = 86_400_000;
const year = 365 * day;

/** Longer than the wheel, than 2^31 ms (what setTimeout can do), than any log is kept. */
const delays = [
  1,
  2,
  999,
  1023,
  1024,
  1025,
  60 * second,
  day,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 31 + 1,
  2 ** 32,
  year,
  40 * year,
  100 * year,
];

test("an event is handed out in the millisecond in which it is due", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  inbox.isAcking = true;
  const start = db.now;
  for (const delay of delays) await db.publish(`in ${delay}`, start + delay);
  for (const delay of delays) {
    await db.advance(start + delay - 1 - db.now);
    assert.equal(inbox.ids.includes(`in ${delay}`), false, `${delay} ms: early`);
    await db.advance(1);
    assert.equal(inbox.ids.at(-1), `in ${delay}`);
  }
  assert.equal(inbox.ids.length, delays.length);
});

test("an event that is due already is handed out at once", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  for (const [id, at] of Object.entries({ now: db.now, "a minute ago": db.now - 60_000, old: 1 })) {
    await db.publish(id, at);
    await db.quiet();
    assert.equal(inbox.ids.at(-1), id);
    // The time it was published with is what the consumer sees.
    assert.equal(inbox.received.at(-1)?.at, at);
  }
});

test("events come in the order of their times, equal ones in that of their offsets", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  const { now } = db;
  const events = [5, 3, 3, 9, 1, 5, 0].map((delay, k) => db.event(`${delay}-${k}`, now + delay));
  await db.events.publishBatch(events);
  await db.advance(10);
  assert.deepEqual(inbox.ids, ["0-6", "1-4", "3-1", "3-2", "5-0", "5-5", "9-3"]);
});

test("a coarse tick makes events late by at most a tick, never early", async (t) => {
  const db = await EngineFixture.start(t, { settings: { tickMs: 50, wheelSize: 8 } });
  const inbox = await db.subscribe();
  const start = db.now;
  for (let delay = 1; delay < 1000; delay += 7) await db.publish(`${delay}`, start + delay);
  for (let ms = 0; ms < 1060; ms++) {
    await db.clock.advance(1);
    for (const { id, at } of inbox.take()) {
      const late = db.now - at;
      assert.ok(late >= 0 && late <= 50, `${id} is ${late} ms late`);
    }
  }
  assert.equal(db.events.counts().eventsPending, 0);
});

test("events due together beyond what one operation fires all come", async (t) => {
  const db = await EngineFixture.start(t, { settings: { maxCredits: 30_000 } });
  const inbox = await db.subscribe({ credits: 10_000, batchSize: 1000 });
  for (let from = 0; from < 20_000; from += 5000) {
    await db.publishRange(from, from + 5000, db.now + 1000);
  }
  await db.advance(1000);
  const seen = new Set<string>();
  while (inbox.ids.length > 0) {
    for (const id of inbox.ids) seen.add(id);
    await inbox.ackAll();
  }
  assert.equal(seen.size, 20_000);
});

test("whatever the clock does, nothing is early by it and nothing is lost", async (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("publish" as const), delay: fc.integer({ min: -5, max: 5000 }) }),
    fc.record({ kind: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 2000 }) }),
    fc.record({ kind: fc.constant("step" as const), ms: fc.integer({ min: -9000, max: 9000 }) }),
    fc.constant({ kind: "kill" as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
      const db = await EngineFixture.start(t);
      let inbox = await db.subscribe();
      inbox.isAcking = true;
      const published = new Map<string, number>();
      const seen = new Set<string>();
      const look = (): void => {
        for (const { id } of inbox.take()) {
          assert.ok((published.get(id) ?? Number.NaN) <= db.now, `${id} is early`);
          assert.ok(!seen.has(id), `${id} came twice`);
          seen.add(id);
        }
      };
      for (const [k, each] of steps.entries()) {
        if (each.kind === "publish") {
          published.set(`e${k}`, db.now + each.delay);
          await db.publish(`e${k}`, db.now + each.delay);
        } else if (each.kind === "advance") {
          // Looked at often, so that "by now" is not long after it came.
          for (let left = each.ms; left > 0; left -= 100) {
            await db.clock.advance(Math.min(left, 100));
            look();
          }
        } else if (each.kind === "step") db.clock.step(each.ms);
        else {
          await db.kill();
          inbox = await db.subscribe();
          inbox.isAcking = true;
        }
        await db.quiet();
        look();
      }
      await db.advance(500_000);
      look();
      assert.deepEqual([...seen].sort(), [...published.keys()].sort());
      await db.stop();
    }),
    { numRuns: rounds(8, 1000) },
  );
});
