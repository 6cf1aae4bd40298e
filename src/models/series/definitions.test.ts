/** Definitions: listed as they were made, changed in place, there after opening, undone whole. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode, openTestShard } from "../../../test/support/test-shard.ts";
import { definitionKind, Definitions } from "./definitions.ts";

interface Content {
  readonly text: string;
}

const names = (definitions: Definitions<Content>, database?: number): string[] =>
  definitions.list(database).map(({ name, content }) => `${name}=${content.text}`);

test("Definitions lists them in the order they were made, also after opening again", async () => {
  const { shard } = await openTestShard();
  const kind = definitionKind.subscription;
  const definitions = new Definitions<Content>(kind, shard.tip);
  const put = (databaseId: number, name: string, text: string): Promise<void> =>
    shard.execute((tx) => definitions.put(tx, { databaseId, name, content: { text } }));
  await put(1, "z", "first");
  await put(2, "b", "second");
  await put(1, "a", "third");
  await put(1, "z", "changed");
  for (const each of [definitions, new Definitions<Content>(kind, shard.tip)]) {
    assert.deepEqual(names(each), ["z=changed", "b=second", "a=third"]);
    assert.deepEqual(names(each, 1), ["z=changed", "a=third"]);
    assert.deepEqual(each.get(2, "b"), { text: "second" });
    assert.equal(each.get(3, "b"), undefined);
  }
  assert.deepEqual(names(new Definitions(definitionKind.binding, shard.tip)), []);
  await shard.execute((tx) => definitions.removeAll(tx, 1));
  assert.deepEqual(names(definitions), ["b=second"]);
});

test("Definitions takes back what an operation that throws has done", async () => {
  const { shard } = await openTestShard();
  const definitions = new Definitions<Content>(definitionKind.binding, shard.tip);
  const content = { text: "kept" };
  await shard.execute((tx) => definitions.put(tx, { databaseId: 1, name: "a", content }));
  const failing = shard.execute((tx) => {
    definitions.put(tx, { databaseId: 1, name: "a", content: { text: "lost" } });
    definitions.put(tx, { databaseId: 1, name: "b", content });
    assert.equal(definitions.remove(tx, 1, "a"), true);
    throw new RangeError("no");
  });
  await assert.rejects(failing, RangeError);
  assert.deepEqual(names(definitions), ["a=kept"]);
});

test("Definitions refuses names that are empty or too long", async () => {
  const { shard } = await openTestShard();
  const definitions = new Definitions<Content>(definitionKind.binding, shard.tip);
  for (const name of ["", "x".repeat(256)]) {
    const content = { text: "" };
    const put = shard.execute((tx) => definitions.put(tx, { databaseId: 1, name, content }));
    await assert.rejects(put, hasCode("INVALID_ARGUMENT"));
  }
});
