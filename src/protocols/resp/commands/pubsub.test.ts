import { respScenario } from "../../../../test/support/resp-fixture.ts";

const subscribed = (word: string, name: string, count: number): string => {
  return `*3\r\n$${word.length}\r\n${word}\r\n$${name.length}\r\n${name}\r\n:${count}\r\n`;
};

respScenario("SUBSCRIBE answers once per channel and counts; UNSUBSCRIBE ends all", async (
  _,
  client,
) => {
  client.ask("SUBSCRIBE a b a", "PSUBSCRIBE p*", "SSUBSCRIBE s");
  await client.expect(
    subscribed("subscribe", "a", 1) +
      subscribed("subscribe", "b", 2) +
      subscribed("subscribe", "a", 2) +
      subscribed("psubscribe", "p*", 3) +
      subscribed("ssubscribe", "s", 1),
  );
  client.ask("UNSUBSCRIBE", "PUNSUBSCRIBE p*", "SUNSUBSCRIBE", "UNSUBSCRIBE");
  await client.expect(
    subscribed("unsubscribe", "a", 2) +
      subscribed("unsubscribe", "b", 1) +
      subscribed("punsubscribe", "p*", 0) +
      subscribed("sunsubscribe", "s", 0) +
      "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n",
  );
});

respScenario("a RESP2 client with subscriptions may do little else", async (_, client) => {
  await client.check("SUBSCRIBE a", subscribed("subscribe", "a", 1));
  await client.check(
    "fetch x",
    "-ERR Can't execute 'fetch': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET " +
      "are allowed in this context\r\n",
  );
  await client.check("PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  await client.check("PING hi", "*2\r\n$4\r\npong\r\n$2\r\nhi\r\n");
  await client.check("RESET", "+RESET\r\n");
  await client.check("PING", "+PONG\r\n");
});

respScenario("messages come as arrays in RESP2 and as pushes in RESP3", async (
  { connect },
  client,
) => {
  const [two, three] = [await connect(), await connect()];
  await two.check("PSUBSCRIBE n*", subscribed("psubscribe", "n*", 1));
  three.ask("HELLO 3", "SUBSCRIBE news");
  await three.match(/:1\r\n$/);
  await client.check("PUBLISH news hello", ":2\r\n");
  await two.expect("*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
  await three.expect(">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
  await three.check("PING", "+PONG\r\n");
  two.close();
  three.close();
});

respScenario("shard channels are apart from channels", async ({ connect }, client) => {
  const other = await connect();
  await other.check("SSUBSCRIBE a", subscribed("ssubscribe", "a", 1));
  await client.check("PUBLISH a x", ":0\r\n");
  await client.check("SPUBLISH a x", ":1\r\n");
  await other.expect("*3\r\n$8\r\nsmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
  await client.check("PUBSUB SHARDCHANNELS", "*1\r\n$1\r\na\r\n");
  await client.check("PUBSUB SHARDNUMSUB a b", "*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n:0\r\n");
  other.close();
});

respScenario("PUBSUB tells channels, patterns and their subscribers", async (
  { connect },
  client,
) => {
  const other = await connect();
  other.ask("SUBSCRIBE a1 b1", "PSUBSCRIBE x*");
  await other.match(/:3\r\n$/);
  await client.check("PUBSUB CHANNELS a*", "*1\r\n$2\r\na1\r\n");
  await client.check("PUBSUB NUMSUB b1", "*2\r\n$2\r\nb1\r\n:1\r\n");
  await client.check("PUBSUB NUMPAT", ":1\r\n");
  other.close();
});
