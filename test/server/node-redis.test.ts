/** node-redis against a real server process, without special options: RESP2, RESP3, cluster. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createClient, createCluster } from "redis";
import { ServerProcess } from "../support/server-process.ts";

async function serve(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-node-redis-"));
  const server = await ServerProcess.start(directory);
  t.after(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });
  return `redis://${server.ready.resp ?? ""}`;
}

for (const version of [2, 3] as const) {
  test(`node-redis speaks RESP${version} with the server`, async (t) => {
    const url = await serve(t);
    const client = await createClient({ url, RESP: version }).connect();
    const subscriber = await client.duplicate().connect();
    try {
      assert.equal(await client.set("a", "1", { expiration: { type: "EX", value: 100 } }), "OK");
      assert.equal(await client.incr("a"), 2);
      assert.equal(await client.ttl("a"), 100);
      await client.hSet("h", { f: "1", g: "two" });
      assert.deepEqual({ ...(await client.hGetAll("h")) }, { f: "1", g: "two" });
      assert.equal(await client.hIncrByFloat("h", "f", 1.5).then(Number), 2.5);
      assert.deepEqual(await client.multi().get("a").hLen("h").exec(), ["2", 2]);
      const keys: string[] = [];
      for await (const page of client.scanIterator()) keys.push(...page);
      assert.deepEqual(keys.toSorted(), ["a", "h"]);
      const heard = new Promise<string>((resolve) => {
        void subscriber.pSubscribe("news.*", (text, channel) => resolve(`${channel} ${text}`));
      });
      while ((await client.publish("news.x", "hello")) === 0);
      assert.equal(await heard, "news.x hello");
      await assert.rejects(client.sendCommand(["NONSENSE"]), /unknown command/);
      assert.equal(typeof (await client.info("keyspace")), "string");
    } finally {
      subscriber.destroy();
      client.destroy();
    }
  });
}

test("node-redis' cluster client finds one node with every slot", async (t) => {
  const cluster = createCluster({ rootNodes: [{ url: await serve(t) }] });
  await cluster.connect();
  try {
    for (let n = 0; n < 20; n++) assert.equal(await cluster.set(`key:${n}`, String(n)), "OK");
    const values = await Promise.all(Array.from({ length: 20 }, (_, n) => cluster.get(`key:${n}`)));
    assert.deepEqual(values, Array.from({ length: 20 }, (_, n) => String(n)));
    assert.equal(cluster.masters.length, 1);
  } finally {
    cluster.destroy();
  }
});
