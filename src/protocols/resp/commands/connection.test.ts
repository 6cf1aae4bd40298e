import { respScenario } from "../../../../test/support/resp-fixture.ts";

const facts = (version: 2 | 3, id: number): string => {
  const head = version === 3 ? "%7" : "*14";
  return (
    `${head}\r\n$6\r\nserver\r\n$8\r\ncronosdb\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n` +
    `$5\r\nproto\r\n:${version}\r\n$2\r\nid\r\n:${id}\r\n$4\r\nmode\r\n$7\r\ncluster\r\n` +
    `$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n`
  );
};

respScenario("HELLO chooses the version and tells about the server", async (_, client) => {
  await client.check("HELLO", facts(2, 1));
  await client.check("fetch none", "$-1\r\n");
  await client.check("HELLO 3 SETNAME me", facts(3, 1));
  await client.check("fetch none", "_\r\n");
  await client.check("CLIENT GETNAME", "$2\r\nme\r\n");
  await client.check("HELLO 4", "-NOPROTO unsupported protocol version\r\n");
  await client.check("HELLO x", "-ERR Protocol version is not an integer or out of range\r\n");
  await client.check("HELLO 2 FOO", "-ERR Syntax error in HELLO option 'FOO'\r\n");
  await client.check("fetch none", "_\r\n");
  await client.check("HELLO 2", facts(2, 1));
});

respScenario("PING, ECHO and SELECT answer as Redis does", async (_, client) => {
  await client.check("PING", "+PONG\r\n");
  await client.check(["PING", "a b"], "$3\r\na b\r\n");
  await client.check("PING a b", "-ERR wrong number of arguments for 'ping' command\r\n");
  await client.check(["ECHO", ""], "$0\r\n\r\n");
  await client.check("SELECT 0", "+OK\r\n");
  await client.check("SELECT 1", "-ERR DB index is out of range\r\n");
  await client.check("SELECT x", "-ERR value is not an integer or out of range\r\n");
});

respScenario("RESET and SESSION.CLOSE make a new session; only RESET goes to RESP2", async (
  _,
  client,
) => {
  await client.check("HELLO 3 SETNAME me", facts(3, 1));
  await client.check("SESSION.ATTRIBUTE SET limit 7", "+OK\r\n");
  await client.check("SESSION.CLOSE", "+OK\r\n");
  await client.check("CLIENT GETNAME", "_\r\n");
  client.ask("SESSION.ATTRIBUTE LIST");
  await client.match(/^%4\r\n[^]*limit\r\n:100\r\n/);
  await client.check("RESET", "+RESET\r\n");
  await client.check("CLIENT GETNAME", "$-1\r\n");
});
