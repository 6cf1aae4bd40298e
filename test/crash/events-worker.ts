/**
 * Child of kill-events.test.ts: opens a database and loads it until it is killed. Every line on its
 * standard output is one fact as JSON (see WorkerFact), written before the next thing happens.
 *
 *   events-worker <directory> <file with a plan as JSON>
 */
import { readFileSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isCronosError } from "../../src/base/errors.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { EventDelivery } from "../../src/engine/events-api.ts";
import { open } from "../../src/engine/open.ts";
import type { FsyncMode } from "../../src/engine/settings.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";

export const topic = "t";
export const group = "g";
export const maxAttempts = 3;
const ackTimeoutMs = 1_000;
const retryBackoffMs = 50;
const publishers = 3;
const farFutureMs = 3_600_000;

/** What one life of the worker does. */
export interface WorkerPlan {
  readonly seed: number;
  /** Names the events of this life. */
  readonly life: number;
  readonly fsyncMode: FsyncMode;
  /** False: nothing is published any more, what is left is delivered until the parent ends it. */
  readonly publish: boolean;
  /** Events of earlier lives to publish again. */
  readonly known: readonly KnownEvent[];
  /** Batches of earlier lives whose answer nobody saw. */
  readonly unknown: readonly (readonly string[])[];
}

export interface KnownEvent {
  readonly id: string;
  readonly at: number;
  readonly partition: number;
  readonly offset: number;
}

/** What the worker says. Times are Unix ms of the wall clock. */
export type WorkerFact =
  | { readonly kind: "ready"; readonly ms: number }
  | { readonly kind: "publish"; readonly ids: readonly string[]; readonly at: readonly number[] }
  | { readonly kind: "published"; readonly ids: readonly string[] }
  | { readonly kind: "place"; readonly id: string; partition: number; offset: number }
  | { readonly kind: "again"; readonly event: KnownEvent; readonly duplicate: boolean }
  | { readonly kind: "stored"; readonly ids: readonly string[]; readonly count: number }
  | { readonly kind: "delivered"; id: string; attempt: number; at: number; now: number }
  | { readonly kind: "place-delivered"; id: string; partition: number; offset: number }
  | { readonly kind: "acking" | "acked" | "nacked" | "settled-late"; readonly id: string }
  | { readonly kind: "cancel"; readonly id: string }
  | { readonly kind: "cancelled"; readonly id: string; readonly count: number }
  | { readonly kind: "dead"; readonly letters: readonly DeadFact[] }
  | { readonly kind: "pending"; readonly ids: readonly string[] };

export interface DeadFact {
  readonly id: string;
  readonly attempts: number;
  readonly lastError: string;
}

/** How the subscriber treats an event; its id tells. */
export type Character = "good" | "poison" | "flaky" | "ignored";

export function characterOf(id: string): Character {
  const last = id.charAt(id.length - 1);
  return last === "p" ? "poison" : last === "f" ? "flaky" : last === "i" ? "ignored" : "good";
}

function say(fact: WorkerFact): void {
  writeSync(1, `${JSON.stringify(fact)}\n`);
}

class Worker {
  readonly #db: Engine;
  readonly #plan: WorkerPlan;
  readonly #random: SeededRandom;
  #published = 0;

  constructor(db: Engine, plan: WorkerPlan) {
    this.#db = db;
    this.#plan = plan;
    this.#random = new SeededRandom(plan.seed);
  }

