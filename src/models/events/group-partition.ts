/**
 * A group's place in one partition: which fired events wait, are handed out, or are settled.
 *
 * Spans are the events between the position and how far the fired log was read, in fired order:
 *
 *   … settled | span ── span ── span ── span | not read yet …
 *             position (head)            read
 *
 *   queued ──take──▶ out ──settle──▶ settled
 *      ◀───give back───┘
 *
 * The head moves over settled spans; settled spans behind an unsettled one are kept (merged), so
 * that what lies before the last settled one and is not settled are the gaps of the stored
 * position.
 *
 * Retries come from rows of their own and have no spans: a failed event's span is settled when its
 * retry row is written.
 */
import { assert } from "../../base/assert.ts";
import type { Key } from "../../base/key.ts";
import type { ReadView } from "../../store/base-tree.ts";
import type { Sleeper } from "./alarm.ts";
import type { Block } from "./block.ts";
import type { FiredRun } from "./run.ts";
import { readFired } from "./fired.ts";
import { findBlock } from "./lookup.ts";
import type { Gap, Position } from "./position.ts";
import { decodeFailed } from "./retry.ts";
import type { FailedEvent } from "./retry.ts";
import { positionKey, prefixEnd, readRetryKey, retriesPrefix, retryKey } from "./rows.ts";
import type { FiredListener, Partition } from "./partition.ts";

/** Events read ahead of the deliveries; more stay in the store. */
export const QUEUED_EVENTS_MAX = 4096;
/** Retries read ahead of the deliveries. */
const QUEUED_RETRIES_MAX = 1024;
/** Reads of the fired log in one fill(), a few ms each: most may be of events that are left out. */
const READS_PER_FILL = 4;
/** Retry rows are read again when the clock was set back by more than this. */
const CLOCK_STEP_MS = 1000;

type SpanState = "queued" | "out" | "settled";

/** Consecutive events of the fired log in the same state. A settled one may cover several runs. */
export interface Span {
  sequence: number;
  count: number;
  due: number;
  offset: number;
  /** Offset behind its last event. */
  endOffset: number;
  state: SpanState;
  /** Deliveries it was part of. */
  attempts: number;
  next: Span | undefined;
}

/** A failed event whose time has come again. */
export interface Retry {
  readonly key: Key;
  readonly offset: number;
  readonly failed: FailedEvent;
  /** Deliveries since it was read; counts on top of the failures. */
  attempts: number;
}

export class GroupPartition implements Sleeper, FiredListener {
  readonly topicId: number;
  readonly groupId: number;
  readonly ephemeral: boolean;
  readonly partition: Partition;
  readonly key: Key;
  readonly retriesPrefix: Key;
  readonly retriesEnd: Key;
  /** The oldest span that is not settled, and the newest span. */
  #head: Span | undefined;
  #tail: Span | undefined;
  /** No span before this one is queued. */
  #queued: Span | undefined;
  #queuedEvents = 0;
  #settledSpans = 0;
  /** Everything before it in fired order is settled. */
  #sequence = 0;
  #offset = 0;
  #offsetMin = 0;
  #dueMin = 0;
  /** The fired log was read up to here. */
  #read = 0;
  /** Events and retries that are handed out, and rows of retries. */
  #outEvents = 0;
  #retryRows = 0;
  readonly #retries: Retry[] = [];
  /** Retry rows up to this key were read. */
  #retriesRead: Key;
  /** Keys of the retries that were read and are not settled. */
  readonly #heldRetries = new Set<Key>();
  /** When the next retry row is due; Infinity when there is none. */
  nextRetryAt = Number.POSITIVE_INFINITY;
  #block: Block | undefined;
  /** The partition's `rewrites` when it was read. */
  #blockRewrites = 0;
  readonly #onWork: () => void;

  /** `onWork` is called when there may be something to hand out. */
  constructor(
    group: { readonly id: number; readonly ephemeral: boolean },
    partition: Partition,
    onWork: () => void,
  ) {
    const topicId = partition.topic.id;
    this.topicId = topicId;
    this.groupId = group.id;
    this.ephemeral = group.ephemeral;
    this.partition = partition;
    this.#onWork = onWork;
    this.key = positionKey(topicId, group.id, partition.number);
    this.retriesPrefix = retriesPrefix(topicId, group.id, partition.number);
    this.retriesEnd = prefixEnd(this.retriesPrefix);
    this.#retriesRead = this.retriesPrefix;
  }

