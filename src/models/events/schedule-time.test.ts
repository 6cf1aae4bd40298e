import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesField, varintField } from "../../base/protobuf.ts";
import { scheduleTime, withScheduleTime } from "./schedule-time.ts";

const id = bytesField(1, "id");
const payload = bytesField(3, "payload");
const at = (time: number): Buffer => varintField(2, time);

const cases: readonly (readonly [string, readonly Buffer[], readonly Buffer[]])[] = [
  ["in the middle: it stays", [id, at(5), payload], [id, at(5), payload, at(9)]],
  ["at the end: it stays", [id, payload, at(5)], [id, payload, at(5), at(9)]],
  ["appended: it is replaced", [id, at(5), payload, at(7)], [id, at(5), payload, at(9)]],
  ["absent", [id, payload], [id, payload, at(9)]],
];

for (const [name, before, after] of cases) {
  test(`withScheduleTime() with an earlier time ${name}`, () => {
    const moved = withScheduleTime(Buffer.concat(before), 9);
    assert.deepEqual(moved, Buffer.concat(after));
    assert.equal(scheduleTime(moved, 0, moved.length), 9);
  });
}

test("scheduleTime() is the last one of the event, not of its neighbours", () => {
  const event = Buffer.concat([id, at(5), payload, at(2 ** 47)]);
  const bytes = Buffer.concat([at(1), event, at(2)]);
  assert.equal(scheduleTime(bytes, 2, 2 + event.length), 2 ** 47);
});
