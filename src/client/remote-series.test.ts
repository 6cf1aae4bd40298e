import assert from "node:assert/strict";
import { test } from "node:test";
import { serveDatabase } from "../../test/support/grpc-database.ts";

test("remote SeriesApi.rows gives pieces as they are taken, and cancels the query", async (t) => {
  const { database, remote } = await serveDatabase(t);
  const series = remote.series("db");
  await series.createDatabase();
  const line = (_: unknown, at: number): string => `m,host=h${at % 7} v=${at},i=${at}i ${at}`;
  const lines = Array.from({ length: 20_000 }, line);
  await series.write(lines.join("\n"));
  let count = 0;
  for await (const row of series.rows<{ time: bigint; v: number }>("SELECT * FROM m", {
    times: "ns",
  })) {
    assert.deepEqual(row, { time: BigInt(count), host: `h${count % 7}`, i: count, v: count });
    if (++count === 3500) break;
  }
  while (database.queries.registry.list().length > 0) await new Promise(setImmediate);
  const [all] = await series.query("SELECT v FROM m");
  assert.equal(all?.rows.length, 20_000);
  const stop = new AbortController();
  const rows = series.rows("SELECT * FROM m", { signal: stop.signal });
  await rows.next();
  stop.abort();
  const interrupted = { code: "CLOSED", message: "query interrupted" };
  await assert.rejects(async () => {
    for await (const row of rows) void row;
  }, interrupted);
  await assert.rejects(series.query("SELECT v FROM m", { signal: stop.signal }), interrupted);
});

test("remote SeriesApi.stream sees what is written after it is open, and ends", async (t) => {
  const { database, remote } = await serveDatabase(t);
  const series = remote.series("db");
  await series.createDatabase();
  await series.write("m v=0 1000000");
  const stream = await series.stream<{ time: number; v: number }>("SELECT v FROM m");
  await series.write("m v=1 2000000");
  const { value: first } = await stream.next();
  assert.ok(first?.kind === "rows");
  assert.deepEqual(first.rows, [{ time: 2, v: 1 }]);
  const waiting = stream.next();
  await stream.return?.();
  assert.equal((await waiting).done, true);
  const { streams } = database.seriesWork;
  while (streams.count > 0) await new Promise(setImmediate);
  await series.write("m v=2 3000000");
  const resumed = await series.stream("SELECT v FROM m", { token: first.token });
  const { value: second } = await resumed.next();
  assert.deepEqual(second?.kind === "rows" && second.rows, [{ time: 3, v: 2 }]);
  await assert.rejects(series.stream("SELECT max(v) FROM m"), /functions need GROUP BY time/);
  await assert.rejects(series.stream("SELECT v FROM m", { token: "x" }), /token is not of/);
  database.seriesWork.streams.close();
  assert.equal((await resumed.next()).done, true);
});
