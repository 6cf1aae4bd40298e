/**
 * A group's place in a partition over a small store, with a model beside it: which events fired and
 * which of them are settled or out.
 */
import assert from "node:assert/strict";
import { appendFired, firedRowEnd } from "../../src/models/events/fired.ts";
import type { Span } from "../../src/models/events/group-partition.ts";
import { GroupPartition } from "../../src/models/events/group-partition.ts";
import { Partition } from "../../src/models/events/partition.ts";
import { decodePosition, encodePosition } from "../../src/models/events/position.ts";
import type { FiredRun } from "../../src/models/events/run.ts";
import { RowStore } from "./row-store.ts";

interface ModelEvent {
  readonly offset: number;
  readonly due: number;
  /** Left out by the group's start, or settled. */
  isSettled: boolean;
  isOut: boolean;
}

export class GroupFixture {
  readonly store = new RowStore();
  readonly partition = new Partition(
    { id: 1, name: "t", ref: "t", settings: { dedupTtlMs: 1 } },
    0,
  );
  readonly start: { readonly offsetMin: number; readonly dueMin: number };
  at: GroupPartition;
  /** By sequence. */
  readonly events: ModelEvent[] = [];
  readonly out: Span[] = [];
  /** The position as it was stored last. */
  stored: Buffer;
  #nextOffset = 0;

  constructor(start: { readonly offsetMin: number; readonly dueMin: number }) {
    this.start = start;
    this.stored = encodePosition({ sequence: 0, offset: 0, ...start, gaps: [] });
    this.at = this.#open();
  }

  /** Runs fire together; every second time the newest offsets fire first. */
  fire(runs: readonly { readonly count: number; readonly due: number }[]): void {
    const placed = runs.map(({ count, due }) => {
      const offset = this.#nextOffset;
      this.#nextOffset += count;
      return { offset, count, due };
    });
    if (this.events.length % 2 === 1) placed.reverse();
    let fired: readonly FiredRun[] = [];
    this.store.run((tx) => {
      fired = appendFired(tx, this.partition, { runs: placed });
    });
    this.partition.durableSequence = this.partition.nextSequence;
    for (const run of fired) {
      for (let k = 0; k < run.count; k++) {
        const offset = run.offset + k;
        const isSettled = offset < this.start.offsetMin || run.due < this.start.dueMin;
        this.events.push({ offset, due: run.due, isSettled, isOut: false });
      }
    }
    this.at.offer(fired);
  }

  fill(): void {
    this.at.fill(this.store);
  }

  /** Takes a span, and leaves all but `keep` events of it (if it has more) in the queue. */
  take(count: number, keep: number): void {
    const span = this.at.take(count, undefined);
    if (span === undefined) return;
    assert.ok(span.count <= count);
    if (keep < span.count) this.at.shorten(span, keep);
    if (keep === 0) return;
    this.#mark(span, (event) => {
      assert.ok(!event.isOut && !event.isSettled, "Handed out twice");
      event.isOut = true;
    });
    this.out.push(span);
  }

  giveBack(nth: number): void {
    const [span] = this.out.splice(nth % Math.max(1, this.out.length), 1);
    if (span === undefined) return;
    this.#mark(span, (event) => {
      event.isOut = false;
    });
    this.at.giveBack(span);
  }

  /** Settles some of what is out, in one operation that may fail. */
  settle(nths: readonly number[], isUndone: boolean): void {
    const settling: Span[] = [];
    for (const nth of nths) {
      const span = this.out[nth % Math.max(1, this.out.length)];
      if (span !== undefined && !settling.includes(span)) settling.push(span);
    }
    if (settling.length === 0) return;
    for (const span of settling) this.at.markSettled(span);
    const position = encodePosition(this.at.position());
    if (isUndone) {
      for (const span of settling.toReversed()) this.at.unmarkSettled(span);
      return;
    }
    this.stored = position;
    for (const span of settling) {
      this.#mark(span, (event) => {
        event.isOut = false;
        event.isSettled = true;
      });
      this.out.splice(this.out.indexOf(span), 1);
    }
    this.at.advance();
  }

  /** Retention removes what everybody settled. */
  trim(): void {
    const { firedPrefix, firedEnd } = this.partition;
    this.store.run((tx) => {
      for (const row of this.store.range(firedPrefix, firedEnd)) {
        if (firedRowEnd(row) <= this.at.settledSequence) tx.delete(row[0]);
      }
    });
  }

  /** Starts from the stored position, as a restart does: what was out waits again. */
  reload(): void {
    this.at.moveTo(decodePosition(this.stored), this.store);
    this.out.length = 0;
    for (const event of this.events) event.isOut = false;
  }

  check(): void {
    const { at } = this;
    const settled = this.events.findIndex(({ isSettled }) => !isSettled);
    const head = settled < 0 ? this.events.length : settled;
    assert.ok(at.settledSequence <= head, "Nothing unsettled lies before the position");
    const waiting = this.notOut().length;
    assert.ok(at.waiting >= waiting);
    if (this.start.offsetMin + this.start.dueMin === 0) assert.equal(at.waiting, waiting);
  }

  /** Offsets that are not settled, in fired order. */
  unsettled(): number[] {
    return this.events.filter(({ isSettled }) => !isSettled).map(({ offset }) => offset);
  }

  notOut(): number[] {
    const waiting = this.events.filter(({ isSettled, isOut }) => !isSettled && !isOut);
    return waiting.map(({ offset }) => offset);
  }

  /** What a place that starts from the stored position hands out. */
  drainFresh(): number[] {
    return drain(this.#open(), this.store);
  }

  /** What this place still hands out. */
  drain(): number[] {
    return drain(this.at, this.store);
  }

  #open(): GroupPartition {
    const at = new GroupPartition({ id: 1, ephemeral: false }, this.partition, () => {});
    at.moveTo(decodePosition(this.stored), this.store);
    return at;
  }

  #mark(span: Span, change: (event: ModelEvent) => void): void {
    for (let k = 0; k < span.count; k++) {
      const event = this.events[span.sequence + k];
      assert.equal(event?.offset, span.offset + k);
      change(event);
    }
  }
}

function drain(at: GroupPartition, store: RowStore): number[] {
  const offsets: number[] = [];
  for (;;) {
    at.fill(store);
    const span = at.take(1000, undefined);
    if (span === undefined) {
      if (at.isBehind) continue;
      return offsets;
    }
    for (let k = 0; k < span.count; k++) offsets.push(span.offset + k);
    at.markSettled(span);
    at.position();
    at.advance();
  }
}
