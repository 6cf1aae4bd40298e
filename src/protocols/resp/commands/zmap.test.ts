import assert from "node:assert/strict";
import { test } from "node:test";
import { respDatabase } from "../../../../test/support/resp-database.ts";
import type { RespConnection } from "../../../../test/support/resp-connection.ts";

const ok = "+OK\r\n";
const nil = "$-1\r\n";

function scenario(
  name: string,
  run: (a: RespConnection, b: RespConnection) => Promise<void>,
): void {
  test(name, async () => {
    const database = await respDatabase();
    try {
      await run(await database.connect(), await database.connect());
    } finally {
      await database.close();
    }
  });
}

scenario("ZINC.I64 and ZMUTATE in transactions do not conflict", async (a, b) => {
  for (const connection of [a, b]) {
    await connection.check("BEGIN", ok);
    await connection.check("ZINC.I64 n 5", ok);
    await connection.check(["ZMUTATE", "m", "\x01\0", "ADD"], ok);
  }
  await a.check("COMMIT", ok);
  await b.check("COMMIT", ok);
  await a.check("ZGET.I64 n", ":10\r\n");
  await a.check("ZGET m", "$2\r\n\x02\0\r\n");
});

scenario("ZINC.I64 in a transaction shows to its reads, which then conflict", async (a, b) => {
  await a.check("BEGIN", ok);
  await a.check("ZINC.I64 n 5", ok);
  await a.check("ZGET.I64 n", ":5\r\n");
  await b.check("ZINC.I64 n 1", ok);
  a.ask("COMMIT");
  assert.match(await a.line(), /^-NOT_COMMITTED .*: key Z.*n$/);
  await a.check("ZGET.I64 n", ":1\r\n");
});

scenario("ZINC.F64 and ZINC.D128 in transactions conflict", async (a, b) => {
  for (const command of ["ZINC.F64 f 1.5", "ZINC.D128 d 1.5"]) {
    await a.check("BEGIN", ok);
    await a.check(command, ok);
    await b.check(command, ok);
    a.ask("COMMIT");
    assert.match(await a.line(), /^-NOT_COMMITTED /);
  }
});

scenario("ZINC.D128 that is refused leaves the transaction as it was", async (a) => {
  await a.check("BEGIN", ok);
  await a.check("ZSET k v", ok);
  a.ask("ZINC.D128 k 1");
  assert.match(await a.line(), /^-ERR Invalid stored value/);
  await a.check("COMMIT", ok);
  await a.check("ZGET k", "$1\r\nv\r\n");
});

scenario("ZGET.F64 replies with a double in RESP3 and a bulk string in RESP2", async (a) => {
  await a.check("ZSET.F64 f 2.5", ok);
  await a.check("ZGET.F64 f", "$3\r\n2.5\r\n");
  a.ask("HELLO 3");
  await a.match(/modules/);
  await a.match(/\*0\r\n$|^$/);
  await a.check("ZGET.F64 f", ",2.5\r\n");
});

scenario("SET_VERSIONSTAMPED_VALUE stores the stamp that COMMIT returns", async (a) => {
  await a.check("BEGIN", ok);
  await a.check(["ZMUTATE", "v", "\0".repeat(14), "SET_VERSIONSTAMPED_VALUE"], ok);
  a.ask("ZGET v");
  assert.match(await a.line(), /^-ACCESSED_UNREADABLE /);
  a.ask("COMMIT RETURNING versionstamp", "ZGET v");
  const replies = await a.match(/^[^]{34}$/);
  assert.equal(replies.slice(0, 17), replies.slice(17));
});

scenario("ZWATCH waits for another value of its key", async (a, b) => {
  await b.check("ZSET k 1", ok);
  a.ask("ZSET own 1", "ZWATCH k", "ZGET k");
  await a.expect(ok);
  await b.check("ZSET other 1", ok);
  await b.check("ZSET k 1", ok);
  await b.check("ZDEL missing", ok);
  assert.equal(a.received, "");
  await b.check("ZDELRANGE * *", ok);
  await a.expect(`${ok}${nil}`);
});

scenario("ZWATCH does not end with the writes before it", async (a, b) => {
  a.ask("ZSET k 1", "ZWATCH k", "ZGET k");
  await a.expect(ok);
  await b.check("ZSET k 2", ok);
  await a.expect(`${ok}$1\r\n2\r\n`);
});

scenario("ZWATCH takes a time-out", async (a) => {
  await a.check("ZWATCH k TIMEOUT 20", nil);
  await a.check("ZWATCH k TIMEOUT soon", "-ERR value is not an integer or out of range\r\n");
  await a.check("ZWATCH k FOR 20", "-ERR syntax error\r\n");
});

scenario("ZWATCH is refused in transactions", async (a) => {
  const refused = "-ERR ZWATCH is not allowed within a transaction\r\n";
  await a.check("BEGIN", ok);
  await a.check("ZWATCH k", refused);
  await a.check("ROLLBACK", ok);
  await a.check("MULTI", ok);
  await a.check("ZWATCH k", refused);
});

scenario("ZWATCH ends with its connection, and does not hold up the end of the server", async (
  a,
  b,
) => {
  a.ask("PING", "ZWATCH k");
  b.ask("PING", "ZWATCH k");
  await a.expect("+PONG\r\n");
  await b.expect("+PONG\r\n");
  a.end();
  await a.expectEnd();
});
