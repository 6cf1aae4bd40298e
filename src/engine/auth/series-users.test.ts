/** Users of time series: made, granted, taken back, kept over a restart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { must } from "../../base/assert.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { hasPrivilege, isSeriesAdmin, seriesPrivilege, SeriesUsers } from "./series-users.ts";
import { Users } from "./users.ts";

test("SeriesUsers keeps users, their passwords and what is granted", async () => {
  const { shard } = await openTestShard();
  const accounts = new Users(shard, new SeededRandom(1));
  const users = new SeriesUsers(accounts);
  await users.create("é", "pw", false);
  await users.create("é", "pw", false);
  await assert.rejects(users.create("é", "other", false), { message: "user already exists" });
  await assert.rejects(users.create("", "pw", false), { message: "username required" });
  await users.setPrivilege("é", "db", seriesPrivilege.read);
  await users.setPassword("é", "new");
  const again = new Users(shard, new SeededRandom(1));
  assert.deepEqual(new SeriesUsers(again).list(), [{ name: "é", isAdmin: false }]);
  const binary = Buffer.from("é").toString("latin1");
  assert.equal(again.authenticate(binary, "pw"), undefined);
  const account = must(again.authenticate(binary, "new"));
  assert.ok(hasPrivilege(account, "db", seriesPrivilege.read));
  assert.ok(!hasPrivilege(account, "db", seriesPrivilege.write));
  assert.ok(!isSeriesAdmin(account) && isSeriesAdmin(again.default));
});

test("SeriesUsers forgets what was granted on a database that was dropped", async () => {
  const { shard } = await openTestShard();
  const users = new SeriesUsers(new Users(shard, new SeededRandom(1)));
  await users.create("a", "pw", true);
  await users.setPrivilege("a", "db", seriesPrivilege.all);
  await users.forgetDatabase("db");
  assert.deepEqual(users.grantsOf("a"), []);
  await users.drop("a");
  assert.throws(() => users.grantsOf("a"), { message: "user not found" });
  await assert.rejects(users.drop("default"), { message: "user not found" });
});
