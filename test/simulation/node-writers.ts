/**
 * The writers of a random program: they publish, publish again, cancel, reschedule, move groups and
 * delete topics.
 */
import assert from "node:assert/strict";
import type { EventState, Outcome } from "./node-model.ts";
import type { NodeWorld } from "./node-world.ts";
import { groups, hourMs, topics } from "./node-world.ts";

/** An event when an operation on it was begun. */
interface EventBefore {
  readonly at: number[];
  readonly isPending: boolean;
  readonly deliveries: number;
}

export class NodeWriters {
  readonly #world: NodeWorld;
  #ids = 0;

  constructor(world: NodeWorld) {
    this.#world = world;
  }

  publish(): void {
    const { db } = this.#world;
    const event = this.#newEvent(this.#world.pick(topics));
    this.#world.ask(db.events.publish(inputOf(event)), ({ duplicate, partition, offset }) => {
      assert.ok(!duplicate, `${event.payload}: duplicate of nothing`);
      event.place ??= { partition, offset };
      assert.deepEqual(event.place, { partition, offset });
      storedNow(event);
    });
  }

  /** New events, some that are stored already, and at times one that is in the batch twice. */
  publishBatch(): void {
    const { db, model, random } = this.#world;
    const topic = this.#world.pick(topics);
    const fresh = Array.from({ length: 1 + random.below(12) }, () => this.#newEvent(topic));
    const known = this.#world.known(topic).slice(0, random.below(4));
    for (const event of known) event.busy = true;
    const inputs = [...fresh, ...known].map(inputOf);
    const doubled = random.below(3) === 0 ? inputs.slice(0, 1) : [];
    const all = [...inputs, ...doubled.map((input) => ({ ...input, payload: "second" }))];
    const isFree = (): void => {
      for (const event of known) event.busy = false;
    };
    this.#world.ask(
      db.events.publishBatch(all),
      ({ published, duplicates, errors }) => {
        assert.deepEqual(errors, []);
        assert.equal(published, fresh.length);
        assert.equal(duplicates, known.length + doubled.length);
        model.counts.duplicates += duplicates;
        for (const event of fresh) storedNow(event);
        isFree();
      },
      { error: isFree },
    );
  }

  publishAgain(): void {
    const { db, model, now, random } = this.#world;
    const event = this.#world.known(this.#world.pick(topics))[0];
    if (event === undefined) return;
    event.busy = true;
    const again = { ...inputOf(event), payload: "again", at: now + random.below(1000) };
    this.#world.ask(
      db.events.publish(again),
      ({ duplicate, partition, offset }) => {
        event.busy = false;
        assert.ok(duplicate, `${event.payload}: stored twice`);
        event.place ??= { partition, offset };
        assert.deepEqual({ partition, offset }, event.place, `first ${event.payload}`);
        model.counts.duplicates++;
      },
      {
        error: () => {
          event.busy = false;
        },
      },
    );
  }

  cancel(): void {
    const { db } = this.#world;
    const event = this.#world.known(this.#world.pick(topics))[0];
    if (event === undefined) return;
    const before = this.#stateOf(event);
    event.busy = true;
    event.stored = "unknown";
    const { topic, id } = event;
    this.#world.ask(db.events.cancel({ topic, ids: [id] }), (count) => {
      this.#changed(event, count, before);
      event.stored = count === 0;
      if (count === 1) assert.equal(deliveriesOf(event), 0, `${event.payload}: cancelled`);
    });
  }

  reschedule(): void {
    const { db } = this.#world;
    const event = this.#world.known(this.#world.pick(topics))[0];
    if (event === undefined) return;
    const before = this.#stateOf(event);
    const at = this.#dueTime();
    event.busy = true;
    event.at = [...before.at, at];
    event.stored = "unknown";
    const { topic, id } = event;
    this.#world.ask(db.events.reschedule({ topic, ids: [id] }, at), (count) => {
      event.stored = true;
      this.#changed(event, count, before);
      event.at = count === 0 ? before.at : [at];
    });
  }

  seek(): void {
    const { db, model, now, random } = this.#world;
    const topic = this.#world.pick(topics);
    const group = this.#world.pick(groups);
    const time = now - random.below(60_000);
    const position = this.#world.pick(["earliest", "latest", { time }] as const);
    const outcomeOf = (event: EventState): Outcome => {
      if (position === "earliest") return "owed";
      if (position !== "latest") return Math.min(...event.at) >= time ? "owed" : "free";
      return !event.busy && model.isPending(event, now) ? "owed" : "free";
    };
    const outcomes = new Map([...model.events()].map((event) => [event, outcomeOf(event)]));
    model.moveBegun(topic, group, typeof position === "string" ? 0 : time);
    this.#world.ask(
      db.events.seekGroup(group, topic, { position }),
      () => model.moved(topic, group, (event) => outcomes.get(event) ?? "owed"),
      { allowed: ["NOT_FOUND"], error: () => model.moveFailed(topic, group) },
    );
  }

  deleteTopic(): void {
    const { db, model } = this.#world;
    const topic = this.#world.pick(topics);
    const events = [...model.events()].filter((event) => event.topic === topic);
    if (events.some(({ busy }) => busy)) return;
    model.deleteBegun(topic);
    this.#world.ask(db.events.deleteTopic(topic), () => model.deleted(topic));
  }

  #newEvent(topic: string): EventState {
    const { model, random } = this.#world;
    // Some ids were used before by events that are gone.
    const gone = [...model.events()].filter(
      (event) => event.topic === topic && event.stored === false && !event.busy,
    );
    const reused = random.below(4) === 0 ? this.#world.pickMaybe(gone)?.id : undefined;
    return model.begin({ topic, id: reused ?? `e${this.#ids++}`, at: this.#dueTime() });
  }

  #dueTime(): number {
    const { now, random } = this.#world;
    const kind = random.below(10);
    if (kind < 2) return now - random.below(100_000);
    if (kind < 7) return now + random.below(2000);
    if (kind < 9) return now + random.below(60_000);
    return now + random.below(10 * hourMs);
  }

  #stateOf(event: EventState): EventBefore {
    const { model, now } = this.#world;
    const isPending = model.isPending(event, now);
    return { at: event.at, isPending, deliveries: deliveriesOf(event) };
  }

  /** A cancel or reschedule of the event was answered. */
  #changed(event: EventState, count: number, before: EventBefore): void {
    const name = event.payload;
    event.busy = false;
    const due = Math.min(...event.at);
    const wasPending = before.isPending && Math.max(this.#world.now, event.wallMax) < due;
    assert.ok(count <= 1 && (count === 1 || !wasPending), `${name}: ${count} changed`);
    assert.ok(count === 0 || before.deliveries === 0, `${name}: changed after it was delivered`);
  }
}

function inputOf({ topic, id, payload, at }: EventState): {
  readonly topic: string;
  readonly id: string;
  readonly payload: string;
  readonly at: number;
} {
  return { topic, id, payload, at: at[0] ?? 1 };
}

function storedNow(event: EventState): void {
  event.stored = true;
  event.busy = false;
}

function deliveriesOf({ progress }: EventState): number {
  return Array.from(progress.values()).reduce((sum, { deliveries }) => sum + deliveries, 0);
}
