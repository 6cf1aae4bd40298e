/**
 * A database that is killed (SIGKILL) at random moments under load: nothing that it acknowledged is
 * lost, nothing is early, everything due is delivered, ids stay unique, acknowledged events stay
 * acknowledged, and it is ready again soon.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fsyncModes } from "../../src/engine/settings.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { replayable, rounds, seeds } from "../support/torture.ts";
import type { WorkerFact, WorkerPlan } from "./events-worker.ts";
import { KillLedger } from "./kill-ledger.ts";

const program = join(import.meta.dirname, "events-worker.js");
const readyMsMax = 2_000;
const drainMsMax = 60_000;
/** Events of earlier lives that a worker publishes again. */
const knownMax = 500;

class Hunt {
  readonly #directory: string;
  readonly #random: SeededRandom;
  readonly #ledger = new KillLedger();
  readonly readyMs: number[] = [];
  #life = 0;

  constructor(directory: string, seed: number) {
    this.#directory = directory;
    this.#random = new SeededRandom(seed);
  }

  /** Lets a worker live for a random time under load, and kills it. */
  async round(): Promise<void> {
    const lifeMs = this.#random.below(500);
    await this.#live(true, () => sleep(lifeMs));
  }

  /** Lets a last worker deliver what is left. */
  async drain(): Promise<void> {
    await this.#live(false, async () => {
      const deadline = Date.now() + drainMsMax;
      while (this.#ledger.missing(Date.now()).length > 0 && Date.now() < deadline) await sleep(50);
    });
    assert.deepEqual(this.#ledger.missing(Date.now()).slice(0, 10), []);
  }

  report(): string {
    const ms = this.readyMs.toSorted((a, b) => a - b);
    const counts = JSON.stringify(this.#ledger.counts());
    const median = ms[ms.length >> 1]?.toFixed(0) ?? "";
    return `${counts}, ready after ${median} ms, at most ${ms.at(-1)?.toFixed(0) ?? ""} ms`;
  }

  /** One worker: from when it is ready, for as long as `life` runs. */
  async #live(publish: boolean, life: () => Promise<void>): Promise<void> {
    const planFile = join(this.#directory, "plan.json");
    await writeFile(planFile, JSON.stringify(this.#plan(publish)));
    this.#ledger.nextLife();
    const child = spawn(process.execPath, [program, join(this.#directory, "data"), planFile], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
    let failure: unknown;
    const ready = new Promise<void>((resolve) => {
      createInterface(child.stdout).on("line", (line) => {
        if (!line.endsWith("}")) return; // Cut off by the kill.
        const fact = JSON.parse(line) as WorkerFact;
        if (fact.kind === "ready") {
          this.readyMs.push(fact.ms);
          resolve();
        }
        try {
          this.#ledger.take(fact);
        } catch (error) {
          failure ??= error;
        }
      });
    });
    await Promise.race([ready, closed]);
    await Promise.race([life(), closed]);
    child.kill("SIGKILL");
    const [code, signal] = await closed;
    if (failure !== undefined) throw failure;
    assert.equal(signal, "SIGKILL", `worker ended by itself with status ${code}`);
  }

  #plan(publish: boolean): WorkerPlan {
    return {
      seed: this.#random.below(2 ** 31),
      life: ++this.#life,
      fsyncMode: fsyncModes[this.#random.below(fsyncModes.length)] ?? "batch",
      publish,
      known: this.#ledger.known(knownMax),
      unknown: this.#ledger.unknown(),
    };
  }
}

async function hunt(context: TestContext, seed: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-kill-"));
  try {
    const run = new Hunt(directory, seed);
    for (let round = 0; round < rounds(5, 100); round++) await run.round();
    await run.drain();
    context.diagnostic(`seed ${seed}: ${run.report()}`);
    assert.ok(Math.max(...run.readyMs) < readyMsMax, `ready after ${Math.max(...run.readyMs)} ms`);
  } finally {
    await rm(directory, { recursive: true });
  }
}

for (const seed of seeds(1, 1)) {
  test(`a database killed again and again keeps its promises, seed ${seed}`, async (context) => {
    await replayable(seed, () => hunt(context, seed));
  });
}