  async run(): Promise<void> {
    await this.#db.events.configureTopic(topic, {
      partitions: 4,
      maxAttempts,
      ackTimeoutMs,
      retryBackoffMs,
    });
    const work = [this.#consume(), this.#publishAgain(), this.#findUnknown()];
    if (this.#plan.publish) {
      for (let n = 0; n < publishers; n++) work.push(this.#publish(n));
      work.push(this.#compact());
    } else work.push(this.#report());
    await Promise.all(work);
  }

  async #publish(publisher: number): Promise<void> {
    for (;;) {
      const events = Array.from({ length: 1 + this.#random.below(50) }, () => ({
        topic,
        id: `${this.#plan.life}-${publisher}-${this.#published++}${this.#ending()}`,
        at: Date.now() + this.#delay(),
        payload: "x".repeat(1 + this.#random.below(300)),
      }));
      const ids = events.map(({ id }) => id);
      say({ kind: "publish", ids, at: events.map(({ at }) => at) });
      const [only] = events;
      if (events.length > 1 || only === undefined) await this.#db.events.publishBatch(events);
      else {
        const { partition, offset } = await this.#db.events.publish(only);
        say({ kind: "place", id: only.id, partition, offset });
      }
      say({ kind: "published", ids });
      await sleep(this.#random.below(10));
      const far = events.filter(({ at }) => at > Date.now() + farFutureMs / 2);
      for (const { id } of far) if (this.#random.below(3) === 0) await this.#cancel(id);
    }
  }

  /** Most are due soon, some are due already, some later than any kill, a few much later. */
  #delay(): number {
    const kind = this.#random.below(20);
    if (kind < 6) return -this.#random.below(1000);
    if (kind < 16) return this.#random.below(400);
    if (kind < 19) return this.#random.below(3000);
    return farFutureMs + this.#random.below(1000);
  }

  #ending(): string {
    const kind = this.#random.below(50);
    return kind === 0 ? "p" : kind === 1 ? "i" : kind < 6 ? "f" : "";
  }

  async #cancel(id: string): Promise<void> {
    say({ kind: "cancel", id });
    const count = await this.#db.events.cancel({ topic, ids: [id] });
    say({ kind: "cancelled", id, count });
  }

  async #publishAgain(): Promise<void> {
    for (const event of this.#plan.known) {
      const input = { topic, id: event.id, at: event.at, payload: "again" };
      const { partition, offset, duplicate } = await this.#db.events.publish(input);
      say({ kind: "again", event: { ...event, partition, offset }, duplicate });
    }
  }

  async #findUnknown(): Promise<void> {
    for (const ids of this.#plan.unknown) {
      let count = 0;
      for (const id of ids) {
        if ((await this.#db.events.get(topic, id)) !== undefined) count++;
      }
      say({ kind: "stored", ids, count });
    }
  }

  async #consume(): Promise<void> {
    for await (const delivery of this.#db.events.subscribe({ topic, group, credits: 500 })) {
      const { id, attempt, at, partition, offset } = delivery;
      say({ kind: "delivered", id, attempt, at, now: Date.now() });
      say({ kind: "place-delivered", id, partition, offset });
      void this.#settle(delivery);
    }
  }

  async #settle(delivery: EventDelivery): Promise<void> {
    const { id, attempt } = delivery;
    const character = characterOf(id);
    if (character === "ignored" && attempt === 1) return;
    const isBad = character === "poison" || (character === "flaky" && attempt < maxAttempts);
    if (!isBad) say({ kind: "acking", id });
    try {
      if (isBad) await delivery.nack(`refused ${id}`);
      else await delivery.ack();
      say({ kind: isBad ? "nacked" : "acked", id });
    } catch (error) {
      // A machine that was too slow: the delivery timed out before it was answered.
      if (!isCronosError(error, "NOT_FOUND")) throw error;
      say({ kind: "settled-late", id });
    }
  }

  /** Writes to the base tree and trims the log now and then, as a larger database would. */
  async #compact(): Promise<void> {
    for (;;) {
      await sleep(this.#random.below(300));
      await this.#db.admin.compact();
    }
  }

  async #report(): Promise<void> {
    for (;;) {
      await sleep(100);
      const letters: DeadFact[] = [];
      for (let after: string | undefined; ; ) {
        const query = { topic, group, limit: 1000, ...(after === undefined ? {} : { after }) };
        const page = await this.#db.events.listDeadLetters(query);
        for (const { id, attempts, lastError } of page.items) {
          letters.push({ id, attempts, lastError });
        }
        after = page.next;
        if (after === undefined) break;
      }
      const { items } = await this.#db.events.listPending({ topic, limit: 10_000 });
      say({ kind: "dead", letters });
      say({ kind: "pending", ids: items.map(({ id }) => id) });
    }
  }
}

const [, program, directory, planFile] = process.argv;
if (program === import.meta.filename && directory !== undefined && planFile !== undefined) {
  const plan = JSON.parse(readFileSync(planFile, "utf8")) as WorkerPlan;
  const start = performance.now();
  const db = await open(directory, {
    settings: { fsyncMode: plan.fsyncMode, segmentBytes: 256 * 1024 },
    warn: (message) => process.stderr.write(`${message}\n`),
  });
  say({ kind: "ready", ms: performance.now() - start });
  await new Worker(db, plan).run();
}
