import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { Users } from "./users.ts";

const names = { isCommand: () => true, isCategory: () => true };

test("Users are there again after they were read again", async () => {
  const { shard } = await openTestShard();
  const users = new Users(shard, new SeededRandom(1));
  const changes: string[] = [];
  users.onChange(({ name }, isDeleted) => void changes.push(`${isDeleted ? "-" : "+"}${name}`));
  await Promise.all([
    users.change("bob", ["on", ">x", "+get"], names),
    users.change("bob", ["~a*", "+set"], names),
    users.change("eve", ["on"], names),
  ]);
  assert.equal(await users.delete(["eve", "nobody", "eve"]), 1);
  assert.deepEqual(changes, ["+bob", "+bob", "+eve", "-eve"]);
  const again = new Users(shard, new SeededRandom(1));
  assert.deepEqual(again.all.map(({ name }) => name), ["bob", "default"]);
  assert.deepEqual(again.find("bob")?.access.state, users.find("bob")?.access.state);
  assert.equal(again.authenticate("bob", "x")?.name, "bob");
  assert.equal(again.authenticate("bob", "y"), undefined);
  await shard.close();
});

test("Users.change does all rules or none, and checks the name", async () => {
  const { shard } = await openTestShard();
  const users = new Users(shard, new SeededRandom(1));
  await assert.rejects(users.change("bob", ["on", "zzz"], names), /modifier 'zzz'/);
  assert.equal(users.find("bob"), undefined);
  await assert.rejects(users.change("b b", [], names), /Usernames can't contain spaces/);
  await assert.rejects(users.delete(["default"]), /The 'default' user cannot be removed/);
  await shard.close();
});

test("Users.requirePassword is the default user's only password", async () => {
  const { shard } = await openTestShard();
  const users = new Users(shard, new SeededRandom(1));
  assert.equal(users.authenticate("default", "anything")?.name, "default");
  users.requirePassword("secret");
  assert.equal(users.authenticate("default", "anything"), undefined);
  assert.equal(users.authenticate("default", "secret")?.access.isUnrestricted, true);
  await shard.close();
});
