import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { hasCode } from "../../../test/support/test-shard.ts";
import { isCronosError } from "../../base/errors.ts";
import { open } from "../open.ts";
import { linesOfPoints } from "./point-lines.ts";

test("linesOfPoints escapes names and values", () => {
  const points = [
    { measurement: "a b,c=d", tags: { "k,=": "v w", none: "" }, fields: { "f \"": 'x"\\y' } },
    { measurement: "m", fields: { i: 7n, b: true, f: 1e21 }, time: 1.5 },
    { measurement: "m", fields: { i: -1 }, time: -5n },
  ];
  assert.deepEqual(linesOfPoints(points).split("\n"), [
    'a\\ b\\,c=d,k\\,\\==v\\ w f\\ \\"="x\\"\\\\y"',
    "m i=7i,b=true,f=1e+21 1500000",
    "m i=-1 -5",
  ]);
});

test("linesOfPoints refuses what no line can say", () => {
  const refused = [
    { measurement: "", fields: { f: 1 } },
    { measurement: "m", fields: {} },
    { measurement: "m", fields: { f: Number.NaN } },
    { measurement: "m", tags: { t: "a\nb" }, fields: { f: 1 } },
    { measurement: "m", tags: { t: "a\\" }, fields: { f: 1 } },
    { measurement: "m", fields: { f: 1 }, time: Number.NaN },
  ];
  for (const point of refused) {
    assert.throws(() => linesOfPoints([point]), hasCode("INVALID_ARGUMENT"));
  }
});

test("SeriesApi writes points and lines, in a transaction all or nothing", async (t) => {
  const { db, series } = await openSeries(t);
  await series.write([{ measurement: "m", tags: { t: "a" }, fields: { v: 1 }, time: 5 }]);
  await series.write("m,t=b v=2 1", { precision: "s" });
  await assert.rejects(series.write("m v=1i"), hasCode("INVALID_ARGUMENT"));
  await assert.rejects(db.series("x").write("m v=1"), hasCode("NOT_FOUND"));
  const failing = db.transact((tx) => {
    tx.series("db").write("m,t=c v=1");
    tx.series("db").write("m,t=d v=1i");
  });
  await assert.rejects(failing, /field type conflict/);
  await db.transact((tx) => tx.series("db").write("m,t=e v=3 2", { precision: "s" }));
  const rows = await gathered(series.rows("SELECT t, v FROM m"));
  assert.deepEqual(rows, [
    { time: 5, t: "a", v: 1 },
    { time: 1000, t: "b", v: 2 },
    { time: 2000, t: "e", v: 3 },
  ]);
});

test("SeriesApi.query gives the series of all statements as objects", async (t) => {
  const { series } = await openSeries(t);
  await series.write('m,t=a i=9007199254740993i,s="x",b=true 1500000\nm,t=b f=0.5 -1');
  const results = await series.query("SELECT i, f FROM m GROUP BY t; SHOW MEASUREMENTS", {
    times: "ns",
  });
  const columns = ["time", "i", "f"];
  assert.deepEqual(results, [
    {
      statement: 0,
      name: "m",
      tags: { t: "a" },
      columns,
      rows: [{ time: 1_500_000n, i: 2n ** 53n + 1n, f: null }],
    },
    { statement: 0, name: "m", tags: { t: "b" }, columns, rows: [{ time: -1n, i: null, f: 0.5 }] },
    { statement: 1, name: "measurements", tags: {}, columns: ["name"], rows: [{ name: "m" }] },
  ]);
  const params = { what: { identifier: "s" }, tag: "a" };
  const [found] = await series.query<{ s: string }>("SELECT $what FROM m WHERE t = $tag", {
    params,
  });
  assert.deepEqual(found?.rows, [{ time: 1.5, s: "x" }]);
});

