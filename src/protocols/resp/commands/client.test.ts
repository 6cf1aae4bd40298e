import assert from "node:assert/strict";
import { respScenario } from "../../../../test/support/resp-fixture.ts";

respScenario("CLIENT SETNAME, GETNAME and SETINFO are shown by LIST and INFO", async (
  { connect },
  client,
) => {
  await client.check("CLIENT GETNAME", "$-1\r\n");
  await client.check("CLIENT SETNAME worker-1", "+OK\r\n");
  await client.check("CLIENT GETNAME", "$8\r\nworker-1\r\n");
  await client.check("CLIENT SETINFO LIB-NAME lib", "+OK\r\n");
  await client.check("CLIENT SETINFO lib-ver 1.2", "+OK\r\n");
  const refused = "-ERR Client names cannot contain spaces, newlines or special characters.\r\n";
  await client.check(["CLIENT", "SETNAME", "a b"], refused);
  await client.check("CLIENT SETINFO lib-x 1", "-ERR Unrecognized option 'lib-x'\r\n");
  const other = await connect();
  await other.check("CLIENT ID", ":2\r\n");
  other.ask("CLIENT LIST");
  const list = await other.match(/id=2 [^\n]*\n\r\n$/);
  assert.match(list, /id=1 addr=127.0.0.1:\d+ .*name=worker-1 .*lib-name=lib lib-ver=1.2/);
  other.ask("CLIENT LIST ID 1");
  assert.doesNotMatch(await other.match(/\n\r\n$/), /id=2/);
  other.ask("CLIENT INFO");
  assert.match(await other.match(/\n\r\n$/), /^\$\d+\r\nid=2 .*cmd=client user=default .*resp=2/);
  other.close();
});

respScenario("CLIENT KILL closes those that all its filters name", async (
  { connect, server },
  client,
) => {
  const [one, two] = [await connect(), await connect()];
  await one.check("PING", "+PONG\r\n");
  await two.check("SUBSCRIBE a", "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
  await client.check("CLIENT KILL ID 2 TYPE pubsub", ":0\r\n");
  await client.check("CLIENT KILL TYPE pubsub", ":1\r\n");
  await two.expectEnd();
  const address = [...server.clients.values()].find(({ id }) => id === 2)?.remoteAddress ?? "";
  await client.check(`CLIENT KILL ${address}`, "+OK\r\n");
  await one.expectEnd();
  await client.check("CLIENT KILL 1.2.3.4:5", "-ERR No such client\r\n");
  await client.check("CLIENT KILL ID 0", "-ERR client-id should be greater than 0\r\n");
  await client.check("CLIENT KILL TYPE x", "-ERR Unknown client type 'x'\r\n");
  await client.check("CLIENT KILL ID 1", ":0\r\n");
  await client.check("CLIENT KILL ID 1 SKIPME no", ":1\r\n");
  await client.expectEnd();
});

respScenario("CLIENT REPLY leaves out replies, errors too, and nothing else", async (
  { server },
  client,
) => {
  client.ask("CLIENT REPLY SKIP", "PING", "ECHO a");
  await client.expect("$1\r\na\r\n");
  client.ask("CLIENT REPLY OFF", "PING", "nonsense", "CLIENT REPLY SKIP", "PING", "PING");
  client.ask("CLIENT REPLY ON", "ECHO b");
  await client.expect("+OK\r\n$1\r\nb\r\n");
  await client.check("CLIENT REPLY x", "-ERR syntax error\r\n");
  assert.equal(server.counts.commands, 12);
});

respScenario("CLIENT answers what it does not do with errors", async (_, client) => {
  await client.check("CLIENT", "-ERR wrong number of arguments for 'client' command\r\n");
  await client.check("CLIENT FOO", "-ERR unknown subcommand 'FOO'. Try CLIENT HELP.\r\n");
  await client.check("CLIENT ID x", "-ERR wrong number of arguments for 'client|id' command\r\n");
  await client.check("CLIENT NO-EVICT on", "+OK\r\n");
  await client.check("CLIENT NO-TOUCH x", "-ERR syntax error\r\n");
  client.ask("CLIENT TRACKING on");
  await client.match(/^-ERR Client tracking is not supported/);
  client.ask("CLIENT HELP");
  await client.match(/^\*\d+\r\n\+CLIENT <subcommand>[^]*Prints this help\.\r\n$/);
});

respScenario("CLIENT LIST tells who subscribed", async (_, client) => {
  client.ask("HELLO 3", "SUBSCRIBE a b", "PSUBSCRIBE p*", "SSUBSCRIBE s", "CLIENT LIST");
  const text = await client.match(/\n\r\n$/);
  assert.match(text, /flags=P db=0 sub=2 psub=1 ssub=1 multi=-1/);
});

respScenario("CLIENT REPLY SKIP again leaves out the reply after it", async (_, client) => {
  client.ask("CLIENT REPLY SKIP", "CLIENT REPLY SKIP", "PING", "ECHO a");
  await client.expect("$1\r\na\r\n");
  client.ask("CLIENT REPLY SKIP", "CLIENT REPLY ON", "ECHO b");
  await client.expect("+OK\r\n$1\r\nb\r\n");
});

respScenario("CLIENT PAUSE lets others wait until UNPAUSE", async ({ connect }, client) => {
  const other = await connect();
  await client.check("CLIENT PAUSE 100000 WRITE", "+OK\r\n");
  await other.check("ECHO read", "$4\r\nread\r\n");
  other.ask("put k v", "fetch k");
  await client.check("CLIENT PAUSE 1", "+OK\r\n");
  client.ask("ECHO late", "CLIENT UNPAUSE");
  const third = await connect();
  await third.check("CLIENT UNPAUSE", "+OK\r\n");
  await other.expect("+OK\r\n$1\r\nv\r\n");
  await client.expect("$4\r\nlate\r\n+OK\r\n");
  await client.check("CLIENT PAUSE 20", "+OK\r\n");
  await client.check("ECHO soon", "$4\r\nsoon\r\n");
});
