import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode, openTestShard } from "../../../test/support/test-shard.ts";
import { CronosError } from "../../base/errors.ts";
import { Alarm } from "./alarm.ts";
import { putRun } from "./due-index.ts";
import { Firing } from "./firing.ts";
import { Partition } from "./partition.ts";
import type { DueRun, FiredRun } from "./run.ts";

async function newFiring() {
  const { shard, clock, log } = await openTestShard();
  const partition = new Partition({ id: 1, name: "t", ref: "t", settings: { dedupTtlMs: 1 } }, 0);
  const fired: FiredRun[] = [];
  const firing = new Firing({
    shard,
    clock,
    alarm: new Alarm(clock, { tickMs: 1, slots: 64 }),
    onFired: (_, runs) => fired.push(...runs),
  });
  partition.onWake = () => firing.fire(partition);
  const start = clock.now();
  return {
    log,
    shard,
    clock,
    partition,
    firing,
    start,
    /** Puts runs, due so many ms after the start, into the due index. */
    put: async (runs: readonly DueRun[]): Promise<void> => {
      await shard.execute((tx) => {
        for (const run of runs) putRun(tx, partition, { ...run, due: start + run.due });
      });
      for (const { due } of runs) firing.expect(partition, start + due);
    },
    takeFired: (): string =>
      fired.splice(0).map((run) => `${run.sequence}:${run.offset}+${run.count}`).join(" "),
  };
}

test("runs fire when their time has come, in order of due time, not before", async () => {
  const { clock, partition, put, shard, start, takeFired } = await newFiring();
  const [late, early] = [{ due: 200, offset: 0, count: 2 }, { due: 100, offset: 2, count: 3 }];
  await put([late, early]);
  await clock.advance(99);
  assert.equal(takeFired(), "");
  await clock.advance(1);
  assert.equal(takeFired(), "0:2+3");
  assert.equal(partition.nextDue, start + 200);
  await clock.advance(1000);
  assert.equal(takeFired(), "3:0+2");
  assert.equal(partition.nextDue, Number.POSITIVE_INFINITY);
  assert.equal([...shard.tip.range(partition.duesPrefix, partition.duesEnd)].length, 0);
});

test("more runs than one operation takes fire one part after the other", async () => {
  const { clock, partition, put, takeFired } = await newFiring();
  await put(Array.from({ length: 5000 }, (_, offset) => ({ due: 10, offset, count: 1 })));
  await clock.advance(10);
  await clock.advance(1);
  assert.equal(takeFired().split(" ").length, 5000);
  assert.equal(partition.nextSequence, 5000);
});

test("firing is tried again while the shard takes no writes", async () => {
  const { clock, log, partition, put, shard, takeFired } = await newFiring();
  await put([{ due: 10, offset: 0, count: 1 }]);
  log.failNext(new CronosError("IO", "Disk is gone"));
  await assert.rejects(
    shard.execute((tx) => tx.put("k", Buffer.of(1))),
    hasCode("IO"),
  );
  await clock.advance(10);
  assert.equal(takeFired(), "");
  await clock.advance(1000);
  assert.equal(takeFired(), "0:0+1");
  assert.equal(partition.nextSequence, 1);
});

test("expect() takes an earlier time only", async () => {
  const { firing, partition } = await newFiring();
  for (const [due, expected] of [
    [50, 50],
    [70, 50],
    [20, 20],
  ] as const) {
    firing.expect(partition, due);
    assert.equal(partition.nextDue, expected);
  }
});
