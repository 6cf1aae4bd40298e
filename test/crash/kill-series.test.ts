/**
 * A server that is killed (SIGKILL) at random moments while clients write points over HTTP, with
 * memory so small that it seals, merges and flushes all the time: points whose 204 came are there,
 * no others are, and counts and index agree with them.
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
import { database, select, SeriesWriter } from "./series-writer.ts";

const writerCount = 4;
const lifeMsMax = 700;
const flags = ["--memtable-size", "128KiB", "--series-head-size", "64KiB"];

class Hunt {
  readonly #directory: string;
  readonly #random: SeededRandom;
  readonly #writers: readonly SeriesWriter[];

  constructor(directory: string, seed: number) {
    this.#directory = directory;
    this.#random = new SeededRandom(seed);
    this.#writers = Array.from({ length: writerCount }, (_, n) => {
      return new SeriesWriter(`w${n}`, new SeededRandom(seed + n + 1));
    });
  }

  /** Requests answered and not, and points of those that were done. */
  get told(): Readonly<Record<string, number>> {
    const told = { answered: 0, points: 0, halfDone: 0 };
    for (const { ledger } of this.#writers) {
      told.answered += ledger.counts.answered;
      told.points += ledger.counts.points;
      told.halfDone += ledger.counts.halfDone;
    }
    return told;
  }

  /** Holds what the server before left against what was sent, writes, and kills. */
  async round(isLast: boolean): Promise<void> {
    const server = await ServerProcess.start(this.#directory, flags);
    try {
      const url = server.url("");
      await select(url, `CREATE DATABASE ${database}`);
      for (const writer of this.#writers) await writer.verify(url);
      await verifyCardinality(url);
      if (isLast) return;
      const writing = Promise.all(this.#writers.map((writer) => writer.write(url)));
      await Promise.race([sleep(100 + this.#random.below(lifeMsMax)), writing]);
      server.signal("SIGKILL");
      await writing;
    } finally {
      await server.stop("SIGKILL");
    }
  }
}

/** Series are counted from the index as they are listed. */
async function verifyCardinality(url: string): Promise<void> {
  const [measurements] = await select(url, "SHOW MEASUREMENTS");
  for (const [name] of measurements?.values ?? []) {
    const [listed] = await select(url, `SHOW SERIES FROM ${String(name)}`);
    const [counted] = await select(url, `SHOW SERIES EXACT CARDINALITY FROM ${String(name)}`);
    assert.equal(counted?.values[0]?.[0], listed?.values.length, `series of ${String(name)}`);
  }
}

async function hunt(context: TestContext, seed: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-kill-series-"));
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
  test(`a server killed under points keeps its word, seed ${seed}`, async (context) => {
    await replayable(seed, () => hunt(context, seed));
  });
}
