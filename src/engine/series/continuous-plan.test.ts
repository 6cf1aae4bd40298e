/** Continuous queries, asked for in InfluxQL, on a database in memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSeriesEngine, rowsOf } from "../../../test/support/series-engine.ts";

const minuteMs = 60_000;
const means = "BEGIN SELECT mean(v) INTO means FROM cpu GROUP BY time(1m), * END";

test("a continuous query writes groups as they end, and again when points come late", async () => {
  const db = await openSeriesEngine();
  await db.ask(`CREATE CONTINUOUS QUERY q ON db ${means}`);
  await db.write("cpu,host=a v=1 10", "cpu,host=a v=3 20", "cpu,host=b v=5 20");
  await db.pass(minuteMs);
  assert.deepEqual(await rowsOf(db, "means"), ["0 a 2", "0 b 5"]);
  await db.pass(minuteMs);
  await db.write("cpu,host=a v=8 30");
  await db.pass(minuteMs);
  assert.deepEqual(await rowsOf(db, "means"), ["0 a 4", "0 b 5"]);
  await db.ask("DROP CONTINUOUS QUERY q ON db");
  await db.write("cpu,host=a v=9 190");
  await db.pass(5 * minuteMs);
  assert.equal((await rowsOf(db, "means")).length, 2);
  assert.deepEqual(db.warnings, []);
  await db.engine.close();
});

test("BACKFILL computes what is there when a continuous query is made", async () => {
  const db = await openSeriesEngine();
  await db.write("cpu,host=a v=1 -600", "cpu,host=a v=2 -59", "cpu,host=a v=9 1");
  await db.ask(`CREATE CONTINUOUS QUERY q ON db BACKFILL ${means}`);
  await db.pass(0);
  assert.deepEqual(await rowsOf(db, "means"), ["-600 a 1", "-60 a 2"]);
  await db.engine.close();
});

test("RUN CONTINUOUS QUERY computes what it is asked for", async () => {
  const db = await openSeriesEngine();
  await db.ask(`CREATE CONTINUOUS QUERY q ON db ${means}`);
  await db.write("cpu,host=a v=1 -600", "cpu,host=a v=2 -540", "cpu,host=a v=4 -480");
  const between = `time >= ${db.at(-590)} AND time < ${db.at(-480)}`;
  assert.equal(await db.ask(`RUN CONTINUOUS QUERY q ON db WHERE ${between}`), "");
  assert.deepEqual(await rowsOf(db, "means"), ["-600 a 1", "-540 a 2"]);
  assert.match(await db.ask("RUN CONTINUOUS QUERY q ON db WHERE v > 3"), /conditions on time/);
  assert.match(await db.ask("RUN CONTINUOUS QUERY p ON db"), /continuous query not found: p/);
  await db.engine.close();
});

test("a continuous query over months of the calendar writes months that are over", async () => {
  const db = await openSeriesEngine();
  await db.write("cpu v=1 -8640000", "cpu v=2 0");
  const select = "SELECT sum(v) INTO months FROM cpu GROUP BY time(1M) FILL(none)";
  await db.ask(`CREATE CONTINUOUS QUERY q ON db BACKFILL BEGIN ${select} END`);
  await db.pass(0);
  assert.equal((await rowsOf(db, "months")).length, 1);
  assert.deepEqual(db.warnings, []);
  await db.engine.close();
});

test("a continuous query needs windows", async () => {
  const db = await openSeriesEngine();
  const text = "CREATE CONTINUOUS QUERY q ON db BEGIN SELECT v INTO copies FROM cpu END";
  assert.match(await db.ask(text), /"error":"a continuous query needs GROUP BY time/);
  await db.engine.close();
});
