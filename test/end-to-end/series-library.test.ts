/** Time series through the library: a program does the same in one process and over the network. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../../src/base/errors.ts";
import type { Database } from "../../src/engine/database-api.ts";
import { serveDatabase } from "../support/grpc-database.ts";

const at = 1_700_000_000_000;

/** Everything db.series() can do; tells what came of it. */
async function program(db: Database): Promise<readonly unknown[]> {
  const told: unknown[] = [];
  const tell = async (work: Promise<unknown>): Promise<void> => {
    const refused = (error: unknown): unknown => {
      assert.ok(isCronosError(error), String(error));
      return `${error.code}: ${error.message}`;
    };
    told.push(await work.catch(refused));
  };
  const series = db.series("metrics");
  await tell(series.query("SELECT v FROM m"));
  await tell(series.write("m v=1"));
  await tell(series.createDatabase());
  await tell(
    series.write([
      { measurement: "m", tags: { host: "a" }, fields: { v: 0.1, n: 2n ** 60n }, time: at },
      { measurement: "m", tags: { host: "b é" }, fields: { v: -1e300, on: true }, time: at + 0.5 },
      { measurement: "m", fields: { v: 3, s: 'say "x"\n' }, time: BigInt(at + 1) * 1_000_000n },
    ]),
  );
  await tell(series.write("m v=4i"));
  await tell(series.write(`m v=5 ${at + 60_000}\nm v=`, { precision: "ms" }));
  await tell(series.query("SELECT * FROM m GROUP BY host", { times: "ns" }));
  await tell(series.query("SELECT mean(v), count(v) FROM m WHERE time < 0; SHOW FIELD KEYS"));
  await tell(
    series.query("SELECT $f FROM m WHERE host =~ $h AND v < $v", {
      params: { f: { identifier: "v" }, h: { regex: "^a" }, v: 7n },
    }),
  );
  await tell(series.query("SELECT v FROM m; KILL QUERY 99; SHOW DATABASES"));
  await tell(series.query("SELECT v FROM m", { policy: "none" }));
  await tell(series.query("SELECT v FROM"));
  await tell(series.query("CREATE SUBSCRIPTION s ON metrics.autogen DESTINATIONS ALL 'udp://h:1'"));
  await tell(series.query("SHOW SUBSCRIPTIONS"));
  const stream = await series.stream("SELECT v, s FROM m GROUP BY host");
  await series.write('m,host=c v=6,s="a"\nm,host=d v=7', { precision: "s" });
  for (let items = 0; items < 2; items++) {
    const { value } = await stream.next();
    assert.ok(value?.kind === "rows");
    const { token, rows, ...item } = value;
    assert.match(token, /^\d+$/);
    told.push(item, rows.length);
  }
  await stream.return?.();
  await tell(series.keys.create({ name: "k", access: "READ" }).then((key) => key.length));
  await tell(series.keys.list().then((keys) => keys.map(({ name, access }) => [name, access])));
  return told;
}

test("db.series() of connect() does and tells what that of open() does", async (t) => {
  const embedded = await serveDatabase(t);
  const served = await serveDatabase(t);
  const expected = await program(embedded.database);
  assert.deepEqual(await program(served.remote), expected);
  const missing = "NOT_FOUND: database not found: metrics";
  assert.deepEqual(expected.slice(0, 4), [missing, missing, undefined, undefined]);
});
