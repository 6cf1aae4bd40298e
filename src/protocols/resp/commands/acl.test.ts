import assert from "node:assert/strict";
import { test } from "node:test";
import { respDatabase } from "../../../../test/support/resp-database.ts";
import type { RespConnection } from "../../../../test/support/resp-connection.ts";

type Connect = () => Promise<RespConnection>;

function scenario(name: string, run: (admin: RespConnection, connect: Connect) => Promise<void>) {
  void test(name, async () => {
    const database = await respDatabase();
    try {
      await run(await database.connect(), () => database.connect());
    } finally {
      await database.close();
    }
  });
}

const wrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

function notAllowed(what: string): string {
  return `-NOPERM this user has no permissions to access one of the ${what} used as arguments\r\n`;
}

scenario("ACL SETUSER: a user may do what the rules say", async (admin, connect) => {
  await admin.check("ACL SETUSER bob on >x ~a* &news.* +@string -getdel +publish", "+OK\r\n");
  const bob = await connect();
  await bob.check("AUTH bob y", wrong);
  await bob.check("AUTH nobody x", wrong);
  await bob.check("AUTH bob x", "+OK\r\n");
  await bob.check("SET a1 1", "+OK\r\n");
  await bob.check("GET b", notAllowed("keys"));
  await bob.check("PUBLISH other x", notAllowed("channels"));
  await bob.check("PUBLISH news.a x", ":0\r\n");
  const refused = (name: string) => {
    return `-NOPERM this user has no permissions to run the '${name}' command\r\n`;
  };
  await bob.check("GETDEL a1", refused("getdel"));
  await bob.check("ACL WHOAMI", refused("acl|whoami"));
  await bob.check("CONFIG GET port", refused("config|get"));
  await admin.check("ACL SETUSER bob resetkeys ~b* +acl|whoami", "+OK\r\n");
  await bob.check("GET b", "$-1\r\n");
  await bob.check("ACL WHOAMI", "$3\r\nbob\r\n");
  await bob.check("RESET", "+RESET\r\n");
  await bob.check("ACL WHOAMI", "$7\r\ndefault\r\n");
});

scenario("HELLO AUTH and requirepass: nothing without a password", async (admin, connect) => {
  await admin.check("ACL SETUSER default >secret", "+OK\r\n");
  const client = await connect();
  await client.check("GET a", "-NOAUTH Authentication required.\r\n");
  await client.check("AUTH wrong", wrong);
  await client.check("AUTH secret", "+OK\r\n");
  await client.check("GET a", "$-1\r\n");
  const other = await connect();
  other.ask("HELLO 3 AUTH default secret");
  assert.equal(await other.line(), "%7");
});

scenario("ACL DELUSER ends connections; default stays", async (admin, connect) => {
  await admin.check("ACL SETUSER bob on nopass +@all ~* &*", "+OK\r\n");
  const bob = await connect();
  await bob.check("AUTH bob any", "+OK\r\n");
  await admin.check("ACL DELUSER default", "-ERR The 'default' user cannot be removed\r\n");
  await admin.check("ACL DELUSER bob nobody", ":1\r\n");
  await bob.expectEnd();
});

scenario("ACL SETUSER ends who hears a channel no longer allowed", async (admin, connect) => {
  await admin.check("ACL SETUSER bob on nopass +@all &news &more", "+OK\r\n");
  const bob = await connect();
  await bob.check("AUTH bob any", "+OK\r\n");
  await bob.check("SUBSCRIBE news", "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
  await admin.check("ACL SETUSER bob resetchannels &more", "+OK\r\n");
  await bob.expectEnd();
});

scenario("MULTI: what is not allowed is not queued", async (admin, connect) => {
  await admin.check("ACL SETUSER bob on nopass ~a +@transaction +get", "+OK\r\n");
  const bob = await connect();
  await bob.check("AUTH bob any", "+OK\r\n");
  await bob.check("MULTI", "+OK\r\n");
  await bob.check("GET b", notAllowed("keys"));
  bob.ask("EXEC");
  assert.match(await bob.line(), /^-EXECABORT/);
  await bob.check("MULTI", "+OK\r\n");
  await bob.check("GET a", "+QUEUED\r\n");
  await admin.check("ACL SETUSER bob -get", "+OK\r\n");
  bob.ask("EXEC");
  assert.equal(await bob.line(), "*1");
  assert.match(await bob.line(), /^-NOPERM this user has no permissions to run the 'get'/);
});

scenario("ACL LIST, GETUSER, USERS, CAT, DRYRUN, GENPASS and LOG tell", async (admin) => {
  await admin.check("ACL SETUSER bob on ~a +get", "+OK\r\n");
  admin.ask("ACL LIST", "ACL USERS");
  const lines = await admin.lines(10);
  assert.equal(lines[2], "user bob on ~a resetchannels resetnamespaces ns:global -@all +get");
  assert.equal(lines[4], "user default on nopass ~* &* resetnamespaces ns:* +@all");
  await admin.check("ACL GETUSER nobody", "$-1\r\n");
  const refusal = "This user has no permissions to access the 'b' key";
  await admin.check("ACL DRYRUN bob GET b", `$${refusal.length}\r\n${refusal}\r\n`);
  await admin.check("ACL DRYRUN bob GET a", "+OK\r\n");
  await admin.check("ACL CAT zzz", "-ERR Unknown category 'zzz'\r\n");
  admin.ask("ACL GENPASS 5");
  assert.equal(await admin.line(), "$2");
  assert.match(await admin.line(), /^[0-9a-f]{2}$/);
  await admin.check("AUTH bob wrong", wrong);
  await admin.check("ACL LOG RESET", "+OK\r\n");
  await admin.check("ACL LOG", "*0\r\n");
});
