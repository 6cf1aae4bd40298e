import assert from "node:assert/strict";
import { respScenario } from "../../../../test/support/resp-fixture.ts";

respScenario("COMMAND tells the table that runs the commands", async ({ server }, client) => {
  await client.check("COMMAND COUNT", `:${server.table.size}\r\n`);
  await client.check(
    "COMMAND INFO ping nonsense",
    "*2\r\n*10\r\n$4\r\nping\r\n:-1\r\n*1\r\n+fast\r\n:0\r\n:0\r\n:0\r\n" +
      "*2\r\n+@connection\r\n+@fast\r\n*0\r\n*0\r\n*0\r\n*-1\r\n",
  );
  await client.check("COMMAND GETKEYS spublish a b", "*1\r\n$1\r\na\r\n");
  await client.check("COMMAND GETKEYS ping", "-ERR The command has no key arguments\r\n");
  await client.check("COMMAND GETKEYS nonsense", "-ERR Invalid command specified\r\n");
  await client.check("COMMAND LIST FILTERBY PATTERN ec*", "*1\r\n$4\r\necho\r\n");
  client.ask("HELLO 3", "COMMAND DOCS ping");
  await client.match(/%1\r\n\$4\r\nping\r\n%3\r\n\$7\r\nsummary\r\n/);
});

respScenario("CONFIG GET finds by patterns, CONFIG SET changes all or nothing", async (
  _,
  client,
) => {
  await client.check("CONFIG GET maxmemor?", "*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n");
  await client.check("CONFIG SET notify-keyspace-events KEA", "+OK\r\n");
  const notify = "CONFIG GET notify-keyspace-events";
  await client.check(notify, "*2\r\n$22\r\nnotify-keyspace-events\r\n$3\r\nAKE\r\n");
  client.ask("CONFIG SET slowlog-max-len 5 notify-keyspace-events q");
  await client.match(/^-ERR CONFIG SET failed \(possibly related to argument 'notify-key/);
  await client.check("CONFIG GET slowlog-max-len", "*2\r\n$15\r\nslowlog-max-len\r\n$3\r\n128\r\n");
  await client.check(notify, "*2\r\n$22\r\nnotify-keyspace-events\r\n$3\r\nAKE\r\n");
  client.ask("CONFIG SET constructor x");
  await client.match(/^-ERR Unknown option or number of arguments for CONFIG SET - 'constr/);
  client.ask("CONFIG SET port 1");
  await client.match(/^-ERR CONFIG SET failed .* - can't set immutable config\r\n$/);
  await client.check("CONFIG SET a", "-ERR wrong number of arguments for 'config|set' command\r\n");
});

respScenario("INFO shows sections, or those that were asked for", async (_, client) => {
  client.ask("INFO");
  const all = await client.match(/cluster_enabled:1\r\n\r\n$/);
  assert.match(all, /# Server\r\nredis_version:7\.0\.15\r\n/);
  client.ask("INFO clients CLUSTER");
  const some = await client.match(/cluster_enabled:1\r\n\r\n$/);
  assert.match(some, /^\$\d+\r\n# Clients\r\nconnected_clients:1\r\n[^]*\r\n\r\n# Cluster\r\n/);
  assert.doesNotMatch(some, /redis_version/);
});

respScenario("TIME, TICK and ROLE", async (_, client) => {
  client.ask("TIME");
  await client.match(/^\*2\r\n\$10\r\n\d{10}\r\n\$\d\r\n\d+\r\n$/);
  client.ask("TICK FRESH", "TICK cached");
  await client.match(/^:\d+\r\n:\d+\r\n$/);
  await client.check("TICK FOO", "-ERR illegal argument for TICK: 'FOO'\r\n");
  await client.check("ROLE", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n");
});
