/**
 * The appends that are in flight. Each is sent at once, for one sequence, under the condition that
 * the sequence before it is the newest; they are answered in order.
 *
 *            all stored, in order
 *   flowing ─────────────────────> flowing
 *      │ an answer other than "stored"
 *      v
 *   doubtful: wait until every message sent so far is answered or given up
 *      │ ──> look at the stream, from the oldest append on:
 *      │       it is there, and ours       answered: durable
 *      │       another writer's is there   FENCED, all fail
 *      │       nothing is there yet        wait; send the same bytes for the same sequence again
 *      │ ──> all answered: flowing
 *      └ ──> refused for good (disk full): the oldest and all behind it fail: broken
 *
 * Why sending again is not blind: a sequence can be filled once, and until it is, both copies carry
 * the same bytes, so it does not matter which of them arrives, or when. A copy that arrives after
 * the sequence was filled is refused. What is sent for a sequence never changes under one fence.
 *
 * While the cluster has no majority an append stays in doubt: there is no truthful answer earlier.
 */
import { assert } from "../../base/assert.ts";
import { CronosError, toCronosError } from "../../base/errors.ts";
import type { Epoch, LogIndex } from "../../base/ids.ts";
import type { Clock } from "../../ports/clock.ts";
import { fenceSpan } from "./fence.ts";
import { recordOf, streamCorruption } from "./message.ts";
import type { PublishOutcome, ShardStream, StreamMessage } from "./shard-stream.ts";
import { sleep } from "./sleep.ts";
import { fencedError } from "./take-over.ts";

const retryMsMin = 20;
/** Also how long after the election of a new leader appends may begin to flow again. */
const retryMsMax = 250;

/**
 * Bytes that may be unanswered, unless a single record is larger. More would wait in the servers'
 * queues for longer than an answer is waited for, and be sent again for nothing.
 */
const unansweredBytesMax = 16 * 1024 * 1024;

/** A record on its way into the stream. */
export interface OutgoingRecord {
  readonly sequence: number;
  readonly index: LogIndex;
  readonly time: number;
  readonly epoch: Epoch;
  readonly crc: number;
  /** The whole record. Ours alone: it may be sent again. */
  readonly data: Uint8Array;
}

interface QueueEntry {
  readonly record: OutgoingRecord;
  readonly queuedAt: number;
  readonly resolve: () => void;
  readonly reject: (error: CronosError) => void;
  /** Undefined until it is sent. */
  sending: Promise<void> | undefined;
  outcome: PublishOutcome | undefined;
}

export interface AppendQueueOptions {
  readonly stream: ShardStream;
  readonly clock: Clock;
  /** Sequence of the fence that the records are written under, and the epoch it was placed in. */
  readonly fence: number;
  readonly epoch: Epoch;
  /** Called in order, before the append resolves. */
  readonly onDurable: (record: OutgoingRecord, durationMs: number) => void;
  /** Called before the appends are rejected; the queue is of no use any more. */
  readonly onBroken: (error: CronosError) => void;
}

