import assert from "node:assert/strict";
import { test } from "node:test";
import { EventsShard } from "../../../test/support/events-shard.ts";
import { mergePending, positionBefore } from "./pending-merge.ts";

const topic = "t";

test("mergePending() goes on behind any event of the topic, in order", async () => {
  const db = await EventsShard.open({ partitions: 3 });
  const now = db.clock.now();
  for (let batch = 0; batch < 5; batch++) {
    const events = Array.from({ length: 20 }, (_, k) => {
      return { topic, id: `${batch}/${k}`, at: now + 10 + (k >> 3), payload: "x" };
    });
    await db.publish(events);
  }
  const { partitions } = db.model.catalog.get(topic);
  const rest = (after: Parameters<typeof mergePending>[2]): readonly (readonly number[])[] => {
    const places: (readonly number[])[] = [];
    for (const run of mergePending(db.shard.durable, partitions, after)) {
      assert.ok(run.count > 0);
      for (let k = 0; k < run.count; k++) {
        places.push([run.due, run.partition.number, run.offset + k]);
      }
    }
    return places;
  };
  const all = rest(positionBefore(0));
  assert.equal(all.length, 100);
  const inOrder = all.toSorted(([a = 0, b = 0, c = 0], [d = 0, e = 0, f = 0]) => {
    return a - d || b - e || c - f;
  });
  assert.deepEqual(all, inOrder);
  for (const [i, [due = 0, partition = 0, offset = 0]] of all.entries()) {
    assert.deepEqual(rest({ due, partition, offset }), all.slice(i + 1));
  }
  assert.deepEqual(rest(positionBefore(now + 11)), all.filter(([due = 0]) => due >= now + 11));
  await db.close();
});
