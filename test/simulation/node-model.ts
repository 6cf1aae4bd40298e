/**
 * What must be true of a database, told what was asked of it and what it answered.
 *
 * An event is stored, not stored, or "unknown" (its publish, cancel or topic's deletion was not
 * answered, or failed: get() tells after the next restart or recovery). For each group an event is
 *
 *   owed     must be delivered (again) until it is settled or dead
 *   free     may be delivered, need not: an acknowledgement was not answered, or the group moved
 *   moving   the group is being moved by a seek
 *   settled  must not be delivered any more
 *
 * Failed deliveries are counted from below (negative acknowledgements that were answered) and from
 * above (deliveries made); dead letters must lie between.
 */
import assert from "node:assert/strict";
import type { DeadLetter, StoredEvent } from "../../src/engine/events-api.ts";

export type Outcome = "owed" | "free" | "moving" | "settled";

export interface Progress {
  outcome: Outcome;
  /** Deliveries made, and those of them that are known to have failed. */
  deliveries: number;
  failures: number;
  /** It may be a dead letter of before the group was moved. */
  mayBeDead: boolean;
  /** None when the group was moved: what was handed out before is void. */
  lastDelivery: string;
  /**
   * An acknowledgement or a move failed. It may be stored all the same, which shows at the next
   * start; until then the group is as it was before.
   */
  isUnsure: boolean;
}

export interface EventState {
  readonly topic: string;
  readonly id: string;
  /** Tells apart events that had the same id one after the other. */
  readonly payload: string;
  /** Schedule times it may have. */
  at: number[];
  stored: boolean | "unknown";
  /** An operation on it is under way. */
  busy: boolean;
  place: { readonly partition: number; readonly offset: number } | undefined;
  /** Highest wall clock since `at` was set. */
  wallMax: number;
  readonly progress: Map<string, Progress>;
}

export interface ModelOptions {
  readonly maxAttempts: number;
}

export class NodeModel {
  readonly #maxAttempts: number;
  /** By payload: every event ever, and by topic and id the newest one. */
  readonly #events = new Map<string, EventState>();
  readonly #newest = new Map<string, EventState>();
  readonly counts = { delivered: 0, acked: 0, dead: 0, duplicates: 0 };
  /** By topic and group: the time that the group was moved to, if it was. */
  readonly #dueMin = new Map<string, number>();
  #versions = 0;

  constructor({ maxAttempts }: ModelOptions) {
    this.#maxAttempts = maxAttempts;
  }

  events(): Iterable<EventState> {
    return this.#newest.values();
  }

  newest(topic: string, id: string): EventState | undefined {
    return this.#newest.get(`${topic}/${id}`);
  }

  /** An event whose publish is about to be called. */
  begin(event: { readonly topic: string; readonly id: string; at: number }): EventState {
    const { topic, id, at } = event;
    const before = this.newest(topic, id);
    assert.ok(before === undefined || before.stored === false, "one event per id");
    const payload = `${topic}/${id}#${this.#versions++}`;
    const state: EventState = {
      topic,
      id,
      payload,
      at: [at],
      stored: "unknown",
      busy: true,
      place: undefined,
      wallMax: 0,
      progress: new Map(),
    };
    this.#events.set(payload, state);
    this.#newest.set(`${topic}/${id}`, state);
    return state;
  }

