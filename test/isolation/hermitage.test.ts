/**
 * The anomalies of the Hermitage list (github.com/ept/hermitage; Adya's names), as conversations
 * over RESP: none may occur. In each, rows 1 and 2 hold 10 and 20 at the start.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { respDatabase } from "../support/resp-database.ts";
import type { RespConnection } from "../support/resp-connection.ts";

const ok = "+OK\r\n";

interface Players {
  readonly t1: RespConnection;
  readonly t2: RespConnection;
  readonly t3: RespConnection;
}

function anomaly(name: string, run: (players: Players) => Promise<void>): void {
  test(`${name} does not occur`, async () => {
    const database = await respDatabase();
    try {
      const t1 = await database.connect();
      await t1.check("MSET 1 10 2 20", ok);
      await run({ t1, t2: await database.connect(), t3: await database.connect() });
    } finally {
      await database.close();
    }
  });
}

/** Commits and tells whether that succeeded. */
async function commits(client: RespConnection): Promise<boolean> {
  client.ask("COMMIT");
  const line = await client.line();
  assert.match(line, /^(\+OK|-NOT_COMMITTED .*)$/);
  return line === "+OK";
}

async function value(client: RespConnection, key: string): Promise<string> {
  client.ask(`GET ${key}`);
  const length = await client.line();
  return length === "$-1" ? "" : await client.line();
}

async function begin(...clients: readonly RespConnection[]): Promise<void> {
  for (const client of clients) await client.check("BEGIN", ok);
}

anomaly("G0: dirty write", async ({ t1, t2, t3 }) => {
  await begin(t1, t2);
  await t1.check("SET 1 11", ok);
  await t2.check("SET 1 12", ok);
  await t1.check("SET 2 21", ok);
  assert.ok(await commits(t1));
  await t2.check("SET 2 22", ok);
  const second = await commits(t2);
  const rows = [await value(t3, "1"), await value(t3, "2")];
  assert.deepEqual(rows, second ? ["12", "22"] : ["11", "21"]);
});

anomaly("G1a: aborted read", async ({ t1, t2 }) => {
  await begin(t1, t2);
  await t1.check("SET 1 101", ok);
  assert.equal(await value(t2, "1"), "10");
  await t1.check("ROLLBACK", ok);
  assert.equal(await value(t2, "1"), "10");
  assert.ok(await commits(t2));
});

anomaly("G1b: intermediate read", async ({ t1, t2 }) => {
  await begin(t1, t2);
  await t1.check("SET 1 101", ok);
  assert.equal(await value(t2, "1"), "10");
  await t1.check("SET 1 11", ok);
  assert.ok(await commits(t1));
  assert.equal(await value(t2, "1"), "10");
});

anomaly("G1c: circular information flow", async ({ t1, t2 }) => {
  await begin(t1, t2);
  await t1.check("SET 1 11", ok);
  await t2.check("SET 2 22", ok);
  assert.equal(await value(t1, "2"), "20");
  assert.equal(await value(t2, "1"), "10");
  const both = [await commits(t1), await commits(t2)];
  assert.ok(both.includes(false));
});

anomaly("OTV: observed transaction vanishes", async ({ t1, t2, t3 }) => {
  await begin(t1, t2, t3);
  await t1.check("SET 1 11", ok);
  await t1.check("SET 2 19", ok);
  await t2.check("SET 1 12", ok);
  assert.ok(await commits(t1));
  const first = await value(t3, "1");
  await t2.check("SET 2 18", ok);
  await commits(t2);
  assert.deepEqual([first, await value(t3, "2"), await value(t3, "1")], ["10", "20", "10"]);
});

anomaly("PMP: predicate-many-preceders, on read", async ({ t1, t2 }) => {
  await begin(t1, t2);
  await t1.check("KEYS *", keys("1", "2"));
  await t2.check("SET 3 30", ok);
  assert.ok(await commits(t2));
  await t1.check("KEYS *", keys("1", "2"));
  await t1.check("SET seen 2", ok);
  assert.equal(await commits(t1), false);
});

anomaly("PMP: predicate-many-preceders, on write", async ({ t1, t2 }) => {
  await begin(t1, t2);
  await t1.check("INCRBY 1 10", ":20\r\n");
  await t1.check("INCRBY 2 10", ":30\r\n");
  assert.equal(await value(t2, "2"), "20");
  await t2.check("DEL 2", ":1\r\n");
  assert.ok(await commits(t1));
  assert.equal(await commits(t2), false);
});

anomaly("P4: lost update", async ({ t1, t2, t3 }) => {
  await begin(t1, t2);
  assert.equal(await value(t1, "1"), "10");
  assert.equal(await value(t2, "1"), "10");
  await t1.check("SET 1 11", ok);
  await t2.check("SET 1 12", ok);
  assert.ok(await commits(t1));
  assert.equal(await commits(t2), false);
  assert.equal(await value(t3, "1"), "11");
});

anomaly("G-single: read skew", async ({ t1, t2 }) => {
  await begin(t1, t2);
  assert.equal(await value(t1, "1"), "10");
  await t2.check("SET 1 12", ok);
  await t2.check("SET 2 18", ok);
  assert.ok(await commits(t2));
  assert.equal(await value(t1, "2"), "20");
});

anomaly("G-single: read skew, with a write that depends on it", async ({ t1, t2 }) => {
  await begin(t1, t2);
  assert.equal(await value(t1, "1"), "10");
  await t2.check("MSET 1 12 2 18", ok);
  assert.ok(await commits(t2));
  await t1.check("DEL 2", ":1\r\n");
  assert.equal(await commits(t1), false);
});

anomaly("G2-item: write skew", async ({ t1, t2 }) => {
  await begin(t1, t2);
  for (const client of [t1, t2]) await client.check("MGET 1 2", "*2\r\n$2\r\n10\r\n$2\r\n20\r\n");
  await t1.check("SET 1 11", ok);
  await t2.check("SET 2 21", ok);
  const both = [await commits(t1), await commits(t2)];
  assert.deepEqual(both, [true, false]);
});

anomaly("G2: anti-dependency cycle over a predicate", async ({ t1, t2 }) => {
  await begin(t1, t2);
  for (const client of [t1, t2]) await client.check("KEYS 3*", "*0\r\n");
  await t1.check("SET 30 1", ok);
  await t2.check("SET 31 1", ok);
  const both = [await commits(t1), await commits(t2)];
  assert.deepEqual(both, [true, false]);
});

anomaly("G2: anti-dependency cycle with two edges", async ({ t1, t2, t3 }) => {
  await begin(t1);
  await t1.check("MGET 1 2", "*2\r\n$2\r\n10\r\n$2\r\n20\r\n");
  await begin(t2);
  await t2.check("INCRBY 2 5", ":25\r\n");
  assert.ok(await commits(t2));
  await begin(t3);
  await t3.check("MGET 1 2", "*2\r\n$2\r\n10\r\n$2\r\n25\r\n");
  assert.ok(await commits(t3));
  await t1.check("SET 1 0", ok);
  assert.equal(await commits(t1), false);
});

function keys(...names: readonly string[]): string {
  return `*${names.length}\r\n${names.map((name) => `$${name.length}\r\n${name}\r\n`).join("")}`;
}
