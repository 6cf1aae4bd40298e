/** What the database tells about its events, against a plain list of them, after any course. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import fc from "fast-check";
import { EngineFixture } from "../support/engine-fixture.ts";
import type { Inbox, Received } from "../support/engine-fixture.ts";
import { rounds } from "../support/torture.ts";

const ackTimeoutMs = 10_000;
const backoffMs = 1000;
const maxAttempts = 2;

const step = fc.oneof(
  fc.record({
    kind: fc.constant("publish" as const),
    delays: fc.array(fc.nat(9), { minLength: 1 }),
  }),
  fc.record({ kind: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 6000 }) }),
  fc.record({ kind: fc.constant("ack" as const), nth: fc.nat(30) }),
  fc.record({ kind: fc.constant("nack" as const), nth: fc.nat(30) }),
  fc.record({ kind: fc.constant("cancel" as const), nth: fc.nat(30) }),
  fc.constantFrom(
    { kind: "subscribe" as const },
    { kind: "leave" as const },
    { kind: "redrive" as const },
    { kind: "purge" as const },
    { kind: "kill" as const },
    { kind: "fail" as const },
  ),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

type State = "pending" | "ready" | "out" | "dead" | "gone";

interface Known {
  readonly id: string;
  state: State;
  due: number;
  failures: number;
  /** When it is out: when its time is over. When it is ready: not before. */
  until: number;
}

class Course {
  readonly db: EngineFixture;
  readonly events = new Map<string, Known>();
  #inbox: Inbox | undefined;
  #out: Received[] = [];
  #next = 0;

  constructor(db: EngineFixture) {
    this.db = db;
  }

  async run(each: Step): Promise<void> {
    switch (each.kind) {
      case "publish":
        return this.#publish(each.delays);
      case "advance":
        return this.#advance(each.ms);
      case "ack":
      case "nack":
        return this.#settle(each.kind, each.nth);
      case "cancel":
        return this.#cancel(each.nth);
      case "subscribe":
        this.#inbox ??= await this.db.subscribe({ credits: 7 });
        return this.#received();
      case "leave":
        return this.#leave();
      case "redrive":
        return this.#redrive();
      case "purge":
        await this.db.events.purgeDeadLetters({ topic: "t" });
        for (const event of this.#in("dead")) event.state = "gone";
        return;
      case "kill":
        await this.db.kill();
        this.#inbox = undefined;
        return this.#backToReady();
      case "fail":
        return this.#failWrite();
    }
  }

  check(): void {
    const counts = this.db.events.counts();
    const told = {
      pending: counts.eventsPending,
      ready: counts.eventsReady,
      out: counts.eventsInFlight,
      dead: counts.deadLetters,
    };
    const count = (state: State): number => this.#in(state).length;
    const states = { pending: count("pending"), ready: count("ready"), out: count("out") };
    assert.deepEqual(told, { ...states, dead: count("dead") });
    assert.equal(counts.subscriptions, this.#inbox === undefined ? 0 : 1);
  }

  #in(state: State): readonly Known[] {
    return [...this.events.values()].filter((event) => event.state === state);
  }

  async #publish(delays: readonly number[]): Promise<void> {
    const { now } = this.db;
    const events = delays.map((delay) => {
      const id = `e${this.#next++}`;
      const due = now + delay * 500;
      const state = delay === 0 ? ("ready" as const) : ("pending" as const);
      this.events.set(id, { id, state, due, failures: 0, until: 0 });
      return this.db.event(id, due);
    });
    await this.db.events.publishBatch(events);
    await this.db.quiet();
    this.#received();
  }