  /** The next retry is due. */
  wake(): void {
    this.#onWork();
  }

  /** Goes to a stored position and forgets everything that was read. */
  moveTo(position: Position, view: ReadView): void {
    const { gaps } = position;
    this.#head = this.#tail = this.#queued = undefined;
    this.#queuedEvents = this.#settledSpans = this.#outEvents = 0;
    this.#offset = position.offset;
    this.#offsetMin = position.offsetMin;
    this.#dueMin = position.dueMin;
    this.#sequence = this.#read = gaps[0]?.sequence ?? position.sequence;
    for (const [i, gap] of gaps.entries()) {
      const end = gap.sequence + gap.count;
      while (this.#read < end) this.#readTo(view, end);
      this.#appendSettled(view, (gaps[i + 1]?.sequence ?? position.sequence) - end);
    }
    this.#retries.length = 0;
    this.#heldRetries.clear();
    this.#retriesRead = this.retriesPrefix;
    this.#retryRows = 0;
    for (const _ of view.range(this.retriesPrefix, this.retriesEnd)) this.#retryRows++;
    this.nextRetryAt = 0;
    this.#block = undefined;
  }

  /** Sequence before which everything is settled: what retention may remove. */
  get settledSequence(): number {
    return this.#sequence;
  }

  /** Offset behind the last event, in fired order, up to which all are settled. */
  get committedOffset(): number {
    return this.#offset;
  }

  /** Events that fired and wait to be handed out (again). Left-out ones count until passed. */
  get waiting(): number {
    return this.#unsettled() + this.#retryRows - this.#outEvents;
  }

  #unsettled(): number {
    let settled = 0;
    for (let span = this.#head; span !== undefined; span = span.next) {
      if (span.state === "settled") settled += span.count;
    }
    return this.partition.nextSequence - this.#sequence - settled;
  }

  /** Nothing is queued, but not all that fired was read: fill() is to be called again. */
  get isBehind(): boolean {
    return this.#queuedEvents === 0 && this.#read < this.partition.durableSequence;
  }

