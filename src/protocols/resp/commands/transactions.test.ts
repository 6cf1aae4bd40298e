import assert from "node:assert/strict";
import { test } from "node:test";
import { respDatabase } from "../../../../test/support/resp-database.ts";
import type { RespConnection } from "../../../../test/support/resp-connection.ts";

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

const ok = "+OK\r\n";
const queued = "+QUEUED\r\n";

scenario("BEGIN shows own writes and hides them from others until COMMIT", async (a, b) => {
  await a.check("BEGIN", ok);
  await a.check("SET k 1", ok);
  await a.check("GET k", "$1\r\n1\r\n");
  await b.check("GET k", "$-1\r\n");
  await a.check("COMMIT", ok);
  await b.check("GET k", "$1\r\n1\r\n");
});

scenario("BEGIN … COMMIT in one write is answered in order", async (a) => {
  a.ask("SET k 1", "BEGIN", "GET k", "SET k 2", "COMMIT", "GET k");
  await a.expect(`${ok}${ok}$1\r\n1\r\n${ok}${ok}$1\r\n2\r\n`);
});

scenario("COMMIT names the key of a conflict and leaves nothing behind", async (a, b) => {
  await a.check("SET k 1", ok);
  await a.check("BEGIN", ok);
  await a.check("GET k", "$1\r\n1\r\n");
  await b.check("SET k 2", ok);
  await a.check("SET other 1", ok);
  a.ask("COMMIT");
  const text = await a.line();
  assert.match(text, /^-NOT_COMMITTED Transaction not committed due to conflict .*: key .*k$/);
  await a.check("GET other", "$-1\r\n");
  await a.check("COMMIT", "-TRANSACTION there is no transaction in progress.\r\n");
});

scenario("SNAPSHOTREAD ON leaves reads out of the check", async (a, b) => {
  await a.check("SNAPSHOTREAD x", "-ERR illegal argument for SNAPSHOTREAD: 'x'\r\n");
  await a.check("BEGIN", ok);
  await a.check("SNAPSHOTREAD ON", ok);
  await a.check("GET k", "$-1\r\n");
  await b.check("SET k 2", ok);
  await a.check("SET other 1", ok);
  await a.check("COMMIT", ok);
});

scenario("COMMIT RETURNING tells the place of the commit", async (a) => {
  await a.check("BEGIN", ok);
  await a.check("COMMIT RETURNING committed-version", ":-1\r\n");
  await a.check("BEGIN", ok);
  await a.check("SET k 1", ok);
  a.ask("COMMIT RETURNING committed-version");
  assert.match(await a.line(), /^:\d+$/);
  await a.check("BEGIN", ok);
  await a.check("SET k 2", ok);
  a.ask("COMMIT RETURNING versionstamp");
  assert.equal(await a.line(), "$10");
});

scenario("a disconnect rolls back", async (a, b) => {
  await a.check("BEGIN", ok);
  await a.check("SET k 1", ok);
  a.close();
  await b.check("GET k", "$-1\r\n");
});

scenario("EXEC runs the queue; a command that fails does not undo the others", async (a) => {
  await a.check("MULTI", ok);
  await a.check("SET k x", queued);
  await a.check("INCR k", queued);
  await a.check("SET l 1", queued);
  const error = "-ERR value is not an integer or out of range\r\n";
  await a.check("EXEC", `*3\r\n${ok}${error}${ok}`);
  await a.check("GET l", "$1\r\n1\r\n");
});

scenario("EXEC refuses a queue with a command that was refused", async (a) => {
  await a.check("MULTI", ok);
  await a.check("NONSENSE", "-ERR unknown command 'NONSENSE'\r\n");
  await a.check("SET k 1", queued);
  await a.check("EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n");
  await a.check("GET k", "$-1\r\n");
  await a.check("EXEC", "-ERR EXEC without MULTI\r\n");
  await a.check("DISCARD", "-ERR DISCARD without MULTI\r\n");
});

scenario("WATCH makes EXEC do nothing when the key changed", async (a, b) => {
  a.ask("SET k 1", "WATCH k", "MULTI", "SET k 2");
  await a.expect(`${ok}${ok}${ok}${queued}`);
  await b.check("SET k 3", ok);
  await a.check("EXEC", "*-1\r\n");
  await a.check("GET k", "$1\r\n3\r\n");
});

scenario("WATCH lets EXEC go on when only others changed, and forgets at UNWATCH", async (a, b) => {
  await a.check("WATCH k", ok);
  await b.check("SET other 3", ok);
  a.ask("MULTI", "SET k 2", "EXEC");
  await a.expect(`${ok}${queued}*1\r\n${ok}`);
  await a.check("WATCH k", ok);
  await b.check("SET k 3", ok);
  await a.check("UNWATCH", ok);
  a.ask("MULTI", "SET k 4", "EXEC");
  await a.expect(`${ok}${queued}*1\r\n${ok}`);
});

scenario("MULTI and BEGIN refuse what does not belong inside", async (a) => {
  await a.check("BEGIN", ok);
  await a.check("BEGIN", "-TRANSACTION there is already a transaction in progress.\r\n");
  await a.check("ROLLBACK", ok);
  await a.check("ROLLBACK", "-TRANSACTION there is no transaction in progress.\r\n");
  await a.check("MULTI", ok);
  await a.check("MULTI", "-ERR MULTI calls can not be nested\r\n");
  await a.check("WATCH k", "-ERR WATCH inside MULTI is not allowed\r\n");
  await a.check("BEGIN", "-ERR BEGIN inside MULTI is not allowed\r\n");
  await a.check("DISCARD", ok);
});
