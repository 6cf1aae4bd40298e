import { test } from "node:test";
import { respDatabase } from "../../../test/support/resp-database.ts";

test("checkAccess: writes that tell what was stored need both kinds of access", async (t) => {
  const database = await respDatabase();
  t.after(() => database.close());
  const admin = await database.connect();
  const bob = await database.connect();
  await admin.check("ACL SETUSER bob on nopass +@all %W~a* %R~b*", "+OK\r\n");
  await bob.check("AUTH bob any", "+OK\r\n");
  const refused = 
    "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n";
  await bob.check("SET a 1", "+OK\r\n");
  await bob.check("SET a 2 GET", refused);
  await bob.check("INCR a", refused);
  await bob.check("GET a", refused);
  await bob.check("MSET a 1 b 1", refused);
  await bob.check("GET b", "$-1\r\n");
});

test("checkAccess: a user works in the namespaces it may, and names no others", async (t) => {
  const database = await respDatabase();
  t.after(() => database.close());
  const admin = await database.connect();
  const bob = await database.connect();
  const rules = "on nopass +@all ~* resetnamespaces ns:tenants.bob";
  await admin.check(`ACL SETUSER bob ${rules}`, "+OK\r\n");
  await admin.check("NAMESPACE CREATE tenants.bob", "+OK\r\n");
  await bob.check("AUTH bob any", "+OK\r\n");
  const refused = "-NOPERM this user has no permissions to access the namespace\r\n";
  await bob.check("PING", "+PONG\r\n");
  await bob.check("SET a 1", refused);
  await bob.check("NAMESPACE USE tenants", refused);
  await bob.check("NAMESPACE USE tenants.bob", "+OK\r\n");
  await bob.check("SET a 1", "+OK\r\n");
  await bob.check("NAMESPACE REMOVE tenants", refused);
});

test("checkAccess: keys of ordered maps and topics of events are keys to rules", async (t) => {
  const database = await respDatabase();
  t.after(() => database.close());
  const admin = await database.connect();
  const bob = await database.connect();
  await admin.check("ACL SETUSER bob on nopass +@all ~a* %R~b*", "+OK\r\n");
  await bob.check("AUTH bob any", "+OK\r\n");
  const refused =
    "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n";
  await bob.check("ZSET a 1", "+OK\r\n");
  await bob.check("ZSET b 1", refused);
  await bob.check("ZGET b", "$-1\r\n");
  await bob.check("ZGET c", refused);
  await bob.check("ZINC.I64 c 1", refused);
  await bob.check("EVENT.CANCEL b x", refused);
  await bob.check("EVENT.PUBLISH c x AT 1 y", refused);
  await bob.check("EVENT.SUBSCRIBE c", refused);
  await bob.check("EVENT.GET b x", "$-1\r\n");
  await bob.check("EVENT.ACK nothing", ":0\r\n");
});
