import assert from "node:assert/strict";
import { test } from "node:test";
import { respDatabase } from "../../../../test/support/resp-database.ts";

test("CLUSTER shows one node with every slot, where the client reached it", async (t) => {
  const database = await respDatabase();
  t.after(() => database.close());
  const client = await database.connect();
  client.ask("CLUSTER MYID", "CLUSTER NODES", "CLUSTER SLOTS");
  const [, id = ""] = await client.lines(2);
  assert.match(id, /^[0-9a-f]{40}$/);
  const [, node = ""] = await client.lines(2);
  assert.match(node, new RegExp(`^${id} 127\\.0\\.0\\.1:\\d+@\\d+ myself,master - 0 0 0 conn`));
  const [, port = ""] = /:(\d+)@/.exec(node) ?? [];
  await client.expect(
    `*1\r\n*3\r\n:0\r\n:16383\r\n*4\r\n$9\r\n127.0.0.1\r\n:${port}\r\n$40\r\n${id}\r\n*0\r\n`,
  );
});

test("CLUSTER answers every slot, and refuses what would change them", async (t) => {
  const database = await respDatabase();
  t.after(() => database.close());
  const client = await database.connect();
  await client.check("CLUSTER KEYSLOT a{b}c", ":3300\r\n");
  await client.check("MSET a 1 b 2", "+OK\r\n");
  for (const word of ["READONLY", "READWRITE", "ASKING"]) await client.check(word, "+OK\r\n");
  await client.check(
    "CLUSTER RESET",
    "-ERR CLUSTER RESET is not possible: a single node has all slots\r\n",
  );
  await client.check("CLUSTER x", "-ERR unknown subcommand 'x'. Try CLUSTER HELP.\r\n");
});

test("CLUSTER COUNTKEYSINSLOT and GETKEYSINSLOT find the keys of a slot", async () => {
  const database = await respDatabase();
  try {
    const client = await database.connect();
    await client.check("MSET {x}1 a {x}2 b other c", "+OK\r\n");
    client.ask("CLUSTER KEYSLOT {x}1");
    const slot = (await client.line()).slice(1);
    await client.check(`CLUSTER COUNTKEYSINSLOT ${slot}`, ":2\r\n");
    await client.check(`CLUSTER GETKEYSINSLOT ${slot} 1`, "*1\r\n$4\r\n{x}1\r\n");
    await client.check("CLUSTER COUNTKEYSINSLOT 16384", "-ERR Invalid slot\r\n");
    await client.check(
      "CLUSTER GETKEYSINSLOT 0 -1",
      "-ERR Invalid slot or number of keys\r\n",
    );
    await client.check("CLUSTER LINKS", "*0\r\n");
  } finally {
    await database.close();
  }
});
