/**
 * A running replay: the events of a topic that were stored when it began, each once, in the order
 * of (schedule time, partition, offset), whatever the order in which they were published or fired.
 *
 *   fired log ─▶ zones ─┐
 *                       ├─▶ window of runs ─▶ slice of events ─▶ next()
 *   due index ──────────┘
 *
 * Windows are found on a snapshot that is released at once; events are read, when they are asked
 * for, by their offsets. So a replay that takes hours pins nothing, and what was cancelled or
 * removed meanwhile is left out. An event that is moved on meanwhile comes at its new time; one
 * that is moved to an earlier time may be left out. Nothing is read ahead of the consumer but one
 * slice.
 *
 * With a pace, the first event comes at once and the others as far behind it, on the clock, as
 * their schedule times are, divided by the speed.
 */
import type { CronosError } from "../../base/errors.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { Block } from "./block.ts";
import { findBlock } from "./lookup.ts";
import type { LongReads } from "./long-reads.ts";
import type { TimePosition } from "./pending-merge.ts";
import { positionBefore } from "./pending-merge.ts";
import type { ReplayRange } from "./replay-range.ts";
import type { ReplayPlan, ReplayRun, ReplayWindow } from "./replay-window.ts";
import { findWindow, windowLimits } from "./replay-window.ts";
import { ReplayZones } from "./replay-zones.ts";

/** Events and bytes of a slice. */
const SLICE_EVENTS = 256;
const SLICE_BYTES = 256 * 1024;

/** A replayed event; see EncodedEvent in engine/encoded-events.ts. */
export interface ReplayedEvent {
  readonly bytes: Uint8Array;
  readonly partition: number;
  readonly offset: number;
  readonly createdAt: number;
}

export interface ReplaySource {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly reads: LongReads;
  /** Holds the replays whose consumers wait: who closes the database stops them. */
  readonly waiting: Set<Replay>;
}

type Step = IteratorResult<ReplayedEvent, undefined>;
const done: Step = { done: true, value: undefined };
const nothing = (): void => {};

