import assert from "node:assert/strict";
import { test } from "node:test";
import { respDatabase } from "../../../../test/support/resp-database.ts";

test("KR.ADMIN and VOLUME.ADMIN tell of one member and one shard", async () => {
  const database = await respDatabase();
  try {
    const client = await database.connect();
    client.ask("CLUSTER MYID");
    const [, id = ""] = await client.lines(2);
    client.ask("HELLO 3", "KR.ADMIN DESCRIBE-MEMBER");
    assert.match(
      await client.match(/latest_heartbeat\r\n:\d+\r\n$/),
      /%8\r\n\$9\r\nmember_id\r\n\$40\r\n[^]*status\r\n\$7\r\nRUNNING/,
    );
    client.ask(`KR.ADMIN FIND-MEMBER ${id.slice(0, 4)}`);
    await client.match(/^%7\r\n[^]*latest_heartbeat\r\n:\d+\r\n$/);
    client.ask("KR.ADMIN DESCRIBE-CLUSTER");
    await client.match(/^%3\r\n[^]*%1\r\n:0\r\n%4\r\n[^]*bucket-shard-0\r\n$/);
    const other = "0".repeat(40);
    const errors: Readonly<Record<string, string>> = {
      "KR.ADMIN INITIALIZE-CLUSTER": "cluster has already been initialized",
      "KR.ADMIN FIND-MEMBER zzzz": "no member found with prefix: zzzz",
      "KR.ADMIN FIND-MEMBER what": "no member found with prefix: what",
      "KR.ADMIN FIND-MEMBER nobody": "Invalid memberId: nobody",
      [`KR.ADMIN FIND-MEMBER ${other}`]: `Member: ${other} not registered`,
      [`KR.ADMIN REMOVE-MEMBER ${id}`]: "Member in RUNNING status cannot be removed",
      "KR.ADMIN DESCRIBE-SHARD bogus 0": "invalid shard kind",
      "KR.ADMIN DESCRIBE-SHARD bucket 7": "invalid shard id",
      "KR.ADMIN SET-SHARD-STATUS bucket * BROKEN": "Invalid shard status BROKEN",
      [`KR.ADMIN ROUTE UNSET PRIMARY bucket 0 ${id}`]: "UNSET PRIMARY is not supported",
      [`KR.ADMIN ROUTE SET STANDBY bucket * ${id}`]: "primary cannot be assigned as a standby",
      "VOLUME.ADMIN DESCRIBE nope": "Volume: 'nope' is not open",
      "VOLUME.ADMIN REPLICATION START bucket-shard-0":
        "This node is not a standby for bucket-shard-0",
    };
    for (const [command, text] of Object.entries(errors)) {
      await client.check(command, `-ERR ${text}\r\n`);
    }
    await client.check("KR.ADMIN SET-SHARD-STATUS bucket 0 READWRITE", "+OK\r\n");
    await client.check("KR.ADMIN LIST-SILENT-MEMBERS", "*0\r\n");
    await client.check("VOLUME.ADMIN LIST", "*1\r\n$14\r\nbucket-shard-0\r\n");
  } finally {
    await database.close();
  }
});
