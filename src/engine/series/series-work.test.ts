/** Subscriptions and bindings, asked for in InfluxQL, on a database in memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSeriesEngine, rowsOf } from "../../../test/support/series-engine.ts";

test("a subscription sends the points of its policy that pass its filter", async () => {
  const sent: string[] = [];
  const db = await openSeriesEngine(async (destination, { database, policy, lines }) => {
    sent.push(`${destination} ${database}.${policy} ${lines.trim()}`);
  });
  const to = "DESTINATIONS ALL 'http://one:1', 'udp://two:2'";
  await db.ask(`CREATE SUBSCRIPTION s ON db.autogen ${to} WHERE host = 'a' AND v > 1`);
  await db.write("cpu,host=a v=1 1", "cpu,host=a v=2i,t=\"x\" 2", "mem,host=a v=\"n\" 2");
  await db.write("cpu,host=b v=7 3", "cpu,host=a v=3 4");
  assert.deepEqual(sent.toSorted(), [
    `http://one:1 db.autogen cpu,host=a v=3 ${db.at(4)}`,
    `udp://two:2 db.autogen cpu,host=a v=3 ${db.at(4)}`,
  ]);
  assert.deepEqual(db.warnings, []);
  await db.engine.close();
});

test("a binding makes points of due events", async () => {
  const db = await openSeriesEngine();
  await db.ask("CREATE BINDING b ON db FROM TOPIC readings INTO temps TAGS room");
  const at = db.engine.clock.now() + 1000;
  const payload = Buffer.from(JSON.stringify({ celsius: 21.5 }));
  await db.engine.events.publish({ topic: "readings", id: "1", at, payload, meta: { room: "x" } });
  await db.pass(2000);
  assert.deepEqual(await rowsOf(db, "temps"), ["1 21.5 x"]);
  assert.match(await db.ask("SHOW BINDINGS"), /CREATE BINDING/);
  await db.ask("DROP BINDING b ON db");
  assert.deepEqual(db.warnings, []);
  await db.engine.close();
});
