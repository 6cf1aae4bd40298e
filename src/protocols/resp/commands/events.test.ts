import assert from "node:assert/strict";
import { test } from "node:test";
import { respDatabase } from "../../../../test/support/resp-database.ts";

const ok = "+OK\r\n";

test("EVENT.PUBLISH, GET, PENDING, RESCHEDULE and CANCEL", async () => {
  const database = await respDatabase();
  const client = await database.connect();
  try {
    client.ask("EVENT.PUBLISH t a IN 600000 hello META k v");
    assert.equal(await client.line(), "*8");
    await client.lines(12);
    client.ask("EVENT.GET t a");
    assert.equal(await client.line(), "*16");
    const event = (await client.lines(31)).join(" ");
    assert.match(event, /hello/);
    client.ask("EVENT.PENDING t LIMIT 10");
    assert.deepEqual(await client.lines(3), ["*2", "$-1", "*1"]);
    assert.equal(await client.line(), "*16");
    await client.lines(31);
    await client.check("EVENT.RESCHEDULE t IN 900000 a", ":1\r\n");
    await client.check("EVENT.CANCEL t a", ":1\r\n");
    await client.check("EVENT.CANCEL t a", ":0\r\n");
    await client.check("EVENT.GET t a", "$-1\r\n");
    await client.check("EVENT.PUBLISH t a SOON hello x", "-ERR syntax error\r\n");
    const notInteger = "-ERR value is not an integer or out of range\r\n";
    await client.check("EVENT.PENDING t LIMIT x", notInteger);
  } finally {
    await database.close();
  }
});

test("events join BEGIN and MULTI: all or nothing with keys", async () => {
  const database = await respDatabase();
  const client = await database.connect();
  try {
    await client.check("BEGIN", ok);
    await client.check("EVENT.PUBLISH t a IN 600000 x", "+QUEUED\r\n");
    await client.check("SET k 1", ok);
    await client.check("ROLLBACK", ok);
    await client.check("EVENT.GET t a", "$-1\r\n");
    await client.check("BEGIN", ok);
    await client.check("EVENT.PUBLISH t a IN 600000 x", "+QUEUED\r\n");
    const empty = ["EVENT.PUBLISH", "t", "b", "IN", "600000", ""];
    await client.check(empty, "-ERR payload is required\r\n");
    await client.check("SET k 1", ok);
    await client.check("COMMIT", ok);
    await client.check("EVENT.CANCEL t a", ":1\r\n");
    await client.check("MULTI", ok);
    await client.check("EVENT.CANCEL t nothing", "+QUEUED\r\n");
    await client.check("SET k 2", "+QUEUED\r\n");
    await client.check("EXEC", `*2\r\n:0\r\n${ok}`);
  } finally {
    await database.close();
  }
});

test("EVENT.SUBSCRIBE pushes due events until they are acknowledged", async () => {
  const database = await respDatabase();
  const client = await database.connect();
  try {
    client.ask("EVENT.SUBSCRIBE t GROUP g NAME me");
    assert.deepEqual(await client.lines(2), ["$2", "me"]);
    const publisher = await database.connect();
    publisher.ask("EVENT.PUBLISH t a AT 1 hello");
    assert.equal(await client.line(), "*5");
    const [, kind, , name, , delivery, attempt] = await client.lines(7);
    assert.deepEqual([kind, name, attempt], ["event", "me", ":1"]);
    await client.lines(28);
    await client.check(`EVENT.ACK ${delivery} nobody`, ":1\r\n");
    await client.check(`EVENT.NACK ${delivery}`, ":0\r\n");
    await client.check("EVENT.UNSUBSCRIBE me", ":1\r\n");
    await client.check("EVENT.UNSUBSCRIBE me", ":0\r\n");
    client.ask("EVENT.REPLAY t");
    assert.equal(await client.line(), "*1");
  } finally {
    await database.close();
  }
});

test("EVENT.* work in the session's namespace", async () => {
  const database = await respDatabase();
  const client = await database.connect();
  try {
    await client.check("NAMESPACE CREATE shop", ok);
    await client.check("NAMESPACE USE shop", ok);
    client.ask("EVENT.PUBLISH t a IN 600000 x");
    await client.lines(13);
    await client.check("BEGIN", ok);
    await client.check("EVENT.PUBLISH t b IN 600000 x", "+QUEUED\r\n");
    await client.check("NAMESPACE USE global", ok);
    await client.check("COMMIT", ok);
    await client.check("EVENT.GET t a", "$-1\r\n");
    await client.check("EVENT.PENDING t", "-ERR Topic t does not exist\r\n");
    await client.check("NAMESPACE USE shop", ok);
    await client.check("EVENT.CANCEL t a b", ":2\r\n");
  } finally {
    await database.close();
  }
});
