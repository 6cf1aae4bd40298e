import { respScenario } from "../../../../test/support/resp-fixture.ts";

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
