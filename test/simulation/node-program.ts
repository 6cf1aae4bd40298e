/**
 * A random program against a whole node: a seed decides what is asked of it and what happens to its
 * disk, its clock and its process. node-model.ts knows what must be true.
 *
 * Operations are started without waiting for their answers; time moves between them.
 */
import assert from "node:assert/strict";
import { isCronosError } from "../../src/base/errors.ts";
import type { DeadLetter, StoredEvent } from "../../src/engine/events-api.ts";
import type { EngineSettings } from "../../src/engine/settings.ts";
import type { SimulatedNode } from "../support/simulated-node.ts";
import { NodeConsumers } from "./node-consumers.ts";
import type { EventState } from "./node-model.ts";
import { groups, hourMs, NodeWorld, topics } from "./node-world.ts";
import { NodeWriters } from "./node-writers.ts";

/** Simulated time in which nothing is forgotten or removed because of its age. */
const runMsMax = 100 * hourMs;
const drainRoundsMax = 400;

interface Choice {
  readonly weight: number;
  readonly name: string;
  readonly run: () => Promise<void> | void;
}

export class NodeProgram {
  readonly #world: NodeWorld;
  readonly #consumers: NodeConsumers;
  readonly #choices: readonly Choice[];

  constructor(seed: number, fsyncMode: EngineSettings["fsyncMode"]) {
    this.#world = new NodeWorld(seed, fsyncMode);
    this.#consumers = new NodeConsumers(this.#world);
    const operations = operationChoices(this.#world, this.#consumers);
    this.#choices = [...operations, ...this.#checkChoices(), ...this.#faultChoices()];
  }

  /** Runs so many steps, then lets everything settle on a healthy disk. Returns a fingerprint. */
  async run(steps: number): Promise<string> {
    await this.#world.open();
    for (let step = 0; step < steps; step++) {
      const { name, run } = this.#choose();
      this.#world.note(name);
      await run();
      if (this.#world.random.below(4) > 0) await this.#world.advance(this.#someTime());
      this.#world.rethrow();
    }
    await this.#drain();
    return this.#world.fingerprint;
  }

  /** How much happened. */
  get counts(): Readonly<Record<string, number>> {
    return this.#world.model.counts;
  }

  #checkChoices(): Choice[] {
    return [
      { weight: 3, name: "list", run: () => this.#checkPending() },
      { weight: 2, name: "dead letters", run: () => this.#checkDead() },
    ];
  }

  #faultChoices(): Choice[] {
    const world = this.#world;
    return [
      { weight: 3, name: "step clock", run: () => this.#stepClock() },
      { weight: 2, name: "disk full", run: () => world.setRoom(world.random.below(2000)) },
      { weight: 4, name: "disk has space", run: () => world.setRoom(undefined) },
      { weight: 2, name: "disk fails", run: () => this.#failDisk() },
      { weight: 2, name: "tree fails", run: () => this.#failTree() },
      { weight: 2, name: "power failing", run: () => this.#failPower() },
      { weight: 2, name: "power loss", run: () => world.restart("power loss") },
      { weight: 3, name: "kill", run: () => world.restart("kill") },
      { weight: 1, name: "close", run: () => world.close().then(() => world.open()) },
      { weight: 1, name: "bit flips", run: () => this.#flipBit() },
    ];
  }

  #choose(): Choice {
    const total = this.#choices.reduce((sum, { weight }) => sum + weight, 0);
    let at = this.#world.random.below(total);
    for (const choice of this.#choices) {
      at -= choice.weight;
      if (at < 0) return choice;
    }
    throw new Error("No choice was made");
  }

  #someTime(): number {
    const { random, now, start } = this.#world;
    const kind = random.below(20);
    if (kind < 8) return 0;
    if (kind < 14) return random.below(50);
    if (kind < 19) return random.below(3000);
    return now - start > runMsMax ? 0 : random.below(2 * hourMs);
  }

  // --- Looking ---------------------------------------------------------------------------------

  async #checkPending(): Promise<void> {
    const { model, process, now } = this.#world;
    const topic = this.#world.pick(topics);
    const sure = this.#world.known(topic);
    const listed = new Set<EventState>();
    for await (const item of this.#pending(topic)) {
      if (process !== this.#world.process) return;
      const event = model.read(item);
      assert.ok(!listed.has(event), `${event.payload}: listed twice`);
      listed.add(event);
    }
    for (const event of sure) {
      if (event.busy || !model.isPending(event, Math.max(now, this.#world.now))) continue;
      assert.ok(listed.has(event), `${event.payload}: pending, but not listed`);
    }
  }

  async *#pending(topic: string): AsyncGenerator<StoredEvent, void> {
    const known = await this.#world.db.events.listTopics();
    if (!known.some((info) => info.topic === topic)) return;
    for (let after: string | undefined; ; ) {
      const more = after === undefined ? {} : { after };
      const page = await this.#world.db.events.listPending({ topic, limit: 7, ...more });
      yield* page.items;
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  async #checkDead(): Promise<void> {
    for (const topic of topics) {
      for (const group of groups) {
        this.#world.model.died(group, await this.#deadLetters(topic, group));
      }
    }
  }

  async #deadLetters(topic: string, group: string): Promise<readonly DeadLetter[]> {
    const { events } = this.#world.db;
    const known = await events.getGroup(group);
    if (!known.some((info) => info.topic === topic)) return [];
    const { items } = await events.listDeadLetters({ topic, group, limit: 10_000 });
    return items;
  }

  // --- Faults ----------------------------------------------------------------------------------

  #stepClock(): void {
    const { random, model, node, now } = this.#world;
    const range = random.below(2) === 0 ? 1000 : hourMs;
    model.sawWall(now);
    node.clock.step(random.below(2 * range) - range);
  }

  #failDisk(): void {
    this.#world.isFaulty = true;
    const operations = ["write", "sync", "open", "truncate", "syncDirectory"] as const;
    this.#world.node.disk.failNext(this.#world.pick(operations), "EIO");
  }

  #failPower(): void {
    this.#world.isFaulty = true;
    this.#world.node.disk.powerOffAfter(1 + this.#world.random.below(12));
  }

  /** The next write to the base tree that takes more than one slice fails in its middle. */
  #failTree(): void {
    const { storage } = this.#world.node;
    this.#world.isFaulty = true;
    storage.faults = {
      sliceRows: 8,
      beforeSlice: (slice) => {
        if (slice < 1) return;
        storage.faults = {};
        throw Object.assign(new Error("EIO: simulated"), { code: "EIO" });
      },
    };
  }

  /** One bit of the closed log turns over: opening says where, or does not need it. */
  async #flipBit(): Promise<void> {
    const { node, random } = this.#world;
    this.#world.setRoom(undefined);
    await this.#world.close();
    const path = this.#world.pick(await node.logFiles());
    const flip = [path, random.below(await fileSize(node, path)), random.below(8)] as const;
    node.disk.flipBit(...flip);
    try {
      await this.#world.open();
      // Nothing that it needs was hit: it must be whole, and none of it may have been skipped.
      await this.#checkPending();
      await this.#world.close();
    } catch (error) {
      if (!isCronosError(error, "CORRUPTION")) throw error;
      this.#world.note("corruption");
      const { file, offset } = error.details;
      assert.equal(file, path);
      assert.ok(typeof offset === "number" && offset >= 0, `offset ${String(offset)}`);
      assert.ok(error.message.includes(path) && error.message.includes(String(offset)));
      node.die("kill");
    }
    // Closing may have cut what was allocated ahead, and the bit with it.
    if ((await fileSize(node, path)) > flip[1]) node.disk.flipBit(...flip);
    await this.#world.open();
  }

  // --- The end ---------------------------------------------------------------------------------

  /** Everything on a healthy disk again: what is owed must come. */
  async #drain(): Promise<void> {
    this.#world.setRoom(undefined);
    if (this.#world.isFaulty || this.#world.random.below(2) === 0) {
      await this.#world.restart("kill");
    }
    this.#consumers.drain();
    let missing: readonly string[] = [];
    for (let round = 0; round < drainRoundsMax; round++) {
      await this.#world.advance(round < 20 ? 1000 : hourMs / 4);
      this.#world.rethrow();
      if (round % 10 !== 0) continue;
      missing = await this.#missing();
      if (missing.length === 0) break;
    }
    assert.deepEqual(missing, []);
    await this.#world.close();
  }

  async #missing(): Promise<string[]> {
    const { model } = this.#world;
    const missing: string[] = [];
    for (const group of groups) {
      const dead = new Set<EventState>();
      for (const topic of topics) {
        const letters = await this.#deadLetters(topic, group);
        for (const event of model.died(group, letters)) dead.add(event);
      }
      model.counts.dead = dead.size;
      missing.push(...model.missing(group, dead));
    }
    return missing;
  }
}