test("SeriesApi tells in the words of InfluxQL which statement failed", async (t) => {
  const { series } = await openSeries(t);
  await assert.rejects(series.query("SELEC v"), {
    code: "INVALID_ARGUMENT",
    message: /^error parsing query: found SELEC, expected SELECT, /,
  });
  const policy = "CREATE RETENTION POLICY p ON y DURATION 1h REPLICATION 1";
  const failing = `CREATE DATABASE a; ${policy}; CREATE DATABASE b`;
  await assert.rejects(series.query(failing), (error) => {
    assert.ok(isCronosError(error, "NOT_FOUND"));
    assert.match(error.message, /^database not found: y/);
    assert.deepEqual(error.details, { statement: 1 });
    return true;
  });
  assert.equal((await series.query("SHOW DATABASES"))[0]?.rows.length, 2);
  await assert.rejects(series.rows("KILL QUERY 99").next(), { code: "NOT_FOUND" });
  await assert.rejects(series.stream("SELECT max(v) FROM m"), { code: "INVALID_ARGUMENT" });
});

test("SeriesApi.rows ends its query with the loop, and with its signal", async (t) => {
  const { db, series } = await openSeries(t);
  const lines = Array.from({ length: 5000 }, (_, at) => `m v=${at} ${at}`);
  await series.write(lines.join("\n"));
  let count = 0;
  for await (const row of series.rows<{ v: number }>("SELECT v FROM m")) {
    assert.equal(row.v, count++);
    if (count === 1500) break;
  }
  assert.equal(db.queries.registry.list().length, 0);
  const stop = new AbortController();
  const rows = series.rows("SELECT v FROM m", { signal: stop.signal });
  await rows.next();
  stop.abort();
  const interrupted = { code: "CLOSED", message: "query interrupted" };
  await assert.rejects(gathered(rows), interrupted);
  await assert.rejects(series.query("SELECT v FROM m", { signal: stop.signal }), interrupted);
});

test("SeriesApi.stream gives what is written, and goes on from a token", async (t) => {
  const { series } = await openSeries(t);
  await series.write("m,t=a v=1 1000000");
  const stream = await series.stream<{ time: number; v: number }>("SELECT v FROM m GROUP BY t");
  await series.write("m,t=b v=2 2000000");
  const { value: first } = await stream.next();
  assert.ok(first?.kind === "rows");
  const { token, ...item } = first;
  const rows = [{ time: 2, v: 2 }];
  assert.deepEqual(item, { kind: "rows", name: "m", tags: { t: "b" }, rows });
  await stream.return?.();
  await series.write("m,t=a v=3 3000000");
  const resumed = await series.stream("SELECT v FROM m", { token, times: "ns" });
  const { value: second } = await resumed.next();
  assert.deepEqual(second?.kind === "rows" && second.rows, [{ time: 3_000_000n, v: 3 }]);
  const waiting = resumed.next();
  await resumed.return?.();
  assert.equal((await waiting).done, true);
});

test("SeriesApi.createDatabase makes it once, whatever its name", async (t) => {
  const { db } = await openSeries(t);
  const series = db.series('a "b" c');
  await series.createDatabase();
  await series.createDatabase();
  await series.write("m v=1");
  assert.equal((await series.query("SELECT * FROM m"))[0]?.rows.length, 1);
});

test("SeriesApi.keys makes, lists and revokes keys of the database", async (t) => {
  const { db, series } = await openSeries(t);
  const { keys } = series;
  const key = await keys.create({ name: 'my "k"', access: "READ", pattern: "^a/b" });
  assert.equal(db.seriesKeys.find(key)?.pattern?.matches("a/b"), true);
  await keys.create({ name: "w", access: "WRITE" });
  await assert.rejects(keys.create({ name: "w", access: "READ" }), { code: "ALREADY_EXISTS" });
  const created = db.clock.now();
  assert.deepEqual(await keys.list(), [
    { name: 'my "k"', access: "READ", pattern: "^a/b", created },
    { name: "w", access: "WRITE", created },
  ]);
  await keys.revoke("w");
  await assert.rejects(keys.revoke("w"), { code: "NOT_FOUND" });
  await assert.rejects(db.series("x").keys.list(), { code: "NOT_FOUND" });
});

async function gathered<T>(values: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

async function openSeries(t: TestContext) {
  const db = await open(":memory:");
  t.after(() => db.close());
  const series = db.series("db");
  await series.createDatabase();
  return { db, series };
}
