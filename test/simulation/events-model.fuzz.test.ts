/**
 * Random publishing, cancelling, moving, waiting, consuming and reopening against a plain model of
 * what must be pending, fired and delivered.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { EventSelector, StoredEvent } from "../../src/engine/events-api.ts";
import { openDirectory } from "../../src/engine/open.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { SimulatedClock } from "../../src/ports/simulated-clock.ts";
import { SimulatedDisk } from "../../src/ports/simulated-disk.ts";
import { MemoryTreeStorage, openMemoryTree } from "../../src/store/memory/memory-tree.ts";
import { rounds } from "../support/torture.ts";

const topic = "t";
const colors = ["red", "green", "blue"];

interface ModelEvent {
  readonly id: string;
  readonly color: string;
  at: number;
  state: "pending" | "fired" | "taken";
}

type Target =
  | { readonly by: "ids"; readonly ids: readonly string[] }
  | { readonly by: "prefix"; readonly prefix: string }
  | { readonly by: "color"; readonly color: string };

interface Draft {
  readonly id: string;
  readonly delay: number;
  readonly color: string;
  /** Three large ones make a block that is cut when it changes. */
  readonly payloadBytes: number;
}

type Command =
  | { readonly kind: "publish"; readonly events: readonly Draft[] }
  | { readonly kind: "cancel"; readonly target: Target; readonly inTransaction: boolean }
  | {
      readonly kind: "reschedule";
      readonly target: Target;
      readonly delay: number;
      readonly inTransaction: boolean;
    }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "replay"; readonly from: number; readonly to: number }
  | { readonly kind: "take" | "list" | "get" | "reopen" };

const ids = fc.tuple(fc.constantFrom("a", "b"), fc.nat(9)).map(([prefix, n]) => `${prefix}${n}`);
const anyColor = fc.constantFrom(...colors);
const delays = fc.integer({ min: -3000, max: 20_000 });
const targets: fc.Arbitrary<Target> = fc.oneof(
  fc.record({ by: fc.constant("ids" as const), ids: fc.array(ids, { maxLength: 4 }) }),
  fc.record({ by: fc.constant("prefix" as const), prefix: fc.constantFrom("a", "b1", "b", "") }),
  fc.record({ by: fc.constant("color" as const), color: anyColor }),
);
const drafts: fc.Arbitrary<Draft> = fc.record({
  id: ids,
  delay: delays,
  color: anyColor,
  payloadBytes: fc.constantFrom(1, 1, 30_000),
});
const change = { target: targets, inTransaction: fc.boolean() };
const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      events: fc.array(drafts, { minLength: 1, maxLength: 8 }),
    }),
  },
  fc.record({ kind: fc.constant("cancel" as const), ...change }),
  fc.record({ kind: fc.constant("reschedule" as const), delay: delays, ...change }),
  fc.record({ kind: fc.constant("advance" as const), ms: fc.nat(6000) }),
  fc.record({ kind: fc.constant("replay" as const), from: delays, to: delays }),
  fc.record({ kind: fc.constantFrom("take", "list", "get", "reopen") }),
);

/** The database and what must be in it. */
class Checked {
  readonly #clock = new SimulatedClock();
  readonly #disk = new SimulatedDisk(new SeededRandom(1));
  readonly #storage = new MemoryTreeStorage();
  readonly #start = this.#clock.now();
  #db: Engine | undefined;
  #events: ModelEvent[] = [];

  async run(command: Command): Promise<void> {
    switch (command.kind) {
      case "publish":
        return this.#publish(command.events);
      case "cancel":
        return this.#cancel(command.target, command.inTransaction);
      case "reschedule":
        return this.#reschedule(command.target, command);
      case "advance":
        await this.#clock.advance(command.ms);
        return this.#fire();
      case "take":
        return this.#take();
      case "list":
        return this.#list();
      case "replay":
        return this.#replay(this.#start + command.from, this.#start + command.to);
      case "get":
        return this.#get();
      case "reopen":
        return this.reopen();
    }
  }

