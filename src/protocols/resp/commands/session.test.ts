import { respScenario } from "../../../../test/support/resp-fixture.ts";

respScenario("SESSION.ATTRIBUTE SET checks names and values", async (_, client) => {
  const set = "SESSION.ATTRIBUTE SET";
  await client.check(`${set} reply_type JSON`, "+OK\r\n");
  await client.check(`${set} reply_type x`, "-ERR Invalid reply type: x\r\n");
  await client.check(`${set} input_type x`, "-ERR Invalid input type: x\r\n");
  await client.check(`${set} limit 0`, "-ERR 'limit' must be greater than 0\r\n");
  await client.check(`${set} foo 1`, "-ERR Invalid session attribute: 'foo'\r\n");
  client.ask("SESSION.ATTRIBUTE LIST");
  await client.match(/^\*8\r\n\$10\r\nreply_type\r\n\$4\r\njson\r\n/);
});