  /** Goes from one time at which something happens to the next. */
  async #advance(ms: number): Promise<void> {
    const end = this.db.now + ms;
    for (;;) {
      const times = [...this.events.values()].flatMap(({ state, due, until }) =>
        state === "pending" ? [due] : state === "out" || state === "ready" ? [until] : [],
      );
      const next = Math.min(end, ...times.filter((time) => time > this.db.now));
      await this.db.advance(next - this.db.now);
      for (const event of this.#in("pending")) if (event.due <= next) event.state = "ready";
      for (const event of this.#in("out")) if (event.until <= next) this.#failed(event);
      await this.db.advance(0);
      this.#received();
      if (next === end) return;
    }
  }

  /** Takes in what was handed out. */
  #received(): void {
    for (const received of this.#inbox?.take() ?? []) {
      const event = this.events.get(received.id) ?? assert.fail("Unknown event");
      assert.equal(event.state, "ready", `${event.id} was handed out`);
      assert.ok(event.due <= this.db.now && event.until <= this.db.now, "too early");
      event.state = "out";
      event.until = this.db.now + ackTimeoutMs;
      this.#out.push(received);
    }
    const isOut = ({ id }: Received) => this.events.get(id)?.state === "out";
    this.#out = this.#out.filter(isOut);
  }

  async #settle(kind: "ack" | "nack", nth: number): Promise<void> {
    const [received] = this.#out.splice(nth % Math.max(1, this.#out.length), 1);
    if (received === undefined || this.#inbox === undefined) return;
    const event = this.events.get(received.id) ?? assert.fail("Unknown event");
    await this.#inbox[kind](received);
    if (kind === "ack") event.state = "gone";
    else this.#failed(event);
    await this.db.quiet();
    this.#received();
  }

  #failed(event: Known): void {
    event.failures++;
    event.state = event.failures >= maxAttempts ? "dead" : "ready";
    event.until = this.db.now + backoffMs * 2 ** (event.failures - 1);
  }

  async #cancel(nth: number): Promise<void> {
    const pending = this.#in("pending");
    const event = pending[nth % Math.max(1, pending.length)];
    if (event === undefined) return;
    assert.equal(await this.db.events.cancel({ topic: "t", ids: [event.id] }), 1);
    event.state = "gone";
  }

  async #leave(): Promise<void> {
    await this.#inbox?.close();
    this.#inbox = undefined;
    this.#backToReady();
  }

  /** What was handed out waits again; nobody failed. */
  #backToReady(): void {
    this.#out = [];
    for (const event of this.#in("out")) {
      event.state = "ready";
      event.until = 0;
    }
  }

  async #redrive(): Promise<void> {
    const dead = this.#in("dead");
    assert.equal(await this.db.events.redriveDeadLetters({ topic: "t" }), dead.length);
    for (const event of dead) Object.assign(event, { state: "ready", failures: 0, until: 0 });
    await this.#advance(1);
  }

  /** A publish that is lost: everything that was handed out is forgotten and handed out again. */
  async #failWrite(): Promise<void> {
    const soon = this.db.now + 300;
    const isNear = (time: number) => time > this.db.now && time <= soon;
    // Firing is held up until the log is tried again, which is for other tests to look at.
    if ([...this.events.values()].some(({ due, until }) => isNear(due) || isNear(until))) return;
    this.db.failAppend();
    await assert.rejects(this.db.publish("lost"));
    this.#backToReady();
    await this.db.advance(300);
    this.#received();
    for (const event of this.#in("out")) event.until = this.db.now - 300 + ackTimeoutMs;
  }
}

async function play(t: TestContext, steps: readonly Step[]): Promise<void> {
  const topic = { ackTimeoutMs, retryBackoffMs: backoffMs, maxAttempts, partitions: 2 };
  const db = await EngineFixture.start(t, { topic });
  const course = new Course(db);
  await course.run({ kind: "subscribe" });
  for (const each of steps) {
    await course.run(each);
    course.check();
  }
  await db.stop();
}

test("counts() is exact after any course of events", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: "max" }), (steps) =>
      play(t, steps),
    ),
    { numRuns: rounds(15, 2000) },
  );
});
