/**
 * What a database that is killed again and again must keep to: built from the facts that its
 * workers told before they died, and checked against every fact that follows.
 *
 * A worker writes a fact down before it does the next thing, so a fact that is missing means only
 * that nobody can know: a publish that was begun may or may not be stored, an acknowledgement that
 * was not confirmed may or may not count.
 */
import assert from "node:assert/strict";
import { characterOf, maxAttempts } from "./events-worker.ts";
import type { DeadFact, KnownEvent, WorkerFact } from "./events-worker.ts";

interface EventState {
  readonly id: string;
  readonly at: number;
  /** "unknown": its publish was never answered. */
  stored: boolean | "unknown";
  cancel: "none" | "unknown" | "done";
  place: { readonly partition: number; readonly offset: number } | undefined;
  /** "unknown": the worker died before it was told. */
  acked: boolean | "unknown";
  nacks: number;
  deliveries: number;
  /** Life of the worker in which it was last delivered. */
  deliveredIn: number;
}

export interface LedgerCounts {
  readonly published: number;
  readonly delivered: number;
  readonly acked: number;
  readonly dead: number;
  readonly cancelled: number;
  readonly repeated: number;
}

export class KillLedger {
  readonly #events = new Map<string, EventState>();
  /** Batches whose publish was not answered. */
  readonly #open = new Map<string, readonly string[]>();
  #dead = new Map<string, DeadFact>();
  #pending: ReadonlySet<string> = new Set();
  #life = 0;
  #repeated = 0;

  nextLife(): void {
    this.#life++;
  }

  take(fact: WorkerFact): void {
    switch (fact.kind) {
      case "ready":
        return;
      case "publish":
        return this.#begun(fact.ids, fact.at);
      case "published":
        this.#open.delete(fact.ids[0] ?? "");
        for (const id of fact.ids) this.#event(id).stored = true;
        return;
      case "place":
      case "place-delivered":
        return this.#placed(fact);
      case "again":
        return this.#publishedAgain(fact.event, fact.duplicate);
      case "stored":
        return this.#found(fact.ids, fact.count);
      case "delivered":
        return this.#delivered(fact);
      case "acking":
        this.#event(fact.id).acked = "unknown";
        return;
      case "acked":
        this.#event(fact.id).acked = true;
        return;
      case "nacked":
        this.#event(fact.id).nacks++;
        return;
      case "settled-late":
        this.#event(fact.id).acked = false;
        return;
      case "cancel":
        this.#event(fact.id).cancel = "unknown";
        return;
      case "cancelled":
        return this.#cancelled(fact.id, fact.count);
      case "dead":
        return this.#died(fact.letters);
      case "pending":
        this.#pending = new Set(fact.ids);
    }
  }

  /** Up to `count` acknowledged events, the newest and some older ones, to be published again. */
  known(count: number): KnownEvent[] {
    const known: KnownEvent[] = [];
    const candidates = [...this.#events.values()].filter(
      ({ stored, cancel }) => stored === true && cancel === "none",
    );
    const step = Math.max(1, Math.floor((2 * candidates.length) / count));
    for (const [n, { id, at, place }] of candidates.entries()) {
      if (n % step !== 0 && n < candidates.length - count / 2) continue;
      known.push({ id, at, partition: place?.partition ?? -1, offset: place?.offset ?? -1 });
    }
    return known;
  }

