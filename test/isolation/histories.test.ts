/**
 * Random concurrent histories of interactive transactions and MULTI over RESP, checked for
 * serializability. The seed is printed when one fails.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { respDatabase } from "../support/resp-database.ts";
import type { RespConnection } from "../support/resp-connection.ts";
import { rounds } from "../support/torture.ts";
import { findAnomaly } from "./history-checker.ts";
import type { CommittedTransaction, Step } from "./history-checker.ts";

const clients = 6;
const transactionsPerClient = 25;
const keys = ["x", "y", "z"];

test("random concurrent transactions are serializable", async () => {
  for (let round = 0; round < rounds(3, 200); round++) {
    const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
    const database = await respDatabase();
    try {
      const committed: CommittedTransaction[] = [];
      const workers = Array.from({ length: clients }, async (_, worker) => {
        const random = new SeededRandom(seed + worker);
        const client = await database.connect();
        for (let n = 0; n < transactionsPerClient; n++) {
          const steps = await transaction(client, random, `${worker}.${n}`);
          if (steps !== undefined) committed.push({ name: `${worker}.${n}`, steps });
        }
      });
      await Promise.all(workers);
      const client = await database.connect();
      const last: Step[] = [];
      for (const key of keys) last.push({ kind: "read", key, list: await list(client, key) });
      committed.push({ name: "last", steps: last });
      assert.ok(committed.length > clients, "Some transactions must commit");
      assert.equal(findAnomaly(committed), undefined, `SEED=${seed}`);
    } finally {
      await database.close();
    }
  }
});

/** Reads and appends at random, then commits; what it did, or undefined when it did not commit. */
async function transaction(
  client: RespConnection,
  random: SeededRandom,
  name: string,
): Promise<readonly Step[] | undefined> {
  await client.check("BEGIN", "+OK\r\n");
  const steps: Step[] = [];
  for (let k = 0; k <= random.below(4); k++) {
    const key = keys[random.below(keys.length)] as string;
    if (random.below(2) === 0) steps.push({ kind: "read", key, list: await list(client, key) });
    else {
      const value = `${name}.${k}`;
      client.ask(`APPEND ${key} ${value},`);
      assert.match(await client.line(), /^:\d+$/);
      steps.push({ kind: "append", key, value });
    }
  }
  if (random.below(10) === 0) {
    await client.check("ROLLBACK", "+OK\r\n");
    return undefined;
  }
  client.ask("COMMIT");
  const line = await client.line();
  assert.match(line, /^(\+OK|-NOT_COMMITTED .*)$/);
  return line === "+OK" ? steps : undefined;
}

async function list(client: RespConnection, key: string): Promise<string[]> {
  client.ask(`GET ${key}`);
  const length = await client.line();
  if (length === "$-1") return [];
  return (await client.line()).split(",").filter((value) => value !== "");
}
