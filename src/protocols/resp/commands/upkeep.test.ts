import assert from "node:assert/strict";
import { test } from "node:test";
import { respDatabase } from "../../../../test/support/resp-database.ts";
import { bytesOfKey } from "../../../models/keys/generic.ts";

test("SAVE, BGSAVE and LASTSAVE: what was answered is on disk", async (t) => {
  const database = await respDatabase();
  t.after(() => database.close());
  const client = await database.connect();
  await client.check("SAVE", "+OK\r\n");
  await client.check("BGSAVE", "+Background saving started\r\n");
  await client.check("BGSAVE schedule", "+Background saving started\r\n");
  await client.check("BGSAVE x", "-ERR syntax error\r\n");
  client.ask("LASTSAVE");
  const seconds = Number((await client.line()).slice(1));
  assert.ok(Math.abs(seconds * 1000 - Date.now()) < 60_000);
});

test("bytesOfKey: counts rows, and estimates those of a large hash", async (t) => {
  const database = await respDatabase();
  t.after(() => database.close());
  const client = await database.connect();
  await client.check(["SET", "k", "x".repeat(100)], "+OK\r\n");
  const fields = Array.from({ length: 100 }, (_, at) => [`f${100 + at}`, "12345"]);
  await client.check(["HSET", "h", ...fields.flat()], ":100\r\n");
  const session = database.engine.openSession();
  const size = (key: string, samples: number) => {
    return bytesOfKey(session.view, session.keys, { key, samples });
  };
  assert.equal(size("nothing", 5), undefined);
  assert.ok((size("k", 5) ?? 0) > 100);
  assert.equal(size("h", 5), size("h", Number.POSITIVE_INFINITY));
  assert.ok((size("h", 5) ?? 0) > 900);
  await client.check("MEMORY USAGE h SAMPLES 0", `:${size("h", 5)}\r\n`);
});
