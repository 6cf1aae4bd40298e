/**
 * A server that is killed (SIGKILL) at random moments while clients write over RESP: what was
 * acknowledged is there, what was not is there entirely or not at all, and counts of keys and
 * fields, expiries and pending events agree with it.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { ServerProcess } from "../support/server-process.ts";
import { replayable, rounds, seeds } from "../support/torture.ts";
import { connect, RespWriter, sharedCounter } from "./resp-writer.ts";

const writerCount = 6;
const lifeMsMax = 500;
/** How long active expiry may take to remove what has expired. */
const expiryMsMax = 3_000;

class Hunt {
  readonly #directory: string;
  readonly #random: SeededRandom;
  readonly #writers: readonly RespWriter[];
  /** Answers, and atoms without one that were found done and not done. */
  readonly told = { acknowledged: 0, unknownHeld: 0, unknownLost: 0 };

  constructor(directory: string, seed: number) {
    this.#directory = directory;
    this.#random = new SeededRandom(seed);
    this.#writers = Array.from({ length: writerCount }, (_, n) => {
      return new RespWriter(`w${n}`, new SeededRandom(seed + n + 1));
    });
  }

  /** Holds what the server before left against what was sent, writes, and kills. */
  async round(isLast: boolean): Promise<void> {
    const server = await ServerProcess.start(this.#directory);
    try {
      const port = Number(server.ready.resp?.split(":").at(-1));
      await this.#verify(port);
      if (isLast) return;
      const writing = Promise.all(this.#writers.map((writer) => writer.write(port)));
      await Promise.race([sleep(this.#random.below(lifeMsMax)), writing]);
      server.signal("SIGKILL");
      await writing;
    } finally {
      await server.stop("SIGKILL");
    }
  }

  async #verify(port: number): Promise<void> {
    for (const { ledger } of this.#writers) this.told.unknownLost += ledger.unknown;
    const held = await Promise.all(this.#writers.map((writer) => writer.verify(port)));
    for (const count of held) {
      this.told.unknownHeld += count;
      this.told.unknownLost -= count;
    }
    this.told.acknowledged = sum(this.#writers.map(({ ledger }) => ledger.acknowledgedCount));
    await this.#verifyCounts(port);
  }

  async #verifyCounts(port: number): Promise<void> {
    const redis = connect(port);
    try {
      const counted = this.#writers.flatMap((writer) => writer.counted);
      const count = Number((await redis.get(sharedCounter)) ?? 0);
      assert.equal(new Set(counted).size, counted.length, "INCR answered a number twice");
      assert.ok(count >= counted.reduce((a, b) => Math.max(a, b), 0), "INCR was lost");
      assert.ok(count <= sum(this.#writers.map(({ countsSent }) => countsSent)), "INCR happened");
      const end = Date.now() + expiryMsMax;
      for (;;) {
        const { keys, timed } = this.#living(count > 0 ? 1 : 0);
        const expected = keys === 0 ? "" : `db0:keys=${keys},expires=${timed},avg_ttl=0`;
        const info = await redis.info("keyspace");
        const size = await redis.dbsize();
        if (size === keys && info.trim().endsWith(expected)) break;
        assert.ok(Date.now() < end, `DBSIZE is ${size}, ${info}, instead of ${expected}`);
        await sleep(10);
      }
    } finally {
      redis.disconnect();
    }
  }

  /** Keys that are there now, and how many of them expire some time. */
  #living(others: number): { readonly keys: number; readonly timed: number } {
    const now = Date.now();
    const all = this.#writers.flatMap(({ ledger: { newest } }) => {
      return [...newest.strings.values(), ...newest.hashes.values()];
    });
    const timed = all.filter(({ at }) => at > now).length;
    return { keys: others + timed + all.filter(({ at }) => at === 0).length, timed };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

async function hunt(context: TestContext, seed: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-kill-resp-"));
  try {
    const run = new Hunt(join(directory, "data"), seed);
    const count = rounds(2, 100);
    for (let round = 0; round <= count; round++) await run.round(round === count);
    context.diagnostic(`seed ${seed}, ${count} kills: ${JSON.stringify(run.told)}`);
  } finally {
    await rm(directory, { recursive: true });
  }
}

for (const seed of seeds(1, 1)) {
  test(`a server killed under load over RESP keeps its word, seed ${seed}`, async (context) => {
    await replayable(seed, () => hunt(context, seed));
  });
}
