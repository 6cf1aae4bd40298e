/**
 * Replays of an open database: checks what is asked for, and ends those that wait when it closes.
 */
import { CronosError } from "../base/errors.ts";
import { keyU48Max } from "../base/key.ts";
import type { EventsModel } from "../models/events/events-model.ts";
import { ReplayRange } from "../models/events/replay-range.ts";
import type { ReplaySource } from "../models/events/replay.ts";
import { Replay } from "../models/events/replay.ts";
import { decodeEvent } from "../models/events/stored-event.ts";
import type { InNamespace } from "../models/events/topic-ref.ts";
import type { Clock } from "../ports/clock.ts";
import type { Shard } from "../shard/shard.ts";
import type { EncodedEvent } from "./encoded-events.ts";
import type { ReplayOptions, StoredEvent } from "./events-api.ts";

export interface EventReplaysOptions {
  readonly shard: Shard;
  readonly model: EventsModel;
  readonly clock: Clock;
}

export class EventReplays {
  readonly #model: EventsModel;
  readonly #source: ReplaySource;
  /** Those whose consumer waits for an event. */
  readonly #waiting = new Set<Replay>();

  constructor({ shard, model, clock }: EventReplaysOptions) {
    this.#model = model;
    this.#source = { shard, clock, reads: model.reads, waiting: this.#waiting };
  }

  replay(options: InNamespace<ReplayOptions>): AsyncIterable<StoredEvent> {
    checkOptions(options);
    return { [Symbol.asyncIterator]: () => new DecodedReplay(this.#start(options)) };
  }

  replayEncoded(options: InNamespace<ReplayOptions>): AsyncIterable<EncodedEvent> {
    checkOptions(options);
    return { [Symbol.asyncIterator]: () => this.#start(options) };
  }

  close(): void {
    for (const replay of this.#waiting) {
      replay.stop(new CronosError("CLOSED", "Replay ended: Database is closing"));
    }
  }

  #start(options: InNamespace<ReplayOptions>): Replay {
    const { from = 0, to = keyU48Max + 1, startOffset = 0, partition, speed = 0 } = options;
    const { count = Number.POSITIVE_INFINITY } = options;
    const topic = this.#model.catalog.get(options.topic);
    const range = new ReplayRange(topic, { partition, from, to, startOffset });
    return new Replay(this.#source, range, { speed, count });
  }
}

class DecodedReplay implements AsyncIterator<StoredEvent, undefined> {
  readonly #replay: Replay;

  constructor(replay: Replay) {
    this.#replay = replay;
  }

  async next(): Promise<IteratorResult<StoredEvent, undefined>> {
    const step = await this.#replay.next();
    return step.done === true ? step : { done: false, value: decodeEvent(step.value) };
  }

  async return(): Promise<IteratorResult<StoredEvent, undefined>> {
    await this.#replay.return();
    return { done: true, value: undefined };
  }
}

/** Throws INVALID_ARGUMENT naming the first option that is wrong. */
function checkOptions(options: InNamespace<ReplayOptions>): void {
  const { from = 0, to = 0, startOffset = 0, count = 1, speed = 0 } = options;
  checkInteger("from", from, { min: 0, what: "Unix milliseconds, 0 or more" });
  checkInteger("to", to, { min: 0, what: "Unix milliseconds, 0 or more" });
  checkInteger("startOffset", startOffset, { min: 0, what: "an offset, 0 or more" });
  checkInteger("count", count, { min: 1, what: "an integer, 1 or more" });
  if (Number.isFinite(speed) && speed >= 0) return;
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Replay speed must be a number, 0 or more: got ${speed}`,
  );
}

function checkInteger(
  name: string,
  value: number,
  rule: { readonly min: number; readonly what: string },
): void {
  if (Number.isSafeInteger(value) && value >= rule.min) return;
  throw new CronosError("INVALID_ARGUMENT", `Replay ${name} must be ${rule.what}: got ${value}`);
}