  /** The wall clock shows `now`; called whenever it may be higher than before. */
  sawWall(now: number): void {
    for (const event of this.#newest.values()) event.wallMax = Math.max(event.wallMax, now);
  }

  /** Whether the event is stored and cannot have fired. */
  isPending(event: EventState, now: number): boolean {
    const due = Math.min(...event.at);
    return event.stored === true && Math.max(event.wallMax, now) < due;
  }

  delivered(
    group: string,
    found: { readonly deliveryId: string; readonly attempt: number; readonly event: StoredEvent },
    now: number,
  ): void {
    const { deliveryId, attempt, event } = found;
    const state = this.#identify(event);
    const name = `${state.payload} in ${group}`;
    assert.ok(state.stored !== false, `${name}: delivered, but not stored`);
    const due = Math.min(...state.at);
    assert.ok(Math.max(now, state.wallMax) >= due, `${name}: ${due - now} ms early`);
    const progress = this.progress(state, group);
    const { outcome, failures, deliveries } = progress;
    assert.ok(outcome !== "settled", `${name}: delivered after it was acknowledged`);
    assert.ok(failures < this.#maxAttempts, `${name}: delivered after ${failures} failures`);
    assert.ok(attempt > failures, `${name}: attempt ${attempt} after ${failures} failures`);
    assert.ok(attempt <= deliveries + 1, `${name}: attempt ${attempt}, ${deliveries} deliveries`);
    progress.outcome = progress.isUnsure ? "free" : "owed";
    progress.deliveries++;
    progress.lastDelivery = deliveryId;
    this.counts.delivered++;
  }

  progress(event: EventState, group: string): Progress {
    let progress = event.progress.get(group);
    if (progress === undefined) {
      // A group that was moved to a time gets nothing that is due before, published later or not.
      const isBefore = Math.min(...event.at) < (this.#dueMin.get(`${event.topic}/${group}`) ?? 0);
      progress = {
        outcome: isBefore ? "free" : "owed",
        deliveries: 0,
        failures: 0,
        mayBeDead: false,
        lastDelivery: "",
        isUnsure: false,
      };
      event.progress.set(group, progress);
    }
    return progress;
  }

  /** What get() said about an event of which nobody knew. */
  probed(event: EventState, found: StoredEvent | undefined): void {
    event.busy = false;
    event.stored = found !== undefined && payloadText(found) === event.payload;
    if (!event.stored || found === undefined) return;
    assert.ok(event.at.includes(found.at), `${event.payload}: due ${found.at}`);
    event.at = [found.at];
    this.#placed(event, found);
  }

  /** A read of a stored event outside of deliveries. */
  read(event: StoredEvent): EventState {
    const state = this.#identify(event);
    assert.ok(state.stored !== false, `${state.payload}: shown, but not stored`);
    return state;
  }

  /** Every dead letter of the group. */
  died(group: string, letters: readonly DeadLetter[]): Set<EventState> {
    const dead = new Set<EventState>();
    for (const letter of letters) {
      const event = this.#identify(letter);
      const progress = this.progress(event, group);
      const name = `${event.payload} in ${group}`;
      assert.ok(!dead.has(event), `${name}: listed twice`);
      dead.add(event);
      assert.equal(letter.attempts, this.#maxAttempts, `${name}: attempts of a dead letter`);
      const mayBe = progress.mayBeDead || progress.deliveries >= this.#maxAttempts;
      assert.ok(mayBe, `${name}: died after ${progress.deliveries} deliveries`);
      const isSettled = progress.outcome === "settled" && !progress.mayBeDead;
      assert.ok(!isSettled, `${name}: acknowledged, and a dead letter`);
    }
    return dead;
  }

  /** What is due and neither delivered nor dead, and what should be a dead letter but is not. */
  missing(group: string, dead: ReadonlySet<EventState>): string[] {
    const missing: string[] = [];
    for (const event of this.#newest.values()) {
      if (event.stored !== true || dead.has(event)) continue;
      const { outcome, failures, deliveries } = this.progress(event, group);
      if (failures >= this.#maxAttempts) missing.push(`${event.payload}: not dead in ${group}`);
      else if (outcome === "owed") {
        missing.push(`${event.payload}: not settled in ${group}, ${deliveries} deliveries`);
      }
    }
    return missing;
  }

  /** The group is being moved in `topic`: until that is done, anything may be delivered. */
  moveBegun(topic: string, group: string, dueMin: number): void {
    const name = `${topic}/${group}`;
    this.#dueMin.set(name, Math.max(this.#dueMin.get(name) ?? 0, dueMin));
    for (const event of this.#of(topic)) {
      const progress = this.progress(event, group);
      progress.mayBeDead ||= progress.deliveries >= this.#maxAttempts;
      progress.outcome = "moving";
      progress.failures = 0;
      progress.lastDelivery = "";
    }
  }

  /** The move is done; `outcomeOf` says what the group is to get again. */
  moved(topic: string, group: string, outcomeOf: (event: EventState) => Outcome): void {
    for (const event of this.#of(topic)) {
      const progress = this.progress(event, group);
      if (progress.outcome === "moving") progress.outcome = outcomeOf(event);
    }
  }

  /** The move failed. */
  moveFailed(topic: string, group: string): void {
    this.moved(topic, group, () => "free");
    for (const event of this.#of(topic)) this.progress(event, group).isUnsure = true;
  }

  /** Ids of the topic are unknown until its deletion is answered. */
  deleteBegun(topic: string): void {
    for (const event of this.#of(topic)) {
      event.busy = true;
      event.stored = event.stored === false ? false : "unknown";
    }
  }

  deleted(topic: string): void {
    for (const event of this.#of(topic)) {
      event.busy = false;
      event.stored = false;
      event.progress.clear();
    }
  }

  /** The process ended: what was not answered will never be. */
  processDied(): void {
    for (const event of this.#newest.values()) {
      for (const progress of event.progress.values()) {
        if (progress.outcome === "moving") progress.outcome = "free";
        progress.isUnsure = false;
      }
    }
  }

  unknown(): EventState[] {
    return Array.from(this.#newest.values()).filter(({ stored }) => stored === "unknown");
  }

  #of(topic: string): EventState[] {
    return Array.from(this.#newest.values()).filter((event) => event.topic === topic);
  }

  #identify(event: StoredEvent): EventState {
    const state = this.#events.get(payloadText(event));
    assert.ok(state !== undefined, `${event.topic}/${event.id}: never published`);
    assert.equal(event.topic, state.topic);
    assert.equal(event.id, state.id);
    assert.ok(state.at.includes(event.at), `${state.payload}: due ${event.at}, not ${state.at}`);
    this.#placed(state, event);
    return state;
  }

  #placed(state: EventState, { partition, offset }: StoredEvent): void {
    state.place ??= { partition, offset };
    assert.deepEqual(state.place, { partition, offset }, `place of ${state.payload}`);
  }
}

function payloadText(event: StoredEvent): string {
  return Buffer.from(event.payload).toString("utf8");
}