export class AppendQueue {
  readonly #options: AppendQueueOptions;
  readonly #entries: QueueEntry[] = [];
  #unansweredBytes = 0;
  #isDoubtful = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Resolves when the record is durable; rejects with FENCED, DISK_FULL, UNAVAILABLE, IO. */
  push(record: OutgoingRecord): Promise<void> {
    assert(this.#entries.length < fenceSpan, "More appends in flight than a fence can hold back");
    return new Promise((resolve, reject) => {
      const queuedAt = this.#options.clock.monotonic();
      const entry: QueueEntry = {
        record,
        queuedAt,
        resolve,
        reject,
        sending: undefined,
        outcome: undefined,
      };
      this.#entries.push(entry);
      if (!this.#isDoubtful) this.#sendWaiting();
    });
  }

  /** Resolves when nothing is in flight. */
  whenEmpty(): Promise<void> {
    if (this.#entries.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  /** What is still in doubt fails, with an error that says so. */
  giveUp(): void {
    if (this.#entries.length > 0) this.#fail(this.#unknownError("the log was closed"));
  }

  /** Sends what was not sent yet, in order, as far as there is room. */
  #sendWaiting(): void {
    for (const entry of this.#entries) {
      if (entry.sending !== undefined) continue;
      const bytes = this.#unansweredBytes + entry.record.data.length;
      if (bytes > unansweredBytesMax && this.#unansweredBytes > 0) return;
      this.#send(entry);
    }
  }

  #send(entry: QueueEntry): void {
    const { stream, fence } = this.#options;
    const { sequence, data } = entry.record;
    this.#unansweredBytes += data.length;
    entry.sending = stream.publish(sequence, fence, data).then((outcome) => {
      this.#unansweredBytes -= data.length;
      entry.outcome = outcome;
      if (!this.#isDoubtful) this.#onAnswer(outcome);
    });
  }

  #onAnswer(outcome: PublishOutcome): void {
    this.#takeStored();
    if (outcome.kind !== "stored" && this.#entries.length > 0) {
      this.#isDoubtful = true;
      void this.#resolveDoubt();
    } else this.#sendWaiting();
  }

  /** Only from the front: what is behind an append that is not known to be stored may be void. */
  #takeStored(): void {
    for (let oldest = this.#entries[0]; oldest !== undefined && isStored(oldest); ) {
      this.#takeOldest();
      oldest = this.#entries[0];
    }
  }

  #takeOldest(): void {
    const entry = this.#entries.shift();
    assert(entry !== undefined, "The oldest append must be in the queue");
    this.#options.onDurable(entry.record, this.#options.clock.monotonic() - entry.queuedAt);
    entry.resolve();
    if (this.#entries.length === 0) this.#onEmpty?.();
  }

  async #resolveDoubt(): Promise<void> {
    for (let retryMs = retryMsMin; ; retryMs = Math.min(retryMs * 2, retryMsMax)) {
      await Promise.all(this.#entries.map((entry) => entry.sending));
      this.#takeStored();
      const failure = this.#refusal() ?? (await this.#lookBack());
      if (failure !== undefined) this.#fail(failure);
      if (this.#entries.every((entry) => entry.sending === undefined)) break;
      await sleep(this.#options.clock, retryMs);
      for (const entry of this.#entries) {
        if (isStored(entry)) continue;
        entry.sending = undefined;
        entry.outcome = undefined;
      }
      this.#sendWaiting();
    }
    this.#isDoubtful = false;
    this.#sendWaiting();
  }

  /** Why the oldest append cannot succeed any more, if that is known. */
  #refusal(): CronosError | undefined {
    const outcome = this.#entries[0]?.outcome;
    if (outcome?.kind === "refused") return outcome.error;
    return this.#options.stream.isClosed() && this.#entries.length > 0
      ? this.#unknownError("the connection was closed", outcome)
      : undefined;
  }

  /** Answers the appends that are in the stream after all; returns why the others cannot be. */
  async #lookBack(): Promise<CronosError | undefined> {
    for (;;) {
      const oldest = this.#entries[0];
      if (oldest?.sending === undefined) return undefined;
      // No answer is like nothing there: look again later.
      const message = await this.#options.stream
        .get(oldest.record.sequence, "any")
        .catch(() => null);
      if (message === null || this.#entries[0] !== oldest) return undefined;
      const failure = this.#mismatch(oldest.record, message);
      if (failure !== undefined) return failure;
      this.#takeOldest();
    }
  }

  #mismatch(record: OutgoingRecord, message: StreamMessage): CronosError | undefined {
    const { stream, fence, epoch } = this.#options;
    if (message.fence !== fence) return fencedError(stream, { epoch });
    try {
      if (recordOf(stream, message).crc === record.crc) return undefined;
    } catch (error) {
      return toCronosError(error);
    }
    return streamCorruption(stream.name, record.sequence, "it is not the record that was sent");
  }

  #fail(error: CronosError): void {
    const failed = this.#entries.splice(0);
    this.#options.onBroken(error);
    for (const entry of failed) entry.reject(error);
    this.#onEmpty?.();
  }

  #unknownError(reason: string, outcome?: PublishOutcome): CronosError {
    const { stream } = this.#options;
    const cause = outcome?.kind === "unknown" ? outcome.cause : undefined;
    const count = this.#entries.length;
    return new CronosError(
      "UNAVAILABLE",
      `Outcome of ${count} appends to stream ${stream.name} is not known: ${reason}`,
      { cause, details: { stream: stream.name, count } },
    );
  }
}

function isStored({ outcome }: QueueEntry): boolean {
  return outcome?.kind === "stored";
}
