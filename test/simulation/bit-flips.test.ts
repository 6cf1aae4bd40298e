/**
 * Bits that turn over in the log of a whole node: opening names file and offset. Only room
 * behind the last write may be hit unseen; everything is there then.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../../src/base/errors.ts";
import { SimulatedNode } from "../support/simulated-node.ts";
import { rounds } from "../support/torture.ts";

const topic = "t";
const farFuture = Date.UTC(2040, 0, 1);
const events = 40;
/** What close() ends the log with; the log is whole without it. */
const closingMarkBytes = 32;
const settings = { segmentBytes: 2048, indexIntervalBytes: 512 };

/** A node with some segments of events, closed well. */
async function closedNode(): Promise<SimulatedNode> {
  const node = new SimulatedNode(1, settings);
  const db = await node.open();
  for (let n = 0; n < events; n++) {
    await db.events.publish({ topic, id: `e${n}`, at: farFuture, payload: `payload ${n}` });
  }
  await db.close();
  node.die("kill");
  return node;
}

async function readFile(node: SimulatedNode, path: string): Promise<Buffer> {
  const file = await node.disk.open(path, { mode: "read" });
  const bytes = Buffer.alloc(await file.size());
  await file.read(bytes, 0);
  await file.close();
  return bytes;
}

/** Opens the node and sees that everything is there. */
async function openWhole(node: SimulatedNode): Promise<void> {
  const db = await node.open();
  const { items } = await db.events.listPending({ topic, limit: 1000 });
  const payloads = items.map(({ payload }) => String(payload)).sort();
  const expected = Array.from({ length: events }, (_, n) => `payload ${n}`).sort();
  assert.deepEqual(payloads, expected);
  await db.close();
}

test("a flipped bit anywhere in the log is reported with file and offset", async () => {
  const node = await closedNode();
  const files = await node.logFiles();
  assert.ok(files.length > 2, `${files.length} segments`);
  const step = rounds(61, 3);
  let reported = 0;
  for (const path of files) {
    const bytes = await readFile(node, path);
    const used = bytes.findLastIndex((byte) => byte !== 0) + 1;
    for (let offset = 0; offset < bytes.length; offset += step) {
      const bit = offset % 8;
      // Each flip happens to the same closed log.
      const damaged = await closedNode();
      damaged.disk.flipBit(path, offset, bit);
      try {
        await openWhole(damaged);
        assert.ok(offset >= used - closingMarkBytes, `${path}: no word of a flip at ${offset}`);
      } catch (error) {
        if (!isCronosError(error, "CORRUPTION")) throw error;
        assert.equal(error.details["file"], path, `bit ${bit} of ${path} at ${offset}`);
        const found = Number(error.details["offset"]);
        assert.ok(found >= 0 && found <= offset, `${path} at ${offset}: said to be at ${found}`);
        assert.ok(error.message.includes(path) && error.message.includes(String(found)));
        reported++;
      }
    }
  }
  assert.ok(reported > 0);
});

test("a torn end of the log is cut, and everything before it is there", async () => {
  for (let seed = 1; seed <= rounds(20, 500); seed++) {
    const node = new SimulatedNode(seed, settings);
    const db = await node.open();
    await db.events.publish({ topic, id: "first", at: farFuture, payload: "x" });
    const answered: string[] = ["first"];
    for (let n = 0; n < 10; n++) {
      const id = `e${n}`;
      const payload = "x".repeat(node.random.below(3000) + 1);
      db.events.publish({ topic, id, at: farFuture, payload }).then(
        () => answered.push(id),
        () => undefined,
      );
      for (let turns = node.random.below(6); turns > 0; turns--) await Promise.resolve();
      if (node.random.below(3) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    node.die("power loss");
    const before = [...answered];
    const again = await node.open();
    const { items } = await again.events.listPending({ topic, limit: 1000 });
    const found = new Set(items.map(({ id }) => id));
    assert.deepEqual(before.filter((id) => !found.has(id)), [], `seed ${seed}`);
    await again.close();
  }
});
