/**
 * The conversations about Redis' commands, over RESP2 and RESP3, with our server and with
 * redis-server: both are held to the same expectations.
 */
import { test } from "node:test";
import type { TestContext } from "node:test";
import { RealClock } from "../../src/ports/real-clock.ts";
import { commandTable } from "../../src/protocols/resp/commands.ts";
import { listenResp } from "../../src/protocols/resp/listen.ts";
import { memoryEngine } from "../support/memory-engine.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { RespConnection } from "../support/resp-connection.ts";
import { bitConversations } from "./bit-conversations.ts";
import { connectionConversations } from "./connection-conversations.ts";
import { converse } from "./conversation.ts";
import { hashConversations } from "./hash-conversations.ts";
import { keyConversations } from "./key-conversations.ts";
import { pubsubConversations } from "./pubsub-conversations.ts";
import { stringConversations } from "./string-conversations.ts";
import { upkeepConversations } from "./upkeep-conversations.ts";

const conversations = [
  ...stringConversations,
  ...bitConversations,
  ...hashConversations,
  ...keyConversations,
  ...connectionConversations,
  ...pubsubConversations,
  ...upkeepConversations,
];

test("our server answers as Redis does", async (t) => {
  const clock = new RealClock();
  const { engine } = await memoryEngine(clock);
  const faults: unknown[] = [];
  const listener = await listenResp({
    host: "127.0.0.1",
    port: 0,
    clock,
    engine,
    table: commandTable,
    clientsMax: 10,
    nodeName: "node-1",
    memoryBytes: () => 0,
    onFault: (fault) => faults.push(fault),
  });
  t.after(async () => {
    await listener.close();
    await engine.close();
  });
  await holdAll(t, listener.port);
  t.assert.deepEqual(faults, []);
});

test("redis-server answers as we expect", async (t) => {
  const port = await startRedisServer(t);
  if (port === undefined) return;
  await holdAll(t, port);
});

async function holdAll(t: TestContext, port: number): Promise<void> {
  const connection = await RespConnection.open(port);
  for (const conversation of conversations) {
    for (const version of [2, 3] as const) {
      await t.test(`RESP${version}: ${conversation.name}`, () => {
        return converse(connection, conversation, version);
      });
    }
  }
  connection.close();
}