export class Replay implements AsyncIterableIterator<ReplayedEvent> {
  readonly #source: ReplaySource;
  readonly #plan: ReplayPlan;
  /** 0: as fast as the consumer is. */
  readonly #speed: number;
  /** Events that may still be given. */
  #left: number;
  #position: TimePosition | undefined;
  #window: ReplayWindow | undefined;
  /** The run that is being read, and the next of its offsets. */
  #run: ReplayRun | undefined;
  #runOffset = 0;
  #slice: ReplayedEvent[] = [];
  /** Schedule time of the only event of a slice with a pace. */
  #sliceTime = 0;
  #sliceAt = 0;
  /** Offsets read since the event loop had its turn. */
  #sinceTurn = 0;
  #start: { readonly monotonic: number; readonly time: number } | undefined;
  #isEnded = false;
  #failure: CronosError | undefined;
  #wakeUp: (() => void) | undefined;
  /** Calls of next() that are not answered, and the newest of them. */
  #calls = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(
    source: ReplaySource,
    range: ReplayRange,
    how: { readonly speed: number; readonly count: number },
  ) {
    this.#source = source;
    this.#plan = { range, zones: new ReplayZones(range), limits: windowLimits };
    this.#speed = how.speed;
    this.#left = how.count;
    this.#position = positionBefore(range.from);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step> {
    if (this.#calls === 0 && this.#speed === 0 && this.#sliceHasMore) {
      return Promise.resolve({ done: false, value: this.#take() });
    }
    const step = this.#calls++ === 0 ? this.#advance() : this.#last.then(() => this.#advance());
    this.#last = step.then(nothing, nothing);
    return step;
  }

  /** Ends the replay, also for a next() that is waiting. */
  async return(): Promise<Step> {
    this.stop();
    return done;
  }

  /** Ends the replay; with a failure a next() that waits, or else the next one, rejects with it. */
  stop(failure?: CronosError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#failure = failure;
    this.#window = this.#run = undefined;
    this.#slice = [];
    this.#wakeUp?.();
  }

  get #sliceHasMore(): boolean {
    return this.#sliceAt < this.#slice.length;
  }

  async #advance(): Promise<Step> {
    const { waiting } = this.#source;
    try {
      waiting.add(this);
      while (!this.#isEnded && !this.#sliceHasMore) {
        if (this.#left <= 0 || !(await this.#readOn())) this.#isEnded = true;
      }
      if (!this.#isEnded && this.#speed > 0) await this.#waitForPace();
    } catch (error) {
      this.stop();
      throw error;
    } finally {
      waiting.delete(this);
      this.#calls--;
    }
    if (!this.#isEnded) return { done: false, value: this.#take() };
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    return done;
  }

  #take(): ReplayedEvent {
    this.#left--;
    return this.#slice[this.#sliceAt++] as ReplayedEvent;
  }

  /** Reads the next slice, or the next window; false when there is nothing more. */
  async #readOn(): Promise<boolean> {
    const { clock, reads } = this.#source;
    if (this.#run === undefined && this.#window?.isEmpty !== false) {
      if (this.#position === undefined) return false;
      await this.#readWindow(this.#position);
      return true;
    }
    // A consumer that is always ready must not keep the event loop for itself.
    if (this.#sinceTurn >= SLICE_EVENTS) {
      this.#sinceTurn = 0;
      await new Promise<void>((resolve) => clock.soon(resolve));
    }
    reads.checkOpen();
    if (!this.#isEnded) this.#readSlice();
    return true;
  }

  async #readWindow(after: TimePosition): Promise<void> {
    const window = await this.#source.reads.run(async (view, pause) => {
      const steps = findWindow(view, this.#plan, after);
      for (;;) {
        const step = steps.next();
        if (step.done === true) return step.value;
        await pause();
        if (this.#isEnded) return undefined;
      }
    });
    if (window === undefined || this.#isEnded) return;
    this.#window = window;
    this.#position = window.next;
  }

  #readSlice(): void {
    const { durable } = this.#source.shard;
    const eventsMax = this.#speed > 0 ? 1 : Math.min(SLICE_EVENTS, this.#left);
    const slice: ReplayedEvent[] = [];
    let bytes = 0;
    let block: Block | undefined;
    while (slice.length < eventsMax && bytes < SLICE_BYTES && this.#sinceTurn < SLICE_EVENTS) {
      const run = this.#currentRun();
      if (run === undefined) break;
      this.#sinceTurn++;
      const offset = this.#runOffset++;
      const partition = this.#plan.range.partition(run.partition);
      if (offset === run.offset || block === undefined || offset >= block.endOffset) {
        block = findBlock(durable, partition, offset);
      }
      const position = offset - (block?.firstOffset ?? 0);
      if (block === undefined || block.isGone(position)) continue;
      if (run.isPending && block.due(position) !== run.due) {
        this.#moved(run, offset, block.due(position));
        continue;
      }
      const event = block.event(position);
      const { createdAt } = block;
      slice.push({ bytes: event, partition: partition.number, offset, createdAt });
      bytes += event.length;
      if (bytes >= SLICE_BYTES) this.#sinceTurn = SLICE_EVENTS;
      this.#sliceTime = run.due;
    }
    this.#slice = slice;
    this.#sliceAt = 0;
  }

  /** The event was rescheduled since the window was found. */
  #moved({ partition, due: before }: ReplayRun, offset: number, due: number): void {
    if (due <= before || due >= this.#plan.range.to) return;
    this.#window?.addMoved({ partition, due, offset, count: 1 });
  }

  /** The run with the next event; undefined at the end of the window. */
  #currentRun(): ReplayRun | undefined {
    const run = this.#run;
    if (run !== undefined && this.#runOffset < run.offset + run.count) return run;
    this.#run = this.#window?.take();
    this.#runOffset = this.#run?.offset ?? 0;
    return this.#run;
  }

  async #waitForPace(): Promise<void> {
    const { clock } = this.#source;
    const time = this.#sliceTime;
    this.#start ??= { monotonic: clock.monotonic(), time };
    const at = this.#start.monotonic + (time - this.#start.time) / this.#speed;
    const delay = at - clock.monotonic();
    if (delay <= 0) return;
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#wakeUp = resolve;
      timer = clock.after(delay, resolve);
    });
    this.#wakeUp = undefined;
    timer?.cancel();
  }
}
