import { respScenario } from "../../../../test/support/resp-fixture.ts";

respScenario("COMMAND tells the table that runs the commands", async ({ server }, client) => {
  await client.check("COMMAND COUNT", `:${server.table.size}\r\n`);
  await client.check(
    "COMMAND INFO ping nonsense",
    "*2\r\n*10\r\n$4\r\nping\r\n:-1\r\n*1\r\n+fast\r\n:0\r\n:0\r\n:0\r\n" +
      "*2\r\n+@connection\r\n+@fast\r\n*0\r\n*0\r\n*0\r\n*-1\r\n",
  );
  await client.check("COMMAND GETKEYS spublish a b", "*1\r\n$1\r\na\r\n");
  await client.check("COMMAND GETKEYS ping a", "-ERR The command has no key arguments\r\n");
  await client.check("COMMAND GETKEYS nonsense a", "-ERR Invalid command specified\r\n");
  await client.check("COMMAND LIST FILTERBY PATTERN ec*", "*1\r\n$4\r\necho\r\n");
  client.ask("HELLO 3", "COMMAND DOCS ping");
  await client.match(/%1\r\n\$4\r\nping\r\n%3\r\n\$7\r\nsummary\r\n/);
});
