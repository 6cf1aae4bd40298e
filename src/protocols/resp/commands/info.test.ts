import assert from "node:assert/strict";
import { test } from "node:test";
import { respDatabase } from "../../../../test/support/resp-database.ts";
import { respScenario } from "../../../../test/support/resp-fixture.ts";

respScenario("INFO shows sections, or those that were asked for", async (_, client) => {
  client.ask("INFO");
  const all = await client.match(/# Keyspace\r\n\r\n$/);
  assert.match(all, /# Server\r\nredis_version:7\.0\.15\r\n/);
  client.ask("INFO clients CLUSTER");
  const some = await client.match(/cluster_enabled:1\r\n\r\n$/);
  assert.match(some, /^\$\d+\r\n# Clients\r\nconnected_clients:1\r\n[^]*\r\n\r\n# Cluster\r\n/);
  assert.doesNotMatch(some, /redis_version/);
});

test("INFO keyspace counts the keys of the namespace, and those that expire", async () => {
  const database = await respDatabase();
  try {
    const client = await database.connect();
    await client.check("INFO keyspace", "$12\r\n# Keyspace\r\n\r\n");
    client.ask("SET a 1 EX 100", "SET b 1", "HSET h f v", "EXPIRE h 100", "PERSIST a");
    client.ask("SET b 2 EX 5", "DEL b", "RENAME h g", "INFO keyspace");
    await client.match(/db0:keys=2,expires=1,avg_ttl=0\r\n\r\n$/);
  } finally {
    await database.close();
  }
});
