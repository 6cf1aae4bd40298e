/**
 * Random concurrent histories of interactive transactions and MULTI over RESP, some of them with a
 * server that is killed in the middle, checked for (strict) serializability.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { respDatabase } from "../support/resp-database.ts";
import { ServerProcess } from "../support/server-process.ts";
import { replayable, rounds, seeds } from "../support/torture.ts";
import { RandomHistory } from "./random-history.ts";

const workers = 6;
const transactionsPerWorker = 25;
const killsOfHistory = 3;
const lifeMsMax = 250;

async function work(history: RandomHistory, port: number, seed: number): Promise<void> {
  const working = Array.from({ length: workers }, async (_, worker) => {
    const redis = connect(port);
    const random = new SeededRandom(seed + worker);
    await history.work(redis, random, `${seed}.${worker}`, transactionsPerWorker);
    redis.disconnect();
  });
  await Promise.all(working);
}

async function readAll(history: RandomHistory, port: number): Promise<void> {
  const redis = connect(port);
  await history.readAll(redis);
  redis.disconnect();
}

function connect(port: number): Redis {
  const redis = new Redis(port, "127.0.0.1", { retryStrategy: () => null });
  redis.on("error", () => {});
  return redis;
}

for (const seed of seeds(3, 100)) {
  test(`random concurrent transactions are serializable, seed ${seed}`, async () => {
    await replayable(seed, async () => {
      const history = new RandomHistory({ mayEnd: false });
      const database = await respDatabase();
      try {
        await work(history, database.port, seed);
        await readAll(history, database.port);
      } finally {
        await database.close();
      }
      assert.ok(history.committed > workers, "Some transactions must commit");
      assert.equal(history.anomaly(), undefined);
    });
  });
}

for (const seed of seeds(1, 20)) {
  test(`a history stays serializable over kills, seed ${seed}`, async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "cronosdb-history-"));
    try {
      const history = await replayable(seed, () => killedHistory(directory, seed));
      context.diagnostic(`${history.committed} committed`);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
}

async function killedHistory(directory: string, seed: number): Promise<RandomHistory> {
  const history = new RandomHistory({ mayEnd: true });
  const random = new SeededRandom(seed);
  const kills = rounds(1, killsOfHistory);
  for (let life = 0; life <= kills; life++) {
    const server = await ServerProcess.start(join(directory, "data"));
    const port = Number(server.ready.resp?.split(":").at(-1));
    try {
      const working = work(history, port, seed + life * workers);
      if (life < kills) await Promise.race([working, sleep(random.below(lifeMsMax))]);
      else await working;
      if (life < kills) server.signal("SIGKILL");
      await working;
      if (life === kills) await readAll(history, port);
    } finally {
      await server.stop("SIGKILL");
    }
  }
  assert.equal(history.anomaly(), undefined);
  return history;
}