  get db(): Engine {
    assert.ok(this.#db !== undefined);
    return this.#db;
  }

  async reopen(): Promise<void> {
    await this.#db?.close();
    const components = {
      clock: this.#clock,
      disk: this.#disk,
      random: new SeededRandom(2),
      openBaseTree: async () => openMemoryTree(this.#storage),
    };
    this.#db = await openDirectory("data", components, { settings: { partitionCount: 3 } });
    assert.equal((await this.db.stats()).eventsPending, this.#pending.length);
  }

  /** Lets everything fire and be delivered. */
  async finish(): Promise<void> {
    await this.#clock.advance(100_000);
    this.#fire();
    await this.#take();
    await this.#list();
    await this.#replay(0, Number.MAX_SAFE_INTEGER);
    await this.db.close();
  }

  get #pending(): ModelEvent[] {
    return this.#events.filter(({ state }) => state === "pending");
  }

  #fire(): void {
    for (const event of this.#pending) if (event.at <= this.#clock.now()) event.state = "fired";
  }

  async #publish(events: readonly Draft[]): Promise<void> {
    const now = this.#clock.now();
    const input = events.map(({ id, delay, color, payloadBytes }) => {
      const payload = id.padEnd(payloadBytes, "x");
      return { topic, id, at: now + delay, payload, meta: { color } };
    });
    const receipt = await this.db.events.publishBatch(input);
    let published = 0;
    for (const { id, at, meta } of input) {
      if (this.#events.some((event) => event.id === id)) continue;
      this.#events.push({ id, at, color: meta.color, state: "pending" });
      published++;
    }
    assert.equal(receipt.published, published);
    assert.equal(receipt.duplicates, input.length - published);
    this.#fire();
  }

  async #cancel(target: Target, inTransaction: boolean): Promise<void> {
    if (this.#events.length === 0) return;
    const wanted = this.#pending.filter((event) => isMeant(event, target));
    const selector = selectorOf(target);
    const count = inTransaction
      ? await this.db.transact(({ events }) => events.cancel(selector))
      : await this.db.events.cancel(selector);
    assert.equal(count, wanted.length);
    this.#events = this.#events.filter((event) => !wanted.includes(event));
  }

  async #reschedule(
    target: Target,
    { delay, inTransaction }: { readonly delay: number; readonly inTransaction: boolean },
  ): Promise<void> {
    if (this.#events.length === 0) return;
    const wanted = this.#pending.filter((event) => isMeant(event, target));
    const selector = selectorOf(target);
    const at = this.#clock.now() + delay;
    const count = inTransaction
      ? await this.db.transact(({ events }) => events.reschedule(selector, at))
      : await this.db.events.reschedule(selector, at);
    assert.equal(count, wanted.length);
    for (const event of wanted) event.at = at;
    this.#fire();
  }

  async #take(): Promise<void> {
    const waiting = this.#events.filter(({ state }) => state === "fired");
    if (waiting.length === 0) return;
    const taken: StoredEvent[] = [];
    const subscription = this.db.events.subscribe({ topic, group: "g" });
    const guard = setTimeout(() => void subscription.close(), 5000);
    for await (const delivery of subscription) {
      taken.push(delivery);
      await delivery.ack();
      if (taken.length === waiting.length) break;
    }
    clearTimeout(guard);
    assert.deepEqual(shown(taken), shown(waiting));
    for (const event of waiting) event.state = "taken";
  }

  async #list(): Promise<void> {
    if (this.#events.length === 0) return;
    const listed: StoredEvent[] = [];
    for (let after: string | undefined; ; ) {
      const query = { topic, limit: 3 };
      const page = await this.db.events.listPending({ ...query, ...(after && { after }) });
      listed.push(...page.items);
      after = page.next;
      if (after === undefined) break;
    }
    assertOrdered(listed);
    assert.deepEqual(shown(listed), shown(this.#pending));
  }

  async #replay(from: number, to: number): Promise<void> {
    if (this.#events.length === 0) return;
    const replayed: StoredEvent[] = [];
    for await (const event of this.db.events.replay({ topic, from, to })) replayed.push(event);
    assertOrdered(replayed);
    assert.deepEqual(
      shown(replayed),
      shown(this.#events.filter(({ at }) => at >= from && at < to)),
    );
  }

  async #get(): Promise<void> {
    if (this.#events.length === 0) return;
    for (const id of ["a0", "a1", "b0", "b1", "b2"]) {
      const found = await this.db.events.get(topic, id);
      const wanted = this.#events.find((event) => event.id === id);
      assert.deepEqual([found?.id, found?.at], [wanted?.id, wanted?.at]);
    }
  }
}

function selectorOf(target: Target): EventSelector {
  if (target.by === "ids") return { topic, ids: target.ids };
  if (target.by === "prefix") return { topic, prefix: target.prefix };
  return { topic, meta: { color: target.color } };
}

function isMeant(event: ModelEvent, target: Target): boolean {
  if (target.by === "ids") return target.ids.includes(event.id);
  if (target.by === "prefix") return event.id.startsWith(target.prefix);
  return event.color === target.color;
}

function shown(events: readonly { readonly id: string; readonly at: number }[]): string[] {
  return events.map(({ id, at }) => `${id} at ${at}`).sort();
}

function assertOrdered(events: readonly StoredEvent[]): void {
  for (const [i, event] of events.entries()) {
    const before = events[i - 1];
    if (before !== undefined) assert.ok(before.at <= event.at, `${before.id} before ${event.id}`);
  }
}

test("events are pending, fired and delivered as the model says", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyCommand, { minLength: 5, maxLength: 40 }), async (commands) => {
      const checked = new Checked();
      await checked.reopen();
      for (const each of commands) await checked.run(each);
      await checked.finish();
    }),
    { numRuns: rounds(60, 2000), includeErrorInReport: true },
  );
});
