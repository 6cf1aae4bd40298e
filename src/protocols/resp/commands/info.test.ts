import assert from "node:assert/strict";
import { respScenario } from "../../../../test/support/resp-fixture.ts";

respScenario("INFO shows sections, or those that were asked for", async (_, client) => {
  client.ask("INFO");
  const all = await client.match(/cluster_enabled:1\r\n\r\n$/);
  assert.match(all, /# Server\r\nredis_version:7\.0\.15\r\n/);
  client.ask("INFO clients CLUSTER");
  const some = await client.match(/cluster_enabled:1\r\n\r\n$/);
  assert.match(some, /^\$\d+\r\n# Clients\r\nconnected_clients:1\r\n[^]*\r\n\r\n# Cluster\r\n/);
  assert.doesNotMatch(some, /redis_version/);
});
