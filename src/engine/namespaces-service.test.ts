import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryEngine } from "../../test/support/memory-engine.ts";
import { openTestShard } from "../../test/support/test-shard.ts";
import { CronosError } from "../base/errors.ts";
import { NamespacesService } from "./namespaces-service.ts";

test("NamespacesService.find() forgets paths when they can have another meaning", async () => {
  const { shard } = await openTestShard();
  const namespaces = new NamespacesService(shard);
  await namespaces.api.create("a.b");
  const before = namespaces.find(shard.tip, "a.b");
  assert.equal(namespaces.find(shard.tip, "a.b"), before);
  const { version } = namespaces;
  await namespaces.api.move("a", "c");
  assert.notEqual(namespaces.version, version);
  assert.throws(() => namespaces.find(shard.tip, "a.b"), { code: "NOT_FOUND" });
  assert.equal(namespaces.find(shard.tip, "c.b").id, before.id);
  await shard.close();
});

test("NamespacesService forgets what a lost record said", async () => {
  const parts = await openTestShard();
  const { shard, log } = parts;
  const namespaces = new NamespacesService(shard);
  log.failNext(new CronosError("IO", "Disk broke"));
  const lost = namespaces.api.create("a");
  namespaces.find(shard.tip, "a");
  await assert.rejects(lost);
  assert.throws(() => namespaces.find(shard.tip, "a"), { code: "NOT_FOUND" });
  await shard.close();
});

test("NamespacesService.purge() deletes many namespaces with keys and maps", async () => {
  const { engine } = await memoryEngine();
  const session = engine.openSession();
  const { namespaces } = session;
  session.writeApart((tx) => {
    for (let index = 0; index < 2500; index++) namespaces.create(tx, `a.n${index}`);
  });
  session.useNamespace("a.n7");
  const { zmap, keys } = session;
  session.write((tx) => {
    tx.put(zmap.row("k"), Buffer.from("v"));
    tx.put(keys.space.header("k"), Buffer.alloc(8));
  });
  session.writeApart((tx) => namespaces.remove(tx, "a"));
  assert.throws(() => session.zmap, { code: "NOT_FOUND" });
  await namespaces.purge("a");
  const rows = session.readApart((view) => Array.from(view.range("A", "[")));
  assert.equal(rows.length, 1, "only the next id is left");
  await engine.close();
});

test("Session.namespace is not one whose creation was undone", async () => {
  const { engine } = await memoryEngine();
  const session = engine.openSession();
  assert.throws(() => {
    session.atomically(() => {
      session.writeApart((tx) => session.namespaces.create(tx, "a"));
      session.useNamespace("a");
      assert.ok(session.namespace.id > 0);
      throw new RangeError("undone");
    });
  }, RangeError);
  session.writeApart((tx) => session.namespaces.create(tx, "b"));
  assert.throws(() => session.namespace, { code: "NOT_FOUND" });
  assert.equal(session.namespaceName, "a");
  await engine.close();
});

test("Session.namespace that is removed in atomically() is gone there, too", async () => {
  const { engine } = await memoryEngine();
  const session = engine.openSession();
  session.writeApart((tx) => session.namespaces.create(tx, "a"));
  session.useNamespace("a");
  session.atomically(() => {
    session.writeApart((tx) => session.namespaces.remove(tx, "a"));
    assert.throws(() => session.namespace, { code: "NOT_FOUND" });
  });
  await engine.close();
});

test("commit() refuses to write to a namespace that was removed", async () => {
  const { engine } = await memoryEngine();
  const [session, other] = [engine.openSession(), engine.openSession()];
  session.writeApart((tx) => session.namespaces.create(tx, "a"));
  await session.settled();
  session.useNamespace("a");
  session.begin();
  const { zmap } = session;
  session.write((tx) => tx.put(zmap.row("k"), Buffer.from("v")));
  other.writeApart((tx) => other.namespaces.remove(tx, "a"));
  await assert.rejects(session.transaction?.commit() ?? Promise.resolve(), { code: "NOT_FOUND" });
  await engine.close();
});