function operationChoices(world: NodeWorld, consumers: NodeConsumers): Choice[] {
  const writers = new NodeWriters(world);
  const compact = () => world.ask(world.db.admin.compact(), () => {});
  return [
    { weight: 20, name: "publish", run: () => writers.publish() },
    { weight: 15, name: "publish batch", run: () => writers.publishBatch() },
    { weight: 12, name: "publish again", run: () => writers.publishAgain() },
    { weight: 6, name: "cancel", run: () => writers.cancel() },
    { weight: 6, name: "reschedule", run: () => writers.reschedule() },
    { weight: 4, name: "seek", run: () => writers.seek() },
    { weight: 1, name: "delete topic", run: () => writers.deleteTopic() },
    { weight: 40, name: "ack", run: () => consumers.settle(true, 12) },
    { weight: 12, name: "nack", run: () => consumers.settle(false, 3) },
    { weight: 4, name: "never answer", run: () => void consumers.takeHanded() },
    { weight: 12, name: "subscribe", run: () => consumers.subscribe() },
    { weight: 4, name: "unsubscribe", run: () => consumers.unsubscribe() },
    { weight: 3, name: "compact", run: compact },
  ];
}

/** 0 when there is no such file. */
async function fileSize({ disk }: SimulatedNode, path: string): Promise<number> {
  if (!(await disk.exists(path))) return 0;
  const file = await disk.open(path, { mode: "read" });
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}
