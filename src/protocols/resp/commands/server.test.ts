import { respScenario } from "../../../../test/support/resp-fixture.ts";

respScenario("TIME, TICK and ROLE", async (_, client) => {
  client.ask("TIME");
  await client.match(/^\*2\r\n\$10\r\n\d{10}\r\n\$\d\r\n\d+\r\n$/);
  client.ask("TICK FRESH", "TICK cached");
  await client.match(/^:\d+\r\n:\d+\r\n$/);
  await client.check("TICK FOO", "-ERR illegal argument for TICK: 'FOO'\r\n");
  await client.check("ROLE", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n");
});
