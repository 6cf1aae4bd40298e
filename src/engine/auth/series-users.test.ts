import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { Catalog } from "../../models/series/catalog.ts";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { SeriesUsers } from "./series-users.ts";
import { Users } from "./users.ts";

async function setUp() {
  const { shard } = await openTestShard();
  const catalog = new Catalog(shard.tip);
  await shard.execute((tx) => catalog.createDatabase(tx, "b"));
  await shard.execute((tx) => catalog.createDatabase(tx, "a"));
  const users = new Users(shard, new SeededRandom(1));
  return { shard, catalog, users, series: new SeriesUsers(users, catalog) };
}

test("SeriesUsers: the same user twice is fine, another one of the name is not", async () => {
  const { shard, users, series } = await setUp();
  const ann = { name: "änn", password: "ü", isAdmin: false };
  await series.create(ann);
  await series.create(ann);
  const exists = /^CronosError: user already exists$/;
  await assert.rejects(series.create({ ...ann, password: "x" }), exists);
  await assert.rejects(series.create({ ...ann, isAdmin: true }), exists);
  await assert.rejects(series.create({ ...ann, name: "default" }), exists);
  await assert.rejects(series.create({ ...ann, name: "" }), /username required/);
  assert.deepEqual(series.list(), [{ name: "änn", isAdmin: false }]);
  const binary = (value: string): string => Buffer.from(value).toString("latin1");
  await series.setPassword("änn", "neu");
  assert.equal(users.authenticate(binary("änn"), binary("ü")), undefined);
  assert.equal(users.authenticate(binary("änn"), "neu")?.access.isUnrestricted, false);
  const again = new SeriesUsers(new Users(shard, new SeededRandom(1)), {
    databases: [],
    needDatabase: () => assert.fail(),
  });
  assert.deepEqual(again.list(), series.list());
  await series.drop("änn");
  await assert.rejects(series.drop("änn"), /user not found/);
  assert.deepEqual(series.list(), []);
  await shard.close();
});

test("SeriesUsers: a grant replaces the one before, a revoke takes its part", async () => {
  const { shard, series } = await setUp();
  await series.create({ name: "bob", password: "x", isAdmin: false });
  const shown = (): string => series.grants("bob").map((each) => each.join(" ")).join(", ");
  const on = { user: "bob", database: "b" };
  assert.equal(shown(), "");
  await series.grant({ ...on, privilege: "READ" });
  await series.grant({ ...on, privilege: "WRITE" });
  assert.equal(shown(), "b WRITE");
  await series.grant({ ...on, privilege: "ALL PRIVILEGES" });
  await series.revoke({ ...on, privilege: "WRITE" });
  assert.equal(shown(), "b READ");
  await series.revoke({ ...on, privilege: "WRITE" });
  assert.equal(shown(), "b READ");
  await series.revoke({ ...on, database: "a", privilege: "READ" });
  await series.revoke({ ...on, privilege: "ALL PRIVILEGES" });
  assert.equal(shown(), "a NO PRIVILEGES, b NO PRIVILEGES");
  await series.setAdmin("bob", true);
  assert.deepEqual(series.list(), [{ name: "bob", isAdmin: true }]);
  await assert.rejects(series.grant({ ...on, database: "x", privilege: "READ" }), /database not/);
  await assert.rejects(series.grant({ ...on, user: "x", privilege: "READ" }), /user not found/);
  await assert.rejects(series.setAdmin("x", true), /user not found/);
  await assert.rejects(series.setPassword("x", "y"), /user not found/);
  assert.throws(() => series.grants("x"), /user not found/);
  await shard.close();
});

test("SeriesUsers: a database made anew under an old name has no grants", async () => {
  const { shard, catalog, series } = await setUp();
  await series.create({ name: "bob", password: "x", isAdmin: false });
  await series.grant({ user: "bob", database: "b", privilege: "READ" });
  await shard.execute((tx) => void catalog.dropDatabase(tx, "b"));
  await shard.execute((tx) => catalog.createDatabase(tx, "b"));
  assert.deepEqual(series.grants("bob"), []);
  await shard.close();
});

test("SeriesUsers: who has rules of the ACL keeps password and rules", async () => {
  const { shard, users, series } = await setUp();
  const names = { isCommand: () => true, isCategory: () => true };
  await users.change("root", ["on", ">x", "+@all"], names);
  await assert.rejects(series.setPassword("root", "y"), /user not found/);
  await series.grant({ user: "root", database: "a", privilege: "READ" });
  await assert.rejects(series.setPassword("root", "y"), /ACL SETUSER/);
  await series.drop("root");
  assert.deepEqual(series.list(), []);
  assert.equal(users.authenticate("root", "x")?.access.state.commands[0], "+@all");
  await shard.close();
});
