/**
 * A server that is killed (SIGKILL) at random moments while events become points: in the end each
 * event that was acknowledged is one point, and no point is without an event.
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
import { database, select } from "./series-writer.ts";

const batchSize = 20;
const lifeMsMax = 500;
const patienceMs = 30_000;

class Hunt {
  readonly #directory: string;
  readonly #random: SeededRandom;
  readonly #sent = new Set<string>();
  readonly #acknowledged = new Set<string>();
  #next = 0;

  constructor(directory: string, seed: number) {
    this.#directory = directory;
    this.#random = new SeededRandom(seed);
  }

  /** Publishes until the server is killed. */
  async round(): Promise<void> {
    const server = await ServerProcess.start(this.#directory);
    try {
      await select(server.url(""), `CREATE DATABASE ${database}`);
      if (this.#next === 0) {
        const binding = `b ON ${database} FROM TOPIC readings INTO bound TAGS sensor`;
        await select(server.url(""), `CREATE BINDING ${binding}`);
      }
      const publishing = this.#publish(server);
      await sleep(100 + this.#random.below(lifeMsMax));
      server.signal("SIGKILL");
      await publishing;
    } finally {
      await server.stop("SIGKILL");
    }
  }

  /** Waits until nothing is left to write, and holds the points against the events. */
  async verify(): Promise<string> {
    const server = await ServerProcess.start(this.#directory);
    try {
      const deadline = Date.now() + patienceMs;
      let found: string[] = [];
      const missing = (): string[] => {
        const there = new Set(found);
        return [...this.#acknowledged].filter((id) => !there.has(id));
      };
      do {
        const [table] = await select(server.url(""), "SELECT sensor, v FROM bound");
        found = (table?.values ?? []).map((row) => String(row[1]));
        await sleep(50);
      } while (missing().length > 0 && Date.now() < deadline);
      assert.deepEqual(missing().slice(0, 10), [], "events without a point");
      assert.equal(new Set(found).size, found.length, "points come twice");
      assert.deepEqual(found.filter((id) => !this.#sent.has(id)), [], "points without an event");
      return `${this.#acknowledged.size} events acknowledged, ${found.length} points`;
    } finally {
      await server.stop("SIGKILL");
    }
  }

  async #publish(server: ServerProcess): Promise<void> {
    for (;;) {
      const ids = Array.from({ length: batchSize }, () => `e${this.#next++}`);
      for (const id of ids) this.#sent.add(id);
      const delay = this.#random.below(200);
      const events = ids.map((id, n) => ({
        id,
        at: Date.now() + delay + n,
        payload: JSON.stringify({ v: n }),
        meta: { sensor: id },
      }));
      try {
        const answer = await fetch(server.url("/api/v1/topics/readings/events/batch"), {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ events }),
        });
        const text = await answer.text();
        assert.equal(answer.status, 200, text);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        return;
      }
      for (const id of ids) this.#acknowledged.add(id);
    }
  }
}

async function hunt(context: TestContext, seed: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-kill-bindings-"));
  try {
    const run = new Hunt(join(directory, "data"), seed);
    for (let round = 0; round < rounds(2, 100); round++) await run.round();
    context.diagnostic(`seed ${seed}: ${await run.verify()}`);
  } finally {
    await rm(directory, { recursive: true });
  }
}

for (const seed of seeds(1, 1)) {
  test(`events become points exactly once, seed ${seed}`, async (context) => {
    await replayable(seed, () => hunt(context, seed));
  });
}