  /** Reads on in the fired log if little is queued; see isBehind. */
  fill(view: ReadView): void {
    const to = this.partition.durableSequence;
    for (let reads = 0; reads < READS_PER_FILL && this.#read < to; reads++) {
      if (this.#queuedEvents > QUEUED_EVENTS_MAX / 2) break;
      this.#readTo(view, to);
    }
    this.#moveHead();
  }

  /** Takes runs that have just become durable, if everything before them was read. */
  offer(runs: readonly FiredRun[]): void {
    if (runs[0]?.sequence === this.#read && this.#queuedEvents <= QUEUED_EVENTS_MAX / 2) {
      for (const run of runs) this.#append(run);
      this.#moveHead();
    }
    this.#onWork();
  }

  /** Reads retry rows that are due at `now`, if none are waiting. */
  fillRetries(view: ReadView, now: number): void {
    if (this.nextRetryAt > now || this.#retries.length > 0) return;
    this.nextRetryAt = Number.POSITIVE_INFINITY;
    for (const [key, value] of view.range(`${this.#retriesRead}\x00`, this.retriesEnd)) {
      const { retryAt, offset } = readRetryKey(key);
      if (retryAt > now || this.#retries.length >= QUEUED_RETRIES_MAX) {
        this.nextRetryAt = retryAt;
        return;
      }
      this.#retriesRead = key;
      if (this.#heldRetries.has(key)) continue;
      this.#heldRetries.add(key);
      this.#retries.push({ key, offset, failed: decodeFailed(value), attempts: 0 });
    }
  }

  /** Key for a retry at `retryAt`, or a little later when rows up to there were read already. */
  retryKeyAt(retryAt: number, offset: number): Key {
    const key = retryKey(this.retriesPrefix, retryAt, offset);
    if (key > this.#retriesRead) return key;
    const readAt = readRetryKey(this.#retriesRead).retryAt;
    if (readAt - retryAt < CLOCK_STEP_MS) return retryKey(this.retriesPrefix, readAt + 1, offset);
    // The clock was set back: the retry must not wait until it is where it was.
    this.#retriesRead = this.retriesPrefix;
    return key;
  }

  /** The next retry; `attempt` must be its attempt if it is given. */
  takeRetry(attempt: number | undefined): Retry | undefined {
    const retry = this.#retries[0];
    if (retry === undefined) return undefined;
    if (attempt !== undefined && attemptOf(retry) !== attempt) return undefined;
    this.#retries.shift();
    this.#outEvents++;
    retry.attempts++;
    return retry;
  }

  giveBackRetry(retry: Retry): void {
    this.#outEvents--;
    this.#retries.unshift(retry);
  }

  /** The retry's row was removed. */
  settleRetry(retry: Retry): void {
    this.#heldRetries.delete(retry.key);
    this.#retryRows--;
    this.#outEvents--;
  }

  /** A retry's row was written; tells whether it is due before the others. */
  retryAdded(retryAt: number): boolean {
    this.#retryRows++;
    if (retryAt >= this.nextRetryAt) return false;
    this.nextRetryAt = retryAt;
    return true;
  }

  /** The next queued events, at most `countMax`, as one span that is now out. */
  take(countMax: number, attempt: number | undefined): Span | undefined {
    let span = this.#queued;
    while (span !== undefined && span.state !== "queued") span = span.next;
    this.#queued = span;
    if (span === undefined) return undefined;
    if (attempt !== undefined && span.attempts + 1 !== attempt) return undefined;
    if (span.count > countMax) this.#split(span, countMax);
    span.state = "out";
    span.attempts++;
    this.#queuedEvents -= span.count;
    this.#outEvents += span.count;
    this.#queued = span.next;
    return span;
  }

  /** Puts a span that is out back to the others that wait. */
  giveBack(span: Span): void {
    assert(span.state === "out", "Only a span that is out can be given back");
    span.state = "queued";
    this.#queuedEvents += span.count;
    this.#outEvents -= span.count;
    if (this.#queued === undefined || span.sequence < this.#queued.sequence) this.#queued = span;
  }

  /** Takes take() back for all but the first `count` events of the span. */
  shorten(span: Span, count: number): void {
    if (count > 0) this.#split(span, count);
    const rest = count > 0 ? (span.next as Span) : span;
    this.giveBack(rest);
    rest.attempts--;
  }

  markSettled(span: Span): void {
    assert(span.state === "out", "Only a span that is out can be settled");
    span.state = "settled";
    this.#settledSpans++;
    this.#outEvents -= span.count;
  }

  /** Takes markSettled() back: the operation that should store it failed. */
  unmarkSettled(span: Span): void {
    span.state = "out";
    this.#settledSpans--;
    this.#outEvents += span.count;
  }

  /** The position with everything that is marked settled. Changes nothing: it may be undone. */
  position(): Position {
    const gaps: Gap[] = [];
    let sequence = this.#sequence;
    let offset = this.#offset;
    let left = this.#settledSpans;
    for (let span = this.#head; span !== undefined && left > 0; span = span.next) {
      if (span.state !== "settled") continue;
      left--;
      if (span.sequence > sequence) gaps.push({ sequence, count: span.sequence - sequence });
      if (gaps.length === 0) offset = span.endOffset;
      sequence = span.sequence + span.count;
    }
    return { sequence, offset, offsetMin: this.#offsetMin, dueMin: this.#dueMin, gaps };
  }

  /** Moves the head over what is settled and merges the rest of it; the position was stored. */
  advance(): void {
    this.#moveHead();
    let left = this.#settledSpans;
    for (let span = this.#head; span !== undefined && left > 0; span = span.next) {
      if (span.state === "settled") left -= this.#merge(span);
    }
  }

  #moveHead(): void {
    while (this.#head !== undefined && this.#head.state === "settled") {
      const span = this.#head;
      this.#settledSpans--;
      this.#sequence = span.sequence + span.count;
      this.#offset = span.endOffset;
      if (this.#queued === span) this.#queued = span.next;
      this.#head = span.next;
    }
    if (this.#head === undefined) {
      this.#tail = undefined;
      this.#queued = undefined;
      this.#block = undefined;
    }
  }

  /** The block that holds `offset`; the one of the last call is kept. */
  block(view: ReadView, offset: number): Block | undefined {
    const last = this.#block;
    const { rewrites } = this.partition;
    if (last !== undefined && offset >= last.firstOffset && offset < last.endOffset) {
      if (this.#blockRewrites === rewrites) return last;
    }
    this.#blockRewrites = rewrites;
    this.#block = findBlock(view, this.partition, offset);
    return this.#block;
  }

  #readTo(view: ReadView, to: number): void {
    const eventsMax = Math.max(1, QUEUED_EVENTS_MAX - this.#queuedEvents);
    const runs = readFired(view, this.partition, { from: this.#read, to, eventsMax });
    for (const run of runs) this.#append(run);
    // What retention removed was settled, or is older than the group.
    if (runs.length === 0) this.#appendSettled(view, to - this.#read);
  }

  /** Appends a run as spans: settled as far as the group leaves its events out. */
  #append(run: FiredRun): void {
    if (run.sequence > this.#read) this.#push(settledFiller(this.#read, run.sequence, run.offset));
    const skipped =
      run.due < this.#dueMin
        ? run.count
        : Math.min(run.count, Math.max(0, this.#offsetMin - run.offset));
    if (skipped > 0) this.#push(spanOf(run, { from: 0, to: skipped, state: "settled" }));
    if (skipped < run.count) {
      this.#push(spanOf(run, { from: skipped, to: run.count, state: "queued" }));
    }
  }

  #appendSettled(view: ReadView, count: number): void {
    if (count === 0) return;
    const to = this.#read + count;
    const [last] = readFired(view, this.partition, { from: to - 1, to, eventsMax: 1 });
    const endOffset = last === undefined ? this.#offset : last.offset + last.count;
    this.#push(settledFiller(this.#read, to, endOffset));
  }

  #push(span: Span): void {
    assert(span.sequence === this.#read, "Spans must follow each other without a hole");
    this.#read += span.count;
    const last = this.#tail;
    if (last?.state === "settled" && span.state === "settled") {
      last.count += span.count;
      last.endOffset = span.endOffset;
      return;
    }
    if (last === undefined) this.#head = span;
    else last.next = span;
    this.#tail = span;
    if (span.state === "settled") this.#settledSpans++;
    else {
      this.#queuedEvents += span.count;
      this.#queued ??= span;
    }
  }

  #split(span: Span, count: number): void {
    assert(count > 0 && count < span.count, "A span must be split inside");
    const rest: Span = {
      sequence: span.sequence + count,
      count: span.count - count,
      due: span.due,
      offset: span.offset + count,
      endOffset: span.endOffset,
      state: span.state,
      attempts: span.attempts,
      next: span.next,
    };
    span.count = count;
    span.endOffset = span.offset + count;
    span.next = rest;
    if (this.#tail === span) this.#tail = rest;
  }

  /** Takes the settled spans right behind a settled span into it; returns how many they were. */
  #merge(span: Span): number {
    let merged = 1;
    while (span.next !== undefined && span.next.state === "settled") {
      const { next } = span;
      span.count += next.count;
      span.endOffset = next.endOffset;
      span.next = next.next;
      if (this.#tail === next) this.#tail = span;
      if (this.#queued === next) this.#queued = next.next;
      merged++;
      this.#settledSpans--;
    }
    return merged;
  }
}

/** Which delivery the next one of a retry is. */
export function attemptOf(retry: Retry): number {
  return retry.failed.failures + retry.attempts + 1;
}

function spanOf(
  run: FiredRun,
  part: { readonly from: number; readonly to: number; readonly state: SpanState },
): Span {
  const { from, to, state } = part;
  return {
    sequence: run.sequence + from,
    count: to - from,
    due: run.due,
    offset: run.offset + from,
    endOffset: run.offset + to,
    state,
    attempts: 0,
    next: undefined,
  };
}

function settledFiller(from: number, to: number, endOffset: number): Span {
  return {
    sequence: from,
    count: to - from,
    due: 0,
    offset: 0,
    endOffset,
    state: "settled",
    attempts: 0,
    next: undefined,
  };
}
