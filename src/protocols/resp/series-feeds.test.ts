import assert from "node:assert/strict";
import { test } from "node:test";
import { respDatabase } from "../../../test/support/resp-database.ts";
import { parseQuery } from "../../influxql/parse.ts";

test("SERIES.STREAM pushes rows as they are written, until SERIES.UNSTREAM", async () => {
  const database = await respDatabase();
  const client = await database.connect();
  try {
    const { engine } = database;
    const text = "CREATE DATABASE db";
    const rest = { database: "", policy: "", isReadOnly: false, chunkRows: 1 };
    const made = engine.queries.run({ statements: parseQuery(text), text, ...rest });
    for await (const { kind } of made) assert.equal(kind, "end");
    client.ask("HELLO 3");
    await client.match(/modules\r\n\*0\r\n/);
    client.ask(["SERIES.STREAM", "db", "SELECT v, n FROM cpu WHERE host = 'a'"]);
    assert.deepEqual(await client.lines(2), ["$8", "stream-1"]);
    await engine.series("db").write("cpu,host=a v=1.5,n=2i 7\ncpu,host=b v=2 7");
    const pushed = (await client.match(/,1\.5\r\n:2\r\n$/)).replaceAll("\r\n", " ");
    assert.match(pushed, /^>4 \$6 series \$8 stream-1 \$\d+ \d+ %4 \$4 name \$3 cpu \$4 tags %0 /);
    assert.match(pushed, /columns \*3 \$4 time \$1 v \$1 n \$6 values \*1 \*3 :7 ,1\.5 :2 $/);
    await client.check("SERIES.UNSTREAM stream-1", ":1\r\n");
    await client.check("SERIES.UNSTREAM stream-1", ":0\r\n");
    client.ask(["SERIES.STREAM", "db", "SELECT mean(v) FROM cpu"]);
    assert.match((await client.lines(1)).join(), /^-ERR .*GROUP BY time/);
  } finally {
    await database.close();
  }
});
