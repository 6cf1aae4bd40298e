/** Streams of queries on a database in memory: rows, windows, tokens, and what they share. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSeriesEngine } from "../../../test/support/series-engine.ts";

const minuteMs = 60_000;

test("a stream gives rows as they are written, or windows as they close", async () => {
  const db = await openSeriesEngine();
  const { streams } = db.engine.seriesWork;
  const rows = streams.open({ text: "SELECT v FROM cpu WHERE host = 'a'", database: "db" });
  const same = streams.open({ text: "SELECT v FROM cpu WHERE host = 'a'", database: "db" });
  const windows = streams.open({
    text: "SELECT sum(v) FROM cpu GROUP BY time(1m), host",
    database: "db",
  });
  const [row, window] = [rows.next(), windows.next()];
  await db.write("mem,host=a v=0 1", "cpu,host=a v=1 1", "cpu,host=b v=5 2");
  const first = (await row).value;
  assert.deepEqual(first?.kind === "rows" && first.chunk.rows, [[BigInt(db.at(1)), 1]]);
  assert.deepEqual((await same.next()).value, first);
  await db.write("cpu,host=a v=2 70");
  const again = streams.open({
    text: "SELECT v FROM cpu WHERE host = 'a'",
    database: "db",
    ...(first?.token === undefined ? {} : { token: first.token }),
  });
  assert.deepEqual((await again.next()).value, (await rows.next()).value);
  assert.equal(streams.count, 4);
  await db.pass(minuteMs + 1000);
  const closed = (await window).value;
  assert.deepEqual(closed?.kind === "rows" && closed.chunk.rows, [[BigInt(db.at(0)), 1]]);
  const more = (await windows.next()).value;
  assert.deepEqual(more?.kind === "rows" && more.chunk.tags, [["host", "b"]]);
  await db.engine.close();
  assert.equal(streams.count, 0);
  assert.equal((await rows.next()).done, true);
});

test("SeriesStreams refuses tokens that are not its own", async () => {
  const db = await openSeriesEngine();
  const { streams } = db.engine.seriesWork;
  for (const token of ["x", "-1", "999999"]) {
    const request = { text: "SELECT v FROM cpu", database: "db", token };
    assert.throws(() => streams.open(request), /token is not of a stream of this database/);
  }
  assert.throws(() => streams.open({ text: "SELECT v FROM cpu", database: "no" }), /not found: no/);
  await db.engine.close();
});
