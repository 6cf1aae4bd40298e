/** Promise 9: whatever comes in is stored or refused with words; nothing ends the process. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CronosError } from "../../src/base/errors.ts";
import { bytesField, varintField } from "../../src/base/protobuf.ts";
import type { EventInput } from "../../src/engine/events-api.ts";
import { EngineFixture } from "../support/engine-fixture.ts";
import { rounds } from "../support/torture.ts";

const now = Date.UTC(2030, 0, 1);

const times: readonly (readonly [name: string, at: number, words: RegExp | undefined])[] = [
  ["0", 0, /^schedule_ts is required$/],
  ["negative", -now, /^schedule_ts is required$/],
  ["the smallest int64", -(2 ** 62), /^schedule_ts is required$/],
  ["1 ms after 1970", 1, undefined],
  ["in 100 years", now + 100 * 365 * 86_400_000, undefined],
  ["in 8000 years", now + 8000 * 365 * 86_400_000, undefined],
  ["microseconds", now * 1e3, /micro- or nanoseconds/],
  ["nanoseconds", now * 1e6, /micro- or nanoseconds/],
];

test("schedule times of any size are stored or refused, in every form", async (t) => {
  const db = await EngineFixture.start(t);
  for (const [name, at, words] of times) {
    const bytes = Buffer.concat([
      bytesField(1, `bytes ${name}`),
      varintField(2, at),
      bytesField(3, "payload"),
      bytesField(4, "t"),
    ]);
    const answers = [db.publish(`event ${name}`, at), db.events.publishEncoded(bytes)];
    for (const answer of answers) {
      if (words === undefined) assert.equal((await answer).duplicate, false, name);
      else await assert.rejects(answer, { code: "INVALID_ARGUMENT", message: words }, name);
    }
    const batch = await db.events.publishBatch([db.event(`batch ${name}`, at), db.event("other")]);
    assert.equal(batch.errors.length, words === undefined ? 0 : 1, name);
  }
  await db.kill();
  const inbox = await db.subscribe();
  await db.advance(1000);
  assert.equal(new Set(inbox.ids).size, 3 + 1);
  assert.equal(db.events.counts().eventsPending, 6);
});

test("payloads up to 4 MB are handed out as they came, larger ones refused", async (t) => {
  const db = await EngineFixture.start(t);
  const payload = Buffer.alloc(4 * 1024 * 1024, "0123456789");
  for (let k = 0; k < 3; k++) await db.publish(`large ${k}`, db.now, { payload });
  const tooLarge = Buffer.concat([payload, Buffer.from("x")]);
  const refused = db.publish("too large", db.now, { payload: tooLarge });
  await assert.rejects(refused, { code: "INVALID_ARGUMENT", message: "payload exceeds 4MB limit" });
  await assert.rejects(db.publish("empty", db.now, { payload: "" }), {
    message: "payload is required",
  });
  await db.kill();
  const inbox = await db.subscribe({ batchSize: 100 });
  assert.deepEqual(inbox.ids, ["large 0", "large 1", "large 2"]);
  // One event of this size is a delivery of its own, so that clients can take it.
  assert.deepEqual(inbox.deliveries.map(({ events }) => events.length), [1, 1, 1]);
  assert.ok(inbox.received.every((received) => payload.equals(received.payload)));
});

test("text of any kind comes back as it was", async (t) => {
  const db = await EngineFixture.start(t);
  const texts = ["\0", "a\0b", "ü", "e\u0301", "😀", "\u202e", " ", "x".repeat(128), "__proto__"];
  for (const text of texts) {
    const meta = Object.fromEntries([[text, text], ["constructor", text]]);
    await db.publish(text, db.now, { meta, payload: text, topic: text });
    const inbox = await db.subscribe({ topic: text, group: text });
    const [received] = inbox.received;
    assert.deepEqual(
      [received?.id, received?.topic, Buffer.from(received?.payload ?? "").toString()],
      [text, text, text],
    );
    assert.deepEqual(Object.entries(received?.meta ?? {}), Object.entries(meta));
  }
});

test("anything in place of an event is refused with an error of ours", async (t) => {
  const db = await EngineFixture.start(t);
  await fc.assert(
    fc.asyncProperty(fc.anything({ maxDepth: 2 }), async (thing) => {
      const event = { ...db.event("id"), ...(thing as object) };
      for (const input of [thing, event]) {
        try {
          await db.events.publish(input as EventInput);
        } catch (error) {
          assert.ok(error instanceof CronosError, String(error));
          assert.equal(error.code, "INVALID_ARGUMENT");
        }
      }
    }),
    { numRuns: rounds(300, 20_000) },
  );
});

test("any bytes as an event or a batch leave the database as it should be", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  inbox.isAcking = true;
  const number = fc.integer({ min: 1, max: 10 });
  const field = fc.oneof(
    fc.tuple(number, fc.uint8Array({ maxLength: 9 })).map(([n, bytes]) => bytesField(n, bytes)),
    fc.tuple(number, fc.maxSafeInteger()).map(([n, value]) => varintField(n, value)),
    fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
  );
  const message = fc.array(field, { maxLength: 6 }).map((fields) => Buffer.concat(fields));
  await fc.assert(
    fc.asyncProperty(message, message, async (one, other) => {
      const good = Buffer.concat([
        bytesField(1, "id"),
        varintField(2, 1),
        bytesField(3, "payload"),
        bytesField(4, "t"),
      ]);
      const calls = [
        db.events.publishEncoded(one),
        db.events.publishEncoded(Buffer.concat([good, one])),
        db.events.publishBatchEncoded(one),
        db.events.publishBatchEncoded(
          Buffer.concat([bytesField(1, Buffer.concat([good, other])), bytesField(1, one)]),
        ),
      ];
      for (const result of await Promise.allSettled(calls)) {
        if (result.status === "fulfilled") continue;
        assert.ok(result.reason instanceof CronosError, String(result.reason));
      }
    }),
    { numRuns: rounds(200, 10_000) },
  );
  await db.quiet();
  await db.publish("after");
  await db.advance(1000);
  assert.equal(inbox.ids.at(-1), "after");
  await db.kill();
  assert.equal((await db.publish("after")).duplicate, true);
});

test("a batch larger than a record is refused whole, in words", async (t) => {
  const db = await EngineFixture.start(t);
  const payload = Buffer.alloc(4 * 1024 * 1024, 1);
  const events = Array.from({ length: 9 }, (_, k) => db.event(`e${k}`, db.now, { payload }));
  await assert.rejects(db.events.publishBatch(events), { code: "TOO_LARGE" });
  assert.equal((await db.events.publishBatch(events.slice(0, 7))).published, 7);
});
