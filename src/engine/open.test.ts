import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SimulatedNode } from "../../test/support/simulated-node.ts";
import { hasCode } from "../../test/support/test-shard.ts";
import { CronosError } from "../base/errors.ts";
import { openMemoryTree } from "../store/memory/memory-tree.ts";
import { open, openDirectory } from "./open.ts";

const event = { topic: "t", id: "a", at: 1, payload: "p" };

test("open() refuses a path that is none", async () => {
  await assert.rejects(open(""), hasCode("INVALID_ARGUMENT"));
});

test("each database in memory is one of its own, with a clock that stands still", async () => {
  const [one, two] = [await open(":memory:"), await open(":memory:")];
  await one.events.publish(event);
  assert.equal((await one.events.get("t", "a"))?.id, "a");
  assert.equal(await two.events.get("t", "a"), undefined);
  const now = one.clock.now();
  await one.clock.advance(10_000);
  assert.equal(one.clock.now(), now + 10_000);
  await one.close();
  await two.close();
});

test("a database in a directory keeps what it holds when it is closed", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-open-"));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, "made", "by-open");
  const settings = { segmentBytes: 1024 * 1024 };
  const database = await open(path, { settings });
  await database.events.publish(event);
  await database.close();
  const again = await open(path, { settings });
  assert.equal((await again.events.get("t", "a"))?.id, "a");
  await again.close();
});

test("a directory is open once at a time", async () => {
  const node = new SimulatedNode(1);
  const database = await node.open();
  await assert.rejects(node.open(), hasCode("LOCKED"));
  await database.close();
  await (await node.open()).close();
});

test("openDirectory() that fails leaves the directory free", async () => {
  const { clock, disk, random } = new SimulatedNode(1);
  const components = (error?: CronosError) => ({
    clock,
    disk,
    random,
    openBaseTree: async () => {
      if (error !== undefined) throw error;
      return openMemoryTree();
    },
  });
  const broken = new CronosError("CORRUPTION", "Tree cannot be read");
  await assert.rejects(openDirectory("data", components(broken)), broken);
  const wrong = { settings: { partitionCount: 0 } };
  await assert.rejects(openDirectory("data", components(), wrong), hasCode("INVALID_ARGUMENT"));
  await (await openDirectory("data", components())).close();
});