  /** Batches of which nobody knows whether they are stored. */
  unknown(): (readonly string[])[] {
    return [...this.#open.values()];
  }

  /** What still has to happen before the database is quiet; empty when all is as promised. */
  missing(now: number): string[] {
    const missing: string[] = [];
    for (const event of this.#events.values()) {
      const { id, at, stored, cancel, acked } = event;
      if (stored === "unknown") missing.push(`${id}: not known whether it is stored`);
      else if (!stored || cancel === "done") continue;
      else if (at > now) {
        if (!this.#pending.has(id) && cancel === "none") missing.push(`${id}: not pending`);
      } else if (characterOf(id) === "poison") {
        if (!this.#dead.has(id)) missing.push(`${id}: not a dead letter`);
      } else if (acked === false && !this.#dead.has(id)) {
        missing.push(`${id}: not delivered, due ${at}`);
      }
    }
    return missing;
  }

  counts(): LedgerCounts {
    const events = [...this.#events.values()];
    return {
      published: events.filter(({ stored }) => stored === true).length,
      delivered: events.filter(({ deliveries }) => deliveries > 0).length,
      acked: events.filter(({ acked }) => acked === true).length,
      dead: this.#dead.size,
      cancelled: events.filter(({ cancel }) => cancel === "done").length,
      repeated: this.#repeated,
    };
  }

  #event(id: string): EventState {
    const event = this.#events.get(id);
    assert.ok(event !== undefined, `${id} was never published`);
    return event;
  }

  #begun(ids: readonly string[], at: readonly number[]): void {
    this.#open.set(ids[0] ?? "", ids);
    for (const [n, id] of ids.entries()) {
      this.#events.set(id, {
        id,
        at: at[n] ?? 0,
        stored: "unknown",
        cancel: "none",
        place: undefined,
        acked: false,
        nacks: 0,
        deliveries: 0,
        deliveredIn: 0,
      });
    }
  }

  #placed({ id, partition, offset }: Pick<KnownEvent, "id" | "partition" | "offset">): void {
    const event = this.#event(id);
    event.place ??= { partition, offset };
    assert.deepEqual(event.place, { partition, offset }, `place of ${id}`);
  }

  #publishedAgain({ id, partition, offset }: KnownEvent, duplicate: boolean): void {
    assert.ok(duplicate, `${id} was stored twice`);
    this.#placed({ id, partition, offset });
  }

  #found(ids: readonly string[], count: number): void {
    assert.ok(count === 0 || count === ids.length, `${count} of a batch of ${ids.length} stored`);
    this.#open.delete(ids[0] ?? "");
    for (const id of ids) {
      const event = this.#event(id);
      assert.ok(count > 0 || event.deliveries === 0, `${id} was delivered, but is not stored`);
      event.stored = count > 0;
    }
  }

  #delivered(fact: { readonly id: string; attempt: number; at: number; now: number }): void {
    const { id, attempt, at, now } = fact;
    const event = this.#event(id);
    assert.equal(at, event.at, `due time of ${id}`);
    assert.ok(now >= event.at, `${id} was ${event.at - now} ms early`);
    assert.ok(event.stored !== false, `${id} is not stored, but was delivered`);
    assert.ok(event.cancel !== "done", `${id} was cancelled, but was delivered`);
    assert.ok(event.acked !== true, `${id} was acknowledged, but was delivered again`);
    assert.ok(!this.#dead.has(id), `${id} is a dead letter, but was delivered again`);
    assert.ok(attempt > event.nacks, `${id} is on attempt ${attempt} after ${event.nacks} nacks`);
    assert.ok(attempt <= maxAttempts, `${id} is on attempt ${attempt} of ${maxAttempts}`);
    if (event.deliveredIn > 0 && event.deliveredIn < this.#life) this.#repeated++;
    event.acked = false;
    event.deliveries++;
    event.deliveredIn = this.#life;
  }

  #cancelled(id: string, count: number): void {
    const event = this.#event(id);
    assert.equal(event.deliveries, 0, `${id} was delivered before it was cancelled`);
    assert.equal(count, 1, `cancel of ${id}, which is due in an hour`);
    event.cancel = "done";
  }

  #died(letters: readonly DeadFact[]): void {
    this.#dead = new Map(letters.map((letter) => [letter.id, letter]));
    assert.equal(this.#dead.size, letters.length, "a dead letter is listed twice");
    for (const { id, attempts, lastError } of letters) {
      assert.equal(attempts, maxAttempts, `attempts of dead letter ${id}`);
      if (characterOf(id) === "poison") assert.equal(lastError, `refused ${id}`);
      assert.ok(this.#event(id).acked !== true, `${id} is acknowledged and a dead letter`);
      const character = characterOf(id);
      // Others die only if a slow machine let their deliveries time out.
      assert.ok(character !== "good" || this.#event(id).deliveries >= maxAttempts, `${id} died`);
    }
  }
}
